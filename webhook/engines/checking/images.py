"""Checking an image: the one way in which the webhook, the command line and the audit come to a verdict."""

from __future__ import annotations

from dataclasses import replace

from webhook.engines.assessing.ruling import ModelRules
from webhook.engines.checking.resolving import Resolution, TagResolver
from webhook.engines.checking.searching import SbomSearch
from webhook.engines.readmodel import ReadModel
from webhook.model.actions import Action
from webhook.model.changes import ImageFacts
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, ImageRef
from webhook.model.pulling import NO_ACCESS, PullAccess
from webhook.model.searches import SearchOutcome
from webhook.model.verdicts import Reason, SbomStatus, Verdict
from webhook.policy.evaluation import Rules, Subject, evaluate, missing
from webhook.ports import Clock

_MOST_CACHED = 50_000
_UNRESOLVED = SearchOutcome(SbomStatus.UNRESOLVED)
_PINNED = Resolution(None)


class ImageChecker:
    """Judges images: digest → known facts → verdict, with a search for the SBOM only when nothing is known.

    For a known digest this touches memory only: no registry, no database, no file.

    Args:
        model: what is known.
        rules: types of the settings file, and policy; the assessments, and further types, are the read model's.
        tags: what tags point at.
        search: finds SBOMs of images that are not known.
        clock: time.

    Attributes:
        rules: gives the rules in force.
        tags: what tags point at.
    """

    def __init__(self, model: ReadModel, rules: Rules, tags: TagResolver, search: SbomSearch, clock: Clock) -> None:
        self._model, self.tags, self._search, self._clock = model, tags, search, clock
        self.rules, self._policy = ModelRules(rules, model), rules.policy
        self._verdicts: dict[tuple[Digest, str, str], Verdict] = {}
        self._generation = -1

    def check(self, image: ImageRef, namespace: str, deadline: Deadline, access: PullAccess = NO_ACCESS) -> Verdict:
        """Judge one image.

        Args:
            image: a parsed reference.
            namespace: where it is to run; empty when that is not known.
            deadline: by when an answer must be there; a search that is not done by then goes on behind it.
            access: the workload's pull secrets; :data:`NO_ACCESS` where they are not used.

        Raises:
            StoreError: a found SBOM could not be kept.
        """
        resolution = _PINNED if image.digest else self.tags.resolve(image, deadline, access)
        digest = image.digest or resolution.digest
        if digest is None:
            unresolved = SearchOutcome(SbomStatus.REFUSED, resolution.refused) if resolution.refused else _UNRESOLVED
            return self._missing(image, None, namespace, unresolved)
        verdict = self._known(image, digest, namespace)
        if verdict is None:
            outcome = self._search.search(image, digest, deadline, access)
            verdict = self._known(image, digest, namespace) or self._missing(image, digest, namespace, outcome)
        return (
            replace(verdict, reasons=(*verdict.reasons, _remark(resolution.remark))) if resolution.remark else verdict
        )

    def judge_facts(self, facts: ImageFacts, image: ImageRef, namespace: str = "") -> Verdict:
        """Judge facts that belong to no stored image, such as those of an SBOM file."""
        return self._evaluate(facts, Subject(image, image.digest, namespace, self._model.revision))

    @property
    def stale_before(self) -> int:
        """Clean answers given before this moment (seconds since 1970) count as unknown; 0 when answers do not age."""
        age = self._policy.max_report_age
        return 0 if age is None else int((self._clock.now() - age).timestamp())

    # -- what is known ----------------------------------------------------------------------------------------------

    def _known(self, image: ImageRef, digest: Digest, namespace: str) -> Verdict | None:
        if self._generation != self._model.generation or len(self._verdicts) > _MOST_CACHED:
            # A new dict rather than clear(): a verdict computed from the older model lands in the dropped one.
            self._generation, self._verdicts = self._model.generation, {}
        verdicts = self._verdicts
        scope = namespace if namespace in self._model.assessments.namespaces else ""
        key = (digest, image.text, scope)
        cached = verdicts.get(key)
        if cached is not None and (cached.valid_until is None or self._clock.now() < cached.valid_until):
            return cached
        facts = self._model.facts(digest, stale_before=self.stale_before, places=self._search.trusted(image))
        if facts is None:
            return None
        subject = Subject(image, digest, namespace, self._model.revision)
        verdict = self._evaluate(facts, subject)
        verdicts[key] = verdict
        return verdict

    def _evaluate(self, facts: ImageFacts, subject: Subject) -> Verdict:
        if facts.total == facts.unusable:
            detail = f"{facts.unusable} components, none with a usable purl"
            return missing(subject, SbomStatus.NO_PURLS, detail, self.rules())
        return evaluate(facts, subject, self.rules(), self._model.assessments, self._clock.now())

    def _missing(self, image: ImageRef, digest: Digest | None, namespace: str, outcome: SearchOutcome) -> Verdict:
        subject = Subject(image, digest, namespace, self._model.revision)
        return missing(subject, outcome.status, outcome.detail, self.rules())


def _remark(text: str) -> Reason:
    """What people should know of a verdict, and what does not weigh in it."""
    return Reason(
        "last-known-digest", Action.ALLOW, text, "Check that the registry answers, or name the image by its digest."
    )
