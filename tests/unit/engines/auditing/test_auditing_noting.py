"""What an audit found is kept for people, also of what it does not look at."""

from __future__ import annotations

from collections.abc import Sequence

from tests.fakes import NOON, FakeClock
from tests.ports.samples import digest
from webhook.engines.auditing.noting import AuditNotes, note_inventory
from webhook.model.actions import Action
from webhook.model.audits import AuditedWorkload, AuditResult
from webhook.model.images import parse_image
from webhook.model.inventory import InventoriedWorkload
from webhook.model.policies import Mode
from webhook.model.records import AdmittedImage
from webhook.model.running import ObjectRef, RunningImage, RunningWorkload
from webhook.model.verdicts import ImageVerdict, Reason, SbomStatus, Verdict, WorkloadVerdict
from webhook.model.workloads import ContainerRole


class Kept:
    """An inventory that remembers what it was given."""

    workloads: list[InventoriedWorkload]

    def replace(self, workloads: list[InventoriedWorkload], **when: object) -> None:
        self.workloads, self.when = workloads, when


def test_judged_and_unjudged_workloads_are_kept_with_their_images() -> None:
    image = RunningImage("shop/web:1", digest(1), "c (web)", ContainerRole.CONTAINER, running=True)
    owner = ObjectRef("apps", "v1", "Deployment", "shop", "web", "u1")
    running = RunningWorkload(owner, (image,), 2)
    reason = Reason("missing-sbom", Action.WARN, "No SBOM\x1b was found.")
    verdict = Verdict(Action.WARN, parse_image(image.judged), digest(1), reasons=(reason,), sbom=SbomStatus.NONE)
    judged = WorkloadVerdict(Action.WARN, (ImageVerdict(verdict, (image.container,)),))
    one = AuditedWorkload(running, Mode.DENY, judged, Action.WARN, "missing-sbom")
    other = AuditedWorkload(running, None, WorkloadVerdict(Action.ALLOW), Action.ALLOW, "excluded")
    kept = Kept()
    note_inventory(AuditResult(NOON, 1.0, 7, (one, other), (verdict,)), kept)
    assert kept.when == {"taken_at": NOON, "revision": 7}
    first, second = kept.workloads
    assert (first.title, first.pods, first.mode) == ("Deployment shop/web", 2, Mode.DENY)
    (seen,) = first.images
    assert (seen.digest, seen.action, seen.containers) == (digest(1), Action.WARN, ("c (web)",))
    assert len(seen.reasons) == 1 and "\x1b" not in seen.reasons[0]
    assert [image.digest for image in second.images] == [digest(1)] and second.images[0].action is Action.ALLOW


class Admissions:
    """Remembers what is recorded."""

    def __init__(self) -> None:
        self.recorded: list[AdmittedImage] = []

    def record(self, images: Sequence[AdmittedImage]) -> None:
        self.recorded += images


def test_what_runs_under_a_tag_and_is_not_denied_is_noted_for_its_controller_once_a_day() -> None:
    def image(reference: str, number: int | None, *, runs: bool = True) -> RunningImage:
        kept = None if number is None else digest(number)
        return RunningImage(reference, kept, f"c ({reference})", ContainerRole.CONTAINER, running=runs)

    images = (
        image("shop/web:1", 1),
        image("shop/bad:1", 2),
        image(f"shop/pinned@{digest(3)}", 3),
        image("shop/new:1", None),
        image("shop/template:1", 4, runs=False),
    )
    actions = {"shop/bad:1": Action.DENY}
    verdicts = [
        ImageVerdict(Verdict(actions.get(ran.reference, Action.WARN), parse_image(ran.judged), ran.digest), ("c",))
        for ran in images
    ]
    owner = ObjectRef("apps", "v1", "StatefulSet", "shop", "db", "u1")
    judged = WorkloadVerdict(Action.DENY, tuple(verdicts))
    audited = AuditedWorkload(RunningWorkload(owner, images, 1), Mode.DENY, judged, Action.DENY, "findings")
    skipped = AuditedWorkload(
        RunningWorkload(owner, images, 1), None, WorkloadVerdict(Action.ALLOW), Action.ALLOW, "off"
    )
    admissions, clock = Admissions(), FakeClock()
    notes = AuditNotes(Kept(), admissions, clock)
    result = AuditResult(NOON, 1.0, 7, (audited, skipped), ())
    notes.take(result)
    notes.take(result)
    wanted = AdmittedImage("u1/pods", "docker.io/shop/web:1", digest(1), NOON)
    assert admissions.recorded == [wanted]
    clock.advance(24 * 3600)
    notes.take(result)
    assert admissions.recorded == [wanted, wanted]
