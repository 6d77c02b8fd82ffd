"""Drafts: decisions that were begun, kept with the session until they are recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from webhook.engines.triage.deciding import Planned


@dataclass
class Draft:
    """A decision that was begun.

    Attributes:
        ids: vulnerabilities that it is about.
        is_filter: whether they are all that a filter held, and not ticked ones.
        values: fields of the form.
        planned: what was shown last; only that can be recorded.
        planned_for: the fields that it was planned for.
    """

    ids: tuple[str, ...]
    is_filter: bool = False
    values: dict[str, str] = field(default_factory=dict)
    planned: Planned | None = None
    planned_for: Mapping[str, str] | None = None


def new_draft(ids: tuple[str, ...], form: Mapping[str, str], *, is_filter: bool) -> Draft:
    """A draft about some vulnerabilities; what the list was narrowed to is suggested.

    Args:
        ids: of the vulnerabilities.
        form: filters of the list.
        is_filter: whether the ids are all that the filters held.
    """
    values = {"namespace": form.get("namespace", ""), "type": form.get("suggested", "")}
    package = form.get("package", "")
    if package.startswith("pkg:") and "*" not in package:
        values["package"] = package
    return Draft(ids, is_filter, values)
