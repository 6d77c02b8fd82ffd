"""The JSON of ``bomgate db prune``, and of the tables in ``bomgate db status``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from webhook.model.retention import PruneKind, PrunePlan, TableSize

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


def room(size: int | None) -> str:
    """A number of bytes for people; a question mark when it is not known."""
    if size is None:
        return "?"
    number, unit = float(size), 0
    while number >= 1024 and unit < len(_UNITS) - 1:
        number, unit = number / 1024, unit + 1
    return f"{number:.0f} {_UNITS[unit]}" if unit == 0 or number >= 100 else f"{number:.1f} {_UNITS[unit]}"


@dataclass(frozen=True, slots=True)
class PruneShape:
    """``bomgate db prune --output json``."""

    dry_run: Annotated[bool, "Whether nothing was deleted."]
    to_delete: Annotated[Mapping[str, int], "What was old enough at the beginning, by kind."]
    bytes: Annotated[Mapping[str, int], "About how much room that took; kinds of which it is not known are left out."]
    deleted: Annotated[Mapping[str, int], "What was deleted, by kind."]
    kept: Annotated[str, "Why images were kept that are not seen any more; empty when none were."]

    @classmethod
    def of(cls, plan: PrunePlan, deleted: Mapping[PruneKind, int] | None) -> PruneShape:
        """From the model; nothing was deleted when that is None."""
        return cls(deleted is None, _by_name(plan.counts), _by_name(plan.bytes), _by_name(deleted or {}), plan.kept)


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table of the database."""

    name: Annotated[str, "Of the table."]
    rows: Annotated[int, "How many; of a large table on PostgreSQL an estimate."]
    bytes: Annotated[int | None, "With its indexes; null when the database does not tell."]
    oldest: Annotated[dt.datetime | None, "The time of its oldest row, UTC; null without such a time."]

    @classmethod
    def of(cls, one: TableSize) -> TableShape:
        """From the model."""
        return cls(one.name, one.rows, one.bytes, one.oldest)


def _by_name(counts: Mapping[PruneKind, int]) -> dict[str, int]:
    return {kind.value: number for kind, number in counts.items()}
