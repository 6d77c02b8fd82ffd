"""The components of an SBOM while a newer reader reads its document again.

Today's keys replace the former ones only when the source has answered for each of them. Until then the former ones
stay, and what is vulnerable under today's keys comes to them, so that no step makes a verdict milder. A former
component that is vulnerable stays beyond that, unless the source has answered for what it is called today.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from webhook.model.components import ComponentState
from webhook.model.former import folded, may_have_been
from webhook.model.purls import Purl

_ANSWERED = (ComponentState.CLEAN, ComponentState.VULNERABLE)


@dataclass(frozen=True, slots=True)
class KnownComponent:
    """What is known about a component.

    Attributes:
        purl: its key.
        state: of it.
        asked: whether the source was asked for it, answered or not.
    """

    purl: Purl
    state: ComponentState
    asked: bool

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is still to come."""
        return self.state is ComponentState.UNKNOWN and not self.asked


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """The components of an SBOM.

    Attributes:
        ids: sorted.
        finished: whether nothing is waited for any more.
    """

    ids: tuple[int, ...]
    finished: bool


def rekeyed(current: Collection[int], today: Collection[int], known: Mapping[int, KnownComponent]) -> Rekeyed:
    """The components that an SBOM has now.

    Args:
        current: the components that it has had so far.
        today: those that today's reader finds in its document.
        known: what is known of each of both.
    """
    if any(known[number].is_waiting for number in today):
        found = {number for number in today if known[number].state is ComponentState.VULNERABLE}
        return Rekeyed(tuple(sorted({*current, *found})), finished=False)
    former = [number for number in set(current) - set(today) if known[number].state is ComponentState.VULNERABLE]
    by_version: dict[tuple[str, str], list[KnownComponent]] = {}
    for number in today if former else ():
        of = folded(known[number].purl)
        by_version.setdefault((of.type, of.version), []).append(known[number])
    kept, finished = set[int](), True
    for number in former:
        purl = known[number].purl
        of = folded(purl)
        successors = [
            component for component in by_version.get((of.type, of.version), ()) if may_have_been(component.purl, purl)
        ]
        if not successors or any(successor.state not in _ANSWERED for successor in successors):
            kept.add(number)
        if any(successor.state is ComponentState.UNKNOWN for successor in successors):
            finished = False
    return Rekeyed(tuple(sorted({*today, *kept})), finished)
