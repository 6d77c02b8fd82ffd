"""Types with how much they are used, where each is defined, and what is odd about them."""

from __future__ import annotations

import datetime as dt
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from webhook.engines.assessing.rules import RuleSource
from webhook.engines.readmodel import ReadModel
from webhook.model.assessments import AssessmentType
from webhook.policy.lint import Level, Trap, left_out, lint, never_given
from webhook.policy.matching import Records
from webhook.policy.peoplestypes import find, place_of
from webhook.policy.typetable import TypeTable
from webhook.ports import Clock

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
SETTINGS = "settings"
"""Where the types of the settings file, or the recommended ones, are defined."""


@dataclass(frozen=True, slots=True)
class TypeRow:
    """A type as people see it.

    Attributes:
        type: its definition.
        origin: ``settings``, ``cluster`` or ``console``.
        place: where to change it; empty where people may do so in the console.
        retired: whether it can no longer be given.
        in_force: how many records of it count now.
        ended: how many have ended, and nothing newer replaces them.
    """

    type: AssessmentType
    origin: str
    place: str
    retired: bool
    in_force: int
    ended: int


@dataclass(frozen=True, slots=True)
class TypeUsage:
    """How many records carry each type, as of one moment of the read model.

    Attributes:
        lasting: how many have no end, by type in lower case.
        ends: when the others end, in microseconds since 1970, rising; likewise.
    """

    lasting: Mapping[str, int]
    ends: Mapping[str, array[int]]

    @classmethod
    def of(cls, records: Records) -> TypeUsage:
        """Of all records that can still matter."""
        lasting, ends = Counter[str](), dict[str, list[dt.datetime]]()
        for entries in records.values():
            for entry in entries:
                kind, until = (entry.assessment.type or "").casefold(), entry.assessment.until
                if kind and until is None:
                    lasting[kind] += 1
                elif kind and until is not None:
                    ends.setdefault(kind, []).append(until)
        return cls(lasting, {kind: array("q", sorted(map(_microseconds, found))) for kind, found in ends.items()})

    @property
    def names(self) -> frozenset[str]:
        """The types that some record carries, in lower case."""
        return frozenset((*self.lasting, *self.ends))

    def counted(self, name: str, now: dt.datetime) -> tuple[int, int]:
        """How many records of a type count at a moment, and how many have ended by then."""
        kind = name.casefold()
        ends = self.ends.get(kind, ())
        ended = bisect_right(ends, _microseconds(now))
        return self.lasting.get(kind, 0) + len(ends) - ended, ended


class TypeLists:
    """Gives the types.

    Args:
        own: the types of the settings file.
        rules: types and policy now.
        model: what is known.
        clock: time.
    """

    def __init__(self, own: TypeTable, rules: RuleSource, model: ReadModel, clock: Clock) -> None:
        self._own, self._rules, self._model, self._clock = own, rules, model, clock
        self._usage: tuple[int, TypeUsage] | None = None

    def rows(self) -> tuple[TypeRow, ...]:
        """All types, those that count first, then the retired ones."""
        types, stored = self._rules().types, self._model.types
        gone = [known.type for known in stored if types.get(known.type.name) is None]
        return tuple(self._row(known, retired=False) for known in types) + tuple(
            self._row(known, retired=True) for known in gone
        )

    def row(self, name: str) -> TypeRow | None:
        """The type of that name, ignoring case; None when there is none."""
        return next((row for row in self.rows() if row.type.name.casefold() == name.strip().casefold()), None)

    def traps(self) -> tuple[Trap, ...]:
        """What is odd about the types, warnings first."""
        rules = self._rules()
        given = self._used().names
        found = (
            *lint(rules, now=self._clock.now()),
            *left_out(rules.types, self._model.types),
            *never_given(rules.types, given),
        )
        return tuple(sorted(found, key=lambda trap: trap.level is not Level.WARNING))

    def _row(self, one: AssessmentType, *, retired: bool) -> TypeRow:
        stored = None if self._own.get(one.name) is not None else find(self._model.types, one.name)
        in_force, ended = self._used().counted(one.name, self._clock.now())
        return TypeRow(
            one,
            SETTINGS if stored is None else stored.origin.value,
            place_of(self._own, self._model.types, one.name),
            retired,
            in_force,
            ended,
        )

    def refresh(self) -> None:
        """Count now what :meth:`rows` shows, so that nobody waits for it."""
        self._used()

    def _used(self) -> TypeUsage:
        generation = self._model.generation
        if self._usage is None or self._usage[0] != generation:
            self._usage = (generation, TypeUsage.of(self._model.assessments.records()))
        return self._usage[1]


def _microseconds(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
