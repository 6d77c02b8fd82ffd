"""Judges SBOMs of images that are not stored, such as a file in a build. Nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from webhook.engines.judging.images import ImageChecker
    from webhook.engines.readmodel import ReadModel
    from webhook.engines.refresher import Refresher
    from webhook.model.components import Sbom
    from webhook.model.images import ImageRef
    from webhook.model.purls import Purl
    from webhook.model.verdicts import Verdict


class SbomChecker:
    """Judges SBOMs by the same rules as images.

    Args:
        checker: judges facts.
        model: what is known.
        refresher: gives the numbers of known components, and keeps the model up to date.
        covers: whether a source covers a component.
    """

    def __init__(
        self, checker: ImageChecker, model: ReadModel, refresher: Refresher, covers: Callable[[Purl], bool]
    ) -> None:
        self._checker, self._model, self._refresher, self._covers = checker, model, refresher, covers

    def check(self, sbom: Sbom, image: ImageRef, namespace: str = "") -> Verdict:
        """Judge an SBOM as that of ``image``.

        Args:
            sbom: as parsed; components that the store does not know are unknown.
            image: what to call it, for assessments that are narrowed to an image.
            namespace: where it is to run; empty when that is not known.

        Raises:
            StoreError: the store did not answer.
        """
        keys = sbom.keys
        known = self._refresher.component_ids(keys)
        strangers = [purl for purl in keys if purl not in known]
        not_covered = sum(not self._covers(purl) for purl in strangers)
        facts = self._model.facts_of(
            sorted(set(known.values())),
            unknown=len(strangers) - not_covered,
            not_covered=not_covered,
            unusable=len(sbom.skipped),
            not_in_image=sbom.not_in_image,
            stale_before=self._checker.stale_before,
        )
        return self._checker.judge_facts(facts, image, namespace)
