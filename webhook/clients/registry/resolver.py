"""The resolver: tags to digests, remembered for a while, and for longer when the registry is down."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections import OrderedDict
from dataclasses import dataclass

from webhook.clients.registry.client import RegistryClient
from webhook.clients.registry.locations import Locations
from webhook.clients.registry.options import RegistryOptions
from webhook.errors import DeadlineExceeded, Retryable
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, ImageRef
from webhook.ports import Clock

log = logging.getLogger("bomgate.registry")
_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a reference points at.

    Attributes:
        digest: the digest; None when the registry has no such tag.
        asked_at: when the registry said so; None for a reference that names its digest.
        remark: what people should know, such as that the registry is down; empty when all is well.
    """

    digest: Digest | None
    asked_at: dt.datetime | None = None
    remark: str = ""


class RegistryResolver:
    """Asks registries what a tag points at; implements ``ImageResolver``.

    Args:
        client: reads from registries.
        locations: which repository is asked for which image.
        options: how long an answer is believed.
        clock: time.
    """

    def __init__(self, client: RegistryClient, locations: Locations, options: RegistryOptions, clock: Clock) -> None:
        self._client, self._locations, self._options, self._clock = client, locations, options, clock
        self._known: OrderedDict[str, tuple[float, Resolution]] = OrderedDict()
        self._lock = threading.Lock()

    def resolve(self, image: ImageRef, deadline: Deadline) -> Digest | None:
        """The digest that a reference points at; None when the registry has no such tag.

        Raises:
            SourceError: the registry refused to answer; or it did not answer, and never has.
        """
        return self.look_up(image, deadline).digest

    def look_up(self, image: ImageRef, deadline: Deadline) -> Resolution:
        """The same, with what people should know about it.

        When the registry does not answer, what it said last is used, and said so.

        Raises:
            SourceError: as :meth:`resolve`.
        """
        if image.digest is not None:
            return Resolution(image.digest)
        with self._lock:
            known = self._known.get(image.tagged)
        if known is not None and self._clock.monotonic() < known[0]:
            return known[1]
        try:
            repository, budget = self._locations.image(image), self._client.budget(deadline)
            digest = self._client.tag_digest(repository, image.tag or "latest", budget)
        except (Retryable, DeadlineExceeded) as problem:
            if known is None or known[1].digest is None:
                raise
            log.warning("registry down, last known digest used", extra={"image": image.tagged, "why": problem.message})
            since = f"{known[1].asked_at:%Y-%m-%d %H:%M:%S} UTC"
            return Resolution(known[1].digest, known[1].asked_at, f"{problem.message} The digest is that of {since}.")
        found = Resolution(digest, self._clock.now())
        with self._lock:
            self._known[image.tagged] = (self._clock.monotonic() + self._options.tag_seconds, found)
            self._known.move_to_end(image.tagged)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return found
