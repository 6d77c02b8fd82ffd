"""Drafts: decisions that were begun, kept with the session until they are recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from webhook.engines.triage.clusterdeciding import ClusterPlan
from webhook.engines.triage.plans import MOST_SELECTED, Planned, check_number
from webhook.errors import InvalidInput

_MOST_CHARACTERS = 50 * MOST_SELECTED
"""Of all ids of a draft, as a session keeps them."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A plan that was shown; only such a plan can be recorded.

    Attributes:
        planned: what was shown.
        values: fields of the form that it was planned for.
    """

    planned: Planned | ClusterPlan
    values: Mapping[str, str]


@dataclass
class Draft:
    """A decision that was begun. Requests of one browser may use it at the same time, so they replace its parts whole.

    Attributes:
        ids: vulnerabilities that it is about.
        is_filter: whether they are all that a filter held, and not ticked ones.
        values: fields of the form; never changed in place.
        preview: what was shown last.
    """

    ids: tuple[str, ...]
    is_filter: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    preview: Preview | None = None


def new_draft(ids: Iterable[str], form: Mapping[str, str], namespace: str, *, is_filter: bool) -> Draft:
    """A draft about some vulnerabilities; what the list was narrowed to is suggested.

    Args:
        ids: of the vulnerabilities; repeated ones count once.
        form: filters of the list.
        namespace: to suggest where the form has none.
        is_filter: whether the ids are all that the filters held.

    Raises:
        TooBroad: there are more than one decision can be about.
    """
    distinct = tuple(dict.fromkeys(ids))
    check_number(len(distinct))
    if sum(map(len, distinct)) > _MOST_CHARACTERS:
        raise InvalidInput("The selected IDs are too long.", remedy="Tick rows of the list.")
    values = {"namespace": form.get("namespace", "") or namespace, "type": form.get("suggested", "")}
    package = form.get("package", "")
    if package.startswith("pkg:") and "*" not in package:
        values["package"] = package
    return Draft(distinct, is_filter, values)
