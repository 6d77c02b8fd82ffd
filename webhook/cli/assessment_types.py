"""``bomgate types``: assessment types."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from webhook.bootstrap import Parts
from webhook.cli.exits import Exit
from webhook.cli.options import global_options, invocation, output_option
from webhook.cli.output import note, print_json, print_table, say
from webhook.cli.type_editing import add_type, edit_type, remove_type
from webhook.cli.type_shapes import TrapListShape, TrapShape, TypeListShape, TypeShape
from webhook.cli.verbs import VerbGroup
from webhook.model.assessments import StoredType
from webhook.model.fleet import FleetMode
from webhook.model.records import AssessmentQuery
from webhook.policy.clustertypes import with_stored
from webhook.policy.conditions import conditions
from webhook.policy.evaluation import Rules
from webhook.policy.fleetfacts import milder_types
from webhook.policy.lint import Level, left_out, lint, never_given, unknown_vulnerabilities, unreadable_scopes
from webhook.policy.phrases import count
from webhook.policy.plaintext import plain
from webhook.policy.precedence import unreadable


@click.group("types", cls=VerbGroup)
@global_options
def command() -> None:
    """Assessment types: what people can decide, and what is decided by itself."""


_settings_only = click.option(
    "--settings-only", is_flag=True, help="Ignore types from the cluster and from people; needs no database."
)


@command.command("list", examples=("bomgate types list", "bomgate types list --output json"))
@_settings_only
@global_options
@output_option()
def list_types(settings_only: bool, output: str) -> None:
    """List the assessment types: of the settings (or the three recommended ones), of people, and of the cluster.

    Types from the cluster are AssessmentType objects; change them there, for example with kubectl. Those of people were
    made in the console or with `bomgate types add`. A retired type can no longer be assigned, but existing assessments
    keep their action.
    """
    parts = invocation().parts()
    stored = () if settings_only else _stored(parts)
    types = with_stored(parts.settings.types, stored)
    retired = [stored_type.type for stored_type in stored if types.retired(stored_type.type.name) is not None]
    origins = {known.type.name: known.origin.value for known in stored if not known.retired}
    own = parts.settings.types.get
    listed = [(known, "settings" if own(known.name) else origins[known.name]) for known in types]
    listed += [(assessment_type, "retired") for assessment_type in retired]
    if output == "json":
        print_json(TypeListShape(tuple(TypeShape.of(assessment_type, origin) for assessment_type, origin in listed)))
        return
    rows = [
        (
            assessment_type.name,
            assessment_type.action.word,
            ", ".join(conditions(assessment_type)),
            "never"
            if assessment_type.expires_after_days is None
            else f"after {count(assessment_type.expires_after_days, 'day')}",
            assessment_type.on_expiry.value,
            origin,
            assessment_type.description,
        )
        for assessment_type, origin in listed
    ]
    print_table(
        ("Type", "Action", "Given to", "Expires", "Then", "From", "Description"),
        rows,
        empty="No assessment type is configured.",
    )


def _stored(parts: Parts) -> Sequence[StoredType]:
    """The types that the store keeps for the cluster; none where there is no database yet, and none is made."""
    return parts.store.types.list() if _is_there(parts) else ()


def _is_there(parts: Parts) -> bool:
    scheme, _, path = parts.settings.database.url.partition(":///")
    return not scheme.startswith("sqlite") or Path(path).exists()


@command.command("lint", examples=("bomgate types lint --strict", "bomgate types lint --records"))
@click.option("--records", is_flag=True, help="Also check the assessments in the database.")
@click.option("--strict", is_flag=True, help="Exit with 1 if there is a warning.")
@_settings_only
@global_options
@output_option()
def lint_types(records: bool, strict: bool, settings_only: bool, output: str) -> Exit:
    """Find settings that are valid but may not do what you expect.

    For example, if a denying type expires and unassessed vulnerabilities only lead to a warning, the denial ends
    silently.
    """
    if records and settings_only:
        raise click.UsageError("--records looks at the database, and --settings-only does not.")
    parts = invocation().parts()
    types = with_stored(parts.settings.types, () if settings_only else _stored(parts))
    rules = Rules(types, parts.settings.policy)
    traps = parts.traps(rules)
    if not settings_only:
        traps += left_out(types, _stored(parts))
    if not settings_only and parts.settings.fleet.mode is FleetMode.MEMBER and _is_there(parts):
        traps += milder_types(parts.settings.types, parts.store.following.followed().types)
    if not settings_only and _is_there(parts):
        traps += unknown_vulnerabilities(parts.unknown_identifiers())
    if records:
        index = parts.assessor.index()
        found = lint(rules, index, now=parts.clock.now())
        found += unreadable_scopes(unreadable(parts.store.assessments.find(AssessmentQuery()), parts.clock.now()))
        given = {assessment.type.casefold() for assessment in index if assessment.type}
        together = dict.fromkeys((*traps, *found, *never_given(types, given)))
        traps = tuple(sorted(together, key=lambda trap: trap.level is not Level.WARNING))
    if output == "json":
        print_json(TrapListShape(tuple(TrapShape.of(trap) for trap in traps)))
    for trap in traps if output == "table" else ():
        warns = trap.level is Level.WARNING
        head = click.style(trap.level.value, fg="yellow" if warns else None, bold=True)
        say(f"{head} ({trap.code}): {plain(trap.sentence)}")
        say(f"  What to do: {plain(trap.remedy)}")
    if not traps and output == "table":
        note("No traps.")
    return Exit.DENIED if strict and any(trap.level is Level.WARNING for trap in traps) else Exit.DONE


for _verb in (add_type, edit_type, remove_type):
    command.add_command(_verb)
