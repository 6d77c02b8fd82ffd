"""What people look up: lists that are judged as at admission, joined from a real store and the read model."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import NOON, FakeClock
from tests.ports.samples import AutoRule, answer, assessment, digest, make_sbom, vulnerability
from webhook.bootstrap.parts import Parts, open_parts
from webhook.bootstrap.triage import Triage, open_triage
from webhook.engines.triage.assessments import AssessmentFilter, Standing
from webhook.engines.triage.vulnerabilities import VulnerabilityFilter
from webhook.errors import InvalidInput
from webhook.model.actions import Action
from webhook.model.assessments import AssessmentSource, Scope
from webhook.model.images import parse_image
from webhook.model.inventory import InventoriedImage, InventoriedWorkload
from webhook.model.policies import Mode
from webhook.model.records import AssessmentState
from webhook.model.triage import AssessmentScan, PackageScan
from webhook.model.verdicts import SbomStatus
from webhook.settings import load_settings

CRITICAL, HIGH, MEDIUM = (vulnerability(f"CVE-2026-{n}", score) for n, score in enumerate(("9.8", "7.5", "5.0"), 1))
LOG4J, LODASH, PYYAML = "pkg:maven/org.apache/log4j-core@2.14.1", "pkg:npm/lodash@4.17.20", "pkg:pypi/pyyaml@5.3"


def workload(name: str, number: int, namespace: str = "shop", mode: Mode | None = Mode.DENY) -> InventoriedWorkload:
    """A Deployment with one image."""
    image = InventoriedImage(f"shop/{name}:1@{digest(number)}", digest(number), (name,), Action.WARN, SbomStatus.NONE)
    return InventoriedWorkload(name, namespace, "apps/v1", "Deployment", name, 1, mode, Action.WARN, "x", (image,))


@dataclass
class Scene:
    """Two images, of which the first runs in ``shop`` and the second in ``lab``; the third runs without an SBOM."""

    parts: Parts
    triage: Triage

    def refresh(self) -> None:
        self.parts.refresher.refresh()
        self.triage.boards.refresh()

    def ids(self, **wanted: Any) -> list[str]:
        return [item.vulnerability.id for item in self.triage.vulnerabilities.page(VulnerabilityFilter(**wanted)).items]


@pytest.fixture
def scene(tmp_path: Path, clock: FakeClock) -> Iterator[Scene]:
    settings = load_settings(None, {"database.url": f"sqlite:///{tmp_path}/b.db"}, {"HOME": str(tmp_path)})
    parts = replace(open_parts(settings), clock=clock)
    store = parts.store
    store.sboms.add(digest(1), make_sbom(LOG4J, LODASH), place="added", image=parse_image("shop/web:1"))
    store.sboms.add(digest(2), make_sbom(LODASH, PYYAML), place="added", image=parse_image("shop/job:1"))
    answers = [answer(LOG4J, CRITICAL, at=NOON), answer(LODASH, HIGH, at=NOON), answer(PYYAML, MEDIUM, at=NOON)]
    store.components.record(answers, assess=parts.assessor.auto_rule(), now=NOON)
    shown = [
        workload("web", 1),
        workload("job", 2, "lab", Mode.WARN),
        workload("dark", 3),
        workload("sys", 1, "s", None),
    ]
    store.inventory.replace(shown, taken_at=NOON, revision=1)
    scene = Scene(parts, open_triage(parts))
    scene.refresh()
    yield scene
    store.close()


def test_rows_say_what_was_decided_and_where_it_runs(scene: Scene) -> None:
    page = scene.triage.vulnerabilities.page(VulnerabilityFilter())
    assert page.after is None
    critical, high, medium = page.items
    assert (critical.vulnerability.id, critical.state, critical.types, critical.action) == (
        CRITICAL.id,
        AssessmentState.ASSESSED,
        ("Blocked",),
        Action.DENY,
    )
    assert (critical.images, critical.workloads, critical.packages) == (1, 2, ("pkg:maven/org.apache/log4j-core",))
    assert (high.images, high.workloads) == (2, 3)
    assert (medium.state, medium.action, medium.until) == (AssessmentState.UNASSESSED, Action.WARN, None)


def test_filters(scene: Scene) -> None:
    every = [CRITICAL.id, HIGH.id, MEDIUM.id]
    assert scene.ids() == every
    assert scene.ids(severity="high") == [HIGH.id]
    assert scene.ids(state=AssessmentState.UNASSESSED) == [MEDIUM.id]
    assert scene.ids(state=AssessmentState.ASSESSED) == [CRITICAL.id, HIGH.id]
    assert scene.ids(type="blocked") == [CRITICAL.id]
    assert scene.ids(running=True) == every
    assert scene.ids(namespace="lab") == [HIGH.id, MEDIUM.id]
    assert scene.ids(namespace="nowhere") == []
    assert scene.ids(package="log4j*") == [CRITICAL.id]
    assert scene.ids(package="pkg:npm/*", namespace="lab") == [HIGH.id]
    assert scene.ids(image=digest(2)) == [HIGH.id, MEDIUM.id]
    assert scene.ids(text="title of cve-2026-3") == [MEDIUM.id]
    assert scene.ids(ends_within=29) == []
    assert scene.ids(ends_within=31) == [CRITICAL.id, HIGH.id]
    with pytest.raises(InvalidInput, match="no severity"):
        scene.ids(severity="huge")


def test_pages_go_on_where_the_one_before_ended_whatever_is_passed_over(scene: Scene, clock: FakeClock) -> None:
    many = [answer(f"pkg:npm/m{n}@1", vulnerability(f"M-{n:03}", "5.0"), at=NOON) for n in range(300)]
    scene.parts.store.sboms.add(
        digest(9), make_sbom(*(component_answer.purl for component_answer in many)), place="added"
    )
    scene.parts.store.components.record(many, assess=AutoRule(), now=NOON)
    records = [assessment(f"M-{n:03}", "Caution", scope=Scope(f"pkg:npm/m{n}")) for n in range(300) if n % 3]
    scene.parts.store.assessments.append(records)
    scene.refresh()
    found: list[str] = []
    after = None
    while True:
        page = scene.triage.vulnerabilities.page(VulnerabilityFilter(state=AssessmentState.UNASSESSED), after, 7)
        found += [item.vulnerability.id for item in page.items]
        after = page.after
        if after is None:
            break
    assert found[:2] == ["M-297", "M-294"]
    assert set(found) == {MEDIUM.id, *(f"M-{n:03}" for n in range(0, 300, 3))}
    assert len(found) == len(set(found)) == 101


def test_a_decision_for_a_namespace_counts_there_alone(scene: Scene) -> None:
    scene.parts.store.assessments.append(
        [assessment(MEDIUM.id, "Blocked", scope=Scope("pkg:pypi/pyyaml", namespace="lab"))]
    )
    scene.refresh()
    assert scene.ids(state=AssessmentState.UNASSESSED) == [MEDIUM.id]
    assert scene.ids(state=AssessmentState.UNASSESSED, namespace="lab") == []
    board = scene.triage.boards.now()
    actions = {
        judged_workload.workload.name: (judged_workload.action, judged_workload.verdict)
        for judged_workload in board.workloads
    }
    assert actions["job"] == (Action.WARN, Action.DENY)  # the mode of lab makes a warning of it


def test_workloads_get_what_admission_would_say_now(scene: Scene, clock: FakeClock) -> None:
    board = scene.triage.boards.now()
    actions = {judged_workload.workload.name: judged_workload.action for judged_workload in board.workloads}
    assert actions == {"web": Action.DENY, "job": Action.WARN, "dark": Action.WARN, "sys": Action.ALLOW}
    clock.advance(31 * 86_400)  # the automatic block ends; nobody sends a message about it
    assert {
        judged_workload.workload.name: judged_workload.action
        for judged_workload in scene.triage.boards.refresh().workloads
    }["web"] is Action.WARN


def test_who_has_a_package_in_any_state(scene: Scene) -> None:
    holders = scene.triage.packages.holders("pkg:npm/lodash")
    assert holders is not None
    assert [image.title for image in holders.images] == ["docker.io/shop/job:1", "docker.io/shop/web:1"]
    assert [judged_workload.workload.name for judged_workload in holders.workloads] == ["job", "sys", "web"]
    assert [(line.purl, images) for line, images in holders.versions] == [(LODASH, 2)]
    assert scene.triage.packages.holders("pkg:npm/nobody") is None
    (row,) = scene.triage.packages.page(PackageScan("lodash")).items
    assert (row.line.package, row.images) == ("pkg:npm/lodash", 2)
    contents = scene.triage.packages.contents(digest(2), None, 1)
    assert [item.purl for item in contents.items] == [LODASH]
    assert [item.purl for item in scene.triage.packages.contents(digest(2), contents.after).items] == [PYYAML]


def test_records_say_whether_they_count(scene: Scene, clock: FakeClock) -> None:
    store, scope = scene.parts.store, Scope("pkg:pypi/pyyaml")
    store.assessments.append([assessment(MEDIUM.id, "Ignore", scope=scope, until=NOON + dt.timedelta(days=1))])
    store.assessments.append([assessment(MEDIUM.id, "Caution", scope=scope)])
    store.assessments.append([assessment(HIGH.id, None)])
    scene.refresh()
    lists, by_hand = scene.triage.assessments, AssessmentScan(by_hand=True)

    def standings() -> list[Standing]:
        return [item.standing for item in lists.page(AssessmentFilter(scan=by_hand)).items]

    assert standings() == [Standing.WITHDRAWAL, Standing.IN_FORCE, Standing.REPLACED]
    assert [item.assessment.type for item in lists.page(AssessmentFilter(Standing.IN_FORCE, scan=by_hand)).items] == [
        "Caution"
    ]
    clock.advance(2 * 86_400)
    assert standings() == [Standing.WITHDRAWAL, Standing.IN_FORCE, Standing.ENDED]
    assert {row.type.name: row.in_force for row in lists.types()} == {"Ignore": 0, "Caution": 2, "Blocked": 1}


def test_the_overview_names_what_needs_a_person(scene: Scene) -> None:
    overview = scene.triage.overviews.now()
    assert [(row.namespace, row.workloads[Action.DENY]) for row in overview.namespaces] == [("shop", 1), ("lab", 0)]
    assert overview.unassessed == () and overview.ending == ()
    assert overview.images == {Action.ALLOW: 0, Action.WARN: 1, Action.DENY: 1}
    assert overview.taken_at == NOON
    soon = NOON + dt.timedelta(days=2)
    made = replace(assessment(CRITICAL.id, "Ignore", until=soon), source=AssessmentSource.MANUAL)
    scene.parts.store.assessments.append([made])
    scene.refresh()
    (ending,) = scene.triage.overviews.now().ending
    assert (ending.assessment.vulnerability, ending.standing) == (CRITICAL.id, Standing.IN_FORCE)
