"""Versions of VEX documents: which document follows which, and what a later one replaces."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from webhook.model.vex import KeptVex, VexOriginKind, VexStanding

if TYPE_CHECKING:
    pass

_AT_ONCE = dt.datetime.min.replace(tzinfo=dt.UTC)


def identity(kept: KeptVex) -> tuple[str, ...]:
    """What tells a document apart from all others, by content and by how it came here."""
    origin = kept.origin
    return (
        origin.kind,
        origin.name,
        origin.namespace,
        origin.image,
        origin.subject,
        origin.place,
        kept.document.digest,
    )


def superseded(kept: Sequence[KeptVex]) -> dict[tuple[str, ...], tuple[dt.datetime, dt.datetime | None]]:
    """From when on a newer version, which came the same way, takes the place of a document that has one.

    What loosens makes way at once, to a draft or a version of the future, too; what restricts makes way to neither, but
    to the latter when its time has come. What is attached to an image makes way to a version that is attached to any
    copy of it if it loosens, and only to one in the same place if it restricts. The documents of a source are what it
    has now: there they are told apart by their content, for several may share an id.
    """
    versions = [held for held in kept if held.origin.kind is not VexOriginKind.SOURCE]
    in_place = followed(versions, lambda held: (*lineage_of(held), held.origin.place))
    return {key: (_AT_ONCE, in_place[key][1] if key in in_place else None) for key in followed(versions, lineage_of)}


def followed(
    versions: Iterable[KeptVex], key_of: Callable[[KeptVex], tuple[str, ...]]
) -> dict[tuple[str, ...], tuple[dt.datetime, dt.datetime | None]]:
    """The documents that have a newer version, and from when on one that is no draft takes their place."""
    lineages: dict[tuple[str, ...], list[KeptVex]] = {}
    for held in versions:
        lineages.setdefault(key_of(held), []).append(held)
    found = {}
    for lineage in lineages.values():
        following: tuple[dt.datetime, dt.datetime | None] | None = None
        issued = sorted({held.document.issued_at for held in lineage}, reverse=True)
        final = {held.document.issued_at for held in lineage if held.document.standing is not VexStanding.DRAFT}
        after: dict[dt.datetime, tuple[dt.datetime, dt.datetime | None] | None] = {}
        for at in issued:
            after[at] = following
            following = (_AT_ONCE, at if at in final else following and following[1])
        for held in lineage:
            if (moments := after[held.document.issued_at]) is not None:
                found[identity(held)] = moments
    return found


def lineage_of(kept: KeptVex) -> tuple[str, ...]:
    """What the versions of a document share; whoever handed one in may hand in the next one of somebody else."""
    origin = kept.origin
    name = "" if origin.kind is VexOriginKind.ADDED else origin.name
    return (origin.kind, name, origin.namespace, origin.image, origin.subject, kept.document.id)
