"""Removing SBOMs: where loosening needs an approval, no removal may admit an image."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from webhook.engines.assessing.rules import RuleSource
from webhook.engines.readmodel import ReadModel
from webhook.engines.refresher import Refresher
from webhook.model.actions import Action, worst
from webhook.model.changes import Changes, ImageFacts
from webhook.model.images import Digest, ImageRef, parse_image
from webhook.model.looks import Departure
from webhook.policy.evaluation import Rules, Subject, evaluate
from webhook.policy.loosening import ApprovalNeeded
from webhook.ports import Clock, SbomStore


@dataclass(frozen=True, slots=True)
class _Sides:
    """What is known of an image with its documents, and without those that are to go; None without any."""

    before: ImageFacts
    after: ImageFacts | None


class SbomRemover:
    """Takes out SBOMs that people handed in.

    Args:
        store: where they are.
        model: what is known.
        refresher: brings the model up to date.
        rules: gives types and policy.
        clock: time.
        by_two: whether what loosens takes another person.
    """

    def __init__(
        self, store: SbomStore, model: ReadModel, refresher: Refresher, rules: RuleSource, clock: Clock, *, by_two: bool
    ) -> None:
        self._store, self._model, self._refresher = store, model, refresher
        self._rules, self._clock, self._by_two = rules, clock, by_two

    def remove(
        self, digest: Digest, *, document: str | None, author: str, why: str
    ) -> tuple[Sequence[Departure], Sequence[Departure]]:
        """Take SBOMs out; what left, and what stays because it is attached.

        Args:
            digest: of the image.
            document: digest of the document; None means all of the image.
            author: who takes them out.
            why: in words.

        Raises:
            ApprovalNeeded: the image gets milder, now or when something ends.
            StoreError: nothing was changed.
        """
        if self._by_two:
            self._check(digest, document)
        return self._store.remove(digest, document=document, author=author, why=why)

    def _check(self, digest: Digest, document: str | None) -> None:
        self._refresher.refresh()
        sides = self._sides(digest, document)
        if sides is None:
            return
        rules, now = self._rules(), self._clock.now()
        ends = {record.until for record in self._model.assessments if record.until is not None and record.until > now}
        for image in self._names(digest):
            for namespace in ("", *sorted(self._model.assessments.namespaces)):
                subject = Subject(image, digest, namespace)
                if any(self._is_milder(sides, subject, rules, at) for at in (now, *sorted(ends))):
                    raise _needs_approval(image)

    def _sides(self, digest: Digest, document: str | None) -> _Sides | None:
        before = self._model.facts(digest)
        if before is None:
            return None
        gone = self._documents(digest) if document is None else (document,)
        other = ReadModel()
        base = self._model.base()
        other.stand_on(base)
        other.apply(Changes(base.position, removed=tuple((digest, each) for each in gone)))
        return _Sides(before, other.facts(digest))

    def _documents(self, digest: Digest) -> Sequence[str]:
        """All of an image; of some nobody knows whether they are attached to it as well, and stay."""
        return [held.document_digest for held in self._store.show(digest)]

    def _names(self, digest: Digest) -> Iterator[ImageRef]:
        names = self._model.names().get(digest, ())
        yield from (parse_image(f"{name}@{digest}") for name in names or ("image",))

    def _is_milder(self, sides: _Sides, subject: Subject, rules: Rules, at: dt.datetime) -> bool:
        """Whether a finding or a gap that counts is lost, whatever else the image is denied for."""
        was = evaluate(sides.before, subject, rules, self._model.assessments, at)
        if sides.after is None:
            return rules.policy.missing_sbom < was.action
        will = evaluate(sides.after, subject, rules, self._model.assessments, at)
        kept = {(finding.purl, finding.vulnerability.id) for finding in will.findings}
        lost = [finding.action for finding in was.findings if (finding.purl, finding.vulnerability.id) not in kept]
        gaps = [worst(reason.action for reason in verdict.reasons) for verdict in (was, will)]
        return worst(lost) > Action.ALLOW or gaps[1] < gaps[0]


def _needs_approval(image: ImageRef) -> ApprovalNeeded:
    return ApprovalNeeded(
        f"Without its SBOM {image.text} is judged more mildly, and another person has to approve what does that "
        "(requests.required).",
        remedy="Ask for an exception for what it has, and remove the SBOM once that is approved.",
    )
