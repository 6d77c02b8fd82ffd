"""JSON of ``bomgate fleet``."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Annotated

from webhook.model.changes import Position
from webhook.model.fleet import Member


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
