from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import pytest

from tests.fakes import NOON, FakeClock, MemoryStore
from webhook.engines.assessing.assessor import Assessor
from webhook.engines.assessing.rules import StoreRules
from webhook.engines.assessing.selector import Selector
from webhook.engines.assessing.settingsfile import FileAssessments
from webhook.errors import ConfigError, InvalidInput
from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.policies import Policy
from webhook.model.purls import Purl
from webhook.model.records import AssessmentQuery, AssessmentState
from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability
from webhook.policy.decisions import Decision
from webhook.policy.evaluation import Rules
from webhook.policy.selections import Selection
from webhook.policy.typetable import default_types

LOG4J = Purl("pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1")
OLDER = Purl("pkg:maven/org.apache.logging.log4j/log4j-core@2.3")
LOG4J_SCOPE = Scope(package=LOG4J.package)
LODASH = Purl("pkg:npm/lodash@4.17.20")
LOG4SHELL = Vulnerability("CVE-2021-44228", cvss_score=Decimal("10.0"), aliases=("GHSA-jfh8-c2jp-5v3q",))
MEDIUM = Vulnerability("CVE-2021-45105", cvss_score=Decimal("5.9"))
POLLUTION = Vulnerability("CVE-2020-8203", cvss_score=Decimal("7.4"))
IGNORE = Decision("Ignore", "alice", "not reachable here")
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Entry:
    vulnerability: str = "CVE-2021-44228"
    type: str = "Blocked"
    scope: Scope = LOG4J_SCOPE
    comment: str = "never"
    until: dt.datetime | None = None
    until_fixed: bool = False


class World:
    """A store with three vulnerabilities in three components, and an assessor on it."""

    def __init__(self, *, auto: bool = True) -> None:
        self.clock = FakeClock()
        self.store = MemoryStore(self.clock)
        store, rules = self.store, StoreRules(Rules(default_types(), Policy()), self.store.types)
        self.assessor = Assessor(store.assessments, store.vulnerabilities, store.components, rules, self.clock)
        self.file = FileAssessments(store.assessments, store.vulnerabilities, rules, self.clock)
        self.selector = Selector(store.assessments, store.vulnerabilities, rules, self.clock)
        answers = [
            ComponentAnswer(LOG4J, (LOG4SHELL, MEDIUM), NOON),
            ComponentAnswer(OLDER, (MEDIUM,), NOON),
            ComponentAnswer(LODASH, (POLLUTION,), NOON),
        ]
        rule = self.assessor.auto_rule() if auto else (lambda vulnerability, package: None)
        self.store.components.record(answers, assess=rule, now=NOON)

    @property
    def records(self) -> list[Assessment]:
        return list(self.store.assessments.find(AssessmentQuery()))

    def action(self, identifier: str, purl: Purl, namespace: str = "") -> Action:
        """What is asked of one vulnerability in one component now."""
        (judged,) = self.selector.states(Selection(identifier=identifier, namespace=namespace))
        return next(finding.action for finding in judged.findings if finding.purl == purl)


@pytest.fixture
def world() -> World:
    return World()


def test_new_vulnerabilities_are_assessed_by_their_score_once(world: World) -> None:
    assert [(record.vulnerability, record.type, record.rule) for record in world.records] == [
        ("CVE-2020-8203", "Caution", "Caution 7.0–8.9"),
        ("CVE-2021-44228", "Blocked", "Blocked 9.0–10.0"),
    ]
    again = [ComponentAnswer(LOG4J, (LOG4SHELL, MEDIUM), NOON)]
    world.store.components.record(again, assess=world.assessor.auto_rule(), now=NOON)
    assert len(world.records) == 2


def test_a_decision_overrides_the_range_and_clearing_it_brings_the_range_back(world: World) -> None:
    assert world.action("CVE-2021-44228", LOG4J) is Action.DENY
    (made,) = world.assessor.assess(["CVE-2021-44228"], Scope(package=LOG4J), IGNORE)
    assert made.scope == Scope(package=LOG4J.package, version_range="=2.14.1")
    assert (made.author, made.comment, made.score) == ("alice", "not reachable here", Decimal("10.0"))
    assert world.action("CVE-2021-44228", LOG4J) is Action.ALLOW
    world.assessor.clear(["CVE-2021-44228"], Scope(package=LOG4J), author="bob")
    assert world.action("CVE-2021-44228", LOG4J) is Action.DENY
    assert len(world.records) == 4


