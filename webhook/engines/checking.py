"""Checking an image: the one way in which the webhook, the command line and the audit come to a verdict."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from webhook.engines.readmodel import ReadModel
from webhook.engines.refreshing import Refresher
from webhook.errors import InvalidInput, SourceError
from webhook.model.changes import ImageFacts
from webhook.model.components import Sbom
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, ImageRef
from webhook.model.verdicts import SbomStatus, Verdict
from webhook.policy.evaluation import Rules, Subject, evaluate, missing
from webhook.ports import Background, Clock, ImageResolver, SbomSource, SbomStore, Task

log = logging.getLogger("bomgate.check")
_CACHE_LIMIT = 50_000


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """How images without a known SBOM are treated."""

    negative_seconds: float = field(
        default=30.0, metadata={"help": "Seconds for which a failed search for an SBOM is not repeated."}
    )
    search_seconds: float = field(
        default=60.0, metadata={"help": "Seconds that a search for an SBOM may take; it outlives the request."}
    )


@dataclass(frozen=True, slots=True)
class _NotFound:
    """Why an image has no SBOM, and until when (monotonic seconds) that is believed."""

    status: SbomStatus
    detail: str
    until: float


@dataclass(frozen=True, slots=True)
class Sources:
    """Where to look for what the read model does not know.

    Attributes:
        resolver: tags to digests; None when only known tags count.
        places: where SBOMs may be, in order.
        store: where a found SBOM is kept.
        refresher: brings a found SBOM into the read model.
        background: runs look-ups, so that the one who waits can stop waiting at its deadline.
    """

    resolver: ImageResolver | None
    places: Sequence[SbomSource]
    store: SbomStore
    refresher: Refresher
    background: Background


class ImageChecker:
    """Judges images: digest → known facts → verdict, with a search for the SBOM only when nothing is known.

    For a known digest this touches memory only: no registry, no database, no file.

    Args:
        model: what is known.
        rules: types and policy; the assessments are the read model's.
        sources: where to look for the rest.
        clock: time.
        options: see :class:`CheckOptions`.
    """

    def __init__(
        self, model: ReadModel, rules: Rules, sources: Sources, clock: Clock, options: CheckOptions | None = None
    ) -> None:
        self._model, self._rules, self._sources, self._clock = model, rules, sources, clock
        self._options = options or CheckOptions()
        self._verdicts: dict[tuple[Digest, str, str], Verdict] = {}
        self._generation = -1
        self._lock = threading.RLock()
        self._unfinished: set[str] = set()
        self._searches: dict[str, Task] = {}
        self._not_found: dict[str, _NotFound] = {}

    def check(self, image: ImageRef, namespace: str, deadline: Deadline) -> Verdict:
        """Judge one image.

        Args:
            image: a parsed reference.
            namespace: where it is to run; empty when that is not known.
            deadline: by when an answer must be there; a search that is not done by then goes on behind it.

        Raises:
            StoreError: a found SBOM could not be kept.
        """
        digest = image.digest or self._model.digest_of(image.tagged)
        if digest is not None:
            verdict = self._known(image, digest, namespace)
            if verdict is not None:
                return verdict
        trouble = self._search(image, digest, deadline)
        digest = digest or self._model.digest_of(image.tagged)
        if digest is not None:
            verdict = self._known(image, digest, namespace)
            if verdict is not None:
                return verdict
        return missing(
            Subject(image, digest, namespace, self._model.revision), trouble.status, trouble.detail, self._rules
        )

    def judge_facts(self, facts: ImageFacts, image: ImageRef, namespace: str = "") -> Verdict:
        """Judge facts that belong to no stored image, such as those of an SBOM file."""
        return self._evaluate(facts, Subject(image, image.digest, namespace, self._model.revision))

    @property
    def stale_before(self) -> int:
        """Clean answers given before this moment (seconds since 1970) count as unknown; 0 when answers do not age."""
        age = self._rules.policy.max_report_age
        return 0 if age is None else int((self._clock.now() - age).timestamp())

    # -- what is known ----------------------------------------------------------------------------------------------

    def _known(self, image: ImageRef, digest: Digest, namespace: str) -> Verdict | None:
        if self._generation != self._model.generation or len(self._verdicts) > _CACHE_LIMIT:
            # A new dict rather than clear(): a verdict computed from the older model lands in the dropped one.
            self._generation, self._verdicts = self._model.generation, {}
        verdicts = self._verdicts
        scope = namespace if namespace in self._model.assessments.namespaces else ""
        key = (digest, image.text, scope)
        cached = verdicts.get(key)
        if cached is not None and (cached.valid_until is None or self._clock.now() < cached.valid_until):
            return cached
        facts = self._model.facts(digest, stale_before=self.stale_before)
        if facts is None:
            return None
        subject = Subject(image, digest, namespace, self._model.revision)
        verdict = self._evaluate(facts, subject)
        verdicts[key] = verdict
        return verdict

    def _evaluate(self, facts: ImageFacts, subject: Subject) -> Verdict:
        if facts.total == facts.unusable:
            detail = f"{facts.unusable} components, none with a usable purl"
            return missing(subject, SbomStatus.NO_PURLS, detail, self._rules)
        return evaluate(facts, subject, self._rules, self._model.assessments, self._clock.now())

    # -- the search for what is not -----------------------------------------------------------------------------------

    def _search(self, image: ImageRef, digest: Digest | None, deadline: Deadline) -> _NotFound:
        """Search for the SBOM, once for all who ask for the same image at the same time; why there is none."""
        key = digest or image.tagged
        with self._lock:
            known = self._not_found.get(key)
            if known is not None and self._clock.monotonic() < known.until:
                return known
            search = self._searches.get(key)
            if search is None:
                self._unfinished.add(key)
                search = self._sources.background.start(lambda: self._find(key, image, digest))
                if key in self._unfinished:  # it may be done already
                    self._searches[key] = search
        if not search.wait(deadline.remaining(self._clock.monotonic())):
            detail = "the search did not end in time and goes on in the background; try again in a moment"
            return _NotFound(SbomStatus.REFUSED, detail, 0.0)
        return self._not_found.get(key, _NotFound(SbomStatus.NONE, "", 0.0))

    def _find(self, key: str, image: ImageRef, digest: Digest | None) -> None:
        """Resolve, fetch and keep; what went wrong lands in the negative cache, what was found in the read model."""
        try:
            status, detail = self._resolve_and_fetch(image, digest)
            if status is SbomStatus.FOUND:
                self._not_found.pop(key, None)
                self._sources.refresher.refresh()
            else:
                self._remember(key, status, detail)
        finally:
            with self._lock:
                self._unfinished.discard(key)
                self._searches.pop(key, None)

    def _resolve_and_fetch(self, image: ImageRef, digest: Digest | None) -> tuple[SbomStatus, str]:
        # The search outlives the deadline of the request that started it, so it gets a generous one of its own.
        deadline = Deadline(self._clock.monotonic() + self._options.search_seconds)
        try:
            if digest is None and self._sources.resolver is not None:
                digest = self._sources.resolver.resolve(image, deadline)
        except SourceError as problem:
            return SbomStatus.REFUSED, problem.message
        return (SbomStatus.UNRESOLVED, "") if digest is None else self._fetch(image, digest, deadline)

    def _fetch(self, image: ImageRef, digest: Digest, deadline: Deadline) -> tuple[SbomStatus, str]:
        status, detail = SbomStatus.NONE, ""
        for place in self._sources.places:
            try:
                found: Sequence[Sbom] = place.fetch(image, digest, deadline)
            except InvalidInput as problem:
                status, detail = SbomStatus.UNREADABLE, f"{place.place}: {problem.message}"
                continue
            except SourceError as problem:
                if status is SbomStatus.NONE:
                    status, detail = SbomStatus.REFUSED, f"{place.place}: {problem.message}"
                continue
            for sbom in found:
                self._sources.store.add(digest, sbom, place=place.place, image=image)
            if found:
                return SbomStatus.FOUND, ""
        return status, detail

    def _remember(self, key: str, status: SbomStatus, detail: str) -> None:
        if len(self._not_found) > _CACHE_LIMIT:
            self._not_found = {}
        until = self._clock.monotonic() + self._options.negative_seconds
        self._not_found[key] = _NotFound(status, detail, until)
        log.info("no SBOM", extra={"image": key, "status": status.value, "detail": detail[:300]})
