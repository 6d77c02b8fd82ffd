"""How a program that pulls images by itself gets at one that a search may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webhook.clients.registry.dockerconfig import Credential
from webhook.clients.trail import Trail
from webhook.model.images import DEFAULT_HOST
from webhook.model.platforms import Coverage
from webhook.model.pulling import PullTarget

if TYPE_CHECKING:
    from webhook.clients.registry.search import Search
    from webhook.model.deadlines import Deadline
    from webhook.model.images import Digest, ImageRef

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
    credential = search.client.credential(visit.repository) or Credential()
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
