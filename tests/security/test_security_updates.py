"""Updates: what an object had before is not judged again, and a tag that was moved meanwhile brings nothing in."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.copies import replace
from tests.doubles.kubeobjects import ObjectServer
from tests.e2e import catalogue
from tests.e2e.processes import wait_until
from tests.e2e.product import write_sbom
from tests.fakes import NOON
from tests.security.attacked import guarded, review
from tests.shared import shared
from tests.unit.engines.clusters import BAD, EARLIER, GOOD, Town, request, workload
from tests.worlds import LEFTPAD, LOG4J, World, digest_of, sbom_of
from webhook.api.reviews import decode_review
from webhook.engines.admission.admissions import KEPT, AdmissionNotes
from webhook.engines.admission.former import new_containers
from webhook.errors import Retryable, StoreError
from webhook.model.images import Digest, parse_image
from webhook.model.metadata import timestamp
from webhook.model.owners import Controller, LiveObject, OwnedPod
from webhook.model.policies import Policy
from webhook.model.records import AdmittedImage
from webhook.model.reviews import AdmissionRequest, AdmissionResponse
from webhook.model.workloads import OwnerRef, Workload, WorkloadPlace

TAG, OLD, MOVED = "shop/web:1", digest_of("what the tag stood for"), digest_of("what it was moved to")
DEPLOYMENT = Controller("apps/v1", "Deployment", "web", "u-web")


class Street:
    """A Deployment ``web`` that names a tag; its image turns bad, and so is what the tag is moved to."""

    def __init__(self, *, noted: bool = True, turned_bad: bool = True) -> None:
        self.town = Town()
        self.world = self.town.world
        self.world.resolves = True
        self.town.inventory.chains["u-web"] = (DEPLOYMENT,)
        for digest in (OLD, MOVED):
            self.world.store.sboms.add(digest, sbom_of(LEFTPAD), place="added")
        self.point(OLD)
        if noted:
            assert self.review(self.object(TAG)).allowed
        if turned_bad:
            self.turns_bad()

    def point(self, digest: Digest) -> None:
        """Let the tag point at an image."""
        self.world.store.sboms.point(parse_image(TAG), digest)
        self.world.refresher.refresh()

    def turns_bad(self) -> None:
        for digest in (OLD, MOVED):
            self.world.store.sboms.add(digest, sbom_of(LOG4J), place="added")
        self.world.refresher.refresh()

    def object(self, *images: str, **changes: Any) -> Workload:
        return replace(workload(*images, kind="Deployment"), **changes)

    def review(self, new: Workload, old: Workload | None = None, **changes: Any) -> AdmissionResponse:
        asked = replace(request(new, old), resource="deployments", **changes)
        return self.town.review(asked)

    def pods(self, *says: tuple[str, Digest | None]) -> None:
        """Let the Deployment have Pods that name images by tags and say what they run."""
        for image, digest in says:
            tags = frozenset({(parse_image(image).tagged, digest)})
            digests = frozenset({digest} if digest is not None else ())
            self.town.inventory.running.setdefault("u-web", []).append(
                OwnedPod(("rs-1", "u-web"), EARLIER, digests, tags)
            )


def pinned(digest: Digest, name: str = TAG) -> str:
    return f"{name}@{digest}"


NOTHING_NEW = (True, "nothing-new")
DENIED = (False, "findings")


def outcome(answer: AdmissionResponse) -> tuple[bool, str]:
    return answer.allowed, answer.reason


# -- a template -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        pinned(OLD),
        pinned(OLD, "docker.io/shop/web:1"),
        pinned(OLD, "index.docker.io:443/shop/web:1"),
        pinned(OLD, "shop/web"),
        TAG,
        "docker.io/shop/web:1",
    ],
)
def test_a_label_may_be_changed_while_the_tag_is_pinned_to_what_was_admitted(text: str) -> None:
    street = Street()
    assert outcome(street.review(street.object(text), street.object(TAG))) == NOTHING_NEW
    street.point(MOVED)
    assert outcome(street.review(street.object(text), street.object(TAG))) == NOTHING_NEW


def test_a_tag_that_was_moved_before_it_is_pinned_brings_a_new_image() -> None:
    street = Street()
    street.point(MOVED)
    assert outcome(street.review(street.object(pinned(MOVED)), street.object(TAG))) == DENIED


def test_a_digest_that_becomes_a_tag_or_another_digest_is_new() -> None:
    street = Street()
    assert outcome(street.review(street.object(TAG), street.object(pinned(OLD)))) == DENIED
    assert outcome(street.review(street.object(pinned(MOVED)), street.object(pinned(OLD)))) == DENIED
    assert outcome(street.review(street.object("shop/web:2"), street.object(TAG)))[1] != "nothing-new"


def test_the_same_digest_under_another_name_is_nothing_new() -> None:
    street = Street()
    assert outcome(street.review(street.object(pinned(OLD, "other/name:2")), street.object(pinned(OLD)))) == NOTHING_NEW


def test_another_image_of_the_same_update_is_judged_all_the_same() -> None:
    street = Street()
    answer = street.review(street.object(pinned(OLD), BAD), street.object(TAG))
    assert outcome(answer) == DENIED
    assert BAD in answer.message
    assert TAG not in answer.message
    answer = street.review(street.object(pinned(OLD), GOOD), street.object(TAG))
    assert answer.allowed


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ([(TAG, OLD)], NOTHING_NEW),
        ([(TAG, OLD), (TAG, OLD), (BAD, MOVED)], NOTHING_NEW),
        ([], DENIED),
        ([(TAG, MOVED)], DENIED),
        ([(TAG, None)], DENIED),
        ([(TAG, OLD), (TAG, MOVED)], DENIED),
        ([(TAG, OLD), (TAG, None)], DENIED),
        ([("shop/other:1", OLD)], DENIED),
    ],
)
def test_without_a_record_all_pods_that_name_the_tag_have_to_say_so(
    says: list[tuple[str, Digest | None]], expected: tuple[bool, str]
) -> None:
    street = Street(noted=False)
    street.pods(*says)
    assert outcome(street.review(street.object(pinned(OLD)), street.object(TAG))) == expected


def test_pods_of_another_object_prove_nothing() -> None:
    street = Street(noted=False)
    street.town.inventory.running["u-web"] = [
        OwnedPod(("rs-9", "d-9"), EARLIER, frozenset({OLD}), frozenset({(parse_image(TAG).tagged, OLD)}))
    ]
    assert outcome(street.review(street.object(pinned(OLD)), street.object(TAG))) == DENIED


def test_a_record_belongs_to_one_object_and_not_to_the_next_of_its_name() -> None:
    street = Street()
    again = {"uid": "u-another"}
    assert outcome(street.review(street.object(pinned(OLD), **again), street.object(TAG, **again))) == DENIED
    assert outcome(street.review(street.object(pinned(OLD), uid=""), street.object(TAG, uid=""))) == DENIED


def test_where_nobody_answers_the_denial_stands() -> None:
    street = Street()
    street.world.admissions.flush()

    def down(*_: object) -> list[AdmittedImage]:
        raise StoreError("the database is down")

    street.world.store.admissions.find = down
    street.town.inventory.error = Retryable("no answer")
    assert outcome(street.review(street.object(pinned(OLD)), street.object(TAG))) == DENIED


def test_only_a_would_be_denial_of_a_tag_that_is_pinned_asks_anybody() -> None:
    street = Street()
    street.world.admissions.flush()
    asked: list[object] = []
    find = street.world.store.admissions.find

    def counted(*given: Any) -> Any:
        asked.append(given)
        return find(*given)

    street.world.store.admissions.find = counted
    street.review(street.object(GOOD), street.object(TAG))
    street.review(street.object(pinned(digest_of(GOOD), GOOD)), street.object(GOOD))
    street.review(street.object(BAD), street.object(TAG))
    street.review(street.object(pinned(digest_of(BAD), BAD)), street.object(TAG))
    street.review(street.object(TAG), street.object(TAG))
    assert (asked, street.town.inventory.asked) == ([], {})
    street.review(street.object(pinned(OLD)), street.object(TAG))
    assert len(asked) == 1
    assert not street.town.inventory.asked, "the record proves it"


# -- what is noted --------------------------------------------------------------------------------------------------


def noted(street: Street) -> set[tuple[str, str, Digest]]:
    street.world.admissions.flush()
    return set(street.world.store.admissions.noted)


def test_only_what_was_let_in_and_was_not_bad_is_noted() -> None:
    street = Street(noted=False)
    street.review(street.object(BAD))
    street.review(street.object(GOOD), dry_run=True)
    street.review(street.object(GOOD, BAD))
    street.review(street.object(pinned(digest_of(GOOD), GOOD)))
    street.review(street.object(GOOD, uid=""))
    assert noted(street) == set()
    street.review(street.object(GOOD))
    assert noted(street) == {("u-web", parse_image(GOOD).tagged, digest_of(GOOD))}


def test_what_a_mode_or_break_glass_let_in_is_not_noted() -> None:
    street = Street(noted=False)
    street.town.labels.memory["shop"] = {"bomgate.dev/enforce": "warn"}
    assert street.review(street.object(BAD)).decision == "warn"
    assert noted(street) == set()


def test_pods_are_noted_for_their_controllers_and_those_of_jobs_are_not() -> None:
    street = Street(noted=False)
    for kind, uid in (("ReplicaSet", "rs-1"), ("Job", "j-1")):
        owner = OwnerRef("apps/v1", kind, "web", uid)
        street.town.review(request(replace(workload(GOOD), controller=owner)))
    street.town.review(request(workload(GOOD)))
    job = replace(workload(GOOD, kind="Job"), controller=OwnerRef("batch/v1", "CronJob", "web", "c-1"))
    street.town.review(request(job))
    assert {uid for uid, _, _ in noted(street)} == {"rs-1/pods"}


def test_what_pods_were_admitted_as_later_does_not_change_what_their_template_was_admitted_as() -> None:
    street = Street()
    street.town.noted("u-web/pods", TAG, MOVED)
    assert outcome(street.review(street.object(pinned(OLD)), street.object(TAG))) == NOTHING_NEW
    assert outcome(street.review(street.object(pinned(MOVED)), street.object(TAG))) == DENIED


def test_notes_are_read_before_they_are_written_and_forgotten_after_their_time() -> None:
    world = World(Policy())
    notes = AdmissionNotes(world.store.admissions, world.clock)
    notes.note(AdmittedImage("u", "name:1", OLD, NOON))
    assert [image.digest for image in notes.admitted(["u"], ["name:1"])] == [OLD]
    notes.flush()
    assert [image.digest for image in notes.admitted(["u"], ["name:1"])] == [OLD]
    assert notes.admitted(["v"], ["name:1"]) == notes.admitted(["u"], ["name:2"]) == []
    world.clock.advance(KEPT.total_seconds() + 1)
    notes.flush()
    assert notes.admitted(["u"], ["name:1"]) == []


# -- a Pod ----------------------------------------------------------------------------------------------------------


def pod(*images: str, role: str = "containers", says: list[str] | None = None, **status: Any) -> dict[str, Any]:
    """A Pod, and what its kubelet says that its containers run."""
    statuses = [
        {"name": f"c{index}", "imageID": f"docker.io/shop/web@{digest}" if digest else ""}
        for index, digest in enumerate(says or ())
    ]
    names = {"containers": "container", "initContainers": "initContainer", "ephemeralContainers": "ephemeralContainer"}
    return {
        "metadata": {"name": "web", "namespace": "shop", "uid": "u-pod"},
        "spec": {role: [{"name": f"c{index}", "image": image} for index, image in enumerate(images)]},
        "status": {f"{names[role]}Statuses": statuses, **status},
    }


def volume(reference: str, digest: str) -> dict[str, Any]:
    mount = {"name": "v", "volumeStatus": {"image": {"imageRef": f"docker.io/shop/web@{digest}"}}}
    return {
        "metadata": {"name": "web", "namespace": "shop", "uid": "u-pod"},
        "spec": {
            "containers": [{"name": "c0", "image": GOOD}],
            "volumes": [{"name": "v", "image": {"reference": reference}}],
        },
        "status": {"containerStatuses": [{"name": "c0", "imageID": "", "volumeMounts": [mount]}]},
    }


def update(new: dict[str, Any], old: dict[str, Any]) -> AdmissionRequest:
    """The update of a Pod as the API server sends it."""
    body = {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "r-1",
            "operation": "UPDATE",
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "resource": {"resource": "pods"},
            "namespace": "shop",
            "object": new,
            "oldObject": old,
        },
    }
    return decode_review(json.dumps(body).encode())


@pytest.mark.parametrize("role", ["containers", "initContainers", "ephemeralContainers"])
@pytest.mark.parametrize(
    ("had", "says", "expected"),
    [
        ([TAG], [OLD], True),
        (["index.docker.io/shop/web:1"], [OLD], True),
        ([TAG, TAG], [OLD, OLD], True),
        ([TAG, TAG], [OLD, MOVED], False),
        ([TAG, TAG], [OLD, ""], False),
        ([TAG], [MOVED], False),
        ([TAG], [""], False),
        ([TAG], [], False),
        ([GOOD], [OLD], False),
    ],
)
def test_a_pod_has_what_its_kubelet_says_of_every_container_that_names_it(
    role: str, had: list[str], says: list[str], expected: bool
) -> None:
    asked = update(pod(pinned(OLD), *had[1:], role=role), pod(*had, role=role, says=says))
    assert asked.workload is not None
    new = new_containers(asked.workload, asked.old_workload)
    assert (pinned(OLD) not in [container.image for container in new]) is expected


def test_an_image_volume_has_what_the_kubelet_says_of_it() -> None:
    for digest, expected in ((OLD, ()), (MOVED, (pinned(OLD),))):
        asked = update(volume(pinned(OLD), OLD), volume(TAG, digest))
        assert asked.workload is not None
        assert (
            tuple(new_container.image for new_container in new_containers(asked.workload, asked.old_workload))
            == expected
        )


def test_a_status_in_the_new_object_proves_nothing() -> None:
    asked = update(pod(pinned(OLD), says=[OLD]), pod(TAG))
    assert asked.workload is not None
    assert new_containers(asked.workload, asked.old_workload)


# -- cases that were met --------------------------------------------------------------------------------------------


@pytest.fixture
def case(request: pytest.FixtureRequest) -> Iterator[AdmissionRequest]:
    asked = decode_review(shared(f"cases/{request.param}").read_bytes())
    assert asked.workload is not None
    assert asked.old_workload is not None
    uid = {"uid": "u-web"}
    yield replace(asked, workload=replace(asked.workload, **uid), old_workload=replace(asked.old_workload, **uid))


@pytest.mark.parametrize("case", ["58-tag-to-digest-same.json"], indirect=True)
def test_the_case_of_one_digest_with_and_without_a_tag(case: AdmissionRequest) -> None:
    assert outcome(Town().review(case)) == NOTHING_NEW


@pytest.mark.parametrize("case", ["58b-label-with-digester.json"], indirect=True)
def test_the_case_of_a_webhook_that_pins_tags_when_a_label_changes(case: AdmissionRequest) -> None:
    assert case.workload is not None
    image = parse_image(case.workload.containers[0].image)
    assert image.digest is not None
    town = Town()
    town.world.store.sboms.add(image.digest, sbom_of(LOG4J), place="added")
    town.world.refresher.refresh()
    assert outcome(town.review(case)) == DENIED, "nobody knows what the tag stood for"
    town.noted("u-web", "nginx:1.0", image.digest)
    assert outcome(town.review(case)) == NOTHING_NEW
    later = AdmittedImage("u-web", image.tagged, MOVED, NOON + dt.timedelta(days=1))
    town.world.admissions.note(later)
    assert outcome(town.review(case)) == DENIED, "it was admitted again since, when the tag stood for another image"


# -- a review that the API server did not send, or whose change another webhook denied -------------------------------


def test_a_review_whose_change_never_comes_about_notes_nothing() -> None:
    street = Street(noted=False, turned_bad=False)
    street.pods((TAG, OLD))
    street.town.live.objects["u-web"] = LiveObject(EARLIER, frozenset({TAG}))
    street.point(MOVED)
    for old in (None, street.object(GOOD)):
        assert street.town.forged(request(street.object(TAG), old)).allowed
        for seconds in (1, 4, 15, 65):
            street.town.look(seconds)
    assert street.world.confirmations.admitted(["u-web"], [parse_image(TAG).tagged]) == []
    street.turns_bad()
    assert outcome(street.review(street.object(pinned(MOVED)), street.object(TAG))) == DENIED
    assert outcome(street.review(street.object(pinned(OLD)), street.object(TAG))) == NOTHING_NEW, "its Pods run it"


def test_a_note_waits_until_the_object_is_there_and_is_read_at_once_when_it_is_needed() -> None:
    street = Street(noted=False, turned_bad=False)
    assert street.town.forged(request(street.object(TAG))).allowed
    street.turns_bad()
    assert outcome(street.review(street.object(pinned(OLD)), street.object(TAG))) == DENIED
    street.town.keep(street.object(TAG))
    assert outcome(street.review(street.object(pinned(OLD)), street.object(TAG))) == NOTHING_NEW


@pytest.mark.parametrize(
    "live",
    [
        LiveObject(NOON, frozenset({GOOD})),
        LiveObject(NOON, frozenset({TAG}), controller="other"),
        LiveObject(NOON - dt.timedelta(minutes=3), frozenset({TAG})),
    ],
)
def test_an_object_that_does_not_show_what_a_review_said_confirms_no_note(live: LiveObject) -> None:
    street = Street(noted=False, turned_bad=False)
    street.town.live.objects["u-web"] = live
    street.town.forged(request(street.object(TAG)))
    street.town.look()
    assert street.world.confirmations.admitted(["u-web"], [parse_image(TAG).tagged]) == []


def test_a_forged_review_of_an_object_that_was_just_written_takes_no_note_away() -> None:
    street = Street(turned_bad=False)
    street.world.clock.advance(0.5)
    street.point(MOVED)
    for old in (None, street.object(GOOD)):
        assert street.town.forged(request(street.object(TAG), old)).allowed
        street.town.look(1)
    notes = street.world.confirmations.admitted(["u-web"], [parse_image(TAG).tagged])
    assert {note.digest for note in notes} == {OLD, MOVED}, "both are about what is there"
    street.turns_bad()
    for _ in range(2):
        assert outcome(street.review(street.object(pinned(OLD)), street.object(TAG))) == NOTHING_NEW
        assert outcome(street.review(street.object(pinned(MOVED)), street.object(TAG))) == DENIED
        street.world.admissions.flush()


def test_nobody_puts_a_look_off_by_sending_the_same_review_again_and_again() -> None:
    street = Street(noted=False, turned_bad=False)
    street.town.keep(street.object(TAG))
    for _ in range(4):
        street.town.forged(request(street.object(TAG)))
        street.world.clock.advance(0.4)
    street.world.confirmations.look()
    assert [note.uid for note in street.world.admissions.waiting.values()] == ["u-web"]


def test_a_note_about_an_object_that_there_is_not_keeps_no_other_note_out() -> None:
    street = Street(noted=False, turned_bad=False)
    street.town.keep(street.object(TAG))
    for name in ("other", "another"):
        street.town.forged(request(replace(street.object(TAG), name=name)))
    street.town.forged(request(street.object(TAG)))
    street.town.forged(request(replace(street.object(TAG), name="third")))
    street.town.look()
    assert [note.uid for note in street.world.admissions.waiting.values()] == ["u-web"]


def test_a_flood_of_forged_reviews_is_bounded_and_keeps_no_note_out_once_it_was_looked_at() -> None:
    street = Street(noted=False, turned_bad=False)
    confirmations, town = street.world.confirmations, street.town
    tagged = parse_image(TAG).tagged
    reads: list[str] = []
    read = town.live.read

    def counted(of: OwnerRef, *rest: Any) -> Any:
        reads.append(of.uid)
        return read(of, *rest)

    town.live.read = counted

    def note(uid: str, name: str = "web") -> None:
        of = WorkloadPlace(OwnerRef("apps/v1", "Deployment", name, uid), "shop")
        confirmations.note(AdmittedImage(uid, tagged, OLD, NOON), of)

    for number in range(12_000):
        note(f"u-{number}")
    assert len(confirmations._waiting) == 10_000
    note("u-web")
    town.look()
    assert len(reads) == 200, "of one look, however many wait"
    town.live.objects["u-web"] = LiveObject(NOON, frozenset({TAG}))
    note("u-web")
    assert len(confirmations._waiting) == 10_000
    assert [found.digest for found in confirmations.admitted(["u-web"], [tagged])] == [OLD]
    for number in range(50):
        note("u-web", f"web-{number}")
    reads.clear()
    confirmations.admitted(["u-web"], [tagged])
    assert len(reads) <= 8, "of one review"


def test_pods_of_one_controller_are_looked_at_until_one_of_them_is_there() -> None:
    street = Street(noted=False, turned_bad=False)
    confirmations, town = street.world.confirmations, street.town
    for number in range(30):
        of = WorkloadPlace(OwnerRef("v1", "Pod", f"web-{number}", f"u-{number}"), "shop", "u-rs")
        confirmations.note(AdmittedImage("pods of u-rs", parse_image(TAG).tagged, OLD, NOON), of)
    town.live.objects["u-7"] = LiveObject(NOON, frozenset({TAG}), controller="u-rs")
    town.look(1)
    assert len(confirmations._waiting) == 7, "those that were looked at before it"
    del town.live.objects["u-7"]
    town.look(4)
    assert not confirmations._waiting
    assert len(street.world.admissions.waiting) == 1


def test_where_nobody_can_be_asked_notes_are_taken_as_they_come() -> None:
    for town in (Town(), None):
        world = World() if town is None else town.world
        if town is not None:
            town.live.unreadable = frozenset({"Rollout"})
        of = WorkloadPlace(OwnerRef("argoproj.io/v1", "Rollout", "web", "u-web"), "shop")
        world.confirmations.note(AdmittedImage("u-web", parse_image(TAG).tagged, OLD, NOON), of)
        assert [note.digest for note in world.confirmations.admitted(["u-web"], [parse_image(TAG).tagged])] == [OLD]


# -- a running server -----------------------------------------------------------------------------------------------


def deployment(new: str, old: str | None = None) -> dict[str, Any]:
    """A review of a Deployment with one container."""
    spec = [{"template": {"spec": {"containers": [{"name": "c0", "image": text}]}}} for text in (new, old) if text]
    return review("apps", "Deployment", spec[0], None, "ann", *spec[1:])


def keep(cluster: ObjectServer, asked: dict[str, Any]) -> None:
    """Let the API server have the object of a review, as of now."""
    made = asked["request"]["object"]
    now = {"creationTimestamp": timestamp(dt.datetime.now(dt.UTC))}
    cluster.add({**made, "kind": "Deployment", "metadata": {**made["metadata"], **now}})


def test_a_running_server_remembers_what_tags_stood_for_also_after_a_restart(tmp_path: Path) -> None:
    tag, had, moved = "registry.example/shop/tagged:1", catalogue.digest("tagged"), catalogue.digest("moved")
    # One worker: another one would learn of each step a moment later than this one.
    with guarded(tmp_path / "updates", sbom={"sources": []}, serve={"workers": 1}) as one:
        bomgate = one.bomgate

        def point(name: str) -> None:
            file = write_sbom(bomgate.folder, catalogue.digest(name), catalogue.CONTENTS["blocked"])
            bomgate.run("sbom", "add", file, "--image", f"{tag}@{catalogue.digest(name)}")

        def denied(new: str, old: str | None = None) -> bool:
            return not one.ask(deployment(new, old))["allowed"]

        def known(name: str) -> bool:
            answer: dict[str, Any] = one.ask(deployment(name))
            warnings = " ".join(answer.get("warnings", ()))
            return (
                answer["allowed"] and "The tag of this image is not known" not in warnings and "No SBOM" not in warnings
            )

        one.assess("--type", "Ignore")
        point("tagged")
        keep(one.cluster, deployment(tag))
        wait_until(lambda: known(tag), 20, "the tag")
        one.assess("--type", "Blocked")
        wait_until(lambda: denied(tag), 20, "the block")
        point("moved")
        pinned = f"registry.example:443/shop/tagged:1@{had}"
        wait_until(lambda: not denied(pinned, tag), 20, "the note of the admission")
        for _ in range(2):
            for _ in range(6):
                assert not denied(pinned, tag)
                assert denied(f"{tag}@{moved}", tag)
                assert denied(tag, pinned)
            bomgate.stop()
            bomgate.start()
