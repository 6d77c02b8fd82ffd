"""Marks of sets of advisories: what tells whether components were matched with the sets that are there now."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal

from webhook.model.advisories import FORMAT, AdvisorySetInfo
from webhook.policy.severitywords import WORDS


def words_fingerprint(words: Mapping[str, Mapping[str, Decimal]]) -> str:
    """What stands behind the fingerprint of sets where words have other scores than the usual ones; else empty."""
    other = sorted(f"{source} {word} {score}" for source, some in words.items() for word, score in some.items())
    is_usual = all(dict(some) == dict(WORDS) for some in words.values())
    return "" if is_usual else f"+{hashlib.sha256(repr(other).encode()).hexdigest()[:16]}"


def fingerprint_of(sets: Iterable[AdvisorySetInfo]) -> str:
    """What is equal for equal sets; empty for none."""
    names = sorted(f"{info.source}\n{info.ecosystem}\n{info.digest}" for info in sets)
    return hashlib.sha256("\n\n".join([str(FORMAT), *names]).encode()).hexdigest() if names else ""


def marks_of(sets: Iterable[AdvisorySetInfo], unread: Mapping[str, Collection[str]] | None = None) -> dict[str, str]:
    """By ecosystem, what is equal for equal sets: a JSON array of the format and of each source with its digest.

    Args:
        sets: those of the store.
        unread: by ecosystem, the sources whose set cannot be read; they have an empty digest.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    for info in sets:
        is_unread = unread is not None and info.source in unread.get(info.ecosystem, ())
        found.setdefault(info.ecosystem, []).append((info.source, "" if is_unread else info.digest))
    return {ecosystem: json.dumps([FORMAT, *sorted(some)]) for ecosystem, some in found.items()}


def digest_in(mark: str, source: str) -> str:
    """The digest of a source's set in a mark of this program's format; empty without one that could be read."""
    return _digests(mark).get(source, "")


def sources_in(mark: str) -> frozenset[str]:
    """The sources of a mark of this program's format."""
    return frozenset(_digests(mark))


def _digests(mark: str) -> Mapping[str, str]:
    version, *sets = json.loads(mark) if mark.startswith("[") else (None,)
    return dict(sets) if version == FORMAT else {}
