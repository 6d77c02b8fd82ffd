"""What people look up: lists that are judged as at admission, joined from a real store and the read model."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.copies import replace
from tests.fakes import NOON, FakeClock
from tests.ports.samples import AutoRule, answer, assessment, digest, make_sbom, vulnerability
from webhook.bootstrap.parts import Parts, open_parts
from webhook.bootstrap.triage import Triage, open_triage
from webhook.engines.judging.images import ImageChecker
from webhook.engines.triage import affected
from webhook.engines.triage.assessments import AssessmentFilter, Standing
from webhook.engines.triage.vulnerabilityrows import VulnerabilityFilter, VulnerabilityRow
from webhook.errors import InvalidInput
from webhook.model.actions import Action
from webhook.model.assessments import AssessmentSource, Scope
from webhook.model.images import parse_image
from webhook.model.inventory import InventoriedImage, InventoriedWorkload
from webhook.model.policies import Mode
from webhook.model.purls import Purl
from webhook.model.records import AssessmentState
from webhook.model.triage import AssessmentScan, PackageScan, VulnerabilityOrder
from webhook.model.verdicts import Finding, SbomStatus
from webhook.policy.judge import Judge
from webhook.policy.precedence import Place
from webhook.policy.scores import severity
from webhook.policy.selections import state_of
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
    assert scene.ids(since=NOON - dt.timedelta(days=9), severity="high") == [HIGH.id]
    assert scene.ids(since=NOON - dt.timedelta(days=9)) == every
    with pytest.raises(InvalidInput, match="not a severity"):
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
    for wanted in Standing:
        rows = lists.page(AssessmentFilter(wanted, scan=by_hand)).items
        assert [row.standing for row in rows] == [standing for standing in standings() if standing is wanted]
    used = {row.type.name: (row.in_force, row.ended) for row in scene.triage.types.rows()}
    assert used == {"Ignore": (0, 0), "Caution": (2, 0), "Blocked": (1, 0)}


def test_the_overview_names_what_needs_a_person(scene: Scene) -> None:
    overview = scene.triage.overviews.now()
    assert [(row.namespace, row.workloads[Action.DENY]) for row in overview.namespaces] == [("shop", 1), ("lab", 0)]
    assert [row.vulnerability.id for row in overview.unassessed] == [MEDIUM.id] and overview.ending == ()
    assert overview.open == {"medium": 1}
    assert scene.triage.boards.now().limits is None
    assert overview.images == {Action.ALLOW: 0, Action.WARN: 1, Action.DENY: 1}
    assert overview.taken_at == NOON
    soon = NOON + dt.timedelta(days=2)
    made = replace(assessment(CRITICAL.id, "Ignore", until=soon), source=AssessmentSource.MANUAL)
    scene.parts.store.assessments.append([made])
    scene.refresh()
    (ending,) = scene.triage.overviews.now().ending
    assert (ending.assessment.vulnerability, ending.standing) == (CRITICAL.id, Standing.IN_FORCE)


TYPES = """
assessmentTypes:
  - {name: Blocked, action: deny, autoAssess: {min: 9.0, max: 10.0}, expiresAfterDays: 20, onExpiry: reassess}
  - {name: Caution, action: warn, autoAssess: {min: 7.0, max: 8.9}, expiresAfterDays: 3}
  - {name: Ignore, action: allow}
