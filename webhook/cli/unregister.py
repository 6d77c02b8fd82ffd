"""``bomgate unregister``: takes bomgate out of the way of the API server."""

from __future__ import annotations

import sys
from dataclasses import replace

import click

from webhook.cli.options import global_options, invocation
from webhook.cli.output import note
from webhook.cli.verbs import Verb
from webhook.errors import InvalidInput


@click.command(
    "unregister",
    cls=Verb,
    examples=(
        "bomgate unregister --yes",
        "bomgate unregister --name bomgate --name bomgate-staging --yes   # other names than those of the settings",
    ),
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="NAME",
    help=("Name of a configuration (certificates.configurations); can be repeated."),
)
@global_options
def command(yes: bool, names: tuple[str, ...]) -> None:
    """Delete bomgate's webhook configurations, so that the API server no longer calls bomgate.

    Use it in an emergency, and before you uninstall bomgate. Deletes nothing else; configurations that do not exist are
    no error. Does not need the database.
    """
    settings = invocation().settings()
    if names:
        settings = replace(settings, certificates=replace(settings.certificates, configurations=names))
    wanted = ", ".join(settings.certificates.configurations)
    if not yes:
        if not sys.stdin.isatty():
            raise InvalidInput("There is no terminal to ask for confirmation on.", remedy="Say so with --yes.")
        click.confirm(f"Delete the webhook configurations {wanted}? Nothing is checked at admission then.", abort=True)
    from webhook.bootstrap.controller import unregister

    deleted = 0
    for name in unregister(settings):
        click.echo(f"deleted {name}")
        deleted += 1
    if not deleted:
        note(f"No webhook configuration is named {wanted}; nothing was deleted.")
