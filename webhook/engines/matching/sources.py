"""Sets of all sources that publish them: how old each is, and which sources are due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from webhook.ports import AdvisoryStore, Clock, ExploitStore

_RETRY_SECONDS = 900.0
"""After an attempt a source is left alone for so long, or for its own interval where that is shorter."""


@dataclass(frozen=True, slots=True)
class SetState:
    """What is known of a set that the settings ask for.

    Attributes:
        source: name of the source.
        name: such as ``Debian``, ``KEV`` or ``EPSS``.
        records: how many count.
        checked_at: when the source last said that this is its newest version, UTC; None when it never did.
        as_of: the day that it was published for; None where it says none.
        is_unreadable: whether what is kept of it cannot be read.
        kept: how many of them are as they were, because the source has something there that cannot be read.
    """

    source: str
    name: str
    records: int = 0
    checked_at: dt.datetime | None = None
    as_of: dt.date | None = None
    is_unreadable: bool = False
    kept: int = 0


@dataclass
class SourceSchedule:
    """Knows the sets of the settings, and when their sources are to be asked.

    Attributes:
        wanted: source and set, in the order of the settings.
        hours: by name of a source, after how many hours it is asked again; others are asked by the download alone.
        advisories: where advisories are kept.
        exploits: where data about attacks are kept.
        clock: time.
        others: the sets that are kept elsewhere.
    """

    wanted: Sequence[tuple[str, str]]
    hours: Mapping[str, float]
    advisories: AdvisoryStore
    exploits: ExploitStore
    clock: Clock
    others: Callable[[], Iterable[SetState]] = tuple
    _tried: dict[str, float] = field(default_factory=dict)

    def states(self) -> list[SetState]:
        """Every set that the settings ask for.

        Raises:
            StoreError: the database does not answer.
        """
        there = {
            (info.source, info.ecosystem): SetState(
                info.source, info.ecosystem, info.advisories, info.checked_at, is_unreadable=info.is_unreadable
            )
            for info in self.advisories.sets()
        }
        there |= {
            (info.source, info.kind.name): SetState(
                info.source, info.kind.name, info.entries, info.checked_at, info.as_of
            )
            for info in self.exploits.sets()
        }
        there |= {(state.source, state.name): state for state in self.others()}
        return [there.get(key, SetState(*key)) for key in self.wanted]

    def due(self) -> frozenset[str]:
        """The sources that are to be asked now; each counts as tried then.

        Raises:
            StoreError: the database does not answer.
        """
        if not self.hours:
            return frozenset()
        now, at = self.clock.now(), self.clock.monotonic()
        old = {state.source for state in self.states() if self._is_old(state, now)}
        found = {source for source in old if self._may_try(source, at)}
        self._tried |= dict.fromkeys(found, at)
        return frozenset(found)

    def _is_old(self, state: SetState, now: dt.datetime) -> bool:
        hours = self.hours.get(state.source)
        if hours is None:
            return False
        # A check that lies ahead was made by a clock that was wrong.
        return state.checked_at is None or not dt.timedelta() <= now - state.checked_at < dt.timedelta(hours=hours)

    def _may_try(self, source: str, at: float) -> bool:
        tried = self._tried.get(source)
        return tried is None or at - tried >= min(_RETRY_SECONDS, self.hours[source] * 3600)
