"""Coverage: the state of a component by what all sources say of it.

It is vulnerable if one says so, unknown while one that covers it has not answered, clean if all that cover it said so,
and not covered if none covers it.
"""

from __future__ import annotations

from typing import NamedTuple

from webhook.model.components import ComponentState

_UNKNOWN, _CLEAN = ComponentState.UNKNOWN.value, ComponentState.CLEAN.value
_VULNERABLE, _NOT_COVERED = ComponentState.VULNERABLE.value, ComponentState.NOT_COVERED.value


class Said(NamedTuple):
    """What one kind of source says of a component.

    Attributes:
        state: the value of a :class:`ComponentState`; NOT_COVERED where the sources do not cover it.
        answered_at: seconds since 1970; 0 without an answer.
    """

    state: int
    answered_at: int = 0


NOTHING = Said(_NOT_COVERED)


class Matching(NamedTuple):
    """How far advisories have been matched.

    Attributes:
        through: the id of the last component that was matched.
        asks: whether a source is asked, too; if not, what it never answered does not count.
    """

    through: int
    asks: bool

    def union(self, number: int, asked: Said, matched: Said | None) -> Said:
        """What all say together.

        Args:
            number: id of the component.
            asked: what asked sources say.
            matched: what advisories say; None when they say nothing.
        """
        if asked.state == _UNKNOWN and not self.asks:
            asked = NOTHING
        if matched is None:
            # One that was not matched yet may turn out to be covered.
            matched = NOTHING if number <= self.through else Said(_UNKNOWN)
        states = (asked.state, matched.state)
        answers = [said.answered_at for said in (asked, matched) if said.state in (_CLEAN, _VULNERABLE)]
        answered_at = min(answers, default=0)
        for state in (_VULNERABLE, _UNKNOWN, _CLEAN):
            if state in states:
                return Said(state, answered_at)
        return NOTHING