def test_a_decision_expires_with_the_life_of_its_type(world: World) -> None:
    world.assessor.assess(["CVE-2021-45105"], Scope(), IGNORE)
    world.clock.current += 90 * DAY - dt.timedelta(seconds=1)
    assert world.action("CVE-2021-45105", LOG4J) is Action.ALLOW
    world.clock.current += dt.timedelta(seconds=1)
    assert world.action("CVE-2021-45105", LOG4J) is Action.WARN


def test_many_are_assessed_in_one_revision(world: World) -> None:
    before = world.store.feed.position().revision
    made = world.assessor.assess(["cve-2021-44228", "CVE-2020-8203", "CVE-2020-8203"], Scope(), IGNORE)
    assert [assessment.vulnerability for assessment in made] == ["CVE-2021-44228", "CVE-2020-8203"]
    assert world.store.feed.position().revision == before + 1


def test_an_alias_is_accepted_and_kept(world: World) -> None:
    (made,) = world.assessor.assess(["ghsa-JFH8-c2jp-5v3q"], Scope(), IGNORE)
    assert made.vulnerability == "GHSA-jfh8-c2jp-5v3q"
    assert world.action("CVE-2021-44228", LOG4J) is Action.ALLOW
    world.assessor.clear(["CVE-2021-44228"], Scope(), author="bob")
    assert world.action("CVE-2021-44228", LOG4J) is Action.DENY


def test_an_unknown_identifier_is_refused_with_near_ones_unless_allowed(world: World) -> None:
    with pytest.raises(InvalidInput, match="CVE-2021-44229 affects no known component") as caught:
        world.assessor.assess(["CVE-2020-8203", "CVE-2021-44229"], Scope(), IGNORE)
    assert "CVE-2021-44228" in caught.value.remedy
    assert len(world.records) == 2, "nothing was recorded"
    (made,) = world.assessor.assess(["CVE-2030-1"], Scope(), IGNORE, allow_unknown=True)
    assert made.score is None


def test_a_package_that_is_not_affected_is_refused_with_those_that_are(world: World) -> None:
    with pytest.raises(InvalidInput, match="does not affect pkg:npm/lodash") as caught:
        world.assessor.assess(["CVE-2021-44228"], Scope(package="pkg:npm/lodash"), IGNORE)
    assert LOG4J.package in caught.value.remedy


