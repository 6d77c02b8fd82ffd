"""Owners: the controllers above an object as the API server has them, and the Pods that belong to them.

Source: Kubernetes API reference, meta/v1 OwnerReference; "Garbage Collection", owners and dependents.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from webhook.model.images import Digest, identity


@dataclass(frozen=True, slots=True)
class Revision:
    """A state of a controller's template.

    Attributes:
        created: since when the controller has made Pods of it.
        references: the images that it names.
    """

    created: dt.datetime
    references: frozenset[str]


@dataclass(frozen=True, slots=True)
class Controller:
    """A controller that was read from the API server.

    Attributes:
        api_version: such as ``apps/v1``.
        kind: such as ``ReplicaSet``.
        name: of the object.
        uid: of the object.
        selector: of its Pods' labels, as a query has it; empty when it has none.
        revision: its template, for kinds whose template stays as it was made.
        references: the images that its template names now.
    """

    api_version: str
    kind: str
    name: str
    uid: str
    selector: str = ""
    revision: Revision | None = None
    references: frozenset[str] = frozenset()

    @property
    def title(self) -> str:
        """``ReplicaSet web-5d4`` for people."""
        return f"{self.kind} {self.name}"

    def names(self, reference: str) -> bool:
        """Whether its template names an image; what names it in the Pod may have been pinned on the way."""
        named = {identity(reference) for reference in self.references}
        return not named.isdisjoint((identity(reference), identity(reference).partition("@")[0]))


@dataclass(frozen=True, slots=True)
class OwnedPod:
    """A Pod of a controller that has not ended; one that is being deleted counts until it is gone.

    Attributes:
        owners: UIDs of its controller and of those above, nearest first.
        created: when it was let in.
        digests: what its containers run.
        tags: the tagged names of its containers, in their one spelling, each with what the container says it runs, or
            None where it does not say that yet.
    """

    owners: tuple[str, ...]
    created: dt.datetime
    digests: frozenset[Digest]
    tags: frozenset[tuple[str, Digest | None]] = frozenset()
