"""Pulling: with whose credentials an image is looked at.

Credentials of a namespace open registries to that namespace alone. What they made readable is kept apart by
:attr:`PullSecrets.key`: tokens, answers about tags and refusals under one key never serve another. What an image
contains is not kept apart: it is stored by digest, and a caller who knows the digest names content that nobody can
guess.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from webhook.model.images import Digest
from webhook.model.platforms import Coverage


class PullAccess(msgspec.Struct, frozen=True, gc=False):
    """What a workload brings to pull its images.

    Attributes:
        namespace: where it runs; empty when that is not known.
        secrets: names of its ``imagePullSecrets``, in order.
        service_account: whose ``imagePullSecrets`` count when it names none; empty for a Pod that the API server hands
            in, because the ServiceAccount admission plug-in has put them into the Pod already.
    """

    namespace: str
    secrets: tuple[str, ...] = ()
    service_account: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read, so that only bomgate's own credentials count."""
        return not self.namespace or not (self.secrets or self.service_account)


NO_ACCESS = PullAccess("")
"""Brings nothing: only bomgate's own credentials count."""


@dataclass(frozen=True, slots=True)
class PullSecrets:
    """What pull secrets hold.

    Attributes:
        key: differs between namespaces, between sets of secrets, and after each change of one of them; empty when
            there are none, and then nothing needs to be kept apart.
        documents: docker config files, in the order in which they are tried.
        notes: sentences on secrets that are missing or cannot be used.
    """

    key: str = ""
    documents: tuple[bytes, ...] = field(default=(), repr=False)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PullTarget:
    """How a program of somebody else's pulls an image.

    Attributes:
        host: the registry as programs name it, with its port; ``index.docker.io`` for Docker Hub.
        path: the repository inside the registry.
        manifests: role and digest of what has to be looked at: ``image``, or a platform such as ``linux/amd64``.
        plain_http: it speaks HTTP instead of HTTPS.
        ca_file: certificate authorities to trust beside the usual ones.
        username: of the credential; empty when there is none.
        password: belongs to ``username``.
        token: given to the registry as it is, in place of a user.
        coverages: what of the image each of ``manifests`` is; empty when there is but one.
    """

    host: str
    path: str
    manifests: tuple[tuple[str, Digest], ...]
    plain_http: bool = False
    ca_file: Path | None = None
    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    coverages: tuple[Coverage, ...] = ()

    def name(self, digest: Digest) -> str:
        """The reference of one manifest."""
        return f"{self.host}/{self.path}@{digest}"
