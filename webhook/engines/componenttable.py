"""The components of a read model, in columns by their numbers.

One byte each says the state of a component, four say when a source that is asked last answered, and one names the
ecosystem whose advisories are about it, or why none are; only vulnerable ones have objects.
"""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import compress
from operator import itemgetter
from typing import TYPE_CHECKING

from msgspec import structs

from webhook.model.bases import Base, ComponentFindings
from webhook.model.changes import START, UINT32, Changes, ImageFacts, KnownAnswers, VulnerableComponent
from webhook.model.components import ComponentState
from webhook.model.overlays import Overlay
from webhook.model.uncovered import PAST_SUPPORT_NUMBERS, Uncovered, number_of, reason_of, reasons_of

if TYPE_CHECKING:
    import mmap

    from webhook.model.purls import Purl
    from webhook.model.vulnerabilities import Vulnerability

_MOST_MET = 4096
_NO_ROW = ComponentState.UNUSABLE
"""The state of an id whose component was deleted, and that no other one gets; whoever named it would find no answer."""


def _only(state: ComponentState) -> bytes:
    """A table for ``bytes.translate`` that gives 1 for a state and 0 for all others."""
    return bytes(number == state for number in range(256))


_VULNERABLE, _CLEAN = _only(ComponentState.VULNERABLE), _only(ComponentState.CLEAN)
_NOT_COVERED = _only(ComponentState.NOT_COVERED)


