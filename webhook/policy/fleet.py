"""The fleet: how the hub tells its records, and what a member makes of them.

A delta leads on from exactly the position that a member has, so it can neither be replayed nor left out. A snapshot
leads on from anywhere. One with an older position of the same store is a replay, unless it was made later: then the
hub was restored from a backup. What a hub has lost in that way loosens nothing by itself: records that a snapshot does
not have stay in force, except those that allow, whose end makes nothing milder. So do types that are older than those
that count, or of another store. They stay until somebody accepts what the hub says now.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from msgspec import structs

from webhook.errors import DocumentRefused
from webhook.model.actions import Action
from webhook.model.assessments import FOR_CLUSTER, Assessment, AssessmentSource, StoredType
from webhook.model.changes import START
from webhook.model.fleet import FleetContent, Followed, HeldRecord
from webhook.policy.matching import AssessmentIndex
from webhook.policy.precedence import Same, age, same_scope
from webhook.policy.scopes import described, respelled

RULE = "the fleet"
"""Stands in the records of the hub at its members, where people read what has matched."""
_ENDED = "the fleet, no longer"
"""Stands in a withdrawal that a member has made because the hub states a record no more."""
_ENDED_COMMENT = "The hub states it no more."


def as_told(assessment: Assessment) -> Assessment:
    """A record of the hub as members get it.

    It keeps its author, time, end, comment and batch. What it was recorded by stays at the hub, which names accounts
    and machines; in its place stands what stated it, so that a withdrawal there withdraws no other record here.
    """
    stated_by = " ".join(filter(None, (assessment.source.value, assessment.provisioner)))
    return structs.replace(
        assessment, source=AssessmentSource.FLEET, recorded_by=stated_by, revision=0, sequence=0, rule=RULE
    )


def as_told_to_one(assessment: Assessment) -> Assessment:
    """A record for one member as it gets it: apart from those for all, so that neither replaces or ends the other."""
    told = as_told(assessment)
    return structs.replace(told, recorded_by=f"{told.recorded_by}{FOR_CLUSTER}")


def check_addressee(content: FleetContent, own: str) -> None:
    """Refuse a document that is for another member.

    Args:
        content: of the document.
        own: the hash of this member's token; empty without one.

    Raises:
        DocumentRefused: it is.
    """
    if content.addressee and content.addressee != own:
        raise DocumentRefused(
            "The hub's document is for another member.",
            remedy="Export without --cluster, or with this member's name; fleet.token tells which one this is.",
        )


def as_kept(assessment: Assessment) -> Assessment:
    """A record that a document brings, as a member keeps it; whatever the document says, it is one of the hub."""
    return structs.replace(
        assessment,
        source=AssessmentSource.FLEET,
        rule=RULE,
        revision=0,
        sequence=0,
        scope=respelled(assessment.scope),
    )


def check_order(followed: Followed, content: FleetContent) -> None:
    """Refuse a document that does not lead on from what a member has.

    Raises:
        DocumentRefused: it is a replay, or leads on from another position.
    """
    here, there = followed.position, content.position
    if content.since is not None:
        if content.since != here:
            raise DocumentRefused(
                f"The hub's changes lead on from revision {content.since.revision}; this member has {here.revision}.",
                remedy="Take the snapshot, which leads on from anywhere.",
            )
        return
    if followed.accepts or here == START or here.store != there.store or followed.hub_at is None:
        return
    is_same_or_newer = there == here or there.revision > here.revision
    if not is_same_or_newer and content.at <= followed.hub_at:
        raise DocumentRefused(
            f"This snapshot is of revision {there.revision}, made on {content.at:%Y-%m-%d %H:%M:%S} UTC; this member "
            f"has revision {here.revision}, made on {followed.hub_at:%Y-%m-%d %H:%M:%S} UTC.",
            remedy="Take a newer one. If the hub's clock was set back, run `bomgate fleet accept`.",
        )


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a snapshot changes at a member.

    Attributes:
        records: to be appended, in this order.
        held: records that the snapshot does not have, and that stay in force.
    """

    records: tuple[Assessment, ...]
    held: tuple[Assessment, ...] = ()


