"""The resolver: what a tag points at, as registries say, and how an image is pulled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webhook.clients.registry.client import RegistryClient
from webhook.clients.registry.dockerconfig import Credential
from webhook.clients.registry.locations import Locations
from webhook.clients.registry.options import RegistryOptions
from webhook.clients.trail import Trail
from webhook.model.caches import TimedCache
from webhook.model.deadlines import Deadline
from webhook.model.images import DEFAULT_HOST, Digest, ImageRef
from webhook.model.platforms import Coverage
from webhook.model.pulling import PullTarget
from webhook.ports import Clock

if TYPE_CHECKING:
    from webhook.clients.registry.search import Search


_REMEMBERED = 20_000


class RegistryResolver:
    """Asks registries what a tag points at; implements ``ImageResolver``.

    A failure is never remembered and never covered up with an older answer: what to do then is for the caller to decide
    and to say.

    Args:
        client: reads from registries.
        locations: which repository is asked for which image.
        options: how long an answer is believed.
        clock: time.
    """

    def __init__(self, client: RegistryClient, locations: Locations, options: RegistryOptions, clock: Clock) -> None:
        self._client, self._locations, self._options = client, locations, options
        self._known = TimedCache[str, Digest](_REMEMBERED, clock.monotonic)

    def resolve(self, image: ImageRef, deadline: Deadline) -> Digest | None:
        """The digest that a reference points at; None when the registry has no such tag.

        Raises:
            SourceError: the registry did not answer, or refused to.
        """
        if image.digest is not None:
            return image.digest
        known = self._known.get(image.tagged)
        if known is not None:
            return known
        repository, budget = self._locations.image(image), self._client.budget(deadline)
        found = self._client.tag_digest(repository, image.tag or "latest", budget)
        if found is not None:
            self._known.put(image.tagged, found, self._options.tag_seconds)
        return found


_HUB = "index.docker.io"


def pull_target(search: Search, image: ImageRef, digest: Digest, deadline: Deadline) -> PullTarget:
    """How an image is pulled, with the credentials of the search's client.

    The image's manifest has been read then, so that its registry is one that may be asked, and shows it.

    Raises:
        SourceError: the image cannot be read.
    """
    visit = search.visit(image, digest, deadline, Trail())
    registry, parts = visit.repository.registry, visit.anatomy
    subjects = [subject for subject in parts.subjects if subject.role != "index"]
    credential = search.client.credential(visit.repository, deadline) or Credential()
    return PullTarget(
        host=_HUB if registry.host == DEFAULT_HOST else registry.host,
        path=visit.repository.path,
        manifests=tuple((subject.role, subject.digest) for subject in subjects),
        coverages=tuple(Coverage(parts.platforms, subject.entries) for subject in subjects),
        plain_http=registry.plain_http,
        ca_file=registry.ca_file,
        username=credential.username,
        password=credential.password,
        token=credential.registry_token,
    )
