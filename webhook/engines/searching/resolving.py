"""Resolving: tags to digests, renewed after a while, and from memory while the registry is down."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec.structs import replace

from webhook.engines.searching.flights import SingleFlight
from webhook.errors import SourceError, StoreError
from webhook.model.actions import Action
from webhook.model.deadlines import Deadline
from webhook.model.pulling import NO_ACCESS, PullAccess
from webhook.model.verdicts import Reason
from webhook.telemetry import Faults

if TYPE_CHECKING:
    from webhook.engines.readmodel import ReadModel
    from webhook.engines.searching.options import ResolveOptions
    from webhook.model.images import Digest, ImageRef
    from webhook.model.verdicts import Verdict
    from webhook.ports import Background, Clock, RegistryOpener, SearchedStore

log = logging.getLogger("bomgate.resolve")
_MOST_REMEMBERED = 20_000
_TOO_LATE = "the registry did not answer in time"
TagKey = tuple[str, PullAccess]
"""A tagged name, and with whose credentials it is asked for."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a tag points at.

    Attributes:
        digest: None when nobody knows.
        refused: why nobody could say; empty when the registry says that there is no such tag.
        remark: what people should know of a digest that is not fresh; empty when all is well.
    """

    digest: Digest | None
    refused: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class ResolveParts:
    """What resolving works with.

    Attributes:
        opener: opens registries; None where only known tags count.
        store: remembers what a tag points at, for other processes and later ones.
        background: asks, so that the caller can stop waiting at its deadline.
        host: the host that is asked for an image.
        faults: takes note of unexpected errors.
    """

    opener: RegistryOpener | None
    store: SearchedStore
    background: Background
    host: Callable[[ImageRef], str] = lambda image: image.host
    faults: Faults = field(default_factory=Faults)


@dataclass(frozen=True, slots=True)
class TagQuestion:
    """A question about a tag that is under way.

    Attributes:
        image: the reference.
        task: asks.
        until: until when waiting makes sense, on the monotonic clock; None without another limit than the caller's.
    """

    image: ImageRef
    task: Future[Resolution]
    until: float | None


class TagResolver:
    """Knows the digests of tags.

    Args:
        model: the last known digest of each tag.
        parts: whom to ask, and where to remember.
        clock: time.
        options: see :class:`ResolveOptions`.

    Attributes:
        answers: what registries said of tags, by :meth:`key`, and until when on the monotonic clock that is believed.
    """

    def __init__(self, model: ReadModel, parts: ResolveParts, clock: Clock, options: ResolveOptions) -> None:
        self._model, self._parts, self._clock, self._options = model, parts, clock, options
        self._questions = SingleFlight[TagKey, Resolution](parts.background)
        # A plain dict, because every request with a tag looks into it.
        self.answers: dict[TagKey, tuple[float, Resolution]] = {}
        self._lock = threading.Lock()

    def resolve(self, image: ImageRef, deadline: Deadline, access: PullAccess = NO_ACCESS) -> Resolution:
        """The digest of an image that is named by a tag.

        Within ``tag_seconds`` of the last answer this touches memory only. When the registry does not answer, or does
        not know the tag any more, the last known digest is used, with a remark that says so.

        Args:
            image: the reference.
            deadline: until when the caller waits; the question goes on behind it.
            access: the workload's pull secrets; what they open is remembered for this workload's like alone.
        """
        known = self.known(image, access)
        return known if known is not None else self.answer(self.ask(image, access), deadline)

    def key(self, image: ImageRef, access: PullAccess) -> TagKey | None:
        """Under what the answer about a tag is kept; None where no registry is asked."""
        return None if self._parts.opener is None else (image.tagged, access)

    def known(self, image: ImageRef, access: PullAccess = NO_ACCESS) -> Resolution | None:
        """What memory says of a tag; None when a registry has to be asked."""
        if self._parts.opener is None:
            return Resolution(self._model.digest_of(image.tagged))
        fresh = self.answers.get((image.tagged, access))
        return fresh[1] if fresh is not None and self._clock.monotonic() < fresh[0] else None

    def ask(
        self,
        image: ImageRef,
        access: PullAccess = NO_ACCESS,
        then: Callable[[Resolution], None] | None = None,
        *,
        tenant: str = "",
    ) -> TagQuestion | Resolution:
        """Begin to ask a registry, or join those who do.

        Args:
            image: the reference.
            access: the workload's pull secrets.
            then: called with the answer, on the thread that got it, before those who wait for it go on.
            tenant: the namespace on whose behalf it is asked.

        Returns:
            The answer itself where no question could be put.
        """
        key = (image.tagged, access)
        until = None
        if self._model.digest_of(image.tagged) is not None:
            # Waiting longer for a registry that is down would make every admission slow, for an answer that is there.
            until = self._clock.monotonic() + self._options.patience_seconds
        try:
            task = self._questions.join(
                key,
                lambda: self._run(image, key),
                lambda: self.known(image, access),
                then,
                host=self._parts.host(image),
                tenant=tenant,
            )
        except SourceError as problem:
            return self._last_known(image, problem.message)
        return task if isinstance(task, Resolution) else TagQuestion(image, task, until)

    def answer(self, question: TagQuestion | Resolution, deadline: Deadline) -> Resolution:
        """Wait for the answer to a question, for as long as that makes sense.

        Args:
            question: what :meth:`ask` gave.
            deadline: until when the caller waits.
        """
        if isinstance(question, Resolution):
            return question
        now = self._clock.monotonic()
        patience = deadline.remaining(now)
        if question.until is not None:
            patience = min(patience, max(0.0, question.until - now))
        if self._parts.background.wait(question.task, patience):
            return question.task.result()
        return self._last_known(question.image, _TOO_LATE)

    def _run(self, image: ImageRef, key: TagKey) -> Resolution:
        resolution = self._look_up(image, key[1])
        failed = resolution.remark or resolution.digest is None
        seconds = self._options.retry_seconds if failed else self._options.tag_seconds
        with self._lock:
            self.answers.pop(key, None)
            if len(self.answers) >= _MOST_REMEMBERED:
                del self.answers[next(iter(self.answers))]  # the oldest answer
            self.answers[key] = (self._clock.monotonic() + seconds, resolution)
        return resolution

    def _look_up(self, image: ImageRef, access: PullAccess) -> Resolution:
        assert self._parts.opener is not None
        # The question outlives the deadline of the request that began it, so it has a separate one.
        deadline = Deadline(self._clock.monotonic() + 30.0)
        try:
            opening = self._parts.opener.open(access, deadline)
            digest = opening.resolver.resolve(image, deadline)
        except SourceError as problem:
            return self._last_known(image, problem.message)
        except Exception as problem:  # whatever a registry or a secret holds, it is a refusal and no error of ours
            refusal = self._parts.faults.refusal(problem, "tag", image.tagged)
            return self._last_known(image, f"the registry refused: {refusal.message}")
        if digest is None:
            return self._last_known(image, "the registry knows no such tag", absent=True)
        # What a namespace's secrets told stays out of the store, where everybody would learn it.
        if not opening.key and self._model.knows(digest) and self._model.digest_of(image.tagged) != digest:
            self._remember(image, digest)
        return Resolution(digest)

    def _remember(self, image: ImageRef, digest: Digest) -> None:
        """Have the store learn what a tag points at; the answer does not wait for that."""
        try:
            self._parts.background.start(lambda: self._point(image, digest))
        except SourceError as problem:
            log.warning("the digest of a tag was not stored", extra={"image": image.tagged, "error": problem.message})

    def _point(self, image: ImageRef, digest: Digest) -> None:
        try:
            self._parts.store.sboms.point(image, digest)
        except StoreError as problem:  # the answer counts all the same; the next one is written down again
            log.warning("the digest of a tag was not stored", extra={"image": image.tagged, "error": problem.message})

    def _last_known(self, image: ImageRef, why: str, *, absent: bool = False) -> Resolution:
        digest = self._model.digest_of(image.tagged)
        if digest is None:
            return Resolution(None, refused="" if absent else why)
        log.warning("last known digest used", extra={"image": image.tagged, "why": why})
        return Resolution(digest, remark=f"The tag could not be resolved again; its last known digest is used: {why}")


def with_remark(verdict: Verdict, resolution: Resolution) -> Verdict:
    """A verdict with what people should know of its tag, which does not weigh in it."""
    if not resolution.remark:
        return verdict
    remark = Reason(
        "last-known-digest",
        Action.ALLOW,
        resolution.remark,
        "Check that the registry answers, or name the image by its digest.",
    )
    return replace(verdict, reasons=(*verdict.reasons, remark))
