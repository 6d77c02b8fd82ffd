"""The gate: what a person may do. Another way to grant rights is another ``Gate``."""

from __future__ import annotations

from typing import Protocol

from webhook.errors import BomgateError
from webhook.model.people import Person

READS = ("get", "list")
"""Verbs that change nothing; what was answered about them may be some seconds old."""


class RightsUnknown(BomgateError):
    """It cannot be told what a person may do; nothing is written."""

    code = "rights-unknown"
    default_remedy = "Check that the API server can be reached from the console, and try again."


class Gate(Protocol):
    """Says what a person may do; about everything but :data:`READS` it asks afresh each time."""

    def may(self, who: Person, verb: str, resource: str, namespace: str = "") -> bool:
        """Whether a person may do something.

        Args:
            who: the person.
            verb: ``get``, ``list``, ``create``, ``update``, ``delete`` or ``approve``.
            resource: of ``bomgate.dev``, such as ``assessments`` or ``assessments/override``.
            namespace: where; empty for everywhere.

        Raises:
            RightsUnknown: nobody can tell.
        """


class OwnerGate:
    """On one machine the person who holds the one-time link may do everything."""

    def may(self, who: Person, verb: str, resource: str, namespace: str = "") -> bool:
        """Yes."""
        return True
