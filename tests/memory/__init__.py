"""The store in memory: a fake of all of its ports at once, on which the port suites and the engines' tests run.

It keeps plain dictionaries and does everything the slow and obvious way, so that it can serve as the description of
what the real store has to do.
"""

from __future__ import annotations

import secrets

from tests.memory.components import MemoryComponents
from tests.memory.decisions import MemoryAssessments, MemoryTypes, MemoryVulnerabilities
from tests.memory.facts import Facts
from tests.memory.images import (
    MemoryAccounts,
    MemoryAdmissions,
    MemoryCursors,
    MemoryFeed,
    MemoryHotStart,
    MemorySboms,
    MemorySightings,
)
from tests.memory.runs import MemoryAdmin, MemoryRunProgress, MemoryRuns, MemorySearches
from webhook.ports import Clock

__all__ = ["MemoryHotStart", "MemoryRuns", "MemoryStore"]


class MemoryStore:
    """All ports of the store, with the same attributes as :class:`webhook.store.repositories.Store`.

    Args:
        clock: time.
        identity: of the store; a random one when left out.
    """

    def __init__(self, clock: Clock, identity: str = "") -> None:
        facts = Facts(clock, identity or secrets.token_hex(16))
        self.components = MemoryComponents(facts)
        self.sboms = MemorySboms(facts)
        self.assessments = MemoryAssessments(facts)
        self.types = MemoryTypes(facts)
        self.vulnerabilities = MemoryVulnerabilities(facts)
        self.runs = MemoryRuns(facts)
        self.run_progress = MemoryRunProgress(facts)
        self.sightings = MemorySightings(facts)
        self.admissions = MemoryAdmissions()
        self.accounts = MemoryAccounts()
        self.cursors = MemoryCursors()
        self.searches = MemorySearches(facts)
        self.feed = MemoryFeed(facts)
        self.admin = MemoryAdmin(facts)

    def close(self) -> None:
        """There is nothing to give back."""
