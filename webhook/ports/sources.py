"""Sources: what is asked about components, tags and SBOMs; implemented by ``clients``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from webhook.errors import InvalidInput

if TYPE_CHECKING:
    from webhook.model.components import Sbom
    from webhook.model.deadlines import Deadline
    from webhook.model.downloads import BatchAnswer, Names, SourceStatus
    from webhook.model.images import Digest, ImageRef
    from webhook.model.pulling import PullAccess, PullSecrets
    from webhook.model.purls import Purl
    from webhook.ports.vex import VexPlace


class VulnerabilitySource(Protocol):
    """Somebody who knows which components are vulnerable, such as OSS Index."""

    @property
    def batch_size(self) -> int:
        """The most coordinates of one request."""

    def report(
        self, purls: Sequence[Purl], names: Mapping[Purl, Names] = ..., heard: Callable[[], None] = ...
    ) -> BatchAnswer:
        """Look up covered components that have versions.

        It takes as many requests as one of them has coordinates, and more when they do not fit into those.

        How a component is called there is the source's own affair; ``names`` helps, for those that have any.

        ``heard`` is called when the last answer has arrived and has yet to be read, so that the next question can be on
        its way meanwhile; it is not called when one failed.

        When it stops half-way, the answer holds what there is, and its ``failure`` says why the rest is missing.

        Raises:
            Final: asking again will not help (401, 402, 403, a malformed answer).
            Retryable: every try failed; later may work.
        """

    def coordinates(self, purls: Sequence[Purl], names: Mapping[Purl, Names] = ...) -> Sequence[int]:
        """How many coordinates ``report`` sends for each of these components; sends nothing itself."""

    def check(self) -> SourceStatus:
        """Ask for one well-known component and say what is wrong, without raising."""


class PartlyRead(InvalidInput):
    """A place has SBOMs of an image, and beside them something that cannot be read, or was not given.

    Args:
        message: what cannot be read, and why.
        remedy: what to do.
        sboms: what was read.
        is_short: whether a document that was read before may be among those that cannot be got now, so that nothing
            stops counting.
        is_passing: whether the place failed in the middle, so that it may give all when it is asked again.
        unread: digests of documents that are there and cannot be read.
    """

    def __init__(
        self,
        message: str,
        *,
        remedy: str,
        sboms: Sequence[Sbom],
        is_short: bool,
        is_passing: bool = False,
        unread: Iterable[str] = (),
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.sboms, self.is_short, self.is_passing = tuple(sboms), is_short, is_passing
        self.unread = frozenset(unread)


class NoneCounts(InvalidInput):
    """A place gave all it has, and none of it says anything of the image.

    Each document is about another image, or lacks the signature that is needed. Where another place has an SBOM, this
    takes nothing away from it.
    """


class SbomSource(Protocol):
    """A place where the SBOM of an image may be: a directory, a registry, reports in the cluster."""

    @property
    def place(self) -> str:
        """Its name in reports, such as ``directory``."""

    def fetch(self, image: ImageRef, digest: Digest, deadline: Deadline) -> Sequence[Sbom]:
        """The SBOMs that describe this digest; empty when this place has none.

        Raises:
            PartlyRead: there are SBOMs, and a document beside them cannot be read, or the place failed after them.
            NoneCounts: there are documents, and none of them is about the image and signed as wanted.
            InvalidInput: there is a document, and it cannot be read.
            UnusableAnswer: the same, because it cannot be got.
            SourceError: the place did not answer, or refused to.
        """


@runtime_checkable
class ConditionalSource(Protocol):
    """A place that can say cheaply whether it has something else than before."""

    def state(self, image: ImageRef, digest: Digest, deadline: Deadline) -> str:
        """A short text that changes whenever what ``fetch`` gives may change; empty when nobody can say.

        Raises:
            SourceError: the place did not answer, or refused to.
        """


class ImageResolver(Protocol):
    """Tags to digests."""

    def resolve(self, image: ImageRef, deadline: Deadline) -> Digest | None:
        """The digest that the tag points at now; None when nobody knows.

        Raises:
            SourceError: the registry did not answer, or refused to.
        """


class PullSecretSource(Protocol):
    """Where the pull secrets of workloads are."""

    def read(self, access: PullAccess, deadline: Deadline) -> PullSecrets:
        """What the secrets of a workload hold; empty when it brings none.

        A secret that is missing or cannot be used is no error, as it is none to the kubelet; the notes tell of it.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """


class Opening(Protocol):
    """Registries, as one set of credentials opens them."""

    @property
    def key(self) -> str:
        """Under which answers about tags, and refusals, may be remembered; empty when everybody may know them.

        Nothing that was learnt under a key may be told to who has another: neither a tag's digest, fresh or last
        known, nor why something was refused. What is stored by digest may.
        """

    @property
    def resolver(self) -> ImageResolver:
        """Tags to digests."""

    @property
    def places(self) -> Sequence[SbomSource]:
        """Where SBOMs may be, in order."""

    @property
    def vex(self) -> VexPlace | None:
        """Where VEX documents are attached to images; None where nobody is asked for any."""


class RegistryOpener(Protocol):
    """Who opens registries with what a workload brings."""

    @property
    def common(self) -> Opening:
        """With bomgate's own credentials alone."""

    def open(self, access: PullAccess, deadline: Deadline) -> Opening:
        """With the workload's pull secrets; the common one when it brings none.

        It asks the API server now and then, so what is known already is better looked up first. Secrets that cannot be
        read are no error: they matter only when a registry refuses, and then that is the reason that it gives.
        """
