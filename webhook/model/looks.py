"""Looks: what the places had for an image when they were looked at, and what became of documents since.

A place answers for its own documents only, and only about the name in which it was asked: a copy of an image in another
registry, or a namespace whose credentials see less, takes nothing away from what was found elsewhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import msgspec

from webhook.model.components import Sbom
from webhook.model.images import Digest
from webhook.model.places import ADDED, DIRECTORY, GENERATED, IMPORTED
from webhook.model.platforms import Coverage

CONTROLLER = "bomgate"
"""The author of what a process noticed by itself."""
_NAMELESS = frozenset((ADDED, IMPORTED, DIRECTORY, GENERATED))
"""Places that know images by their digest alone."""


class Look(msgspec.Struct, frozen=True):
    """What the places had for one image.

    Attributes:
        origin: in which name they were asked, see :func:`origin_of`.
        found: by place as the store keeps it, what it has now. A place that answered with nothing is here, too; one
            that did not answer is not, and what it had stays.
        trouble: why not all that is attached is known; empty when every place answered.
        passing: whether the trouble may end by itself; then it is not held against an image that was read whole before.
        author: who looked.
        begun: when the places were asked; what others have seen there since is newer. None means now.
        short: places in ``found`` that did not give all they have; what was found there before stays.
        unread: digests of documents that are there and cannot be read now; an earlier reader may have read them, and
            what it read stays.
    """

    origin: str
    found: Mapping[str, Sequence[Sbom]] = msgspec.field(default_factory=dict)
    trouble: str = ""
    passing: bool = True
    author: str = CONTROLLER
    short: frozenset[str] = frozenset()
    begun: dt.datetime | None = None
    unread: frozenset[str] = frozenset()


class Presence(msgspec.Struct, frozen=True):
    """A document in one place.

    Attributes:
        document_digest: of the document.
        place: where it is.
        origin: see :class:`Look`; empty also where nobody knows in which name it was found.
        coverage: what of the image it describes, by the word of the place.
    """

    document_digest: str
    place: str
    origin: str
    coverage: Coverage | None

    @property
    def key(self) -> tuple[str, str, str]:
        """What two presences of the same document in the same place have in common."""
        return self.document_digest, self.place, self.origin


class StoredLook(msgspec.Struct, frozen=True):
    """What read models know of a look.

    Attributes:
        digest: of the image.
        origin: see :class:`Look`.
        trouble: see :class:`Look`.
    """

    digest: Digest
    origin: str
    trouble: str = ""


class LookRecord(msgspec.Struct, frozen=True):
    """When an image was last looked at in one name.

    Attributes:
        origin: see :class:`Look`.
        at: when.
        trouble: see :class:`Look`.
    """

    origin: str
    at: dt.datetime
    trouble: str = ""


class Departure(msgspec.Struct, frozen=True):
    """A document that stopped counting in one place.

    Attributes:
        digest: of the image.
        document_digest: of the document.
        place: where it was found.
        origin: see :class:`Look`; empty for places that know images by digest alone.
        at: when.
        author: who took it out, or noticed that it is gone.
        why: in words.
    """

    digest: Digest
    document_digest: str
    place: str
    origin: str
    at: dt.datetime
    author: str
    why: str


def origin_of(name: str, namespace: str = "") -> str:
    """In which name places are asked.

    Args:
        name: of the image, without tag and digest.
        namespace: whose pull secrets open the registry; empty for bomgate's own credentials.
    """
    return f"{name} {namespace}" if namespace else name


def name_of(origin: str) -> str:
    """The name of the image of which an origin is, without the namespace whose credentials were used."""
    return origin.partition(" ")[0]


def is_of(origin: str, name: str) -> bool:
    """Whether an image of this name was looked at, with whosever credentials."""
    return origin == name or origin.startswith(f"{name} ")


def kept_origin(place: str, origin: str) -> str:
    """The origin that is kept with what was found in a place."""
    return "" if place in _NAMELESS else origin