@pytest.mark.parametrize(
    ("decision", "sentence"),
    [
        (Decision("Gone", "alice", "x"), "not an assessment type"),
        (Decision("Ignore", "alice", ""), "needs a comment"),
        (Decision("Ignore", "alice", "x", until=NOON - DAY), "expired already"),
    ],
)
def test_a_decision_that_cannot_be_used_records_nothing(world: World, decision: Decision, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        world.assessor.assess(["CVE-2021-44228"], Scope(), decision)
    assert len(world.records) == 2


def test_no_identifier_is_an_error(world: World) -> None:
    with pytest.raises(InvalidInput, match="No vulnerability was given"):
        world.assessor.assess([], Scope(), IGNORE)


def test_a_decision_for_a_namespace_counts_only_there(world: World) -> None:
    world.assessor.assess(["CVE-2021-44228"], Scope(namespace="lab"), IGNORE)
    assert world.action("CVE-2021-44228", LOG4J, "lab") is Action.ALLOW
    assert world.action("CVE-2021-44228", LOG4J, "shop") is Action.DENY


def test_clearing_what_nobody_assessed_says_what_there_is(world: World) -> None:
    with pytest.raises(InvalidInput) as caught:
        world.assessor.clear(["CVE-2021-44228"], Scope(), author="bob")
    assert "not assessed by hand" in caught.value.remedy
    world.assessor.assess(["CVE-2021-44228"], Scope(namespace="lab"), IGNORE)
    with pytest.raises(InvalidInput) as caught:
        world.assessor.clear(["CVE-2021-44228"], Scope(), author="bob")
    assert "namespace lab" in caught.value.remedy
    world.file.provision([Entry("CVE-2020-8203", scope=Scope())])
    with pytest.raises(InvalidInput) as caught:
        world.assessor.clear(["CVE-2020-8203"], Scope(), author="bob")
    assert "configuration file" in caught.value.remedy


def test_a_selection_is_assessed_package_by_package(world: World) -> None:
    selection = Selection(score_low=Decimal("4.0"), score_high=Decimal("6.9"), state=AssessmentState.UNASSESSED)
    chosen = world.selector.select(selection)
    assert [(match.vulnerability.id, match.package) for match in chosen] == [("CVE-2021-45105", LOG4J.package)]
    made = world.assessor.assess_affected(chosen, Scope(namespace="shop"), IGNORE)
    assert [assessment.scope for assessment in made] == [Scope(package=LOG4J.package, namespace="shop")]
    assert world.selector.select(Selection(state=AssessmentState.UNASSESSED, namespace="shop")) == ()
    assert world.assessor.assess_affected((), Scope(), IGNORE) == ()


def test_the_list_shows_what_is_in_force_now(world: World) -> None:
    def shown(**selection: object) -> list[str]:
        return [state.record.vulnerability.id for state in world.selector.states(Selection(**selection))]

    assert shown() == ["CVE-2021-44228", "CVE-2020-8203", "CVE-2021-45105"]
    assert shown(state=AssessmentState.UNASSESSED) == ["CVE-2021-45105"]
    assert shown(state=AssessmentState.ASSESSED) == ["CVE-2021-44228", "CVE-2020-8203"]
    assert shown(type="caution") == ["CVE-2020-8203"]
    assert shown(package=LODASH) == ["CVE-2020-8203"]
    world.clock.current += 30 * DAY
    assert shown(state=AssessmentState.EXPIRED) == ["CVE-2021-44228", "CVE-2020-8203"]
    (judged,) = world.selector.states(Selection(identifier="GHSA-JFH8-c2jp-5v3q"))
    assert judged.state is AssessmentState.EXPIRED
    assert judged.findings[0].action is Action.WARN


def test_the_ranges_can_be_applied_to_what_is_already_there() -> None:
    world = World(auto=False)
    world.assessor.assess(["CVE-2020-8203"], Scope(), Decision("Ignore", "alice", "x", days=1))
    world.clock.current += 2 * DAY
    plan = world.assessor.existing(dry_run=True)
    assert [(assessment.vulnerability, assessment.type) for assessment in plan.assessments] == [
        ("CVE-2021-44228", "Blocked")
    ]
    assert (plan.assessed, plan.expired, plan.unmatched) == (0, 1, 1)
    assert len(world.records) == 1, "a dry run records nothing"
    assert world.assessor.existing(dry_run=False) == plan
    assert world.action("CVE-2021-44228", LOG4J) is Action.DENY
    again = world.assessor.existing(dry_run=False)
    assert (again.assessments, again.assessed) == ((), 1)


def test_the_configuration_is_provisioned_once_and_withdrawn_when_it_goes(world: World) -> None:
    world.file.provision([Entry("CVE-2021-45105")])
    assert world.action("CVE-2021-45105", LOG4J) is Action.DENY
    world.clock.current += DAY
    assert world.file.provision([Entry("CVE-2021-45105")]) == 0
    assert world.file.provision([Entry("cve-2021-45105", scope=Scope(package=f"{LOG4J.package}?a=b"))]) == 0
    assert world.file.provision([]) == 1
    assert world.action("CVE-2021-45105", LOG4J) is Action.WARN


def test_applying_an_old_file_again_does_not_renew_what_has_expired(world: World) -> None:
    world.file.provision([Entry("CVE-2021-45105")])
    world.clock.current += 31 * DAY
    assert world.file.provision([Entry("CVE-2021-45105")]) == 0
    assert world.action("CVE-2021-45105", LOG4J) is Action.WARN


def test_a_configured_date_in_the_past_is_accepted_and_has_no_effect(world: World) -> None:
    assert world.file.provision([Entry("CVE-2021-45105", until=NOON - DAY)]) == 1
    assert world.action("CVE-2021-45105", LOG4J) is Action.WARN


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ([Entry(), Entry("CVE-2020-8203", type="Gone")], r"assessments\[1\]: 'Gone' is not an assessment type"),
        ([Entry(scope=Scope(version_range="^1"))], r"assessments\[0\]: .* is not a range"),
        ([Entry(), Entry(vulnerability="cve-2021-44228")], r"assessments\[1\]: .* is assessed twice for pkg:maven"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_refused_whole(
    world: World, entries: list[Entry], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        world.file.provision(entries)
    assert all(record.source is AssessmentSource.AUTO for record in world.records)
