"""A small cluster for tests of what becomes of verdicts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.copies import replace
from tests.fakes import (
    NOON,
    FakeAccessReviewer,
    FakeBackground,
    FakeGrantStore,
    FakeLiveObjects,
    FakeNamespaceLabels,
    FakeTicketGuard,
    FakeWorkloadInventory,
)
from tests.worlds import LEFTPAD, LODASH, LODASH_INJECTION, LOG4J, LOG4SHELL, World, digest_of
from webhook.engines.admission.enforcing import ClusterParts
from webhook.model.deadlines import Deadline
from webhook.model.grants import BREAK_GLASS_ANNOTATION, SetTicket
from webhook.model.images import Digest, parse_image
from webhook.model.owners import Controller, LiveObject, OwnedPod, Revision
from webhook.model.policies import Policy
from webhook.model.records import AdmittedImage
from webhook.model.reviews import AdmissionRequest, AdmissionResponse, Operation, Requester
from webhook.model.workloads import ContainerRef, ContainerRole, OwnerRef, Workload

BAD, RISKY, GOOD = "shop/bad:1", "shop/risky:1", "shop/good:1"
REPLICA_SET = OwnerRef("apps/v1", "ReplicaSet", "web-1", "rs-1")
NAMED = frozenset({BAD, RISKY, GOOD})
CHAIN = (
    Controller("apps/v1", "ReplicaSet", "web-1", "rs-1", references=NAMED),
    Controller("apps/v1", "Deployment", "web", "d-1", references=NAMED),
)
EARLIER = NOON - dt.timedelta(days=10)


@dataclass
class Town:
    """A world with a blocked, a risky and a clean image, in a cluster with a Deployment ``web``.

    The images were assessed at noon; the clock stands there.
    """

    policy: Policy = field(default_factory=Policy)

    def __post_init__(self) -> None:
        self.labels, self.inventory = FakeNamespaceLabels(memory={"shop": {}}), FakeWorkloadInventory({"rs-1": CHAIN})
        self.access, self.grants = FakeAccessReviewer(), FakeGrantStore()
        self.live, self.guard = FakeLiveObjects(), FakeTicketGuard()
        self.background = FakeBackground()
        parts = ClusterParts(
            self.labels, self.inventory, self.access, self.grants, self.live, self.guard, self.background
        )
        self.world = World(self.policy, cluster=parts)
        self.world.image(BAD, LOG4J, LEFTPAD)
        self.world.image(RISKY, LODASH)
        self.world.image(GOOD, LEFTPAD)
        self.world.answer_all([(LOG4J, [LOG4SHELL]), (LODASH, [LODASH_INJECTION]), (LEFTPAD, [])])

    def forged(self, asked: AdmissionRequest) -> AdmissionResponse:
        """Answer a review that no API server has sent, or whose request another webhook denies."""
        return self.world.reviewer.review(asked, Deadline(self.world.clock.monotonic() + 5))

    def review(self, asked: AdmissionRequest) -> AdmissionResponse:
        """Answer a request of the API server, which keeps what is admitted."""
        answer = self.forged(asked)
        if answer.allowed and not asked.dry_run and asked.workload is not None and asked.workload.uid:
            self.keep(asked.workload)
            self.look()
        return answer

    def look(self, seconds: float = 1) -> None:
        """Let the webhook look at what became of what it admitted, as it does after some seconds."""
        self.world.clock.advance(seconds)
        self.world.confirmations.look()
        self.world.clock.advance(-seconds)

    def keep(self, new: Workload) -> None:
        """Let the API server have an object, written now."""
        now, former = self.world.clock.now(), self.live.objects.get(new.uid)
        text = dict(new.annotations).get(BREAK_GLASS_ANNOTATION)
        ticket = SetTicket(text, now) if text is not None else None
        if ticket is not None and former is not None and former.ticket is not None and former.ticket.text == text:
            ticket = former.ticket
        named = frozenset(container.image for container in new.containers)
        controller = new.controller.uid if new.controller is not None else ""
        self.live.objects[new.uid] = LiveObject(now, named, controller, ticket)
        for nearest, chain in self.inventory.chains.items():
            self.inventory.chains[nearest] = tuple(
                replace(owner, ticket=ticket) if owner.uid == new.uid else owner for owner in chain
            )

    def runs(self, *images: str, created: dt.datetime = EARLIER, references: Sequence[str] = ()) -> None:
        """Let the Deployment have one more Pod."""
        digests = frozenset(digest_of(image) for image in images)
        silent = frozenset((parse_image(reference).tagged, None) for reference in references)
        told = frozenset((parse_image(image).tagged, digest_of(image)) for image in images)
        pod = OwnedPod(("rs-1", "d-1"), created, digests, silent | told)
        self.inventory.running.setdefault("d-1", []).append(pod)

    def had(self, *images: str, created: dt.datetime = EARLIER, noted: bool = True) -> None:
        """Let the Deployment have had a template with these images, and usually notes of what their tags stood for."""
        for image in images if noted else ():
            self.noted("d-1", image, digest_of(image))
        self.inventory.templates.setdefault("d-1", []).append(Revision(created, frozenset(images)))

    def noted(self, uid: str, image: str, digest: Digest) -> None:
        """Let an object have been admitted when a tag stood for this digest."""
        self.world.admissions.note(AdmittedImage(uid, parse_image(image).tagged, digest, EARLIER))
        self.world.admissions.flush()


def workload(*images: str, kind: str = "Pod", ticket: str | None = None, owner: OwnerRef | None = None) -> Workload:
    """An object of the namespace ``shop``."""
    containers = tuple(
        ContainerRef(ContainerRole.CONTAINER, f"c{index}", image, f"spec.containers[{index}]")
        for index, image in enumerate(images)
    )
    annotations = (("bomgate.dev/break-glass", ticket),) if ticket is not None else ()
    group = "" if kind == "Pod" else "apps"
    return Workload(group, kind, "shop", "web", containers, owner, annotations, uid="u-web")


def request(
    new: Workload, old: Workload | None = None, *, user: str = "ben", dry_run: bool = False
) -> AdmissionRequest:
    """Somebody creates an object, or updates it where there is an old one."""
    operation = Operation.CREATE if old is None else Operation.UPDATE
    made = AdmissionRequest("r-1", operation, "pods", "", "shop", Requester(user), new, old)
    return replace(made, kind=new.kind, dry_run=dry_run, api_version=f"{new.group}/v1" if new.group else "v1")


def of_controller(*images: str, ticket: str | None = None, kind: str = "Pod") -> AdmissionRequest:
    """A controller makes an object for the Deployment ``web``."""
    made = workload(*images, kind=kind, ticket=ticket, owner=REPLICA_SET)
    return request(made, user="system:serviceaccount:kube-system:replicaset-controller")
