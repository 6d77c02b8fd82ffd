"""Resolving: tags to digests, asked again after a while, and answered from memory when the registry is down."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field

from webhook.engines.readmodel import ReadModel
from webhook.errors import SourceError
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, ImageRef
from webhook.model.pulling import NO_ACCESS, PullAccess
from webhook.ports import Background, Clock, RegistryOpener, SbomStore, Task

log = logging.getLogger("bomgate.resolve")
_MOST_REMEMBERED = 20_000
_TOO_LATE = "the registry did not answer in time"
_Key = tuple[str, PullAccess]
"""A tagged name, and with whose credentials it is asked for."""


@dataclass(frozen=True, slots=True)
class ResolveOptions:
    """How long a tag's digest is believed."""

    tag_seconds: float = field(
        default=300.0, metadata={"help": "Seconds for which the digest of a tag is believed before asking again."}
    )
    patience_seconds: float = field(
        default=1.0, metadata={"help": "Seconds to wait for a registry when the tag's last digest is known."}
    )
    retry_seconds: float = field(
        default=15.0,
        metadata={"help": "Seconds for which a registry that did not say a tag's digest is not asked again."},
    )


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
        sboms: remembers what a tag points at, for other processes and later ones.
        background: asks, so that the one who waits can stop waiting at its deadline.
    """

    opener: RegistryOpener | None
    sboms: SbomStore
    background: Background


class TagResolver:
    """Knows the digests of tags.

    Args:
        model: the last known digest of each tag.
        parts: whom to ask, and where to remember.
        clock: time.
        options: see :class:`ResolveOptions`.
    """

    def __init__(self, model: ReadModel, parts: ResolveParts, clock: Clock, options: ResolveOptions) -> None:
        self._model, self._opener, self._sboms, self._background = model, parts.opener, parts.sboms, parts.background
        self._clock, self._options = clock, options
        self._lock = threading.RLock()
        self._fresh: dict[_Key, tuple[float, Resolution]] = {}
        self._unfinished: set[_Key] = set()
        self._tasks: dict[_Key, Task] = {}

    def resolve(self, image: ImageRef, deadline: Deadline, access: PullAccess = NO_ACCESS) -> Resolution:
        """The digest of an image that is named by a tag.

        Within ``tag_seconds`` of the last answer this touches memory only. When the registry does not answer, or does
        not know the tag any more, the last known digest is used, with a remark that says so.

        Args:
            image: the reference.
            deadline: until when the caller waits; the question goes on behind it.
            access: the workload's pull secrets; what they open is remembered for this workload's like alone.
        """
        if self._opener is None:
            return Resolution(self._model.digest_of(image.tagged))
        key = (image.tagged, access)
        until, known = self._fresh.get(key, (0.0, Resolution(None)))
        if self._clock.monotonic() < until:
            return known
        patience = deadline.remaining(self._clock.monotonic())
        if self._model.digest_of(image.tagged) is not None:
            # Waiting longer for a registry that is down would make every admission slow, for an answer that is there.
            patience = min(patience, self._options.patience_seconds)
        if self._ask(image, key).wait(patience):
            return self._fresh.get(key, (0.0, Resolution(None, refused=_TOO_LATE)))[1]
        return self._last_known(image, _TOO_LATE)

    def _ask(self, image: ImageRef, key: _Key) -> Task:
        with self._lock:
            task = self._tasks.get(key)
            if task is None:
                self._unfinished.add(key)
                task = self._background.start(lambda: self._run(image, key))
                if key in self._unfinished:  # it may be done already
                    self._tasks[key] = task
            return task

    def _run(self, image: ImageRef, key: _Key) -> None:
        try:
            found = self._look_up(image, key[1])
            seconds = self._options.retry_seconds if found.remark or found.digest is None else self._options.tag_seconds
            if len(self._fresh) >= _MOST_REMEMBERED:
                self._fresh = {}
            self._fresh[key] = (self._clock.monotonic() + seconds, found)
        finally:
            with self._lock:
                self._unfinished.discard(key)
                self._tasks.pop(key, None)

    def _look_up(self, image: ImageRef, access: PullAccess) -> Resolution:
        assert self._opener is not None
        # The question outlives the deadline of the request that began it, so it has one of its own.
        deadline = Deadline(self._clock.monotonic() + 30.0)
        try:
            opening = self._opener.open(access, deadline)
            digest = opening.resolver.resolve(image, deadline)
        except SourceError as problem:
            return self._last_known(image, problem.message)
        if digest is None:
            return self._last_known(image, "the registry knows no such tag", absent=True)
        # What a namespace's secrets told stays out of the store, where everybody would learn it.
        if not opening.key and self._model.knows(digest) and self._model.digest_of(image.tagged) != digest:
            self._sboms.point(image, digest)
        return Resolution(digest)

    def _last_known(self, image: ImageRef, why: str, *, absent: bool = False) -> Resolution:
        digest = self._model.digest_of(image.tagged)
        if digest is None:
            return Resolution(None, refused="" if absent else why)
        log.warning("last known digest used", extra={"image": image.tagged, "why": why})
        return Resolution(digest, remark=f"The tag was not resolved anew, its last known digest is used: {why}")
