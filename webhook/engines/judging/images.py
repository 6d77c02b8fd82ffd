"""Judges images for the webhook, the command line and the audit alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from webhook.engines.assessing.rules import ModelRules
from webhook.engines.judging.lookups import ImageLookups, Lookup
from webhook.engines.searching.platforms import Wanted, has_gap, with_gaps
from webhook.engines.searching.resolving import Resolution, TagKey, TagResolver, with_remark
from webhook.engines.searching.search import SbomSearch
from webhook.model.pulling import NO_ACCESS, PullAccess
from webhook.model.searches import SearchOutcome
from webhook.model.uncovered import Uncovered
from webhook.model.verdicts import SbomStatus, Verdict
from webhook.policy.evaluation import Rules, StateSummary, Subject, conclude, evaluate, summary
from webhook.policy.sharing import SharedFindings
from webhook.policy.unseen import missing

if TYPE_CHECKING:
    from webhook.engines.countedimages import CountedImage
    from webhook.engines.readmodel import ReadModel
    from webhook.engines.searching.unstored import UnstoredSbom
    from webhook.model.assessments import Assessment
    from webhook.model.changes import ImageFacts
    from webhook.model.deadlines import Deadline
    from webhook.model.images import Digest, ImageRef
    from webhook.policy.matching import AssessmentIndex
    from webhook.ports import Clock

_MOST_CACHED, _MOST_PREPARED = 50_000, 10_000
_Ready = tuple[Verdict, tuple[TagKey, tuple[float, Resolution]] | None]
"""A verdict that needs no look-up, and the registry's answer about its tag if one was asked."""
_PINNED = Resolution(None)
_NOT_LOOKED_AT = "an SBOM is known from another name of this image, and what is attached here was not read yet"


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict from memory.

    Attributes:
        verdict: the verdict.
        unsettled: there is something to search for.
        has_gap: a platform without an SBOM counts, or may; or not all that is attached is known.
    """

    verdict: Verdict
    unsettled: bool
    has_gap: bool


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What of a verdict needs no assessment.

    Attributes:
        wanted: the platforms that count.
        states: what the states of the components say; None where none can be looked up.
        has_gap: as in :class:`Judged`.
    """

    wanted: Wanted
    states: StateSummary | None
    has_gap: bool


