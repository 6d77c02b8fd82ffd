"""Sharing: the findings of a component that are the same in every image, judged once.

An image is judged again after each change, and most of its components are in many images. What is in force for a
component is the same in all places to which no assessment and no VEX statement about its vulnerabilities is narrowed.
It stays so as long as these vulnerabilities get no other record, the rules stay, and no moment is reached at which
time alone changes something. Where any of that does not hold, the component is judged by itself, as if nothing was
shared.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from webhook.policy.precedence import Entry
from webhook.policy.sameness import with_shared_names

if TYPE_CHECKING:
    from webhook.model.changes import VulnerableComponent
    from webhook.policy.evaluation import Rules
    from webhook.policy.judge import Judge, JudgedComponent
    from webhook.policy.matching import AssessmentIndex
    from webhook.policy.precedence import Place

_MOST_FINDINGS = 20_000
"""So many findings are kept, each of some hundred bytes."""
_MOST_PASSED = 50_000
"""So many components are judged by themselves when no more are kept, before all are forgotten for newer ones.

Whoever judges all images there are has more findings than are kept: each of them would drive out another.
"""


class Narrowing(NamedTuple):
    """Where a component has to be judged by itself.

    Attributes:
        entries: those that match in some places only.
        names: of its vulnerabilities, in lower case, where VEX documents may state something of them; else empty.
    """

    entries: tuple[Entry, ...]
    names: frozenset[str]

    def holds(self, place: Place, index: AssessmentIndex) -> bool:
        """Whether a place is one of these."""
        if any(entry.is_for(place) for entry in self.entries):
            return True
        return bool(self.names) and index.vex.may_speak_of(self.names, place)


@dataclass(slots=True)
class _Kept:
    """What was judged by the same index and rules, as of the same number of changes.

    Attributes:
        judged: by purl.
        by_name: purls by the names of their vulnerabilities, in lower case.
        findings: how many there are.
        passed: components that were not kept because there were so many.
    """

    index: AssessmentIndex
    rules: Rules
    count: int
    judged: dict[str, tuple[JudgedComponent, Narrowing | None]] = field(default_factory=dict)
    by_name: dict[str, set[str]] = field(default_factory=dict)
    findings: int = 0
    passed: int = 0


class SharedFindings:
    """The findings of components that were judged last. Safe to share by threads."""

    def __init__(self) -> None:
        self._kept: _Kept | None = None
        self._lock = threading.Lock()

    @property
    def findings(self) -> int:
        """How many are kept."""
        return 0 if self._kept is None else self._kept.findings

    def of(self, components: Iterable[VulnerableComponent], judge: Judge) -> list[JudgedComponent]:
        """What :meth:`Judge.component` gives for each, with the same moments of change."""
        kept, found = self._current(judge), []
        count, now, place, index = kept.count, judge.now, judge.place, judge.index
        for component in components:
            one, narrowing = kept.judged.get(component.purl, _NOTHING)
            if (
                one is None
                or (one.component is not component and one.component != component)
                or now < one.since
                or (one.until is not None and now >= one.until)
                or (narrowing is not None and narrowing.holds(place, index))
            ):
                one = self._judged(component, judge, kept, count)
            found.append(one)
        return found

    def _current(self, judge: Judge) -> _Kept:
        """What is kept, without what has changed since."""
        kept, index = self._kept, judge.index
        if kept is not None and kept.index is index and kept.rules is judge.rules and kept.count == index.changed.count:
            return kept
        with self._lock:
            kept = self._kept
            if kept is None or kept.index is not index or kept.rules is not judge.rules:
                kept = self._kept = _Kept(index, judge.rules, index.changed.count)
                return kept
            count, keys = index.changed.since(kept.count)
            if keys is None:
                kept = self._kept = _Kept(index, judge.rules, count)
                return kept
            for purl in {purl for name, _ in keys for purl in kept.by_name.get(name, ())}:
                if (gone := kept.judged.pop(purl, None)) is not None:
                    kept.findings -= len(gone[0].ranked)
            kept.count = count
            return kept

    def _judged(self, component: VulnerableComponent, judge: Judge, kept: _Kept, count: int) -> JudgedComponent:
        """A component judged by itself, and kept where it was judged as in most places.

        Args:
            component: the component.
            judge: judges it.
            kept: where to keep it.
            count: of the changes before it was judged; where there are others now, it is not kept.
        """
        one = judge.component(component)
        if kept.findings + len(one.ranked) > _MOST_FINDINGS:
            self._pass(kept)
            return one
        names = {name.casefold() for each in with_shared_names(component.vulnerabilities) for name in each.identifiers}
        narrowing = _narrowing(frozenset(names), component, judge.index)
        if narrowing is not None and narrowing.holds(judge.place, judge.index):
            return one
        with self._lock:
            if kept is self._kept and kept.count == count:
                former = kept.judged.get(component.purl)
                kept.findings += len(one.ranked) - (0 if former is None else len(former[0].ranked))
                kept.judged[component.purl] = (one, narrowing)
                for name in names:
                    kept.by_name.setdefault(name, set()).add(component.purl)
        return one

    def _pass(self, kept: _Kept) -> None:
        """Keep no more, and after many that were not kept forget all for newer ones."""
        with self._lock:
            kept.passed += 1
            if kept.passed > _MOST_PASSED:
                kept.judged, kept.by_name, kept.findings, kept.passed = {}, {}, 0, 0


def _narrowing(names: frozenset[str], component: VulnerableComponent, index: AssessmentIndex) -> Narrowing | None:
    """Where a component has to be judged by itself; None for nowhere."""
    entries = tuple(entry for entry in index.everywhere(names, component.purl.package) if entry.is_narrowed)
    claimed = names if index.vex else frozenset[str]()
    return Narrowing(entries, claimed) if entries or claimed else None


_NOTHING: tuple[None, None] = (None, None)
