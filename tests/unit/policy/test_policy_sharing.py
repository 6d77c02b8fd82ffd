"""Findings that are judged once for all images: what is judged again, and when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest

from tests.copies import replace
from tests.unit.policy.builders import DAY, DIGEST, LOG4J, NOW, WEB, assessment, facts, rules, vulnerability
from tests.vexdocuments import kept, statement
from webhook.model.actions import Action
from webhook.model.assessments import AssessmentSource, Scope
from webhook.model.changes import VulnerableComponent
from webhook.model.policies import Policy
from webhook.model.purls import Purl
from webhook.model.vex import VexProduct
from webhook.policy import sharing
from webhook.policy.evaluation import Rules, Subject, conclude, summary
from webhook.policy.judge import Judge, JudgedComponent
from webhook.policy.matching import AssessmentIndex
from webhook.policy.precedence import Place
from webhook.policy.sharing import SharedFindings
from webhook.policy.typetable import default_types
from webhook.policy.vex import VexIndex

OTHER = Purl("pkg:npm/left-pad@1.3.0")
FOUND = VulnerableComponent(LOG4J, (vulnerability(),))
FURTHER = VulnerableComponent(OTHER, (vulnerability("CVE-2026-2", "5.0"),))
USE = rules()


class Asked:
    """What is shared, asked again and again for the same components."""

    def __init__(self) -> None:
        self.index, self.shared, self.sequence = AssessmentIndex(), SharedFindings(), 0

    def add(self, type_name: str | None, **members: object) -> None:
        self.sequence += 1
        self.index.add([assessment(type_name, sequence=self.sequence, **members)])

    def of(
        self, namespace: str = "shop", now: dt.datetime = NOW, use: Rules = USE, components: Sequence = (FOUND, FURTHER)
    ) -> list[JudgedComponent]:
        return self.shared.of(components, Judge(use, self.index, now, Place(WEB, DIGEST, namespace)))

    def actions(self, namespace: str = "shop", now: dt.datetime = NOW) -> list[Action]:
        return [finding.action for judged in self.of(namespace, now) for _, finding in judged.ranked]


def test_only_what_an_assessment_is_about_is_judged_again() -> None:
    asked = Asked()
    before = asked.of()
    assert asked.of("lab") == before and all(one is was for one, was in zip(asked.of("lab"), before, strict=True))
    asked.add("Blocked")
    after = asked.of()
    assert after[0].ranked[0][1].action is Action.DENY
    assert after[1] is before[1]


def test_an_assessment_under_an_alias_is_noticed() -> None:
    asked = Asked()
    one = VulnerableComponent(LOG4J, (vulnerability("CVE-2021-44228", "10.0", "GHSA-jfh8"),))
    asked.of(components=[one])
    asked.add("Blocked", vulnerability="ghsa-JFH8")
    assert asked.of(components=[one])[0].ranked[0][1].action is Action.DENY


def test_where_an_assessment_is_narrowed_to_is_judged_by_itself() -> None:
    asked = Asked()
    asked.add("Blocked")
    asked.add("Ignore", scope=Scope(LOG4J.package, namespace="lab"))
    assert [asked.actions(namespace)[0] for namespace in ("shop", "lab", "shop", "lab", "")] == [
        Action.DENY,
        Action.ALLOW,
        Action.DENY,
        Action.ALLOW,
        Action.DENY,
    ]
    assert asked.of("shop")[0] is asked.of("")[0]


def test_the_end_of_an_assessment_is_not_missed() -> None:
    asked = Asked()
    asked.add("Ignore", until=NOW + DAY)
    almost = NOW + DAY - dt.timedelta(microseconds=1)
    assert [asked.actions(now=now)[0] for now in (NOW, almost)] == [Action.ALLOW, Action.ALLOW]
    assert asked.of(now=almost)[0] is asked.of(now=NOW)[0]
    assert asked.actions(now=NOW + DAY)[0] is Action.WARN
    assert asked.actions(now=NOW)[0] is Action.ALLOW, "a clock that was set back"


def test_other_rules_and_other_descriptions_are_noticed() -> None:
    asked = Asked()
    asked.of()
    strict = Rules(default_types(), Policy(unassessed=Action.DENY))
    assert asked.of(use=strict)[0].ranked[0][1].action is Action.DENY
    known = replace(FOUND, vulnerabilities=(replace(FOUND.vulnerabilities[0], rejected=True),))
    assert asked.of(components=[known])[0].component is known


def test_a_component_that_was_decoded_again_is_not_judged_again() -> None:
    asked = Asked()
    before = asked.of()[0]
    assert asked.of(components=[VulnerableComponent(Purl(str(LOG4J)), (vulnerability(),))])[0] is before


def test_what_vex_says_of_one_image_counts_there_alone() -> None:
    asked = Asked()
    product = VexProduct((f"pkg:oci/web?repository_url={WEB.name}",), (DIGEST,), (str(LOG4J),))
    stated = statement(products=(product,), vulnerabilities=("CVE-2021-44228",))
    assert asked.actions()[0] is Action.WARN
    asked.index.with_vex(VexIndex(kept=[kept(stated)]))
    assert asked.of()[0].ranked[0][1].assessment.source is AssessmentSource.VEX
    other = Subject(WEB, None, "shop")
    known = summary(facts([(LOG4J, FOUND.vulnerabilities)]), USE.policy)
    assert conclude(known, other, USE, asked.index, NOW, asked.shared).action is Action.WARN


def test_a_change_in_the_middle_of_judging_is_not_kept_from_others(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, component = Asked(), Judge.component

    def slowly(judge: Judge, one: VulnerableComponent) -> JudgedComponent:
        judged = component(judge, one)
        if one is FOUND and not asked.sequence:
            asked.add("Blocked")
            SharedFindings.of(asked.shared, [FURTHER], judge)  # another thread, which notices the change
        return judged

    monkeypatch.setattr(Judge, "component", slowly)
    asked.of()
    assert asked.actions()[0] is Action.DENY


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "_MOST_FINDINGS", 10)
    asked = Asked()
    components = [VulnerableComponent(Purl(f"pkg:npm/a@{number}"), (vulnerability(),)) for number in range(25)]
    for component in components:
        asked.of(components=[component])
    again = [asked.of(components=[component])[0].component is component for component in components]
    assert all(again)
    assert asked.of(components=components[:1])[0] is asked.of(components=components[:1])[0], "what was kept first stays"
    assert asked.shared.findings <= 10


def test_after_many_that_were_not_kept_newer_ones_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "_MOST_FINDINGS", 10)
    monkeypatch.setattr(sharing, "_MOST_PASSED", 30)
    asked = Asked()
    components = [VulnerableComponent(Purl(f"pkg:npm/a@{number}"), (vulnerability(),)) for number in range(50)]
    asked.of(components=components)
    assert asked.of(components=components[-1:])[0] is asked.of(components=components[-1:])[0]
    assert 0 < asked.shared.findings <= 19
