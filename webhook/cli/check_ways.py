"""What brings in the components that ``bomgate check --explain`` reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from webhook.bootstrap import Parts
from webhook.cli.output import say
from webhook.engines.dependencies import path_in_image
from webhook.errors import InvalidInput
from webhook.model.actions import Action
from webhook.model.components import Sbom
from webhook.model.dependencies import DependencyPath
from webhook.model.purls import Purl
from webhook.model.verdicts import Finding, Verdict, WorkloadVerdict
from webhook.policy.plaintext import plain
from webhook.sboms.paths import dependency_path

Ways = Mapping[tuple[str, Purl], DependencyPath]
"""By the image as written, and by the component."""
_MOST = 100
"""Components of an image whose way is looked for: each takes another reading of its documents."""


def ways_of(parts: Parts, verdict: WorkloadVerdict, sbom: Sbom | None = None) -> Ways:
    """What brings in the components for which an image is denied or warned about.

    Args:
        parts: of this process.
        verdict: about the images.
        sbom: what was judged, where that is a file; else the SBOMs of the store are asked.

    Raises:
        StoreError: the store did not answer.
    """
    found: dict[tuple[str, Purl], DependencyPath] = {}
    for image in verdict.images:
        for purl in list(dict.fromkeys(finding.purl for finding in weighty(image.verdict)))[:_MOST]:
            found[image.verdict.image.text, purl] = _way(parts, image.verdict, purl, sbom)
    return found


def weighty(verdict: Verdict) -> Iterator[Finding]:
    """The findings that are not simply allowed."""
    return (finding for finding in verdict.findings if finding.action is not Action.ALLOW)


def show_ways(ways: Ways, image: str, purls: Iterable[Purl]) -> None:
    """Write a line for each component of an image: from what the SBOM is about to the component."""
    for purl in dict.fromkeys(purls):
        way = ways.get((image, purl))
        if way is None:
            continue
        if not way.steps:
            say(f"    {plain(purl)}: it is not known what brings it in. {way.reason}")
            continue
        names = " → ".join(plain(step.name, 80) for step in way.steps)
        say(f"    {plain(purl)} {'is needed by way of' if way.is_dependency else 'is contained in'} {names}")


def _way(parts: Parts, verdict: Verdict, purl: Purl, sbom: Sbom | None) -> DependencyPath:
    if sbom is None:
        if verdict.digest is None:
            return DependencyPath(reason="The digest of the image is not known.")
        return path_in_image(parts.store.sboms, parts.store.documents, verdict.digest, purl)
    try:
        return dependency_path(sbom.document, purl)
    except InvalidInput as problem:
        return DependencyPath(reason=problem.message)
