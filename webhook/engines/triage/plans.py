"""What a decision is about, and what it would record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from webhook.engines.assessing.replacing import Images
from webhook.engines.readmodel import ReadModel
from webhook.engines.triage.effects import Effects
from webhook.errors import TooBroad
from webhook.model.assessments import Assessment
from webhook.model.images import Digest
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.decisions import Target
from webhook.policy.scopes import ParsedScope

MOST_SELECTED = 10_000
"""Vulnerabilities that one decision can be about."""


@dataclass(frozen=True, slots=True)
class Selected:
    """What a decision is about.

    Attributes:
        targets: identifiers and scopes.
        affected: by identifier without case: the vulnerability, and number and purl of each affected component.
    """

    targets: tuple[Target, ...]
    affected: Mapping[str, tuple[Vulnerability, tuple[tuple[int, Purl], ...]]]


@dataclass(frozen=True, slots=True)
class Planned:
    """A decision before it is recorded.

    Attributes:
        records: what would be recorded.
        effects: what that would change.
        revision: of the store, as of which that was found.
        action: for the audit log.
        subject: likewise.
        decided_since: of an undo: records that somebody has replaced since, which stay.
    """

    records: tuple[Assessment, ...]
    effects: Effects
    revision: int
    action: str
    subject: str
    decided_since: int = 0


class ScopedImages:
    """The images that have some components, whoever may see them; found when they are first asked for."""

    def __init__(self, model: ReadModel, numbers: Iterable[int]) -> None:
        self._model, self._numbers = model, frozenset(numbers)
        self._names: Mapping[Digest, Sequence[str]] = {}
        self._with: dict[int, list[Digest]] | None = None

    def of(self, numbers: Iterable[int], scope: ParsedScope) -> Images:
        """Those with one of some components that a scope holds."""
        if self._with is None:
            self._with, self._names = {}, self._model.names()
            for digest, contents in self._model.contents():
                for number in self._numbers.intersection(contents):
                    self._with.setdefault(number, []).append(digest)
        digests = dict.fromkeys(digest for number in numbers for digest in self._with.get(number, ()))
        names = {digest: self._names.get(digest, ()) for digest in digests}
        return {digest: given for digest, given in names.items() if scope.holds_in(digest, given)}


def check_number(selected: int) -> None:
    """Refuse more vulnerabilities than one decision can be about.

    Raises:
        TooBroad: there are more than :data:`MOST_SELECTED`.
    """
    if selected > MOST_SELECTED:
        raise TooBroad(
            f"More than {MOST_SELECTED:,} vulnerabilities are selected.",
            remedy="Narrow the filter, and decide in parts.",
        )
