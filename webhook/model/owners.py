"""Owners: the controllers above an object as the API server has them, and the Pods that belong to them.

Source: Kubernetes API reference, meta/v1 OwnerReference; "Garbage Collection", owners and dependents.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from webhook.model.grants import SetTicket
from webhook.model.images import Digest, identity, readable


class Revision(msgspec.Struct, frozen=True):
    """A state of a controller's template.

    Attributes:
        created: since when the controller has made Pods of it.
        references: the images that it names.
    """

    created: dt.datetime
    references: frozenset[str]


class Controller(msgspec.Struct, frozen=True):
    """A controller that was read from the API server.

    Attributes:
        api_version: such as ``apps/v1``.
        kind: such as ``ReplicaSet``.
        name: of the object.
        uid: of the object.
        selector: of its Pods' labels, as a query has it; empty when it has none.
        revision: its template, for kinds whose template stays as it was made.
        references: the images that its template names now.
        ticket: of break-glass; None without one.
    """

    api_version: str
    kind: str
    name: str
    uid: str
    selector: str = ""
    revision: Revision | None = None
    references: frozenset[str] = frozenset()
    ticket: SetTicket | None = None

    @property
    def title(self) -> str:
        """``ReplicaSet web-5d4`` for people."""
        return f"{self.kind} {self.name}"

    def names(self, reference: str) -> bool:
        """Whether its template names an image; what names it in the Pod may have been pinned on the way."""
        return _names(self.references, reference)

    def pins(self, digest: Digest | None) -> bool:
        """Whether its template names a digest, so that nobody can put another image behind the name."""
        images = map(readable, self.references)
        return digest is not None and digest in {image.digest for image in images if image is not None}


class LiveObject(msgspec.Struct, frozen=True):
    """An object that carries a pod spec, as the API server has it now.

    Attributes:
        changed: when it was last created or written, its status and its scale aside.
        references: the images that it names.
        controller: UID of its controller; empty without one.
        ticket: of break-glass; None without one.
    """

    changed: dt.datetime
    references: frozenset[str]
    controller: str = ""
    ticket: SetTicket | None = None

    def names(self, reference: str) -> bool:
        """Whether it names an image; what names it may have been pinned on the way."""
        return _names(self.references, reference)


def _names(references: frozenset[str], reference: str) -> bool:
    there = {identity(named) for named in references}
    return not there.isdisjoint((identity(reference), identity(reference).partition("@")[0]))


class OwnedPod(msgspec.Struct, frozen=True):
    """A Pod of a controller that has not ended; one that is being deleted counts until it is gone.

    Attributes:
        owners: UIDs of its controller and of those above, nearest first.
        created: when it was admitted.
        digests: what its containers run.
        tags: the tagged names of its containers, in their one spelling, each with what the container says it runs, or
            None where it does not say that yet.
    """

    owners: tuple[str, ...]
    created: dt.datetime
    digests: frozenset[Digest]
    tags: frozenset[tuple[str, Digest | None]] = frozenset()
