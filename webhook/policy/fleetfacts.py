"""Facts of a fleet: what a hub and a member say of themselves, where people look after an installation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from webhook.model.actions import Action
from webhook.model.assessments import AssessmentType, StoredType
from webhook.model.changes import START, Position
from webhook.model.fleet import Followed, Member
from webhook.policy.lint import Level, Trap
from webhook.policy.phrases import count, moment
from webhook.policy.plaintext import plain

_SILENT = dt.timedelta(minutes=10)
_MOST_SKEW = 60.0
"""Seconds between the clocks of a hub and a member; as the alert has it."""
_SHOWN = 5


class FleetFact(NamedTuple):
    """One fact about the fleet.

    Attributes:
        is_good: whether nobody has to do anything about it.
        sentence: what is so.
        remedy: what to do; empty where there is nothing.
    """

    is_good: bool
    sentence: str
    remedy: str = ""


def hub_facts(members: Sequence[Member], position: Position, waiting: int, now: dt.datetime) -> Iterator[FleetFact]:
    """What a hub says of its members.

    Args:
        members: that have a token.
        position: of the hub's store.
        waiting: components that members wait for.
        now: UTC.
    """
    following = [member for member in members if member.applied.store == position.store]
    behind = max((position.revision - member.applied.revision for member in following), default=0)
    text = f"Hub of {count(len(members), 'member')} at revision {position.revision}"
    yield FleetFact(
        True, f"{text}; the last one is {count(max(0, behind), 'revision')} behind." if members else f"{text}."
    )
    silent = [member for member in members if member.seen_at is not None and now - member.seen_at > _SILENT]
    if silent:
        yield FleetFact(
            False,
            f"Not heard of for ten minutes: {_names(silent)}. They decide alone meanwhile.",
            "Look at the log of their controllers, and at the network on the way.",
        )
    new = [member for member in members if member.seen_at is None]
    if new:
        yield FleetFact(
            False, f"Never heard of: {_names(new)}.", "Set fleet.hub and fleet.token there, or remove them."
        )
    other = [member for member in members if member.applied != START and member not in following]
    if other:
        yield FleetFact(
            False, f"Of another history of the hub: {_names(other)}.", "They take the snapshot; see bomgate fleet list."
        )
    skewed = [member for member in members if abs(member.skew_seconds) > _MOST_SKEW]
    if skewed:
        yield FleetFact(
            False,
            f"Clocks differ by more than a minute: {_names(skewed)}.",
            "Assessments end by the clock of the member. Set it.",
        )
    if waiting:
        yield FleetFact(
            True, f"Members wait for answers about {count(waiting, 'component')}, which the next download asks for."
        )


def own_ways(
    stated: Iterable[AssessmentType], told: Iterable[StoredType], *, trusts_vex: bool, loosens: bool
) -> tuple[str, ...]:
    """How a finding can get something milder at a member than the hub has decided, in words.

    Args:
        stated: types of the member's settings file.
        told: types of the hub.
        trusts_vex: whether VEX documents of some signer or source count at the member.
        loosens: whether milder decisions of its people count (``fleet.localLoosening``).
    """
    of_hub = {known.type.name.casefold() for known in told if not known.retired}
    given = [kind.name for kind in stated if kind.is_automatic and kind.action is not Action.DENY]
    own = [plain(name, 60) for name in given if name.casefold() not in of_hub]
    found = ["decisions of people here (fleet.localLoosening)"] if loosens else []
    found += [f"conditions of the types {', '.join(own)} of the settings file"] if own else []
    return (*found, *(["VEX documents that vex.trust trusts"] if trusts_vex else []))


def member_facts(
    followed: Followed, now: dt.datetime, *, is_connected: bool, ways: Sequence[str] = ()
) -> Iterator[FleetFact]:
    """What a member says of how it follows its hub.

    Args:
        followed: how far.
        now: UTC.
        is_connected: whether it reaches its hub, and does not import snapshots.
        ways: see :func:`own_ways`.
    """
    way = "The controller follows it; look at its log." if is_connected else "Run `bomgate fleet import`."
    if followed.position == START or followed.seen_at is None:
        yield FleetFact(False, "Member of a fleet that has taken nothing from its hub yet.", way)
        return
    text = f"Member at revision {followed.position.revision} of its hub, last heard of on {moment(followed.seen_at)}."
    is_late = is_connected and now - followed.seen_at > _SILENT
    yield FleetFact(not is_late, f"{text} It decides alone meanwhile." if is_late else text, way if is_late else "")
    if followed.held_count or followed.types_held:
        what = count(followed.held_count, "decision") if followed.held_count else "types"
        yield FleetFact(
            False,
            f"The hub has lost {what} that restrict; they stay in force here.",
            "Look at `bomgate fleet status`. Record them at the hub again, or run `bomgate fleet accept`.",
        )
    if abs(followed.skew_seconds) > _MOST_SKEW:
        ahead = "ahead of" if followed.skew_seconds > 0 else "behind"
        yield FleetFact(
            False,
            f"The clock here is {abs(followed.skew_seconds):.0f} s {ahead} the hub's.",
            "Assessments end by the clock here. Set it.",
        )
    if ways:
        yield FleetFact(True, f"Findings can get something milder here than at the hub by {'; by '.join(ways)}.")


def milder_types(stated: Iterable[AssessmentType], told: Iterable[StoredType]) -> tuple[Trap, ...]:
    """Traps for types of the settings file that are milder than the hub's of the same name, which counts.

    Args:
        stated: by the settings file.
        told: by the hub.
    """
    of_hub = {known.type.name.casefold(): known.type for known in told if not known.retired}
    return tuple(
        Trap(
            "milder-than-the-fleet",
            Level.WARNING,
            f"The assessment type {plain(kind.name, 60)} of the settings file is {kind.action.word}. The fleet's is "
            f"{of_hub[kind.name.casefold()].action.word}, and counts.",
            "Take it out of assessmentTypes, or give it another name; or change it at the hub.",
        )
        for kind in stated
        if kind.name.casefold() in of_hub and kind.action < of_hub[kind.name.casefold()].action
    )


def _names(members: Sequence[Member]) -> str:
    more = f" and {len(members) - _SHOWN} more" if len(members) > _SHOWN else ""
    return ", ".join(member.name for member in members[:_SHOWN]) + more
