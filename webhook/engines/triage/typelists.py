"""Types with how much they are used, where each is defined, and what is odd about them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from webhook.engines.assessing.rules import RuleSource
from webhook.engines.readmodel import ReadModel
from webhook.model.assessments import AssessmentType
from webhook.policy.lint import Level, Trap, left_out, lint, never_given
from webhook.policy.peoplestypes import find, place_of
from webhook.policy.typetable import TypeTable
from webhook.ports import Clock

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
        self._usage: tuple[int, dt.datetime, Mapping[tuple[str, bool], int]] | None = None

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
        given = frozenset(name for name, _ in self._counted())
        found = (
            *lint(rules, now=self._clock.now()),
            *left_out(rules.types, self._model.types),
            *never_given(rules.types, given),
        )
        return tuple(sorted(found, key=lambda trap: trap.level is not Level.WARNING))

    def _row(self, one: AssessmentType, *, retired: bool) -> TypeRow:
        stored = None if self._own.get(one.name) is not None else find(self._model.types, one.name)
        usage, key = self._counted(), one.name.casefold()
        return TypeRow(
            one,
            SETTINGS if stored is None else stored.origin.value,
            place_of(self._own, self._model.types, one.name),
            retired,
            usage.get((key, True), 0),
            usage.get((key, False), 0),
        )

    def _counted(self) -> Mapping[tuple[str, bool], int]:
        """How many records there are, by type in lower case and whether they count; counted once in a minute."""
        generation, now = self._model.generation, self._clock.now().replace(second=0, microsecond=0)
        if self._usage is None or self._usage[:2] != (generation, now):
            counted = Counter(
                (record.assessment.type.casefold(), not record.assessment.expired(now))
                for records in self._model.assessments.records().values()
                for record in records
                if record.assessment.type
            )
            self._usage = (generation, now, counted)
        return self._usage[2]
