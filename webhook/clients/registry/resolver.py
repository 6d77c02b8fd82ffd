"""The resolver: tags to digests, as registries say, remembered for a short while."""

from __future__ import annotations

from webhook.clients.registry.client import RegistryClient
from webhook.clients.registry.locations import Locations
from webhook.clients.registry.options import RegistryOptions
from webhook.model.caches import TimedCache
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, ImageRef
from webhook.ports import Clock

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