"""


@pytest.mark.parametrize("most_named", [0, 2000])
def test_filters_hold_what_judging_everything_holds(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, most_named: int
) -> None:
    """Also after records have ended, were given again by range, or count in one namespace or image alone.

    So do globs that match more components than are named.
    """
    monkeypatch.setattr(affected, "_MOST_NAMED", most_named)
    (tmp_path / "c.yaml").write_text(f"database: {{url: 'sqlite:///{tmp_path}/b.db'}}\n{TYPES}")
    parts = replace(open_parts(load_settings(tmp_path / "c.yaml", {}, {"HOME": str(tmp_path)})), clock=clock)
    store, dice = parts.store, Random(5)
    purls = [Purl(f"pkg:npm/{name}@{version}") for name in "abcdef" for version in "12"]
    known = [
        vulnerability(f"V-{n:02}", dice.choice(("9.1", "7.5", "5.0", None)), aliases=(f"A-{n}",)) for n in range(40)
    ]
    for n in range(1, 5):
        store.sboms.add(digest(n), make_sbom(*dice.sample(purls, 5)), place="added", image=parse_image(f"shop/i{n}:1"))
    answers = [answer(purl, *dice.sample(known, 9), at=NOON) for purl in purls]
    store.components.record(answers, assess=parts.assessor.auto_rule(), now=NOON)
    store.inventory.replace([workload("web", 1), workload("job", 2, "lab")], taken_at=NOON, revision=1)
    scene = Scene(parts, open_triage(parts))
    for days in (0, 2, 2, 30):
        clock.advance(days * 86_400)
        if days < 30:
            made = [
                assessment(
                    dice.choice((found.id, *found.aliases)),
                    dice.choice(("Ignore", "Caution", "Blocked", None)),
                    scope=Scope(dice.choice((None, "pkg:npm/a")), namespace=dice.choice((None, None, "lab"))),
                    until=dice.choice((None, clock.now() + dt.timedelta(days=dice.randint(1, 5)))),
                )
                for found in dice.sample(known, 12)
            ]
            store.assessments.append(made)
            scene.refresh()  # the last time only time goes on
        every = itertools.product(
            VulnerabilityOrder,
            (None, *AssessmentState),
            (None, "Blocked", "ignore"),
            (None, "shop", "lab"),
            (None, "critical", "unscored"),
            (None, None, "*a*", "pkg:npm/*@2"),
        )
        for order, state, kind, namespace, band, package in dice.sample(list(every), 80):
            wanted = VulnerabilityFilter(order, band, state=state, type=kind, namespace=namespace, package=package)
            found = [item.vulnerability.id for item in _walked(scene, wanted)]
            assert found == _judged(scene, wanted), wanted
    store.close()


def _walked(scene: Scene, wanted: VulnerabilityFilter) -> Iterator[VulnerabilityRow]:
    after = None
    while True:
        page = scene.triage.vulnerabilities.page(wanted, after, 7)
        yield from page.items
        after = page.after
        if after is None:
            return


def _is_called(purl: Purl, pattern: str | None) -> bool:
    return pattern is None or fnmatchcase(purl if pattern.startswith("pkg:") else purl.name, pattern)


def _judged(scene: Scene, wanted: VulnerabilityFilter) -> list[str]:
    """What a filter holds, by judging every finding there is."""
    model, now = scene.parts.model, scene.parts.clock.now()
    judge = Judge(scene.parts.rules, model.assessments, now, Place(namespace=wanted.namespace or ""))
    running = {"shop": [digest(1)], "lab": [digest(2)]}.get(wanted.namespace or "")
    inside = None if running is None else {number for image in running for number in model.components_of(image) or ()}
    findings: dict[str, list[Finding]] = {}
    for number, purl, keys in model.findings():
        if (inside is None or number in inside) and _is_called(purl, wanted.package):
            for key in keys:
                one = model.vulnerability(key)
                assert one is not None
                findings.setdefault(key, []).append(judge.finding(purl, one))
    held = []
    for key, its_own in findings.items():
        score = its_own[0].vulnerability.cvss_score
        states = {state_of(finding) for finding in its_own}
        given = [finding.assessment or finding.expired for finding in its_own]
        types = {known.type.casefold() for known in given if known is not None and known.type}
        if wanted.severity not in (None, severity(score).lower()) or wanted.state not in (None, *states):
            continue
        if wanted.type is None or wanted.type.casefold() in types:
            rank = -1 if score is None else int(score * 10)
            held.append((key, rank))
    if wanted.order is VulnerabilityOrder.ID:
        return sorted(key for key, _ in held)
    is_by_score = wanted.order is VulnerabilityOrder.SCORE
    held.sort(key=lambda pair: (pair[1] if is_by_score else 0, pair[0]), reverse=True)
    return [key for key, _ in held]


def test_orders_and_moments_of_a_list(scene: Scene) -> None:
    later = NOON + dt.timedelta(hours=2)
    found = [
        vulnerability("B-1", "9.95"),
        vulnerability("A-1", "9.95"),
        vulnerability("C-1", None, aliases=("GHSA-X",)),
    ]
    scene.parts.store.components.record([answer(PYYAML, MEDIUM, *found, at=later)], assess=AutoRule(), now=later)
    scene.refresh()
    assert scene.ids() == ["B-1", "A-1", CRITICAL.id, HIGH.id, MEDIUM.id, "C-1"]
    assert scene.ids(order=VulnerabilityOrder.NEWEST)[:3] == ["C-1", "B-1", "A-1"]
    assert scene.ids(order=VulnerabilityOrder.ID)[:3] == ["A-1", "B-1", "C-1"]
    assert scene.ids(since=later) == ["B-1", "A-1", "C-1"]
    assert scene.ids(text="ghsa-x") == scene.ids(severity="unscored") == ["C-1"]
    assert scene.ids(text="%") == []
    scene.parts.store.components.record([answer(PYYAML, MEDIUM, at=later)], assess=AutoRule(), now=later)
    scene.refresh()
    assert scene.ids() == [CRITICAL.id, HIGH.id, MEDIUM.id]


def test_lists_without_verdicts_judge_no_image_and_say_the_same(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("an image was judged")

    every = itertools.product(
        VulnerabilityOrder,
        (None, *AssessmentState),
        (None, "shop", "lab"),
        (None, digest(1), digest(2)),
        (None, "*o*", "pkg:npm/*"),
    )
    wanted = [
        VulnerabilityFilter(order, state=state, namespace=namespace, image=image, package=package)
        for order, state, namespace, image, package in every
    ]
    judged = [scene.triage.vulnerabilities.page(each) for each in wanted]
    board = scene.triage.boards.now()

    monkeypatch.setattr(ImageChecker, "unremembered", refuse)
    triage = open_triage(scene.parts, judges=False)

    assert [triage.vulnerabilities.page(each) for each in wanted] == judged
    other = triage.boards.now()
    assert [replace(image, verdict=None) for image in other.images] == [
        replace(image, verdict=None) for image in board.images
    ]
    assert [each.workload for each in other.workloads] == [each.workload for each in board.workloads]
    assert triage.packages.page(PackageScan.of("lo*")) == scene.triage.packages.page(PackageScan.of("lo*"))
