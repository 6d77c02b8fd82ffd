"""Sets of advisories that cannot be read: what their sources said of components stays until they are there again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from webhook.model.components import ComponentState

if TYPE_CHECKING:
    from webhook.model.advisories import ComponentMatch

FindingKey = tuple[int, str]
"""Component and vulnerability."""
Said = tuple[str | None, tuple[str, ...]]
"""The version that fixes it, and who says so, sorted."""


def with_unread(
    wanted: dict[FindingKey, Said], there: Mapping[FindingKey, Said], unread: Mapping[int, Collection[str]]
) -> set[int]:
    """Add to findings what sources said whose sets cannot be read.

    Args:
        wanted: what those say that can be read.
        there: what was said before.
        unread: the sources that cannot be read, by component.

    Returns:
        The components that have findings of such sources alone.
    """
    staying: set[int] = set()
    for pair, (fixed, sources) in there.items() if unread else ():
        kept = {source for source in sources if source in unread.get(pair[0], ())}
        if kept and pair not in wanted:
            wanted[pair] = (fixed, tuple(sorted(kept)))
            staying.add(pair[0])
        elif kept:
            wanted[pair] = (wanted[pair][0], tuple(sorted(kept.union(wanted[pair][1]))))
    return staying


def state_of_match(match: ComponentMatch, former: int | None, is_staying: bool) -> ComponentState:
    """The state of a component: where a set cannot be read, what that source said before counts.

    Args:
        match: what those say that can be read.
        former: its state before; None where none was known.
        is_staying: whether a finding of a source stays whose set cannot be read.
    """
    if match.unread is None or match.state is ComponentState.VULNERABLE:
        return match.state
    if is_staying:
        return ComponentState.VULNERABLE
    is_rest_clean = match.unread.rest in (ComponentState.CLEAN, ComponentState.NOT_COVERED)
    return ComponentState.CLEAN if former == ComponentState.CLEAN and is_rest_clean else ComponentState.UNKNOWN
