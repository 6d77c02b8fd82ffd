"""``bomgate source``: the sources of vulnerabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click
from msgspec.structs import replace

from webhook.bootstrap import Parts
from webhook.cli.exits import Exit
from webhook.cli.options import global_options, invocation, output_option
from webhook.cli.output import fields, print_json
from webhook.cli.status_shapes import SourceShape
from webhook.cli.verbs import VerbGroup
from webhook.errors import StoreError
from webhook.model.downloads import SourceStatus
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
    has what the settings take from it, and whether what the database has of it can be read. Exits with 3 if one of
    them fails.
    """
    parts = invocation().parts()
    statuses = [(ASKED, parts.sources.asked.check())] if parts.sources.lists_oss_index else []
    unreadable = _unreadable(parts)
    statuses += [
        (source.name, _with_unreadable(source.check(), unreadable.get(source.name, [])))
        for source in parts.sources.advisories
    ]
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


def _unreadable(parts: Parts) -> Mapping[str, list[str]]:
    """By source the sets in the database that cannot be read; none where the database does not answer."""
    found: dict[str, list[str]] = {}
    try:
        for state in parts.sources.schedule(parts.store).states() if parts.sources.advisories else ():
            if state.is_unreadable:
                found.setdefault(state.source, []).append(state.name)
    except StoreError:
        return {}
    return found


def _with_unreadable(status: SourceStatus, names: Sequence[str]) -> SourceStatus:
    if not names:
        return status
    message = f"{status.message} What the database has of {', '.join(names)} cannot be read.".strip()
    return replace(status, ok=False, message=message, remedy=status.remedy or "Run bomgate download.")
