"""Explanations: joins what says where an SBOM was looked for, and why it counts or not."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from webhook.clients.trail import Explanation, Manner, explain_image
from webhook.errors import SourceError, StoreUnreachable
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, ImageRef
from webhook.model.places import GENERATED, REPORTED, counts
from webhook.telemetry import Faults

if TYPE_CHECKING:
    from webhook.bootstrap.parts import Parts
    from webhook.engines.readmodel import ReadModel

_UNSIGNED = "sbom.verify asks for a signature for this image, and no SBOM from here has one"


class KnownTags:
    """Resolves tags as the store knows them, where no registry is asked."""

    def __init__(self, model: ReadModel) -> None:
        self._model = model

    def resolve(self, image: ImageRef, deadline: Deadline) -> Digest | None:
        """The digest that the reference names, or that its tag was last known to point at."""
        return image.digest or self._model.digest_of(image.tagged)


def explained(parts: Parts, image: ImageRef, deadline: Deadline) -> Explanation:
    """Search for the SBOMs of an image as a check of it would, and say what was looked at.

    Args:
        parts: of this process.
        image: the reference.
        deadline: by when all must be done.
    """
    platforms: tuple[str, ...] = ()
    common, seal = parts.places.opener.common, parts.places.seal(image)
    # Places in registries say themselves why they are not asked for an image that needs signatures.
    silent = (REPORTED, GENERATED)
    unasked = {place: _UNSIGNED for place in silent if not counts(place, seal)}
    with suppress(SourceError):  # then no platform is known to be left out
        platforms = parts.places.platforms_asked()
    manner = Manner(unasked, platforms, Faults(traceback=False))  # the trail says what there is to say
    if parts.places.asks_registries:
        return explain_image(common.resolver, common.places, image, deadline, manner)
    with suppress(StoreUnreachable):  # what no database is needed for is looked at all the same
        parts.refresher.refresh()
    return explain_image(KnownTags(parts.model), common.places, image, deadline, manner)
