"""Fakes of the ports, in memory: what tests hand to the use cases instead of a database, a network and a clock.

The store's ports are faked together by :class:`tests.memory.MemoryStore`, because they share one set of facts; it can
be imported from here. Each fake says in its attributes what it was asked and what it shall answer.
"""

from __future__ import annotations

import datetime as dt
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from tests.copies import replace
from tests.memory import MemoryHotStart, MemoryStore
from webhook.engines.admission.sightings import sightings_of
from webhook.errors import BomgateError, Final
from webhook.model.components import Sbom
from webhook.model.deadlines import Deadline
from webhook.model.downloads import BatchAnswer, Names, SourceStatus
from webhook.model.grants import BreakGlassGrant
from webhook.model.images import Digest, ImageRef
from webhook.model.owners import Controller, LiveObject, OwnedPod, Revision
from webhook.model.pulling import PullAccess
from webhook.model.purls import Purl
from webhook.model.records import Sighting
from webhook.model.reviews import Requester
from webhook.model.verdicts import WorkloadVerdict
from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability
from webhook.model.workloads import OwnerRef
from webhook.ports import VexPlace

__all__ = [
    "NOON",
    "FakeAccessReviewer",
    "FakeBackground",
    "FakeClock",
    "FakeGrantStore",
    "FakeImageResolver",
    "FakeNamespaceLabels",
    "FakeOpener",
    "FakeOpening",
    "FakeSbomSource",
    "FakeSightingSink",
    "FakeTask",
    "FakeVulnerabilitySource",
    "FakeWorkloadInventory",
    "MemoryHotStart",
    "MemoryStore",
]

_FINE = SourceStatus(ok=True, url="https://source.test", identity="token (Bearer)", message="It works.")
NOON = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)


