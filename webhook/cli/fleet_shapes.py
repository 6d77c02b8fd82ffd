"""JSON of ``bomgate fleet``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from webhook.cli.decision_shapes import RecordedAssessmentShape
from webhook.model.changes import Position
from webhook.model.fleet import FleetMode, Followed, Member

if TYPE_CHECKING:
    from webhook.engines.matching.updates import SetUpdate


@dataclass(frozen=True, slots=True)
class MemberShape:
    """A member, as its hub knows it."""

    name: Annotated[str, "Its name."]
    added: Annotated[dt.datetime, "When it got its token, UTC."]
    seen: Annotated[dt.datetime | None, "When it last asked for changes, UTC; null: never."]
    seen_seconds_ago: Annotated[float | None, "How long ago that was; null: never."]
    behind: Annotated[int | None, "Revisions of the hub that it has not applied; null: it follows another history."]
    skew_seconds: Annotated[float, "By how much its clock is ahead of the hub's."]
    version: Annotated[str, "Of its program; empty when it is not known."]

    @classmethod
    def of(cls, one: Member, newest: Position, now: dt.datetime) -> MemberShape:
        """From the model.

        Args:
            one: the member.
            newest: position of the hub's store.
            now: UTC.
        """
        follows = one.seen_at is not None and newest.continues(one.applied)
        return cls(
            one.name,
            one.added_at,
            one.seen_at,
            None if one.seen_at is None else (now - one.seen_at).total_seconds(),
            newest.revision - one.applied.revision if follows else None,
            one.skew_seconds,
            one.version,
        )


@dataclass(frozen=True, slots=True)
class MemberListShape:
    """``bomgate fleet list --output json``."""

    members: Annotated[tuple[MemberShape, ...], "In order of their names."]


@dataclass(frozen=True, slots=True)
class HeldShape:
    """A decision that the hub has lost, and that stays in force."""

    vulnerability: Annotated[str, "What it is about."]
    type: Annotated[str | None, "Its type; null: it withdraws."]
    scope: Annotated[str, "Its scope in words."]
    by: Annotated[str, "Its author, at the hub."]
    until: Annotated[dt.datetime | None, "When it stops counting, UTC; null: never."]


@dataclass(frozen=True, slots=True)
class FleetStatusShape:
    """``bomgate fleet status --output json``."""

    mode: Annotated[str, "standalone, hub or member."]
    store: Annotated[str, "Identity of the hub's store; empty: none was followed."]
    revision: Annotated[int, "Revision of the hub's store that is applied; 0: none."]
    hub_at: Annotated[dt.datetime | None, "When that was told, by the hub's clock, UTC."]
    applied: Annotated[dt.datetime | None, "When something was last applied, UTC."]
    seen: Annotated[dt.datetime | None, "When the hub last answered, or a snapshot was imported, UTC."]
    seen_seconds_ago: Annotated[float | None, "How long ago that was."]
    skew_seconds: Annotated[float, "By how much this clock was ahead of the hub's then."]
    held_count: Annotated[int, "Decisions that the hub has lost, and that stay in force here."]
    held: Annotated[tuple[HeldShape, ...], "The first thousand of them."]
    types_held: Annotated[bool, "Whether types stay in force that the hub states otherwise."]
    accepts: Annotated[bool, "Whether the next snapshot is taken as it is."]
    own_ways: Annotated[tuple[str, ...], "How findings can get something milder here than the hub has decided."] = ()

    @classmethod
    def of(
        cls, mode: FleetMode, followed: Followed, now: dt.datetime, own_ways: Sequence[str] = ()
    ) -> FleetStatusShape:
        """From the model."""
        return cls(
            mode.value,
            followed.position.store,
            followed.position.revision,
            followed.hub_at,
            followed.applied_at,
            followed.seen_at,
            None if followed.seen_at is None else (now - followed.seen_at).total_seconds(),
            followed.skew_seconds,
            followed.held_count,
            tuple(
                HeldShape(held.vulnerability, held.type, held.scope, held.author, held.until) for held in followed.held
            ),
            followed.types_held,
            followed.accepts,
            tuple(own_ways),
        )


@dataclass(frozen=True, slots=True)
class ClusterDecisionsShape:
    """``bomgate fleet decisions --output json``."""

    cluster: Annotated[str, "Name of the member."]
    assessments: Annotated[tuple[RecordedAssessmentShape, ...], "What counts there alone, oldest first."]


@dataclass(frozen=True, slots=True)
class ImportedSetShape:
    """A set that came with a snapshot."""

    source: Annotated[str, "Name of the source here."]
    name: Annotated[str, "Ecosystem; KEV or EPSS."]
    records: Annotated[int, "How many count now."]
    changed: Annotated[bool, "Whether it is another than before."]
    problem: Annotated[str, "Why what was loaded before is kept; empty where it was taken."]

    @classmethod
    def of(cls, update: SetUpdate) -> ImportedSetShape:
        """The shape of what became of a set."""
        return cls(update.source, update.ecosystem, update.advisories, update.changed, update.problem)


@dataclass(frozen=True, slots=True)
class ImportedShape:
    """``bomgate fleet import --output json``."""

    revision: Annotated[int, "Revision of the hub's store that is applied now."]
    records: Annotated[int, "Records that it took."]
    types: Annotated[bool, "Whether types have changed."]
    held_count: Annotated[int, "Decisions that stay in force though the snapshot does not have them."]
    sets: Annotated[tuple[ImportedSetShape, ...], "Sets of sources with the location hub:."] = ()
    answers: Annotated[int, "Components of this member that have their answer of OSS Index from it."] = 0
