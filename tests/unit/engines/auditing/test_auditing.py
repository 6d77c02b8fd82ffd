"""Auditing: the verdicts of admission about everything that runs, in the mode of each namespace."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.clusters import FakeRegistration, FakeRunningWorkloads, running
from tests.copies import replace
from tests.worlds import LEFTPAD, LODASH, LODASH_INJECTION, LOG4J, LOG4SHELL, World, digest_of, sbom_of
from webhook.engines.auditing.auditor import Auditor, AuditParts, Modes, enforcing_modes, labelled_modes
from webhook.engines.auditing.options import AuditOptions
from webhook.errors import ConfigError, Retryable
from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.audits import AuditedWorkload, AuditResult
from webhook.model.deadlines import Deadline
from webhook.model.metadata import LabelSelector, Requirement
from webhook.model.policies import EnforceOn, Mode, Policy
from webhook.model.verdicts import SbomStatus, WorkloadVerdict
from webhook.model.workloads import ContainerRef
from webhook.policy.modes import ENFORCE_LABEL

BAD, RISKY, GOOD = "shop/bad:1", "shop/risky:1", "shop/good:1"


@dataclass
class Audits:
    """A world whose cluster can be audited; ``judged`` counts how often the reviewer was asked about an image."""

    world: World
    cluster: FakeRunningWorkloads = field(default_factory=FakeRunningWorkloads)
    registration: FakeRegistration = field(default_factory=FakeRegistration)
    options: AuditOptions = field(default_factory=AuditOptions)

    def parts(self, **more: Any) -> AuditParts:
        world = self.world
        return AuditParts(
            self.cluster,
            self.registration.entries,
            world.judge,
            world.model,
            world.refresher,
            world.clock,
            world.policy,
            **{"excluded": frozenset({"kube-system"}), **more},
        )

    def run(self, modes: Modes | None = None, namespaces: tuple[str, ...] = (), **more: Any) -> AuditResult:
        used = modes or labelled_modes(self.world.policy)
        return Auditor(self.parts(**more), self.options, used).audit(namespaces)

    def by_name(self, **more: Any) -> dict[str, AuditedWorkload]:
        return {workload.workload.owner.name: workload for workload in self.run(**more).workloads}


@pytest.fixture
def audits() -> Audits:
    world = World()
    world.image(BAD, LOG4J, LEFTPAD)
    world.image(RISKY, LODASH)
    world.image(GOOD, LEFTPAD)
    world.answer_all([(LOG4J, [LOG4SHELL]), (LODASH, [LODASH_INJECTION]), (LEFTPAD, [])])
    return Audits(world)


def test_each_workload_gets_what_admission_would_give_it(audits: Audits) -> None:
    audits.cluster.found = [
        running("bad", (BAD, digest_of(BAD))),
        running("mixed", (GOOD, digest_of(GOOD)), (RISKY, digest_of(RISKY))),
        running("good", GOOD),
        running("stranger", "shop/stranger:1"),
    ]
    result = audits.run()
    told = {workload.workload.owner.name: (workload.action, workload.reason) for workload in result.workloads}
    assert told == {
        "bad": (Action.DENY, "findings"),
        "mixed": (Action.WARN, "findings"),
        "good": (Action.ALLOW, "clean"),
        "stranger": (Action.WARN, "missing-sbom"),
    }
    assert result.revision == audits.world.model.revision
    deadline = Deadline(audits.world.clock.monotonic() + 5)
    (image,) = audits.cluster.found[0].images
    path = image.container.removesuffix(" (c0)")
    asked = [ContainerRef(image.role, "c0", image.judged, path)]
    assert result.workloads[0].verdict == audits.world.judge.judge(asked, "shop", deadline)


def test_what_runs_is_judged_and_not_what_its_tag_points_at_now(audits: Audits) -> None:
    # The tag has moved to a good image since; the Pod still runs the bad one.
    audits.cluster.found = [running("old", (GOOD, digest_of(BAD)))]
    assert audits.by_name()["old"].action is Action.DENY


def test_an_image_that_many_use_is_judged_once(audits: Audits) -> None:
    asked: list[str] = []

    class Counting:
        def judge(self, containers: Any, *arguments: Any) -> WorkloadVerdict:
            asked.extend(container.image for container in containers)
            return audits.world.judge.judge(containers, *arguments)

    audits.cluster.found = [
        running(f"w{number}", (BAD, digest_of(BAD)), namespace=f"n{number % 3}") for number in range(30)
    ]
    assert len(audits.run().workloads) == 30
    auditor = Auditor(replace(audits.parts(), judge=Counting()), audits.options, labelled_modes(audits.world.policy))
    assert {workload.action for workload in auditor.audit().workloads} == {Action.DENY}
    assert len(asked) == 1


def test_a_namespace_with_assessments_of_its_own_is_judged_by_them(audits: Audits) -> None:
    now = audits.world.clock.now()
    ignored = Assessment(
        "CVE-2021-44228", "Ignore", Scope(namespace="bank"), AssessmentSource.MANUAL, "ada", "no", now, None
    )
    audits.world.store.assessments.append([ignored])
    audits.cluster.found = [running("a", (BAD, digest_of(BAD)), namespace=name) for name in ("shop", "bank", "toys")]
    actions = {workload.workload.owner.namespace: workload.action for workload in audits.run().workloads}
    assert actions == {"shop": Action.DENY, "bank": Action.ALLOW, "toys": Action.DENY}
    (image,) = audits.run().images
    assert image.action is Action.DENY, "of several views of one image the worst counts"


@pytest.mark.parametrize(
    ("label", "action"),
    [("deny", Action.DENY), ("warn", Action.WARN), ("audit", Action.ALLOW), ("nonsense", Action.DENY)],
)
def test_the_mode_of_the_namespace_softens_the_verdict_but_does_not_hide_it(
    audits: Audits, label: str, action: Action
) -> None:
    audits.cluster.found = [running("bad", BAD)]
    audits.cluster.labels = {"shop": {ENFORCE_LABEL: label}}
    (one,) = audits.run().workloads
    assert (one.action, one.verdict.action, one.reason, one.is_judged) == (action, Action.DENY, "findings", True)


def test_where_nothing_is_looked_at_nothing_is_judged(audits: Audits) -> None:
    audits.cluster.found = [running("off", BAD, namespace="free"), running("system", BAD, namespace="kube-system")]
    audits.cluster.labels = {"free": {ENFORCE_LABEL: "off"}}
    result = audits.run()
    assert [(workload.reason, workload.action, workload.is_judged) for workload in result.workloads] == [
        ("off", Action.ALLOW, False),
        ("excluded", Action.ALLOW, False),
    ]
    assert result.images == ()


def test_the_registration_says_where_the_webhook_is_asked_and_its_condition_on_the_mode_does_not_count(
    audits: Audits,
) -> None:
    not_here = Requirement("kubernetes.io/metadata.name", "NotIn", ("bomgate-system",))
    audits.registration.found = [
        LabelSelector(
            match_expressions=(not_here, Requirement(ENFORCE_LABEL, "In", ("deny",)), Requirement("team", "Exists"))
        ),
        LabelSelector(
            match_expressions=(
                not_here,
                Requirement(ENFORCE_LABEL, "NotIn", ("deny", "off")),
                Requirement("team", "Exists"),
            )
        ),
    ]
    names = ("bomgate-system", "shop", "toys")
    audits.cluster.found = [running("bad", BAD, namespace=name) for name in names]
    audits.cluster.labels = {name: {"team": "x"} for name in names[:2]}
    modes = {workload.workload.owner.namespace: workload.mode for workload in audits.run().workloads}
    assert modes == {"bomgate-system": None, "shop": Mode.DENY, "toys": None}


def test_where_only_pods_are_denied_the_workload_counts_as_its_pods_would(audits: Audits) -> None:
    world = World(Policy(enforce_on=EnforceOn.PODS))
    world.image(BAD, LOG4J)
    world.answer(LOG4J, LOG4SHELL)
    assert Audits(world, FakeRunningWorkloads([running("bad", BAD)])).by_name()["bad"].action is Action.DENY


@pytest.mark.parametrize(
    ("everywhere", "expected"),
    [
        (False, {"none": Mode.DENY, "deny": Mode.DENY, "warn": Mode.WARN, "audit": Mode.AUDIT, "off": Mode.OFF}),
        (True, {"none": Mode.DENY, "deny": Mode.DENY, "warn": Mode.DENY, "audit": Mode.DENY, "off": Mode.OFF}),
    ],
)
def test_enforcing_leaves_alone_what_somebody_exempted(
    audits: Audits, everywhere: bool, expected: dict[str, Mode]
) -> None:
    modes = enforcing_modes(Policy(enforce=Mode.WARN), everywhere=everywhere)
    assert {name: modes({} if name == "none" else {ENFORCE_LABEL: name}) for name in expected} == expected


def test_only_what_runs_in_the_named_namespaces_is_judged(audits: Audits) -> None:
    audits.cluster.found = [running("a", BAD, namespace=name) for name in ("shop", "bank")]
    result = audits.run(namespaces=("bank",))
    assert [workload.workload.owner.namespace for workload in result.workloads] == ["bank"]


def test_an_unknown_image_is_searched_for_like_at_admission(audits: Audits) -> None:
    stranger = digest_of("stranger")
    audits.world.directory.sboms[stranger] = [sbom_of(LOG4J)]
    audits.cluster.found = [running("new", ("shop/stranger:1", stranger))]
    assert audits.by_name()["new"].action is Action.DENY


def test_an_audit_does_not_wait_on_and_on_for_searches_that_do_not_end(audits: Audits) -> None:
    world = audits.world
    world.background.hold = True
    found = [running(f"w{number}", ("shop/x:1", digest_of(f"stranger-{number}"))) for number in range(5)]
    audits.cluster.found = found
    audits.options = AuditOptions(image_seconds=10.0, search_seconds=0.0)
    result = audits.run()
    assert {image.sbom for image in result.images} == {SbomStatus.REFUSED}
    assert all(max(task.waited) == 0.0 for task in world.background.tasks)
    assert len(world.background.tasks) == 5, "each is searched for in the background, for the next audit"


def test_an_audit_waits_for_each_image_only_so_long(audits: Audits) -> None:
    audits.world.background.hold = True
    audits.cluster.found = [running("new", ("shop/stranger:1", digest_of("stranger")))]
    audits.run()
    assert [task.waited for task in audits.world.background.tasks] == [[0.0, 10.0]]


def test_an_image_without_an_sbom_is_searched_for_again_only_after_a_while_or_when_it_has_one(audits: Audits) -> None:
    world, stranger = audits.world, digest_of("stranger")
    audits.cluster.found = [running("new", ("shop/stranger:1", stranger))]
    auditor = Auditor(audits.parts(), audits.options, labelled_modes(world.policy))

    def searched(seconds: float) -> tuple[int, Action]:
        world.clock.advance(seconds)
        (one,) = auditor.audit().workloads
        return len(world.directory.asked), one.action

    assert searched(0) == (1, Action.WARN)
    assert searched(600) == (1, Action.WARN)
    assert searched(400) == (2, Action.WARN)
    world.store.sboms.add(stranger, sbom_of(LOG4J), place="added")
    assert searched(60) == (2, Action.DENY)


def test_what_is_rehearsed_counts_for_the_verdicts(audits: Audits) -> None:
    now, index = audits.world.clock.now(), audits.world.model.assessments
    ignored = Assessment("CVE-2021-44228", "Ignore", Scope(), AssessmentSource.MANUAL, "ada", "no", now, None)
    audits.cluster.found = [running("bad", BAD)]
    assert audits.by_name(rehearse=lambda: index.add([ignored]))["bad"].action is Action.ALLOW


def test_an_api_server_that_does_not_answer_ends_the_audit(audits: Audits) -> None:
    audits.cluster.error = Retryable("The API server cannot be reached.")
    with pytest.raises(Retryable):
        audits.run()


def test_a_verdict_that_time_changes_says_when(audits: Audits) -> None:
    audits.cluster.found = [running("bad", BAD), running("good", GOOD)]
    result = audits.run()
    assert result.valid_until is not None
    assert result.valid_until == next(image.valid_until for image in result.images if image.action is Action.DENY)


@pytest.mark.parametrize("name", ["period_minutes", "min_seconds", "image_seconds", "max_results", "writes_per_second"])
def test_options_that_cannot_work_are_refused_by_name(name: str) -> None:
    with pytest.raises(ConfigError, match=r"audit\."):
        AuditOptions(**{name: 0}).check()
