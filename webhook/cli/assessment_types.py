"""``bomgate types``: assessment types."""

from __future__ import annotations

import click

from webhook.cli.decision_shapes import TrapListShape, TrapShape, TypeListShape, TypeShape
from webhook.cli.exits import Exit
from webhook.cli.options import global_options, invocation, output_option
from webhook.cli.output import note, print_json, print_table, say
from webhook.cli.verbs import VerbGroup
from webhook.policy.lint import Level, lint
from webhook.policy.phrases import count
from webhook.policy.plaintext import plain


@click.group("types", cls=VerbGroup)
@global_options
def command() -> None:
    """Assessment types: what people can decide, and what a CVSS range decides by itself."""


@command.command("list", examples=("bomgate types list", "bomgate types list --output json"))
@global_options
@output_option()
def list_types(output: str) -> None:
    """List the assessment types of the settings, or the recommended three."""
    types = invocation().settings().types
    if output == "json":
        print_json(TypeListShape(tuple(TypeShape.of(one) for one in types)))
        return
    rows = [
        (
            one.name,
            one.action.word,
            one.auto_assess,
            "never" if one.expires_after_days is None else f"after {count(one.expires_after_days, 'day')}",
            one.on_expiry.value,
            one.description,
        )
        for one in types
    ]
    print_table(
        ("Type", "Action", "Given to new CVSS", "Expires", "Then", "Description"),
        rows,
        empty="No assessment type is configured.",
    )


@command.command("lint", examples=("bomgate types lint --strict", "bomgate types lint --records"))
@click.option("--records", is_flag=True, help="Look at the assessments in the database, too.")
@click.option("--strict", is_flag=True, help="Exit with 1 when there is a warning.")
@global_options
@output_option()
def lint_types(records: bool, strict: bool, output: str) -> Exit:
    """Find settings that are valid and still do not do what their owner expects.

    Such as a type that denies and expires while what is unassessed is only warned of: what it denies opens by itself.
    """
    parts = invocation().parts()
    traps = parts.traps()
    if records:
        found = lint(parts.rules, parts.assessor.index(), now=parts.clock.now())
        together = dict.fromkeys((*traps, *found))
        traps = tuple(sorted(together, key=lambda trap: trap.level is not Level.WARNING))
    if output == "json":
        print_json(TrapListShape(tuple(TrapShape.of(one) for one in traps)))
    for trap in traps if output == "table" else ():
        warns = trap.level is Level.WARNING
        head = click.style(trap.level.value, fg="yellow" if warns else None, bold=True)
        say(f"{head} ({trap.code}): {plain(trap.sentence)}")
        say(f"  What helps: {plain(trap.remedy)}")
    if not traps and output == "table":
        note("No traps.")
    return Exit.DENIED if strict and any(one.level is Level.WARNING for one in traps) else Exit.DONE
