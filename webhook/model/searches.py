"""Searches for SBOMs: what they found, and which are under way in some process."""

from __future__ import annotations

import enum

import msgspec

from webhook.model.verdicts import SbomStatus


class SearchOutcome(msgspec.Struct, frozen=True):
    """What became of a search.

    Attributes:
        status: found, or why not.
        detail: what the search met, a sentence; possibly empty.
        is_lasting: whether what was found is a part because a document cannot be read, which does not end by itself.
    """

    status: SbomStatus
    detail: str = ""
    is_lasting: bool = False


class SearchState(enum.StrEnum):
    """Where a search that another process began stands."""

    RUNNING = "running"
    FAILED = "failed"


class SearchClaim(msgspec.Struct, frozen=True):
    """A search that somebody else began.

    Attributes:
        holder: the process.
        state: running, or failed a short while ago.
        outcome: why it failed; without meaning while it runs.
    """

    holder: str
    state: SearchState
    outcome: SearchOutcome
