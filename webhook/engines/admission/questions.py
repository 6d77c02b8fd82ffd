"""Questions to the API server about an object's controller and its user's rights, shared by requests.

A question may begin while images are still being searched for, and it may outlive the request that began it. What the
API server said of an owner is kept for a few seconds: a scale-up asks the same for every Pod.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from cachetools import LRUCache

from webhook.errors import BomgateError
from webhook.model.deadlines import Deadline
from webhook.model.grants import BREAK_GLASS_RESOURCE, BreakGlassGrant
from webhook.model.owners import Controller, OwnedPod, Revision
from webhook.model.reviews import Requester
from webhook.model.workloads import OwnerRef
from webhook.ports import AccessReviewer, Background, Clock, GrantStore, WorkloadInventory

LANE = "owners"
"""The lane that bounds these questions among all to the API server."""
_KEPT_SECONDS = 5.0
_LONGEST_SECONDS = 10.0
"""How long a question may outlive the request that began it."""
_MOST_KEPT = 2_000


class OwnerAnswers:
    """What the API server says about an owner, read as far as needed; implements ``WorkloadInventory``.

    Safe to use from several threads. What was read once is not read again.

    Args:
        inventory: the API server.
        grants: uses of break-glass; None where they do not count.
        clock: time.
        number: counts up; a larger one began later.

    Attributes:
        number: see above.
        last_sign: when the API server last answered, or when the question was put, on the monotonic clock; None while
            it waits for a thread.
        problem: why there is no answer.
    """

    def __init__(self, inventory: WorkloadInventory, grants: GrantStore | None, clock: Clock, number: int) -> None:
        self._inventory, self._grants, self._clock, self.number = inventory, grants, clock, number
        self._lock = threading.RLock()
        self.last_sign: float | None = None
        self.problem: Exception | None = None
        self._owners: Sequence[Controller] = ()
        self._found: Sequence[BreakGlassGrant] = ()
        self._read: list[OwnedPod] = []
        self._rest: Iterator[OwnedPod] = iter(())
        self._revisions: Sequence[Revision] | None = None
        self._broken: BomgateError | None = None
        self._until = clock.monotonic() + _LONGEST_SECONDS

    @property
    def counts(self) -> bool:
        """Whether others can share this question: it is pending or was just answered."""
        return self.problem is None and self._broken is None and self._clock.monotonic() < self._until

    def sign(self) -> None:
        """Note that the API server is answering."""
        self.last_sign = self._clock.monotonic()

    def ask(self, owner: OwnerRef, namespace: str, needs_pods: bool) -> None:
        """Ask what rulings usually need. An error is kept in :attr:`problem`."""
        self.sign()
        deadline = Deadline(self._clock.monotonic() + _LONGEST_SECONDS)
        try:
            with self._lock:
                self._owners = self._inventory.owners(owner, namespace, deadline)
                self.sign()
                if not self._owners:
                    return
                if self._grants is not None:
                    self._found = self._grants.find([owner.uid for owner in self._owners], namespace, deadline)
                    self.sign()
                self._rest = self._inventory.pods(self._owners, namespace, deadline)
                if needs_pods and next(self.pods(self._owners, namespace, deadline), None) is None:
                    self.revisions(self._owners, namespace, deadline)
        except Exception as problem:  # raised where the answer is awaited
            self.problem = problem
        self._until = self._clock.monotonic() + _KEPT_SECONDS

    def owners(self, owner: OwnerRef, namespace: str, deadline: Deadline) -> Sequence[Controller]:
        """The owner and the controllers above it."""
        return self._owners

    @property
    def grants(self) -> Sequence[BreakGlassGrant]:
        """Uses of break-glass for them."""
        return self._found

    def pods(self, owners: Sequence[Controller], namespace: str, deadline: Deadline) -> Iterator[OwnedPod]:
        """Their Pods; see :class:`webhook.ports.WorkloadInventory`.

        Raises:
            SourceError: the API server did not answer, or refused to, now or before.
        """
        index = 0
        while (pod := self._pod(index)) is not None:
            yield pod
            index += 1

    def revisions(self, owners: Sequence[Controller], namespace: str, deadline: Deadline) -> Sequence[Revision]:
        """Their templates; see :class:`webhook.ports.WorkloadInventory`.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        with self._lock:
            if self._revisions is None:
                self._revisions = self._inventory.revisions(owners, namespace, deadline)
                self.sign()
            return self._revisions

    def _pod(self, index: int) -> OwnedPod | None:
        with self._lock:
            if index < len(self._read):
                return self._read[index]
            if self._broken is not None:
                raise self._broken  # the rest is missing, which is not the same as no more Pods
            try:
                pod = next(self._rest, None)
            except BomgateError as problem:
                self._broken = problem
                raise
            self.sign()
            if pod is not None:
                self._read.append(pod)
            return pod


