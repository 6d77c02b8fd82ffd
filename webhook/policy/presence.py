"""Presence: the places an SBOM counts from, what a look removes, and what people may remove."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence

from webhook.model.looks import Look, Presence, kept_origin
from webhook.model.places import GENERATED, Finding, answers_for, kept_finding, settles
from webhook.model.platforms import Coverage, joined


def added(presence: Presence, there: Iterable[Presence]) -> Presence:
    """A document found in a place outside a look. Its coverage of the image only grows.

    Args:
        presence: what was found.
        there: where the documents of the image were before.
    """
    known = [held.coverage for held in there if held.key == presence.key]
    return Presence(*presence.key, joined((*known, presence.coverage)))


def seen(look: Look) -> list[Presence]:
    """Where a look has seen documents, in the order of the places' names."""
    return [
        Presence(sbom.document_digest, place, kept_origin(place, look.origin), sbom.coverage)
        for place, sboms in sorted(look.found.items())
        for sbom in sboms
    ]


def gone(there: Sequence[Presence], look: Look, seen_since: Collection[tuple[str, str, str]] = ()) -> list[Presence]:
    """Presences that a look no longer confirms.

    Args:
        there: where the documents of the image were before.
        look: answers for the places in it, and for the name in which they were asked.
        seen_since: keys of what was seen after the look began, which knows less of it then.
    """
    left = []
    for place, sboms in look.found.items():
        if place in look.short:
            continue
        documents, origin = {sbom.document_digest for sbom in sboms}, kept_origin(place, look.origin)
        left += [
            presence
            for presence in there
            if presence.origin == origin
            and answers_for(place, presence.place)
            and presence.document_digest not in documents
            and presence.document_digest not in look.unread
            and presence.key not in seen_since
        ]
    return left


def adopted(there: Sequence[Presence], look: Look) -> list[Presence]:
    """Presences without an origin that a look confirms under its own name, which replaces them.

    Args:
        there: where the documents of the image were before.
        look: what is seen now.
    """
    named = {(presence.document_digest, presence.place) for presence in seen(look) if presence.origin}
    return [
        presence for presence in there if not presence.origin and (presence.document_digest, presence.place) in named
    ]


def most_trusted(document_digest: str, there: Iterable[Presence]) -> Finding | None:
    """The place a document counts from and its coverage there; None if it is nowhere anymore.

    Args:
        document_digest: of the document.
        there: where the documents of the image are, in the order in which they were found.
    """
    kept: Finding | None = None
    for presence in there:
        if presence.document_digest == document_digest:
            finding: tuple[str, Coverage | None] = (presence.place, presence.coverage)
            kept = finding if kept is None else kept_finding(kept, finding)
    return kept


def kept_trouble(look: Look, known: str | None, known_at: dt.datetime | None = None) -> str:
    """The trouble of a look to keep. A passing one does not count against an image that was read in full before.

    Of two looks at the same time, the last to end may have begun first; then the trouble of the other stays.

    Args:
        look: the newest.
        known: the trouble kept from the look before; None when there was no look.
        known_at: when that was kept.
    """
    if known and known_at is not None and look.begun is not None and known_at > look.begun:
        return known
    return "" if look.passing and known == "" else look.trouble


def can_remove(presence: Presence) -> bool:
    """Whether people can remove a document: it was handed in or generated, or no place can be asked for it."""
    place, origin = presence.place, presence.origin
    return settles(place) or place == GENERATED or (not origin and bool(kept_origin(place, "any name")))
