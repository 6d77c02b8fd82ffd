"""``bomgate source``: the sources of vulnerabilities."""

from __future__ import annotations

import click

from webhook.cli.exits import Exit
from webhook.cli.options import global_options, invocation, output_option
from webhook.cli.output import fields, print_json
from webhook.cli.status_shapes import SourceShape
from webhook.cli.verbs import VerbGroup
from webhook.model.vulnerabilities import ASKED


@click.group("source", cls=VerbGroup)
@global_options
def command() -> None:
    """The sources of vulnerabilities: OSS Index, and advisories."""


@command.command("check", examples=("bomgate source check", "bomgate source check --output json"))
@global_options
@output_option()
def check(output: str) -> Exit:
    """Check the connection to OSS Index, the account, and the credits that are left, and the other sources.

    Queries OSS Index for a single well-known component, at the usual price, and looks whether each other source
    has what the settings take from it. Exits with 3 if one of them fails.
    """
    parts = invocation().parts()
    statuses = [(ASKED, parts.sources.asked.check())] if parts.sources.lists_oss_index else []
    statuses += [(source.name, source.check()) for source in parts.sources.advisories]
    statuses += [(source.name, source.check()) for source in parts.sources.exploits]
    statuses += [(source.name, source.check()) for source in parts.vex.sources]
    if output == "json":
        (name, first), *others = statuses
        print_json(SourceShape.of(first, name, others))
    for name, status in statuses if output != "json" else ():
        fields(
            [
                ("Source", status.url if name == ASKED else f"{name}: {status.url}"),
                ("Identity", status.identity),
                ("Works", "yes" if status.ok else "no"),
                ("Result", status.message),
                ("Credits left", status.credits_remaining),
                ("What helps", status.remedy),
            ]
        )
    return Exit.DONE if all(status.ok for _, status in statuses) else Exit.UNDECIDED
