"""``bomgate types add``, ``edit`` and ``remove``: types that people make, beside those of settings and cluster."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

import click
from msgspec.structs import replace

from webhook.bootstrap import Parts
from webhook.cli.identity import author, token_option
from webhook.cli.options import CvssRangeType, complete_types, global_options, invocation, output_option
from webhook.cli.output import note, print_json
from webhook.cli.triaging import loaded_triage
from webhook.cli.type_shapes import ChangedTypeShape
from webhook.cli.verbs import Verb
from webhook.engines.triage.effects import ChangedImage, ChangedWorkload
from webhook.engines.triage.typeediting import PlannedType, TypeEditor
from webhook.errors import ConfigError, InvalidInput
from webhook.model.actions import Action
from webhook.model.assessments import AssessmentType, CvssRange, OnExpiry
from webhook.policy.conditions import make_epss
from webhook.policy.phrases import count
from webhook.policy.scores import make_range

F = TypeVar("F", bound=Callable[..., Any])
_SHOWN = 10
_LEFT_OUT: Mapping[str, tuple[str, Any]] = {
    "no_cvss": ("auto_assess", None),
    "no_kev": ("auto_kev", False),
    "no_epss": ("auto_epss", None),
    "no_days": ("expires_after_days", None),
}
"""Options that leave something of a type out."""


def _options(command: F) -> F:
    """What a type can be."""
    for option in (
        click.option("--description", metavar="TEXT", help="A sentence for people."),
        click.option("--color", metavar="COLOR", help="Its colour in the console, such as #c62828 or red."),
        click.option("--on-expiry", type=click.Choice([word.value for word in OnExpiry]), help="What follows its end."),
        click.option("--days", type=int, metavar="N", help="Days after which an assessment of it expires."),
        click.option("--epss", metavar="P", help="So do those with at least this EPSS score, such as 0.1."),
        click.option("--kev", is_flag=True, default=None, help="So do vulnerabilities that are known to be exploited."),
        click.option("--cvss", type=CvssRangeType(), metavar="A-B", help="New vulnerabilities of these scores get it."),
    ):
        command = option(command)
    return command


def _writing(command: F) -> F:
    """What every change has."""
    for option in (
        token_option,
        click.option("--author", metavar="WHO", help="The person who decides; default: the operating system user."),
        click.option("--yes", is_flag=True, help="Consent to findings that are judged otherwise."),
        click.option("--dry-run", is_flag=True, help="Show what would change, and record nothing."),
    ):
        command = option(command)
    return command


_actions = click.Choice([action.word for action in Action])


@click.command(
    "add",
    cls=Verb,
    examples=("bomgate types add 'Accepted risk' --action allow --days 90 --color blue --description 'signed off'",),
)
@click.argument("name")
@click.option("--action", type=_actions, required=True, help="What it asks for.")
@_options
@_writing
@global_options
@output_option()
def add_type(name: str, output: str, **given: Any) -> None:
    """Make a type, or bring back one that was retired.

    It counts beside the types of the settings file and of the cluster, everywhere within seconds.
    """
    parts = invocation().parts(creates=not given["dry_run"])
    editor = loaded_triage(parts).type_editor
    planned = editor.plan(_changed(AssessmentType(name), given), is_new=True)
    _conclude(parts, editor, planned, given, output)


@click.command(
    "edit",
    cls=Verb,
    examples=(
        "bomgate types edit 'Accepted risk' --action warn --dry-run   # what would change",
        "bomgate types edit 'Accepted risk' --no-days --yes",
    ),
)
@click.argument("name", shell_complete=complete_types)
@click.option("--action", type=_actions, help="What it asks for.")
@click.option("--no-cvss", is_flag=True, help="No vulnerability gets it by its score any more.")
@click.option("--no-kev", is_flag=True, help="… nor because it is exploited.")
@click.option("--no-epss", is_flag=True, help="… nor because it probably will be.")
@click.option("--no-days", is_flag=True, help="An assessment of it does not expire any more.")
@_options
@_writing
@global_options
@output_option()
def edit_type(name: str, output: str, **given: Any) -> None:
    """Change a type that people made; what is not given stays as it is.

    Types of the settings file and of the cluster are changed there.
    """
    parts = invocation().parts(creates=False)
    editor = loaded_triage(parts).type_editor
    stored = editor.find(name)
    planned = editor.plan(_changed(AssessmentType(name) if stored is None else stored.type, given), is_new=False)
    _conclude(parts, editor, planned, given, output)


@click.command("remove", cls=Verb, examples=("bomgate types remove 'Accepted risk' --dry-run",))
@click.argument("name", shell_complete=complete_types)
@_writing
@global_options
@output_option()
def remove_type(name: str, output: str, **given: Any) -> None:
    """Retire a type that people made: it is given to nothing new.

    What was given counts as unassessed from then on, and still denies if the type did. `bomgate types add` brings it
    back.
    """
    parts = invocation().parts(creates=False)
    editor = loaded_triage(parts).type_editor
    _conclude(parts, editor, editor.plan_retirement(name), given, output)


def _changed(one: AssessmentType, given: dict[str, Any]) -> AssessmentType:
    """The type with what was given."""
    changes: dict[str, Any] = {
        "auto_assess": None if given["cvss"] is None else _range(given["cvss"]),
        "auto_kev": given["kev"],
        "auto_epss": None if given["epss"] is None else _epss(given["epss"]),
        "expires_after_days": given["days"],
        "action": None if given["action"] is None else Action[given["action"].upper()],
        "on_expiry": None if given["on_expiry"] is None else OnExpiry(given["on_expiry"]),
        "color": given["color"],
        "description": given["description"],
    }
    made = replace(one, **{name: value for name, value in changes.items() if value is not None})
    left = {name: empty for option, (name, empty) in _LEFT_OUT.items() if given.get(option)}
    return replace(made, **left)


def _epss(least: str) -> Decimal:
    try:
        return make_epss(least)
    except ConfigError as problem:
        raise InvalidInput(problem.message, remedy=problem.remedy) from problem


def _range(bounds: tuple[Decimal, Decimal]) -> CvssRange:
    try:
        return make_range(*bounds)
    except ConfigError as problem:
        raise InvalidInput(problem.message, remedy=problem.remedy) from problem


def _conclude(parts: Parts, editor: TypeEditor, planned: PlannedType, given: Mapping[str, Any], output: str) -> None:
    """Show what changes, and record it where that is wanted."""
    who, consents, is_rehearsal = author(parts, given["author"], given["token_file"]), given["yes"], given["dry_run"]
    verb = "delete" if planned.retires else "create" if planned.former is None else "update"
    who.require(verb, "types")
    if output == "table":
        _show(planned)
    if not is_rehearsal:
        if planned.needs_consent and not consents and sys.stdin.isatty():
            click.confirm("Record it?", abort=True, err=True)
            consents = True
        if planned.needs_consent and not consents:
            raise InvalidInput("This changes how findings are judged.", remedy="Look at what changes, and add --yes.")
        editor.record(planned, author=who.person.name, recorded_by=who.recorded_by, consent=consents)
    if output == "json":
        print_json(ChangedTypeShape.of(planned, recorded=not is_rehearsal))
        return
    done = "retired" if planned.retires else "made" if planned.former is None else "changed"
    note(f"{planned.type.name} {'would be' if is_rehearsal else 'was'} {done}.")


def _show(planned: PlannedType) -> None:
    for (before, after), number in sorted(planned.moves.items(), reverse=True):
        note(f"{before.word} to {after.word}: {count(number, 'finding')}")
    changed: list[ChangedImage | ChangedWorkload] = [*planned.workloads, *planned.images]
    for change in changed[:_SHOWN]:
        note(f"{change.before.word} to {change.after.word}: {change.title}", indent=2)
    if len(changed) > _SHOWN:
        note(f"and {len(changed) - _SHOWN} more", indent=2)
    if not planned.needs_consent:
        note("No finding is judged otherwise.")