class ComponentTable:
    """What is known of each component; whoever has it keeps others out while it changes.

    Attributes:
        vulnerabilities: by id, without their descriptions.
        checked_at: by ecosystem when its advisories were last checked, seconds.
    """

    def __init__(self) -> None:
        self._size = 0
        self._states: bytearray | mmap.mmap = bytearray()
        self._answered_at: array[int] | memoryview = array(UINT32)
        self._newest_answer = 0
        self._ecosystems: bytearray | mmap.mmap = bytearray()
        self.checked_at: Mapping[int, int] = {}
        self._findings: Overlay[int, ComponentFindings] = Overlay()
        self._doubtful: dict[int, Purl] = {}
        self._told: frozenset[str] = frozenset()
        self.vulnerabilities: Overlay[str, Vulnerability] = Overlay()
        self._met: dict[int, VulnerableComponent] = {}  # those that were asked for last

    @classmethod
    def on(cls, base: Base, *, is_walked: bool) -> ComponentTable:
        """The components of a base.

        Args:
            base: a whole model.
            is_walked: whether all of it is taken into this process's own memory.
        """
        table = cls()
        table._size, table._newest_answer = base.size, base.newest_answer
        table._states = _writable(base.states)
        table._answered_at = memoryview(_writable(base.answered_at)).cast(UINT32)
        table._ecosystems, table.checked_at = _writable(base.ecosystems), base.checked_at
        table._findings, table.vulnerabilities = Overlay(base.findings), Overlay(base.vulnerabilities)
        if is_walked:
            table._findings.take_in()
            table.vulnerabilities.take_in()
        table._doubtful, table._told = dict(base.doubtful), base.told
        return table

    def base(self) -> Base:
        """A base that has the components alone."""
        return Base(
            position=START,
            size=self._size,
            states=bytes(self._states[: self._size]),
            answered_at=self._answers(),
            newest_answer=self._newest_answer,
            ecosystems=bytes(self._ecosystems[: self._size]),
            checked_at=self.checked_at,
            findings=self._findings.copy(),
            vulnerabilities=self.vulnerabilities.copy(),
            doubtful=dict(self._doubtful),
            told=self._told,
        )

    # -- changing -------------------------------------------------------------------------------------------------

    def apply(self, changes: Changes) -> set[int] | None:
        """Follow changes; what was deleted goes first, since it may have come back.

        Returns:
            The components that are in another state now, or described otherwise; None where any may be.
        """
        others, known = set(changes.removed_components), self._size
        is_any = bool(changes.vulnerabilities) or not changes.told <= self._told
        if is_any or others:  # and not for each change: else each image would decode its components again
            self._met = {}
        self._remove([number for number in changes.removed_components if number < self._size])
        for vulnerability in changes.vulnerabilities:
            self.vulnerabilities[vulnerability.id] = vulnerability
        if changes.checked_at is not None and changes.checked_at != self.checked_at:
            self.checked_at = changes.checked_at
        ids = changes.component_ids
        if not ids:
            return None if is_any else others
        ecosystems = changes.ecosystems or bytes(len(ids))
        if changes.complete and _is_dense(ids):
            self._states, self._answered_at = bytearray(changes.states), array(UINT32, changes.answered_at)
            self._ecosystems, self._size, is_any = bytearray(ecosystems), len(ids), True
            self._met = {}
        else:
            self._make_room(max(ids) + 1)
            for number, state, answered, ecosystem in zip(
                ids, changes.states, changes.answered_at, ecosystems, strict=True
            ):
                if number < known and (self._states[number] != state or self._ecosystems[number] != ecosystem):
                    others.add(number)
                self._states[number] = state
                self._answered_at[number] = answered
                self._ecosystems[number] = ecosystem
                if state != ComponentState.VULNERABLE:
                    self._findings.pop(number, None)
        self._newest_answer = max(self._newest_answer, max(changes.answered_at))
        for number, found in changes.findings.items():
            now = ComponentFindings(changes.purls[number], found, changes.fixed.get(number, {}))
            if self._findings.get(number) != now:
                self._findings[number] = now
                others.add(number)
        for number in others:
            self._met.pop(number, None)
        self._doubtful.update(changes.doubtful)
        self._told |= changes.told
        return None if is_any else others

    def _remove(self, ids: Sequence[int]) -> None:
        if not ids:
            return
        newest = max(self._answered_at[number] for number in ids)
        has_doubtful = not self._doubtful.keys().isdisjoint(ids)
        for number in ids:
            self._states[number], self._answered_at[number], self._ecosystems[number] = _NO_ROW, 0, 0
            self._findings.pop(number, None)
            self._doubtful.pop(number, None)
        if has_doubtful:
            self._told &= {purl.package for purl in self._doubtful.values()}
        if newest and newest == self._newest_answer:
            self._newest_answer = max(self._answered_at[: self._size])

    def _make_room(self, size: int) -> None:
        """Make room for components up to a number; what is mapped is copied when there is none left behind it."""
        if size > len(self._states):
            more = size - len(self._states)
            answered_at = array(UINT32)
            answered_at.frombytes(memoryview(self._answered_at).cast("B"))
            answered_at.extend(array(UINT32, bytes(4 * more)))
            self._states, self._answered_at = bytearray(self._states) + bytes(more), answered_at
            self._ecosystems = bytearray(self._ecosystems) + bytes(more)
        if size > self._size:
            self._states[self._size : size] = bytes([_NO_ROW]) * (size - self._size)
            self._size = size

    # -- asking ---------------------------------------------------------------------------------------------------

    def facts(self, ids: array[int], unusable: int, not_in_image: int, stale_before: int) -> ImageFacts:
        """What is known of some components together.

        Args:
            ids: their numbers.
            unusable: how many further ones cannot be looked up.
            not_in_image: how many entries are not in the image.
            stale_before: clean answers given before this moment, seconds since 1970, count as unknown.
        """
        pick = _picker(ids)
        states, ecosystems = pick(self._states), pick(self._ecosystems)
        vulnerable: tuple[VulnerableComponent, ...] = ()
        if ComponentState.VULNERABLE in states:
            vulnerable = tuple(map(self._component, compress(ids, states.translate(_VULNERABLE))))
        clean, oldest = states.count(ComponentState.CLEAN), None
        if stale_before and clean:
            answers = list(map(self.said_at, compress(ids, states.translate(_CLEAN))))
            fresh = [answer for answer in answers if answer >= stale_before]
            clean, oldest = len(fresh), min(fresh, default=None)
        not_covered = states.count(ComponentState.NOT_COVERED)
        return ImageFacts(
            total=len(ids) + unusable,
            clean=clean,
            unknown=len(ids) - len(vulnerable) - clean - not_covered,
            not_covered=not_covered,
            unusable=unusable,
            vulnerable=vulnerable,
            answered_at=None if oldest is None else dt.datetime.fromtimestamp(oldest, dt.UTC),
            guessed=self._guessed(ids, stale_before) if clean and self._doubtful else (),
            not_in_image=not_in_image,
            uncovered=reasons_of(compress(ecosystems, states.translate(_NOT_COVERED))) if not_covered else {},
            past_support=len(ecosystems) - len(ecosystems.translate(None, PAST_SUPPORT_NUMBERS)),
        )

    def uncovered(self, ids: Iterable[int]) -> Mapping[int, Uncovered]:
        """Why components are not covered, for those of some that are not."""
        states, ecosystems = self._states, self._ecosystems
        return {
            number: reason_of(ecosystems[number])
            for number in ids
            if number < self._size and states[number] == ComponentState.NOT_COVERED
        }

    def _guessed(self, ids: array[int], stale_before: int) -> tuple[Purl, ...]:
        """Those of the components that are clean, perhaps only because their group was guessed."""
        fresh = (
            self._doubtful[number]
            for number in self._doubtful.keys() & set(ids)
            if self._states[number] == ComponentState.CLEAN and self.said_at(number) >= stale_before
        )
        return tuple(sorted(purl for purl in fresh if purl.package not in self._told))

    def said_at(self, number: int) -> int:
        """As of when all sources together say something of a component, seconds; 0 when they never did."""
        answered_at, ecosystem = self._answered_at[number], self._ecosystems[number]
        if not ecosystem:
            return answered_at
        checked_at = self.checked_at.get(ecosystem, 0)
        return min(answered_at, checked_at) if answered_at else checked_at

    def _component(self, number: int) -> VulnerableComponent:
        if (met := self._met.get(number)) is not None:
            return met
        purl, identifiers, fixed = self._findings[number]
        found = tuple(self.vulnerabilities[identifier] for identifier in identifiers)
        if fixed:
            found = tuple(structs.replace(each, fixed=fixed[each.id]) if each.id in fixed else each for each in found)
        component = VulnerableComponent(purl, found)
        if len(self._met) >= _MOST_MET:
            self._met = {}
        self._met[number] = component
        return component

    def vulnerable(self) -> Sequence[tuple[int, VulnerableComponent]]:
        """Every vulnerable component with its number."""
        return [(number, self._component(number)) for number in self._findings]

    def findings(self) -> Sequence[tuple[int, Purl, tuple[str, ...]]]:
        """Number, purl and vulnerability ids of every vulnerable component."""
        return [(number, found.purl, found.vulnerabilities) for number, found in self._findings.items()]

    def known(self) -> KnownAnswers:
        """What was answered about each component, as of now."""
        guessed = (len(self._doubtful), self._told)
        states, ecosystems = bytes(self._states[: self._size]), bytes(self._ecosystems[: self._size])
        return KnownAnswers(states, self._answers(), ecosystems, self.checked_at, guessed)

    def _answers(self) -> bytes:
        return bytes(memoryview(self._answered_at)[: self._size].cast("B"))

    def counts(self) -> Mapping[ComponentState, int]:
        """How many components are in each state that has a row."""
        states = bytes(self._states[: self._size])
        return {state: states.count(state) for state in ComponentState if state != ComponentState.UNUSABLE}

    def uncovered_counts(self) -> Mapping[Uncovered, int]:
        """How many components no source covers, by reason."""
        total = bytes(self._states[: self._size]).count(ComponentState.NOT_COVERED)
        ecosystems = bytes(self._ecosystems[: self._size])
        found = {reason: ecosystems.count(number_of(reason)) for reason in Uncovered if number_of(reason)}
        return {**found, Uncovered.NO_SOURCE: total - sum(found.values())}

    @property
    def newest_answer(self) -> int:
        """When a source last said something of any component, seconds since 1970; 0 when it never did."""
        return max(self._newest_answer, *self.checked_at.values(), 0)


def _picker(ids: array[int]) -> Callable[[bytearray | mmap.mmap], bytes]:
    """What takes the bytes of some components out of a column, in one call for all of them."""
    if len(ids) < 2:  # else it would not give a tuple
        return lambda column: bytes(column[number] for number in ids)
    pick = itemgetter(*ids)
    return lambda column: bytes(pick(column))


def _writable(memory: bytes | bytearray | mmap.mmap) -> bytearray | mmap.mmap:
    return bytearray(memory) if isinstance(memory, bytes) else memory


def _is_dense(ids: array[int]) -> bool:
    return ids[0] == 0 and ids[-1] == len(ids) - 1
