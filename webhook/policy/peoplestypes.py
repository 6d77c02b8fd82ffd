"""Assessment types that people make in the console or at the command line: what they may be, and which are fixed.

A type is changed where it is defined. Those of the settings file and of the cluster are fixed here, and so is the name
of every type, because assessments refer to it.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from webhook.errors import ConfigError, InvalidInput
from webhook.model.assessments import AssessmentType, StoredType, TypeOrigin
from webhook.policy.clustertypes import with_stored
from webhook.policy.colors import checked_color
from webhook.policy.plaintext import is_plain, plain
from webhook.policy.typetable import TypeTable

MAX_DESCRIPTION = 300


class TypeDefinedElsewhere(InvalidInput):
    """The type is defined in the settings file, or by an object of the cluster."""

    code = "type-defined-elsewhere"


def place_of(own: TypeTable, stored: Sequence[StoredType], name: str) -> str:
    """Where to change a type that people cannot change here; empty for one that they can.

    Args:
        own: the types of the settings file.
        stored: those of the store.
        name: compared without case.
    """
    key = name.casefold()
    if own.get(name) is not None:
        return "assessmentTypes in the settings file"
    for known in stored:
        if known.type.name.casefold() == key and known.origin is TypeOrigin.FLEET:
            return "the hub of the fleet"
        if known.type.name.casefold() == key and known.origin is TypeOrigin.CLUSTER and not known.retired:
            return f"the object: kubectl edit assessmenttypes.bomgate.dev {known.type.name}"
    return ""


def find(stored: Sequence[StoredType], name: str) -> StoredType | None:
    """The stored type of a name, without case; one in force before a retired one."""
    same = [known for known in stored if known.type.name.casefold() == name.casefold()]
    return min(same, key=lambda known: known.retired, default=None)


def accepted(
    own: TypeTable, stored: Sequence[StoredType], wanted: AssessmentType, *, is_new: bool
) -> tuple[AssessmentType, TypeTable]:
    """A type as it is kept, and the table with it.

    Args:
        own: the types of the settings file.
        stored: those of the store.
        wanted: as people want it. The spelling of the name of a stored type stays as it is.
        is_new: whether it is to be made, or made again after it was retired.

    Raises:
        TypeDefinedElsewhere: it has to be changed elsewhere.
        InvalidInput: there is one of that name already, or none to change; a value cannot be used; its range overlaps.
    """
    there = find(stored, wanted.name)
    _require_here(own, stored, wanted.name)
    if is_new and there is not None and not there.retired:
        raise InvalidInput(
            f"There is an assessment type {plain(there.type.name, 60)} already.", remedy="Change it, or choose a name."
        )
    if not is_new and there is None:
        raise _unknown(own, wanted.name)
    if len(wanted.description) > MAX_DESCRIPTION or not is_plain(wanted.description):
        raise InvalidInput(
            "The description cannot be used.", remedy=f"Write at most {MAX_DESCRIPTION} printable characters, one line."
        )
    name = wanted.name if there is None else there.type.name
    kept = replace(wanted, name=name, color=checked_color(wanted.color), action_stated=True)
    others = [known for known in stored if known.type.name.casefold() != name.casefold()]
    try:
        # Types of the cluster that overlap with it would cease to count, so it is checked against them, too.
        TypeTable([*with_stored(own, others), kept])
    except ConfigError as problem:
        raise InvalidInput(problem.message, remedy=problem.remedy) from problem
    return kept, with_stored(own, [*others, StoredType(kept, origin=TypeOrigin.CONSOLE)])


def retired(own: TypeTable, stored: Sequence[StoredType], name: str) -> tuple[AssessmentType, TypeTable]:
    """The type that is to be retired, and the table without it.

    Raises:
        TypeDefinedElsewhere: it has to be taken out elsewhere.
        InvalidInput: there is none, or it is retired.
    """
    _require_here(own, stored, name)
    there = find(stored, name)
    if there is None:
        raise _unknown(own, name)
    if there.retired:
        raise InvalidInput(f"The assessment type {plain(there.type.name, 60)} is retired already.")
    others = [known for known in stored if known is not there]
    return there.type, with_stored(own, [*others, replace(there, retired=True)])


def _require_here(own: TypeTable, stored: Sequence[StoredType], name: str) -> None:
    place = place_of(own, stored, name)
    if place:
        raise TypeDefinedElsewhere(
            f"The assessment type {plain(name, 60)} is not defined in the console.", remedy=f"Change it in {place}."
        )


def _unknown(own: TypeTable, name: str) -> InvalidInput:
    return InvalidInput(
        f"{plain(name, 60)!r} is not an assessment type.", remedy=f"There are: {', '.join(own.names)} and those listed."
    )
