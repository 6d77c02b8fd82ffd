"""Time, background work, and what is known of the cluster that bomgate runs in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from webhook.model.deadlines import Deadline
    from webhook.model.grants import BreakGlassGrant
    from webhook.model.owners import Controller, LiveObject, OwnedPod, Revision
    from webhook.model.records import AdmittedImage, ControllerAccount
    from webhook.model.reviews import Requester
    from webhook.model.verdicts import WorkloadVerdict
    from webhook.model.workloads import OwnerRef, WorkloadPlace

_Result = TypeVar("_Result")


class Clock(Protocol):
    """Time; the only source of it below the faces."""

    def now(self) -> dt.datetime:
        """The current time, aware, UTC."""

    def monotonic(self) -> float:
        """Seconds on a clock that never steps."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SightingSink(Protocol):
    """Where admission tells which images it saw; never blocks and never fails."""

    def saw(self, verdict: WorkloadVerdict) -> None:
        """Take a note of the images of a workload; it may be dropped under pressure."""


class AccountSink(Protocol):
    """Where admission tells which accounts make objects that have a controller; never blocks and never fails."""

    def saw(self, account: ControllerAccount) -> None:
        """Take a note; it may be dropped under pressure."""


class AdmittedImages(Protocol):
    """What tags stood for when objects were admitted."""

    def note(self, image: AdmittedImage, of: WorkloadPlace | None = None) -> None:
        """Take a note; it may be dropped under pressure. Never blocks and never fails.

        Args:
            image: what to note.
            of: the object that was admitted, where the note has to wait until the API server has it.
        """

    def admitted(self, uids: Collection[str], names: Collection[str]) -> Sequence[AdmittedImage]:
        """The notes about some tagged names of objects with these UIDs, those that are not yet written included.

        Raises:
            StoreError: the database does not answer.
        """


class Background(Protocol):
    """Threads for work that may outlive the request that asked for it."""

    def start(self, work: Callable[[], _Result], *, host: str = "", tenant: str = "") -> Future[_Result]:
        """Start the work soon; never blocks the caller.

        Args:
            work: what to do.
            host: the outside host that the work waits for, so that one host cannot occupy all threads.
            tenant: the namespace on whose behalf it is done, likewise.

        Raises:
            DeadlineExceeded: so much work is waiting that its turn would come too late.
        """

    def wait(self, task: Future[Any], seconds: float) -> bool:
        """Wait for the end of a work; False when ``seconds`` pass first (it goes on). Raises what the work raised."""


class WorkloadInventory(Protocol):
    """Controllers and what belongs to them, as the API server has it; nothing of a reference is trusted."""

    def owners(self, owner: OwnerRef, namespace: str, deadline: Deadline) -> Sequence[Controller]:
        """The controller that a reference names, and those above it, nearest first.

        Empty when there is none of that kind, name and UID.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """

    def pods(self, owners: Sequence[Controller], namespace: str, deadline: Deadline) -> Iterator[OwnedPod]:
        """The Pods of the last of these controllers that have not ended, read as far as they are asked for.

        Args:
            owners: what ``owners`` gave, not empty.
            namespace: where they are.
            deadline: by when all must be read.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """

    def revisions(self, owners: Sequence[Controller], namespace: str, deadline: Deadline) -> Sequence[Revision]:
        """The templates that these controllers have made, or would make, Pods of, as far as the API server keeps them.

        Args:
            owners: what ``owners`` gave, not empty.
            namespace: where they are.
            deadline: by when all must be read.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """


class NamespaceLabels(Protocol):
    """Labels of namespaces whose keys begin with ``bomgate.dev/``."""

    def known(self, namespace: str) -> Mapping[str, str] | None:
        """The labels from memory; None when they are not there. Never asks anybody."""

    def read(self, namespace: str, deadline: Deadline) -> Mapping[str, str]:
        """The labels as the API server has them now; empty when there is no such namespace.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """


class AccessReviewer(Protocol):
    """Who may do what, for break-glass."""

    def may_use(self, user: Requester, resource: str, namespace: str, deadline: Deadline) -> bool:
        """Whether the user may ``use`` a virtual resource of ``bomgate.dev`` in a namespace (SubjectAccessReview).

        Raises:
            SourceError: the API server did not answer, or refused to.
        """


class LiveObjects(Protocol):
    """Single objects that carry a pod spec, as the API server has them now."""

    def can_read(self, of: OwnerRef) -> bool:
        """Whether objects of this kind can be read; never asks anybody."""

    def read(self, of: OwnerRef, namespace: str, deadline: Deadline) -> LiveObject | None:
        """The object; None when there is none of that kind, name and UID.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """


class TicketGuard(Protocol):
    """What keeps those who may not use break-glass from setting a ticket, whoever judges the object."""

    def since(self, deadline: Deadline) -> dt.datetime | None:
        """Since when it has been in force; None while it is not.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """


class GrantStore(Protocol):
    """Uses of break-glass."""

    def find(self, uids: Collection[str], namespace: str, deadline: Deadline) -> Sequence[BreakGlassGrant]:
        """The grants for workloads with these UIDs, those that have ended included, as long as they are kept.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """

    def of_ticket(self, ticket: str, namespace: str, deadline: Deadline) -> BreakGlassGrant | None:
        """The grant that was made under a ticket; None when it was never used in the namespace.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """

    def add(self, grant: BreakGlassGrant, deadline: Deadline) -> BreakGlassGrant | None:
        """Keep a grant, and give it as it is kept; None when its ticket has one in this namespace.

        Of many that ask at once, one is kept.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """

    def confirm(self, grant: BreakGlassGrant, deadline: Deadline) -> None:
        """Note for good that the change behind a grant came about.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """

    def remove(self, grant: BreakGlassGrant, deadline: Deadline) -> None:
        """Remove this very grant, if it is still there; another one under its ticket stays.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
