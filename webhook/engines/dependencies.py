"""Dependencies: which dependency brings a component into an image, according to the stored documents."""

from __future__ import annotations

from collections.abc import Iterator

from webhook.errors import InvalidInput
from webhook.model.dependencies import DependencyPath
from webhook.model.images import Digest
from webhook.model.purls import Purl
from webhook.ports import DocumentStore, SbomStore
from webhook.sboms.paths import dependency_path

_NOT_KEPT = "The document of the SBOM is not kept."


def path_in_image(sboms: SbomStore, documents: DocumentStore, digest: Digest, purl: Purl) -> DependencyPath:
    """The best way that one of the image's SBOMs tells: a dependency before a mere containment, then the shorter one.

    Args:
        sboms: SBOMs of images.
        documents: what they were read from.
        digest: of the image.
        purl: key of the component.

    Raises:
        StoreError: the store did not answer.
    """
    known = list(_paths(sboms, documents, digest, purl.coordinates))
    ways = [path for path in known if path.steps]
    if ways:
        return min(ways, key=lambda path: (not path.is_dependency, len(path.steps)))
    if not known:
        return DependencyPath(reason="No SBOM of the image lists the component.")
    return known[0]


def _paths(sboms: SbomStore, documents: DocumentStore, digest: Digest, purl: Purl) -> Iterator[DependencyPath]:
    for record in sboms.show(digest):
        if all(component.coordinates != purl for component, _ in record.contents):
            continue
        kept = documents.find(record.document_digest)
        if kept is None or kept.data is None:
            yield DependencyPath(reason=_NOT_KEPT)
            continue
        try:
            yield dependency_path(kept.data, purl)
        except InvalidInput as problem:
            yield DependencyPath(reason=problem.message)
