"""``bomgate source``: the vulnerability source."""

from __future__ import annotations

import click

from webhook.cli.exits import Exit
from webhook.cli.options import global_options, invocation, output_option
from webhook.cli.output import fields, print_json
from webhook.cli.status_shapes import SourceShape
from webhook.cli.verbs import VerbGroup


@click.group("source", cls=VerbGroup)
@global_options
def command() -> None:
    """The vulnerability source, OSS Index."""


@command.command("check", examples=("bomgate source check", "bomgate source check --output json"))
@global_options
@output_option()
def check(output: str) -> Exit:
    """Check the connection to OSS Index, the account, and the credits that are left.

    Queries a single well-known component, at the usual price. Exits with 3 if the query fails.
    """
    status = invocation().parts().source.check()
    if output == "json":
        print_json(SourceShape.of(status))
    else:
        fields(
            [
                ("Source", status.url),
                ("Identity", status.identity),
                ("Works", "yes" if status.ok else "no"),
                ("Result", status.message),
                ("Credits left", status.credits_remaining),
                ("What helps", status.remedy),
            ]
        )
    return Exit.DONE if status.ok else Exit.UNDECIDED