def reconcile(
    there: Sequence[Assessment], told: Sequence[Assessment], actions: Mapping[str, Action], *, accepts: bool
) -> Reconciled:
    """Compare the hub's records at a member with those of a snapshot.

    Args:
        there: all records of the hub that the member keeps, in their order.
        told: all that the snapshot has, as they are kept, in the hub's order.
        actions: of the hub's types, by name without case.
        accepts: whether the snapshot counts as it is; else what it does not have stays in force, unless it allows.
    """
    known = {_words(record) for record in there}
    stated, bare = {_words(record) for record in told}, {_bare(record) for record in told}

    def action(record: Assessment) -> Action:
        """What it asks for; without a type it is a withdrawal, after which the policy's word counts."""
        return Action.WARN if record.type is None else actions.get(record.type.casefold(), Action.DENY)

    # A record that is older than one here which the hub has lost was replaced here already; a restored hub has it
    # again. It counts where it is stricter. Of what the hub still states its order counts and no time, because its
    # clock may have been set back.
    lost: dict[tuple[Same, Action], dt.datetime] = {}
    for record in there:
        if _words(record) not in stated and _bare(record) not in bare:
            key = same_scope(record), action(record)
            lost[key] = max(lost.get(key, record.assessed_at), record.assessed_at)
    replaced = {same_scope(record): number for number, record in enumerate(told) if _words(record) in known}

    def counts(number: int, record: Assessment) -> bool:
        same, at = same_scope(record), record.assessed_at
        later = (lost.get((same, other), at) for other in Action if other >= action(record))
        return _words(record) not in known and number > replaced.get(same, -1) and at >= max(later)

    new = [record for number, record in enumerate(told) if counts(number, record)]
    after = _index(there, new)
    gone = [
        record
        for record in after
        if record.rule != _ENDED and _words(record) not in stated and _bare(record) not in bare
    ]
    if accepts:
        return Reconciled((*new, *_replaced(after, told)))
    allowing, held = list[Assessment](), list[Assessment]()
    for record in gone:
        (allowing if action(record) is Action.ALLOW else held).append(record)
    return Reconciled((*new, *(_ended(record) for record in allowing)), tuple(held))


def held_record(record: Assessment) -> HeldRecord:
    """A record that stays in force, for people."""
    return HeldRecord(record.vulnerability, described(record.scope), record.type, record.author, record.until)


def settled_types(followed: Followed, content: FleetContent) -> tuple[tuple[StoredType, ...], bool]:
    """The hub's types that count at a member from a document on, and whether others of it do not.

    Args:
        followed: how far the member is.
        content: of the document, with types.
    """
    told, told_at = content.types or (), content.types_at
    if followed.types_at is None or told == followed.types:
        return told, False
    is_other = content.position.store != followed.position.store
    if followed.accepts or (not is_other and told_at is not None and told_at >= followed.types_at):
        names = {known.type.name for known in told}
        gone = (known for known in followed.types if known.type.name not in names)
        return (*told, *(StoredType(known.type, retired=True, origin=known.origin) for known in gone)), False
    names = {known.type.name.casefold() for known in followed.types}
    return (*followed.types, *(known for known in told if known.type.name.casefold() not in names)), True


def _index(there: Iterable[Assessment], new: Sequence[Assessment]) -> AssessmentIndex:
    kept = list(there)
    last = max((record.sequence for record in kept), default=0)
    numbered = (structs.replace(record, sequence=number) for number, record in enumerate(new, last + 1))
    return AssessmentIndex.of([*kept, *numbered])


def _replaced(after: AssessmentIndex, told: Sequence[Assessment]) -> list[Assessment]:
    """Records that make what counts here what counts at the hub."""
    wanted = _by_scope(AssessmentIndex.of(_numbered(told)))
    found = list[Assessment]()
    for same, records in _by_scope(after).items():
        if [_words(record) for record in records] != [_words(record) for record in wanted.get(same, [])]:
            found += [_ended(record) for record in records[-1:]]
            found += [structs.replace(record, sequence=0) for record in wanted.get(same, []) if record.type is not None]
    return found


def _by_scope(index: AssessmentIndex) -> dict[Same, list[Assessment]]:
    found: dict[Same, list[Assessment]] = {}
    for record in index:
        if record.type is not None:
            found.setdefault(same_scope(record), []).append(record)
    for record in index:
        if record.type is None:
            found.setdefault(same_scope(record), [])
    return {same: sorted(records, key=age) for same, records in found.items()}


def _numbered(records: Sequence[Assessment]) -> list[Assessment]:
    return [structs.replace(record, sequence=number) for number, record in enumerate(records, 1)]


def _ended(record: Assessment) -> Assessment:
    return structs.replace(
        record,
        type=None,
        until=None,
        score=None,
        comment=_ENDED_COMMENT,
        rule=_ENDED,
        revision=0,
        sequence=0,
        until_fixed=False,
        fixed_in="",
    )


def _words(record: Assessment) -> Assessment:
    """What makes two records the same, at whatever number they stand."""
    return structs.replace(record, sequence=0, revision=0, rule="")


def _bare(record: Assessment) -> Assessment:
    """The same for whatever package: a record is kept for former spellings of its package, too."""
    return structs.replace(record, sequence=0, revision=0, rule="", scope=structs.replace(record.scope, package=None))