class ImageChecker:
    """Judges images: digest → known facts → verdict. Searches for an SBOM only if none is known.

    For a known digest this touches memory only: no registry, no database, no file.

    Args:
        model: what is known.
        rules: types of the settings file, and policy; the assessments, and further types, are the read model's.
        tags: what tags point at.
        search: finds SBOMs of images that are not known.
        clock: time.

    Attributes:
        rules: gives the rules in force.
        lookups: wait for what :meth:`check` began.
        tags: what tags point at.
        generation: of what is known, as of which verdicts are remembered.
    """

    def __init__(self, model: ReadModel, rules: Rules, tags: TagResolver, search: SbomSearch, clock: Clock) -> None:
        self._model, self.tags, self._search, self._clock = model, tags, search, clock
        self.rules, self._policy, self._platforms = ModelRules(rules, model), rules.policy, search.platforms
        self.generation, self._wanted, self.lookups = -1, Wanted(), ImageLookups(self, tags, search)
        self._verdicts: dict[tuple[Digest, str, str], Judged] = {}
        self._ready: dict[tuple[str, str, PullAccess], _Ready] = {}
        self._prepared: dict[CountedImage, _Prepared] = {}
        self._shared = SharedFindings()  # as the line above, not dropped with each change

    def check(self, image: ImageRef, namespace: str, access: PullAccess = NO_ACCESS) -> Verdict | Lookup:
        """Judge an image from memory, or start looking it up. Never waits.

        A look-up goes from the tag to the SBOM by itself, so that those of several images run side by side.

        Args:
            image: a parsed reference.
            namespace: where it is to run; empty when that is not known.
            access: the workload's pull secrets; :data:`NO_ACCESS` where they are not used.

        Returns:
            The verdict, or what its ``lookups`` make one of.
        """
        model, platforms, clock = self._model, self._platforms, self._clock
        ticks = clock.monotonic()
        wanted = platforms.wanted if ticks < platforms.until else platforms.now()
        if self.generation != model.generation or self._wanted is not wanted or len(self._ready) > _MOST_CACHED:
            self._forget(wanted)
        scope = namespace if namespace in model.assessments.namespaces else ""
        ready = self._ready.get((image.text, scope, access))
        if ready is not None:
            verdict, tag = ready
            until = verdict.valid_until
            if (until is None or clock.now() < until) and (
                tag is None or (ticks < tag[1][0] and self.tags.answers.get(tag[0]) is tag[1])
            ):
                return verdict
        return self._begin(image, namespace, scope, access)

    def check_until(
        self, image: ImageRef, namespace: str, deadline: Deadline, access: PullAccess = NO_ACCESS
    ) -> Verdict:
        """Judge an image, waiting for look-ups.

        Args:
            image: a parsed reference.
            namespace: where it is to run; empty when that is not known.
            deadline: by when an answer must be there; a search that is not done by then goes on behind it.
            access: the workload's pull secrets.

        Raises:
            StoreError: an SBOM was found, and the store did not answer.
        """
        begun = self.check(image, namespace, access)
        return self.lookups.finish(begun, deadline) if isinstance(begun, Lookup) else begun

    def _begin(self, image: ImageRef, namespace: str, scope: str, access: PullAccess) -> Verdict | Lookup:
        """Judge an image that has no cached verdict, or start looking it up."""
        ready, key = self._ready, None if image.digest else self.tags.key(image, access)
        answer = None if key is None else self.tags.answers.get(key)
        resolution = _PINNED if image.digest else self.tags.known(image, access)
        if resolution is None:
            then = self.lookups.searcher(image, namespace, access)
            question = self.tags.ask(image, access, then, tenant=namespace)
            if not isinstance(question, Resolution):
                return Lookup(image, namespace, access, question)
            resolution = question
        digest = image.digest or resolution.digest
        if digest is None:
            return self.lookups.unresolved(image, namespace, resolution)
        judged = self.judged(image, digest, namespace)
        verdict = self.lookups.unstored(image, digest, namespace, access) if judged is None else judged.verdict
        if verdict is None or (judged is not None and judged.unsettled):
            begun = self._search.begin(image, digest, access, tenant=namespace)
            if isinstance(begun, SearchOutcome):
                verdict = verdict or self.lookups.searched(image, digest, namespace, access, begun)
            elif verdict is None or (judged is not None and judged.has_gap):
                return Lookup(image, namespace, access, resolution)
            # Otherwise an older program found it, which counts until its platforms are known.
        verdict = with_remark(verdict, resolution)
        if judged is not None and not judged.unsettled:
            if key is None:
                ready[image.text, scope, access] = (verdict, None)
            elif answer is not None:
                ready[image.text, scope, access] = (verdict, (key, answer))
        return verdict

    def _forget(self, wanted: Wanted) -> None:
        """Drop all verdicts, because the read model or the platforms that count have changed."""
        # New dicts rather than clear(): a verdict being computed from the older model then lands in the old ones.
        self.generation, self._wanted = self._model.generation, wanted
        self._verdicts, self._ready = {}, {}

    def has_sbom(self, image: ImageRef) -> bool:
        """Whether memory has an SBOM that counts for this image under its last known digest."""
        digest = image.digest or self._model.digest_of(image.tagged)
        return digest is not None and self._search.is_known(image, digest)

    def known(self, image: ImageRef, digest: Digest, namespace: str) -> Verdict | None:
        """The verdict from memory; None without an SBOM that counts. Searches for nothing.

        Args:
            image: the reference.
            digest: what it points at.
            namespace: where it is to run; empty when that is not known.
        """
        judged = self.judged(image, digest, namespace)
        return None if judged is None else judged.verdict

    def unremembered(self, image: ImageRef, digest: Digest, namespace: str) -> Verdict | None:
        """As :meth:`known`, for callers that keep what they get: nothing is remembered here."""
        judged = self._judged_now(image, digest, namespace, self._platforms.now(), keeps=False)
        return None if judged is None else judged.verdict

    def judged(self, image: ImageRef, digest: Digest, namespace: str) -> Judged | None:
        """As :meth:`known`, with what is left to search for."""
        wanted = self._platforms.now()
        stale = self.generation != self._model.generation or self._wanted is not wanted
        if stale or len(self._verdicts) > _MOST_CACHED:
            self._forget(wanted)
        verdicts = self._verdicts
        scope = namespace if namespace in self._model.assessments.namespaces else ""
        key = (digest, image.text, scope)
        cached = verdicts.get(key)
        if cached is not None:
            until = cached.verdict.valid_until
            if until is None or self._clock.now() < until:
                return cached
        judged = self._judged_now(image, digest, namespace, wanted)
        if judged is not None:
            verdicts[key] = judged
        return judged

    def _judged_now(
        self, image: ImageRef, digest: Digest, namespace: str, wanted: Wanted, *, keeps: bool = True
    ) -> Judged | None:
        places, since = self._search.trusted(image), self.stale_before
        known = self._model.counted((digest, image.name, places), since, keeps=keeps)
        if known is None:
            return None
        prepared = self._prepared.get(known)
        if prepared is None or prepared.wanted is not wanted:
            prepared = self._prepare(known, wanted)
            if keeps and not since:
                self._prepared = {} if len(self._prepared) >= _MOST_PREPARED else self._prepared
                self._prepared[known] = prepared
        subject, now = self.subject(image, digest, namespace), self._clock.now()
        if prepared.states is None:
            verdict = self._evaluate(known.facts, subject)
        else:
            verdict = conclude(prepared.states, subject, self.rules(), self._model.assessments, now, self._shared)
        return Judged(verdict, prepared.has_gap or known.coverage is None, prepared.has_gap)

    def _prepare(self, known: CountedImage, wanted: Wanted) -> _Prepared:
        facts, coverage, trouble = known.facts, known.coverage, known.trouble
        has_gap_here = trouble != "" or (coverage is not None and has_gap(coverage, wanted))
        if facts.total == facts.unusable:
            return _Prepared(wanted, None, has_gap_here)
        if trouble != "":
            facts = replace(facts, incomplete=_NOT_LOOKED_AT if trouble is None else trouble)
        return _Prepared(wanted, summary(with_gaps(facts, coverage, wanted), self._policy), has_gap_here)

    def _evaluate(self, facts: ImageFacts, subject: Subject, index: AssessmentIndex | None = None) -> Verdict:
        if facts.total == facts.unusable:
            detail = f"{facts.unusable} components, none with a usable purl"
            return missing(subject, SbomStatus.NO_PURLS, detail, self.rules())
        counting = self._model.assessments if index is None else index
        return evaluate(facts, subject, self.rules(), counting, self._clock.now())

    def judge_facts(
        self, facts: ImageFacts, image: ImageRef, namespace: str = "", supposing: Sequence[Assessment] = ()
    ) -> Verdict:
        """Judge facts of an image that is not stored, such as those of an SBOM file.

        Args:
            facts: what is known of its components.
            image: what to call it.
            namespace: where it is to run; empty when that is not known.
            supposing: assessments that count besides those that are stored.
        """
        subject = Subject(image, image.digest, namespace, self._model.revision)
        index = self._model.assessments
        return self._evaluate(facts, subject, index.supposing(supposing) if supposing else index)

    @property
    def wanted(self) -> Wanted:
        """The platforms for which an SBOM has to be there; another object once these have changed."""
        return self._platforms.now()

    @property
    def stale_before(self) -> int:
        """Clean answers from before this time (seconds since 1970) count as unknown; 0 if answers do not age."""
        age = self._policy.max_report_age
        return 0 if age is None else int((self._clock.now() - age).timestamp())

    def judge_found(self, held: UnstoredSbom, image: ImageRef, digest: Digest, namespace: str) -> Verdict:
        """Judge an image by an SBOM that was found and is not stored yet."""
        return self._evaluate(self._facts_of(held), self.subject(image, digest, namespace))

    def _facts_of(self, held: UnstoredSbom) -> ImageFacts:
        facts = self._model.facts_of(
            held.ids,
            unknown=held.unknown,
            uncovered={Uncovered.NO_SOURCE: held.not_covered},
            unusable=held.unusable,
            not_in_image=held.not_in_image,
            stale_before=self.stale_before,
        )
        return with_gaps(replace(facts, incomplete=held.incomplete), held.coverage, self._platforms.now())

    def subject(self, image: ImageRef, digest: Digest | None, namespace: str) -> Subject:
        """What a verdict is about, at the read model's revision."""
        return Subject(image, digest, namespace, self._model.revision)