@dataclass(frozen=True, slots=True)
class OwnerQuestion:
    """A pending question about an owner.

    Attributes:
        answers: filled in while ``task`` runs.
        task: asks.
        newest: the number of the newest question before this one was put, or joined.
    """

    answers: OwnerAnswers
    task: Future[None]
    newest: int

    @property
    def is_own(self) -> bool:
        """Whether it was begun for this request rather than joined."""
        return self.answers.number > self.newest


_Key = tuple[str, OwnerRef]


class OwnerQuestions:
    """Asks about owners. Requests at the same time or shortly after share one question.

    Args:
        inventory: the API server.
        grants: uses of break-glass; None where they do not count.
        background: asks.
        clock: time.
        needs_pods: whether it matters what owners run.
    """

    def __init__(
        self,
        inventory: WorkloadInventory,
        grants: GrantStore | None,
        background: Background,
        clock: Clock,
        *,
        needs_pods: bool,
    ) -> None:
        self._inventory, self._grants, self._background, self._clock = inventory, grants, background, clock
        self._needs_pods = needs_pods
        self._lock = threading.RLock()
        self._number = 0
        self._put = LRUCache[_Key, OwnerQuestion](_MOST_KEPT)

    def put(self, owner: OwnerRef, namespace: str, *, after: int = -1) -> OwnerQuestion:
        """Ask, or join a question that is pending or was just answered.

        Args:
            owner: what an object states.
            namespace: where they are.
            after: only a question with a larger number will do.

        Raises:
            DeadlineExceeded: too many questions are waiting.
        """
        key = (namespace, owner)
        with self._lock:
            question, newest = self._put.get(key), self._number
            if question is not None and question.answers.number > after and question.answers.counts:
                return replace(question, newest=newest)
            self._number += 1
            answers = OwnerAnswers(self._inventory, self._grants, self._clock, self._number)
            ask = partial(answers.ask, owner, namespace, self._needs_pods)
            task = self._background.start(ask, host=LANE, tenant=namespace)
            question = self._put[key] = OwnerQuestion(answers, task, newest)
            return question


class RightQuestions:
    """Asks in advance whether a user may use break-glass; implements ``AccessReviewer``.

    Args:
        access: the API server.
        background: asks.
        clock: time.
    """

    def __init__(self, access: AccessReviewer, background: Background, clock: Clock) -> None:
        self._access, self._background, self._clock = access, background, clock
        self._lock = threading.Lock()
        self._put = LRUCache[tuple[Requester, str, str], tuple[float, Future[bool]]](_MOST_KEPT)

    def put(self, user: Requester, namespace: str) -> None:
        """Start asking whether a user may use break-glass in a namespace, for the next :meth:`may_use`."""
        now = self._clock.monotonic()
        deadline = Deadline(now + _LONGEST_SECONDS)
        question = partial(self._access.may_use, user, BREAK_GLASS_RESOURCE, namespace, deadline)
        task = self._background.start(question, host=LANE, tenant=namespace)
        with self._lock:
            self._put[user, BREAK_GLASS_RESOURCE, namespace] = (deadline.at, task)

    def may_use(self, user: Requester, resource: str, namespace: str, deadline: Deadline) -> bool:
        """See :class:`webhook.ports.AccessReviewer`. An answer asked for in advance serves once.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        now = self._clock.monotonic()
        with self._lock:
            until, task = self._put.pop((user, resource, namespace), (0.0, Future[bool]()))
        if now < until:
            with suppress(Exception):  # too late or refused, so it is asked now
                return task.result(deadline.remaining(now))
        return self._access.may_use(user, resource, namespace, deadline)
