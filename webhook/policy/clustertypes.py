"""Types of the cluster and of the console, combined with those of the settings file, and with the hub's at a member.

The hub's types come first. Where the settings file, the console or the cluster has one of the same name, the stricter
action counts, and the rest is the hub's; its CVSS ranges count in the place of those of the file that overlap with
them. The file's types always count, then those that people made in the console. One of the cluster that shares its name
with one of them, or whose CVSS range overlaps with a range that counts already, is left out, and nothing else is harmed
by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from webhook.errors import ConfigError
from webhook.model.actions import Action
from webhook.model.assessments import AssessmentType, StoredType, TypeOrigin
from webhook.model.policies import Policy
from webhook.policy.plaintext import plain
from webhook.policy.scores import check_ranges
from webhook.policy.typeloosening import TypeChange, type_loosens
from webhook.policy.typetable import TypeTable


class ShadowedType(ConfigError):
    """The settings file, or the console, has a type with the same name."""

    code = "shadowed-type"


class OverlappingTypes(ConfigError):
    """The CVSS ranges of two types overlap."""

    code = "overlapping-types"


class TypeLoosens(ConfigError):
    """A change of a type loosens, which takes another person, and objects do not say who wrote them."""

    code = "type-loosens"
    default_remedy = "Define it in assessmentTypes of the settings file."


@dataclass(frozen=True, slots=True)
class Candidate:
    """A type defined in the cluster.

    Attributes:
        type: as it is named now; None when that cannot be read.
        former: the definition that counted until now; None when there was none.
    """

    type: AssessmentType | None
    former: AssessmentType | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """The definitions that count, and why others do not.

    Attributes:
        loaded: by key of the candidate, in their order; the present definition or the former one.
        refused: why the present definition of a candidate does not count, by key.
    """

    loaded: Mapping[str, AssessmentType]
    refused: Mapping[str, ConfigError] = field(default_factory=dict)


def with_stored(own: TypeTable, stored: Iterable[StoredType]) -> TypeTable:
    """The types of the settings file, followed by those in the store.

    Whoever put types into the store may have had another settings file, so each one is checked here again. One that
    does not go with the rest counts as retired: it is given to nothing new, and what was given keeps its action.

    Args:
        own: the types of the settings file.
        stored: those of the store; what people made comes before what the cluster names.
    """
    there = list(stored)
    if any(known.origin is TypeOrigin.FLEET for known in there):
        own, there = _with_fleet(own, there)
    table, left_out = own, list[AssessmentType]()
    for stored_type in sorted(there, key=lambda known: known.origin is not TypeOrigin.CONSOLE):
        wider = None if stored_type.retired else _joined(table, stored_type.type)
        if isinstance(wider, TypeTable):
            table = wider
        else:
            left_out.append(stored_type.type)
    return TypeTable(table, left_out) if left_out else table


def _with_fleet(own: TypeTable, stored: Sequence[StoredType]) -> tuple[TypeTable, list[StoredType]]:
    """The hub's types with those of the settings file, and what else is stored.

    What the file defines more strictly than the hub stays as strict, and so does what people or the cluster defined.
    """
    hubs = [known.type for known in stored if known.origin is TypeOrigin.FLEET and not known.retired]
    names, strictest = {kind.name.casefold() for kind in hubs}, dict[str, Action]()
    local = (known.type for known in stored if known.origin is not TypeOrigin.FLEET and not known.retired)
    for kind in (*own, *local):
        strictest[kind.name.casefold()] = max(kind.action, strictest.get(kind.name.casefold(), kind.action))
    merged = list[AssessmentType]()
    left = [known for known in stored if known.origin is not TypeOrigin.FLEET or known.retired]
    for kind in hubs:
        action = max(kind.action, strictest.get(kind.name.casefold(), kind.action))
        try:
            TypeTable([*merged, replace(kind, action=action)])
        except ConfigError:
            left.append(StoredType(kind, retired=True, origin=TypeOrigin.FLEET))  # of a hub that knows other rules
        else:
            merged.append(replace(kind, action=action))
    for kind in own:
        if kind.name.casefold() not in names:
            merged.append(kind if _has_room(merged, kind) else replace(kind, auto_assess=None))
    # Retired here, so that neither its name nor its range counts a second time.
    left = [
        replace(known, retired=True) if known.type.name.casefold() in names and not known.retired else known
        for known in left
    ]
    return TypeTable(merged, own.all_retired), left


def _has_room(types: Sequence[AssessmentType], one: AssessmentType) -> bool:
    try:
        check_ranges([*types, one])
    except ConfigError:
        return False
    return True


def strict(
    own: TypeTable,
    candidates: Mapping[str, Candidate],
    stored: Iterable[StoredType],
    policy: Policy,
    carries: Callable[[str], bool],
) -> tuple[dict[str, Candidate], dict[str, ConfigError]]:
    """Candidates without the changes that loosen, and why these do not count.

    Args:
        own: the types of the settings file.
        candidates: what the cluster names.
        stored: all types of the store; those of the cluster that it names no longer stay if that is stricter.
        policy: what is not assessed gets.
        carries: whether a record that can still matter carries the name of a type.
    """
    there = list(stored)
    known = {kind.type.name.casefold(): kind for kind in sorted(there, key=lambda kind: not kind.retired)}
    made, held = dict(candidates), dict[str, ConfigError]()
    for name, candidate in candidates.items():
        if candidate.type is None:
            continue
        former = known.get(name.casefold())
        then = _changed(there, StoredType(candidate.type))
        is_carried = (former is None or former.retired) and carries(name)
        tables = (with_stored(own, there), with_stored(own, then))
        why = type_loosens(TypeChange(former, candidate.type, *tables, policy, is_carried))
        if why:
            made[name] = Candidate(None, candidate.former)
            held[name] = TypeLoosens(f"It would loosen: {why} (requests.required).")
        else:
            there = then
    for kind in known.values():
        name, is_of_cluster = kind.type.name, kind.origin is TypeOrigin.CLUSTER and not kind.retired
        if not is_of_cluster or name in candidates:
            continue
        then = _changed(there, replace(kind, retired=True))
        change = TypeChange(kind, None, with_stored(own, there), with_stored(own, then), policy, is_carried=True)
        if type_loosens(change):
            made[name] = Candidate(None, kind.type)
        else:
            there = then
    return made, held


def _changed(stored: Sequence[StoredType], one: StoredType) -> list[StoredType]:
    """The types of the cluster with a changed one; one of the console that has its name stays, too."""
    name = one.type.name.casefold()
    return [
        *(kind for kind in stored if kind.type.name.casefold() != name or kind.origin is not TypeOrigin.CLUSTER),
        one,
    ]


def settle(own: TypeTable, candidates: Mapping[str, Candidate]) -> Settled:
    """Choose which definitions count.

    What counts already is not pushed out by what comes new: a changed definition that cannot be used leaves the former
    one in force, and a new one is left out. Changes that only go together, such as two types that swap their ranges,
    are taken together.

    Args:
        own: the types of the settings file.
        candidates: what the cluster names, the oldest first.
    """
    refused: dict[str, ConfigError] = {}
    present: dict[str, AssessmentType] = {}
    for key, candidate in candidates.items():
        if candidate.type is None:
            continue
        wider = _joined(own, candidate.type)
        if isinstance(wider, TypeTable):
            present[key] = candidate.type
        else:
            refused[key] = wider
    kept = _kept(own, candidates)
    loaded = {**{key: assessment_type for key, assessment_type in kept.items() if key not in present}, **present}
    if isinstance(_all(own, loaded.values()), ConfigError):
        loaded = kept
        _change(own, loaded, present, refused)
    return Settled({key: loaded[key] for key in candidates if key in loaded}, refused)


def _kept(own: TypeTable, candidates: Mapping[str, Candidate]) -> dict[str, AssessmentType]:
    """The definitions that counted until now and are still compatible."""
    kept: dict[str, AssessmentType] = {}
    for key, candidate in candidates.items():
        if candidate.former is not None and _fits(own, kept, candidate.former):
            kept[key] = candidate.former
    return kept


def _change(
    own: TypeTable,
    loaded: dict[str, AssessmentType],
    present: Mapping[str, AssessmentType],
    refused: dict[str, ConfigError],
) -> None:
    """Replace former definitions with current ones, one at a time, until no more fit."""
    waiting = {key: assessment_type for key, assessment_type in present.items() if loaded.get(key) != assessment_type}
    is_moving = True
    while waiting and is_moving:
        is_moving = False
        for key, assessment_type in list(waiting.items()):
            others = {name: other for name, other in loaded.items() if name != key}
            problem = _all(own, [*others.values(), assessment_type])
            if isinstance(problem, TypeTable):
                loaded[key] = assessment_type
                del waiting[key]
                refused.pop(key, None)
                is_moving = True
            else:
                refused[key] = problem


def _fits(own: TypeTable, loaded: Mapping[str, AssessmentType], one: AssessmentType) -> bool:
    return isinstance(_all(own, [*loaded.values(), one]), TypeTable)


def _all(own: TypeTable, types: Iterable[AssessmentType]) -> TypeTable | ConfigError:
    table = own
    for assessment_type in types:
        wider = _joined(table, assessment_type)
        if isinstance(wider, ConfigError):
            return wider
        table = wider
    return table


def _joined(table: TypeTable, one: AssessmentType) -> TypeTable | ConfigError:
    """The table with one more type, or the reason why it cannot be added."""
    there = table.get(one.name)
    if there is not None:
        return ShadowedType(
            f"The settings file or the console has an assessment type {plain(there.name, 60)}, which counts in place "
            "of this one.",
            remedy="Rename the object, or take the type out of assessmentTypes, or retire it in the console.",
        )
    try:
        added = TypeTable((one,))
    except ConfigError as problem:
        return problem
    try:
        check_ranges([*table, *added])
    except ConfigError as problem:
        return OverlappingTypes(problem.message, remedy=problem.remedy)
    return TypeTable([*table, one])


def by_name(stored: Sequence[StoredType]) -> dict[str, AssessmentType]:
    """The stored types of the cluster that are not retired."""
    return {known.type.name: known.type for known in stored if not known.retired and known.origin is TypeOrigin.CLUSTER}


def made_by_people(stored: Sequence[StoredType]) -> Sequence[StoredType]:
    """The stored types that people made, here or at the hub, and that objects of the cluster do not change."""
    return [known for known in stored if known.origin is not TypeOrigin.CLUSTER]
