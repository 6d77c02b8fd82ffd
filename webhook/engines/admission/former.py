"""Former images: what an update brings, and what the object named already, in whatever way.

An image is the same as before when both sides name one digest, or one name in any spelling, or when the former side's
tag stood for the new side's digest *when it was admitted*: for a Pod as its kubelet says, for a template as it was
recorded at its admission, or as its running Pods say. What the tag points at now proves nothing: whoever may push could
move it first.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

from webhook.engines.admission.questions import LANE
from webhook.errors import DeadlineExceeded, SourceError, StoreError
from webhook.model.actions import Action
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, ImageRef, identity, parse_image, readable
from webhook.model.records import AdmittedImage, pods_of
from webhook.model.reviews import AdmissionRequest
from webhook.model.verdicts import WorkloadVerdict
from webhook.model.workloads import ContainerRef, OwnerRef, Workload, WorkloadPlace
from webhook.policy.admissions import newest
from webhook.ports import AdmittedImages, Background, Clock, WorkloadInventory

log = logging.getLogger("bomgate.admission")
T = TypeVar("T")


def new_containers(workload: Workload, old: Workload | None) -> tuple[ContainerRef, ...]:
    """The containers of a workload whose image its former state lacked; all of them without a former state.

    What runs already is not judged again by an update: otherwise a label could not be changed any more once a
    verdict has turned bad.
    """
    if old is None:
        return workload.containers
    texts = {container.image for container in old.containers}
    others = [container for container in workload.containers if container.image not in texts]
    if not others:
        return ()
    names = {identity(text) for text in texts}
    digests = {image.digest for image in map(readable, texts) if image is not None and image.digest is not None}
    return tuple(
        other
        for other in others
        if identity(other.image) not in names and not _is_one_of(other, digests) and not _runs_in(other, old)
    )


def _is_one_of(container: ContainerRef, digests: Collection[Digest]) -> bool:
    image = readable(container.image)
    return image is not None and image.digest in digests


def _runs_in(container: ContainerRef, pod: Workload) -> bool:
    """Whether the digest of a container is what every container of a Pod that names it by a tag is said to run."""
    image = readable(container.image)
    if image is None or image.digest is None or not pod.running:
        return False
    naming = [container for container in pod.containers if _names_by_tag(container, image)]
    tags = groupby(
        sorted(naming, key=lambda container: identity(container.image)), key=lambda container: identity(container.image)
    )
    return any(
        all(pod.running.get((container.role, container.name)) == image.digest for container in those)
        for _, those in tags
    )


def _names_by_tag(container: ContainerRef, image: ImageRef) -> bool:
    former = readable(container.image)
    return former is not None and former.digest is None and former.name == image.name


@dataclass(frozen=True, slots=True)
class PinnedTags:
    """The images that an update names by digest and the former object named by tag.

    Attributes:
        by_image: tagged names of the former object, by the reference as it is written now.
    """

    by_image: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, containers: Sequence[ContainerRef], old: Workload | None) -> PinnedTags:
        """Those of some containers of an update."""
        by_image: dict[str, Sequence[str]] = {}
        for container in containers if old is not None else ():
            image = readable(container.image)
            if image is not None and image.digest is not None:
                assert old is not None
                tags = {identity(former.image) for former in old.containers if _names_by_tag(former, image)}
                if tags:
                    by_image[container.image] = sorted(tags)
        return cls(by_image)

    @property
    def tags(self) -> frozenset[str]:
        """All the tagged names."""
        return frozenset(tag for tags in self.by_image.values() for tag in tags)

    def proven(self, stood_for: Mapping[str, Digest]) -> frozenset[str]:
        """The references with a digest that a tag stood for."""
        return frozenset(
            text
            for text, tags in self.by_image.items()
            if parse_image(text).digest in {stood_for.get(tag) for tag in tags}
        )


class FormerImages:
    """What the tags of a template stood for when it was admitted. Asked only about would-be denials.

    Args:
        admissions: what was noted at admissions.
        inventory: what runs; None where there is no cluster.
        background: asks both.
        clock: time.
    """

    def __init__(
        self, admissions: AdmittedImages, inventory: WorkloadInventory | None, background: Background, clock: Clock
    ) -> None:
        self._admissions, self._inventory, self._background, self._clock = admissions, inventory, background, clock

    def note(self, request: AdmissionRequest, verdict: WorkloadVerdict) -> None:
        """Note what the tags of an admitted object stand for. The note counts once the API server has the object.

        A denied image is not noted, however the object came in: a note must never admit what was not good once.
        Pods are noted for their controllers. Those of Jobs are not, and neither are the Jobs of a CronJob: they do not
        last, and there are many.
        """
        workload = request.workload
        if workload is None or request.dry_run:
            return
        owner = workload.controller
        if owner is not None and "Job" in (workload.kind, owner.kind):
            return
        uid, maker = workload.uid, owner.uid if owner is not None else ""
        if workload.kind == "Pod":
            uid = pods_of(maker) if maker else ""
        if not uid or not workload.uid:
            return
        now, namespace = self._clock.now(), request.namespace or workload.namespace
        own = OwnerRef(request.api_version, workload.kind, workload.name, workload.uid)
        place = WorkloadPlace(own, namespace, maker)
        for judged in verdict.images:
            one = judged.verdict
            if one.image.digest is None and one.digest is not None and one.action is not Action.DENY:
                self._admissions.note(AdmittedImage(uid, one.image.tagged, one.digest, now), place)

    def kept(self, request: AdmissionRequest, denied: Sequence[ContainerRef], deadline: Deadline) -> frozenset[str]:
        """The references of some containers of an update that the former object had by a tag.

        What was recorded counts; where that does not prove it, what all Pods say that name the tag.

        Args:
            request: an update.
            denied: containers whose images would be denied.
            deadline: by when an answer must be there.
        """
        old = request.old_workload
        if old is None or not old.uid or old.kind == "Pod":
            return frozenset()
        pinned = PinnedTags.of(denied, old)
        if not pinned.by_image:
            return frozenset()
        try:
            return _ask(self._background, self._clock, lambda: self._look(request, old, pinned, deadline), deadline)
        except DeadlineExceeded as problem:
            log.warning("what an update had before is not known", extra={"object": old.title, "why": problem.message})
            return frozenset()

    def _look(self, request: AdmissionRequest, old: Workload, pinned: PinnedTags, deadline: Deadline) -> frozenset[str]:
        stood_for = dict(self._recorded(old, pinned.tags))
        kept = pinned.proven(stood_for)
        if kept == pinned.by_image.keys() or self._inventory is None:
            return kept
        try:
            running = self._running(self._inventory, request, old, deadline)
        except SourceError as problem:
            log.warning("what ran before an update is not known", extra={"object": old.title, "why": problem.message})
            return kept
        return kept | pinned.proven(running)

    def _recorded(self, old: Workload, tags: Collection[str]) -> Mapping[str, Digest]:
        try:
            return newest(self._admissions.admitted((old.uid,), tags))
        except StoreError as problem:
            log.warning("what was admitted is not known", extra={"object": old.title, "why": problem.message})
            return {}

    def _running(
        self, inventory: WorkloadInventory, request: AdmissionRequest, old: Workload, deadline: Deadline
    ) -> Mapping[str, Digest]:
        """The digests that all Pods of the object which name a tag report to run."""
        namespace = request.namespace or old.namespace
        own = OwnerRef(request.api_version, old.kind, old.name, old.uid)
        owners = inventory.owners(own, namespace, deadline)
        said: dict[str, set[Digest | None]] = {}
        for pod in inventory.pods(owners, namespace, deadline) if owners else ():
            if old.uid in pod.owners:
                for name, digest in pod.tags:
                    said.setdefault(name, set()).add(digest)
        stood_for = {name: digests.pop() for name, digests in said.items() if len(digests) == 1}
        return {name: digest for name, digest in stood_for.items() if digest is not None}


def _ask(background: Background, clock: Clock, question: Callable[[], T], deadline: Deadline) -> T:
    """The answer to a blocking question, asked on a native thread for no longer than the request has time.

    Raises:
        DeadlineExceeded: it did not come in time.
        BomgateError: what the question raised.
    """
    task = background.start(question, host=LANE)
    if not background.wait(task, deadline.remaining(clock.monotonic())):
        raise DeadlineExceeded("The answer did not arrive in the time left.")
    return task.result()
