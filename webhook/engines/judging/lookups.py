"""Look-ups of images that memory does not know: first the digest of a tag, then an SBOM."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from webhook.engines.searching.resolving import Resolution, TagQuestion, TagResolver, with_remark
from webhook.engines.searching.search import SbomSearch
from webhook.model.pulling import PullAccess
from webhook.model.searches import SearchOutcome
from webhook.model.verdicts import SbomStatus, Verdict
from webhook.policy.unseen import missing

if TYPE_CHECKING:
    from webhook.engines.judging.images import ImageChecker
    from webhook.model.deadlines import Deadline
    from webhook.model.images import Digest, ImageRef

_UNRESOLVED = SearchOutcome(SbomStatus.UNRESOLVED)


@dataclass(frozen=True, slots=True)
class Lookup:
    """An image being looked up: first the digest of its tag, then its SBOM.

    Attributes:
        image: the reference.
        namespace: where it is to run.
        access: the workload's pull secrets.
        tag: what its tag points at, or the question about that.
    """

    image: ImageRef
    namespace: str
    access: PullAccess
    tag: Resolution | TagQuestion

    @property
    def impatience(self) -> float:
        """Sort key: look-ups whose tag has a last known digest come first, because their wait is shorter."""
        until = self.tag.until if isinstance(self.tag, TagQuestion) else None
        return float("inf") if until is None else until


class ImageLookups:
    """Waits for look-ups, and judges what they bring.

    Args:
        images: judges what is known.
        tags: what tags point at.
        search: finds SBOMs of images that are not known.
    """

    def __init__(self, images: ImageChecker, tags: TagResolver, search: SbomSearch) -> None:
        self._images, self._tags, self._search = images, tags, search

    def await_tag(self, lookup: Lookup, deadline: Deadline) -> Lookup:
        """The look-up once its tag is resolved or its wait is over. The search for its SBOM is then running."""
        resolution = self._tags.answer(lookup.tag, deadline)
        self.searcher(lookup.image, lookup.namespace, lookup.access)(resolution)
        return replace(lookup, tag=resolution)

    def finish(self, lookup: Lookup, deadline: Deadline) -> Verdict:
        """Wait for a look-up and judge the result.

        Args:
            lookup: what :meth:`ImageChecker.check` gave.
            deadline: by when an answer must be there.

        Raises:
            StoreError: an SBOM was found, and the store did not answer.
        """
        image, namespace, access = lookup.image, lookup.namespace, lookup.access
        resolution = self._tags.answer(lookup.tag, deadline)
        digest = image.digest or resolution.digest
        if digest is None:
            return self.unresolved(image, namespace, resolution)
        judged = self._images.judged(image, digest, namespace)
        if judged is not None and judged.has_gap:
            self._search.platforms.settle(deadline)
            judged = self._images.judged(image, digest, namespace)
        if judged is None or judged.has_gap:
            outcome = self._search.search(image, digest, deadline, access)
            return with_remark(self.searched(image, digest, namespace, access, outcome), resolution)
        return with_remark(judged.verdict, resolution)

    def look_again(
        self, image: ImageRef, digest: Digest, deadline: Deadline, access: PullAccess, former: dict[str, str]
    ) -> bool:
        """Look again at the attachments of an image; see :meth:`ImageLooks.look_again`."""
        return self._search.looks.look_again(image, digest, deadline, access, former)

    def searcher(self, image: ImageRef, namespace: str, access: PullAccess) -> Callable[[Resolution], None]:
        """A callback that searches for the SBOM once the tag is resolved."""

        def search(resolution: Resolution) -> None:
            digest = image.digest or resolution.digest
            if digest is not None:
                self._search.begin(image, digest, access, tenant=namespace)

        return search

    def unstored(self, image: ImageRef, digest: Digest, namespace: str, access: PullAccess) -> Verdict | None:
        """The verdict by an SBOM that was found and is not stored yet, if there is one."""
        held = self._search.unstored(image, digest, access)
        return None if held is None else self._images.judge_found(held, image, digest, namespace)

    def searched(
        self, image: ImageRef, digest: Digest, namespace: str, access: PullAccess, outcome: SearchOutcome
    ) -> Verdict:
        """The verdict after a search."""
        return (
            self._images.known(image, digest, namespace)
            or self.unstored(image, digest, namespace, access)
            or self._missing(image, digest, namespace, outcome)
        )

    def unresolved(self, image: ImageRef, namespace: str, resolution: Resolution) -> Verdict:
        """The verdict on an image whose tag has no digest."""
        refused = resolution.refused
        outcome = SearchOutcome(SbomStatus.REFUSED, refused) if refused else _UNRESOLVED
        return self._missing(image, None, namespace, outcome)

    def _missing(self, image: ImageRef, digest: Digest | None, namespace: str, outcome: SearchOutcome) -> Verdict:
        if outcome.status is SbomStatus.FOUND:
            # It was found and is gone again, for instance because the store was restored meanwhile.
            outcome = SearchOutcome(SbomStatus.REFUSED, "what was found is not in the store any more")
        return missing(
            self._images.subject(image, digest, namespace),
            outcome.status,
            outcome.detail,
            self._images.rules(),
        )
