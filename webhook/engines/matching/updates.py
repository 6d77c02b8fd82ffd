"""What became of sets, and of the components that were compared with them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SetUpdate:
    """What became of one set.

    Attributes:
        source: name of the source.
        ecosystem: such as ``Debian``; of a source that tells of attacks what it publishes, such as ``KEV``.
        changed: whether it is another than before.
        advisories: how many records count now; 0 when there are none.
        problem: why it could not be brought up to date; empty when it was.
        remedy: what to do about that.
        assessed: pairs of vulnerability and package that a type assessed by itself because of it.
    """

    source: str
    ecosystem: str
    changed: bool = False
    advisories: int = 0
    problem: str = ""
    remedy: str = ""
    assessed: int = 0


@dataclass(frozen=True, slots=True)
class MatchReport:
    """What a pass has done.

    Attributes:
        updates: of the sets.
        matched: components that were compared.
        vulnerable: of those, how many have a vulnerability.
        new_vulnerabilities: pairs of vulnerability and package that entered the store.
        auto_assessed: pairs that a CVSS range assessed.
    """

    updates: tuple[SetUpdate, ...] = ()
    matched: int = 0
    vulnerable: int = 0
    new_vulnerabilities: int = 0
    auto_assessed: int = 0

    @property
    def complete(self) -> bool:
        """Whether every set is up to date."""
        return not any(update.problem for update in self.updates)
