"""The user of a request, and what they may do.

One machine has one person: whoever holds the one-time link is the owner. Another way to sign in is another ``Gate``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Person:
    """A person who has signed in.

    Attributes:
        name: as it is kept beside what they decide.
        source: how they signed in, such as ``one-time link``.
        groups: of the person.
    """

    name: str
    source: str
    groups: tuple[str, ...] = field(default=())


class Gate(Protocol):
    """Says what a person may do; asked afresh for each write."""

    def may(self, who: Person, verb: str, resource: str, namespace: str = "") -> bool:
        """Whether a person may do something.

        Args:
            who: the person.
            verb: ``get``, ``list``, ``create``, ``update`` or ``delete``.
            resource: of ``bomgate.dev``, such as ``assessments`` or ``assessments/override``.
            namespace: where; empty for everywhere.
        """


class OwnerGate:
    """On one machine the person who holds the one-time link may do everything."""

    def may(self, who: Person, verb: str, resource: str, namespace: str = "") -> bool:
        """Yes."""
        return True