class FakeClock:
    """A clock that stands still until a test moves it; sleeping moves it and takes no time.

    Attributes:
        current: what ``now`` gives; assign to step the wall clock alone.
        ticks: what ``monotonic`` gives, seconds.
        sleeps: every wait so far, seconds.
    """

    def __init__(self, current: dt.datetime = NOON, ticks: float = 1000.0) -> None:
        self.current, self.ticks = current, ticks
        self.sleeps: list[float] = []
        self._lock = threading.Lock()

    def now(self) -> dt.datetime:
        return self.current

    def monotonic(self) -> float:
        return self.ticks

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass on both clocks."""
        with self._lock:
            self.ticks += seconds
            self.current += dt.timedelta(seconds=seconds)


class RunningClock(FakeClock):
    """A clock that runs, and can be set forward."""

    def monotonic(self) -> float:
        return self.ticks + time.monotonic()


def first_credential(keychain: Any, repository: Any) -> Any:
    """The first credential that a keychain has for a repository, however long it takes; None when there is none."""
    return next(_offers(keychain, repository), None)


def all_credentials(keychain: Any, repository: Any) -> list[Any]:
    """All credentials that a keychain has for a repository, as they come, however long they take."""
    return list(_offers(keychain, repository))


def _offers(keychain: Any, repository: Any) -> Iterator[Any]:
    found: Iterator[Any] = keychain.offers(repository, Deadline(RunningClock().monotonic() + 1_000_000))
    return found


@dataclass
class FakeVulnerabilitySource:
    """A source that knows what it is given; components it does not know are clean.

    Attributes:
        known: vulnerabilities by component.
        silent: components that it leaves out of its answers.
        refuses: components that it refuses to look up, with its sentence.
        errors: raised by the next calls, one each, before it answers again.
        asked: the batches that it was asked for.
        prices: how many coordinates it sends for some components; 1 for all others.
    """

    clock: FakeClock
    known: dict[Purl, tuple[Vulnerability, ...]] = field(default_factory=dict)
    silent: set[Purl] = field(default_factory=set)
    refuses: dict[Purl, str] = field(default_factory=dict)
    errors: list[BomgateError] = field(default_factory=list)
    asked: list[tuple[Purl, ...]] = field(default_factory=list)
    batch_size: int = 128
    status: SourceStatus = _FINE
    prices: dict[Purl, int] = field(default_factory=dict)

    def report(
        self, purls: Sequence[Purl], names: Mapping[Purl, Names] = MappingProxyType({}), heard: object = None
    ) -> BatchAnswer:
        prices = self.coordinates(purls)
        assert sum(prices) <= self.batch_size * max(prices), "a batch is too large"
        self.asked.append(tuple(purls))
        if self.errors:
            raise self.errors.pop(0)
        answered = [purl for purl in purls if purl not in self.silent and purl not in self.refuses]
        return BatchAnswer(
            answers=tuple(
                ComponentAnswer(
                    purl,
                    self.known.get(purl, ()),
                    self.clock.now(),
                    spellings=names[purl].spellings if purl in names else (),
                )
                for purl in answered
            ),
            unanswered=tuple(purl for purl in purls if purl in self.silent),
            rejected=tuple((purl, self.refuses[purl]) for purl in purls if purl in self.refuses),
        )

    def coordinates(self, purls: Sequence[Purl], names: Mapping[Purl, Names] = MappingProxyType({})) -> Sequence[int]:
        del names
        return [self.prices.get(purl, 1) for purl in purls]

    def check(self) -> SourceStatus:
        return self.status


@dataclass
class FakeSbomSource:
    """A place with SBOMs.

    Attributes:
        sboms: what it holds by digest, or the error that it answers with.
        asked: what it was asked for.
    """

    place: str = "directory"
    sboms: dict[Digest, Sequence[Sbom] | Exception] = field(default_factory=dict)
    asked: list[tuple[ImageRef, Digest]] = field(default_factory=list)

    def fetch(self, image: ImageRef, digest: Digest, deadline: Deadline) -> Sequence[Sbom]:
        self.asked.append((image, digest))
        found = self.sboms.get(digest, ())
        if isinstance(found, Exception):
            raise found
        return found


@dataclass
class FakeImageResolver:
    """A registry that only resolves tags.

    Attributes:
        digests: by tagged name, or the error that it answers with.
        asked: what it was asked for.
    """

    digests: dict[str, Digest | Exception] = field(default_factory=dict)
    asked: list[ImageRef] = field(default_factory=list)

    def resolve(self, image: ImageRef, deadline: Deadline) -> Digest | None:
        self.asked.append(image)
        found = self.digests.get(image.tagged)
        if isinstance(found, Exception):
            raise found
        return found


@dataclass
class FakeOpening:
    """Registries as one set of credentials opens them."""

    resolver: FakeImageResolver
    places: Sequence[FakeSbomSource]
    key: str = ""
    vex: VexPlace | None = None


class FakeOpener:
    """Opens the same for everybody, and in ``openings`` something else for some; ``opened`` says for whom it did."""

    def __init__(self, resolver: FakeImageResolver, places: Sequence[FakeSbomSource]) -> None:
        self.common = FakeOpening(resolver, places)
        self.openings: dict[PullAccess, FakeOpening] = {}
        self.opened: list[PullAccess] = []

    def open(self, access: PullAccess, deadline: Deadline) -> FakeOpening:
        self.opened.append(access)
        return self.openings.get(access, self.common)


@dataclass
class FakeSightingSink:
    """Keeps every sighting in ``seen``."""

    seen: list[Sighting] = field(default_factory=list)

    def saw(self, verdict: WorkloadVerdict) -> None:
        self.seen.extend(sightings_of(verdict, NOON))


@dataclass
class FakeWorkloadInventory:
    """A cluster with the given chains of controllers, nearest first, their Pods and their templates.

    Attributes:
        chains: by the UID of the nearest.
        running: Pods by the UID of the last one of a chain.
        templates: by the same.
        error: raised in place of any answer.
        asked: how often each question was asked.
    """

    chains: dict[str, tuple[Controller, ...]] = field(default_factory=dict)
    running: dict[str, list[OwnedPod]] = field(default_factory=dict)
    templates: dict[str, list[Revision]] = field(default_factory=dict)
    error: Exception | None = None
    asked: Counter[str] = field(default_factory=Counter)

    def owners(self, owner: OwnerRef, namespace: str, deadline: Deadline) -> Sequence[Controller]:
        self._answer("owners")
        chain = self.chains.get(owner.uid, ())
        return chain if chain and (chain[0].kind, chain[0].name) == (owner.kind, owner.name) else ()

    def pods(self, owners: Sequence[Controller], namespace: str, deadline: Deadline) -> Iterator[OwnedPod]:
        self._answer("pods")
        yield from self.running.get(owners[-1].uid, ())

    def revisions(self, owners: Sequence[Controller], namespace: str, deadline: Deadline) -> Sequence[Revision]:
        self._answer("revisions")
        return self.templates.get(owners[-1].uid, [])

    def _answer(self, question: str) -> None:
        self.asked[question] += 1
        if self.error is not None:
            raise self.error


@dataclass
class FakeNamespaceLabels:
    """Labels by namespace: those in ``memory`` are known, the others have to be read.

    Attributes:
        error: raised by ``read``.
        reads: the namespaces that were read.
    """

    namespaces: dict[str, Mapping[str, str]] = field(default_factory=dict)
    memory: dict[str, Mapping[str, str]] = field(default_factory=dict)
    error: BomgateError | None = None
    reads: list[str] = field(default_factory=list)

    def known(self, namespace: str) -> Mapping[str, str] | None:
        return self.memory.get(namespace)

    def read(self, namespace: str, deadline: Deadline) -> Mapping[str, str]:
        self.reads.append(namespace)
        if self.error is not None:
            raise self.error
        return self.namespaces.get(namespace, {})


@dataclass
class FakeAccessReviewer:
    """Allows the (user, resource, namespace) triples in ``allowed``; ``asked`` says about whom it was asked."""

    allowed: set[tuple[str, str, str]] = field(default_factory=set)
    error: BomgateError | None = None
    asked: list[Requester] = field(default_factory=list)

    def may_use(self, user: Requester, resource: str, namespace: str, deadline: Deadline) -> bool:
        self.asked.append(user)
        if self.error is not None:
            raise self.error
        return (user.username, resource, namespace) in self.allowed


@dataclass
class FakeGrantStore:
    """Keeps grants in ``kept``; ``error`` is raised in place of any answer."""

    kept: list[BreakGlassGrant] = field(default_factory=list)
    error: BomgateError | None = None
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def find(self, uids: Collection[str], namespace: str, deadline: Deadline) -> Sequence[BreakGlassGrant]:
        if self.error is not None:
            raise self.error
        return [grant for grant in self.kept if grant.workload.uid in uids and grant.namespace == namespace]

    def of_ticket(self, ticket: str, namespace: str, deadline: Deadline) -> BreakGlassGrant | None:
        if self.error is not None:
            raise self.error
        return next((grant for grant in self.kept if (grant.ticket, grant.namespace) == (ticket, namespace)), None)

    def add(self, grant: BreakGlassGrant, deadline: Deadline) -> BreakGlassGrant | None:
        if self.of_ticket(grant.ticket, grant.namespace, deadline) is not None:
            return None
        kept = replace(grant, made=grant.at, name=f"ticket-{grant.ticket}", uid=f"g-{next(self._numbers)}")
        self.kept.append(kept)
        return kept

    def confirm(self, grant: BreakGlassGrant, deadline: Deadline) -> None:
        if self.error is not None:
            raise self.error
        if grant.uid not in [kept.uid for kept in self.kept]:
            raise Final("The grant no longer exists.")
        self.kept = [replace(kept, confirmed=True) if kept.uid == grant.uid else kept for kept in self.kept]

    def remove(self, grant: BreakGlassGrant, deadline: Deadline) -> None:
        if self.error is not None:
            raise self.error
        self.kept = [kept for kept in self.kept if kept.uid != grant.uid]

    def everything(self, deadline: Deadline) -> Sequence[tuple[str, BreakGlassGrant]]:
        if self.error is not None:
            raise self.error
        return [(kept.name, kept) for kept in self.kept]


@dataclass
class FakeLiveObjects:
    """An API server with the given objects, by their UIDs; ``unreadable`` are kinds that it has no right to read."""

    objects: dict[str, LiveObject] = field(default_factory=dict)
    error: BomgateError | None = None
    unreadable: frozenset[str] = frozenset()
    asked: list[OwnerRef] = field(default_factory=list)

    def can_read(self, of: OwnerRef) -> bool:
        return of.kind not in self.unreadable

    def read(self, of: OwnerRef, namespace: str, deadline: Deadline) -> LiveObject | None:
        self.asked.append(of)
        if self.error is not None:
            raise self.error
        return self.objects.get(of.uid)


@dataclass
class FakeTicketGuard:
    """A guard that has been in force since a moment, or is not."""

    moment: dt.datetime | None = NOON - dt.timedelta(days=100)
    error: BomgateError | None = None

    def since(self, deadline: Deadline) -> dt.datetime | None:
        if self.error is not None:
            raise self.error
        return self.moment


class FakeTask(Future[Any]):
    """Work that is done, failed, or still held back."""

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__()
        self._work = work
        self.waited: list[float] = []

    def run(self) -> None:
        """Do the work now."""
        try:
            result = self._work()
        except Exception as problem:
            self.set_exception(problem)
        else:
            self.set_result(result)


@dataclass
class FakeBackground:
    """Does the work at once, in the caller's thread; with ``hold`` only when ``run_held`` is called."""

    hold: bool = False
    tasks: list[FakeTask] = field(default_factory=list)

    def start(self, work: Callable[[], Any], *, host: str = "", tenant: str = "") -> FakeTask:
        task = FakeTask(work)
        self.tasks.append(task)
        if not self.hold:
            task.run()
        return task

    def wait(self, task: Future[Any], seconds: float) -> bool:
        assert isinstance(task, FakeTask)
        task.waited.append(seconds)
        if not task.done():
            return False
        task.result()
        return True

    def run_held(self) -> None:
        """Do all work that was held back."""
        for task in [task for task in self.tasks if not task.done()]:
            task.run()
