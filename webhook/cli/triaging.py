"""Lists on the command line by the engine that the console has: all pages of them, or the first rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypeVar

from webhook.bootstrap import Parts
from webhook.bootstrap.triage import Triage, open_triage
from webhook.errors import InvalidInput
from webhook.model.triage import Key, Page
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.plaintext import plain
from webhook.policy.scores import SEVERITIES, UNSCORED, severity

T = TypeVar("T")
_PAGE = 1000


def loaded_triage(parts: Parts, *, judges: bool = True) -> Triage:
    """The lists, on what the store has now.

    Args:
        parts: of this process.
        judges: see :func:`webhook.bootstrap.triage.open_triage`.

    Raises:
        StoreError: the store did not answer.
    """
    parts.refresher.refresh()
    return open_triage(parts, judges=judges)


def gathered(page: Callable[[Key | None, int], Page[T]], limit: int | None) -> tuple[list[T], bool]:
    """The rows of a list, and whether there may be further ones.

    Args:
        page: key and number → a page.
        limit: how many rows at most; None means all.

    Raises:
        TooBroad: the list cannot be searched with its filters.
        StoreError: the store did not answer.
    """
    found: list[T] = []
    after: Key | None = None
    while True:
        wanted = _PAGE if limit is None else min(limit - len(found), _PAGE)
        part = page(after, wanted)
        found += part.items
        after = part.after
        if after is None or (limit is not None and len(found) >= limit):
            return found, after is not None


def refuse_unknown(filters: Iterable[tuple[str | None, Callable[[], bool], str]], remedy: str) -> None:
    """Refuse what nobody knows in the filters of a list that turned out empty: it is more likely misspelt than absent.

    Args:
        filters: what was given, or None; whether it is known; and the sentence about it.
        remedy: what to do.

    Raises:
        InvalidInput: for the first that is not known.
    """
    for given, is_known, sentence in filters:
        if given is not None and not is_known():
            raise InvalidInput(f"{sentence}: {plain(given, 100)}.", remedy=remedy)


def by_severity(found: Iterable[Vulnerability]) -> dict[str, int]:
    """How many vulnerabilities there are of each severity, the worst first; unscored ones last."""
    counts = Counter(severity(vulnerability.cvss_score) for vulnerability in found)
    return {name: counts[name] for name in (*reversed(SEVERITIES), UNSCORED) if counts[name]}


def severity_line(found: Iterable[Vulnerability], *, is_more: bool) -> str:
    """The line below a list of vulnerabilities: how many there are of each severity."""
    shown = ", ".join(f"{number} {name.lower()}" for name, number in by_severity(found).items())
    return f"By severity: {shown}.{' There are more; raise --limit.' if is_more else ''}"
