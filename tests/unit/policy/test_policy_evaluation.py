from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from tests.copies import replace
from tests.unit.policy.builders import (
    DAY,
    DIGEST,
    LOG4J,
    NOW,
    WEB,
    assessment,
    facts,
    judge_one,
    kind,
    rules,
    vulnerability,
)
from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, OnExpiry, Scope, StoredType
from webhook.model.policies import Policy
from webhook.model.purls import Purl
from webhook.model.verdicts import ComponentCounts, ImageVerdict, SbomStatus, Verdict
from webhook.model.vulnerabilities import Rescored
from webhook.policy.clustertypes import with_stored
from webhook.policy.evaluation import MOST_FINDINGS, Rules, Subject, evaluate, workload_verdict
from webhook.policy.matching import AssessmentIndex
from webhook.policy.reasons import weightiest
from webhook.policy.typetable import default_types
from webhook.policy.unseen import failed, missing

SUBJECT = Subject(WEB, DIGEST, "shop", 7)
AUTO = AssessmentSource.AUTO


@pytest.mark.parametrize(
    ("type_name", "action"), [("Ignore", Action.ALLOW), ("Caution", Action.WARN), ("blocked", Action.DENY)]
)
def test_the_type_of_the_assessment_decides(type_name: str, action: Action) -> None:
    verdict = judge_one(vulnerability(), [assessment(type_name)])
    assert verdict.action is action
    assert verdict.findings[0].action is action


@pytest.mark.parametrize("action", list(Action))
def test_what_is_unassessed_is_decided_by_the_policy(action: Action) -> None:
    verdict = judge_one(vulnerability(), use=rules(policy=Policy(unassessed=action)))
    assert verdict.action is action
    assert verdict.findings[0].assessment is None


def test_a_custom_type_has_its_own_action() -> None:
    use = rules(kind("Review", Action.WARN))
    assert judge_one(vulnerability(), [assessment("Review")], use).action is Action.WARN


@pytest.mark.parametrize(("more", "action"), [(0, Action.ALLOW), (1, Action.DENY)])
def test_more_findings_than_are_judged_deny_whatever_is_said_of_them(more: int, action: Action) -> None:
    many = [(LOG4J, [vulnerability()] * (MOST_FINDINGS // 2))] * 2 + [(LOG4J, [vulnerability()])] * more
    verdict = evaluate(facts(many), SUBJECT, rules(), AssessmentIndex.of([assessment("Ignore")]), NOW)
    assert (verdict.action, len(verdict.findings)) == (action, MOST_FINDINGS)
    assert [(reason.code, reason.action) for reason in verdict.reasons] == [("too-many-findings", action)] * more
    assert all("that 1 of them were not judged" in reason.text for reason in verdict.reasons)


def test_a_clean_image_is_allowed_for_ever() -> None:
    verdict = evaluate(facts(clean=3), SUBJECT, rules(), AssessmentIndex(), NOW)
    assert (verdict.action, verdict.findings, verdict.reasons, verdict.valid_until) == (Action.ALLOW, (), (), None)
    assert (verdict.image, verdict.digest, verdict.revision, verdict.sbom) == (WEB, DIGEST, 7, SbomStatus.FOUND)


def test_a_remark_weighs_nothing() -> None:
    verdict = evaluate(replace(facts(clean=3), past_support=2), SUBJECT, rules(), AssessmentIndex(), NOW)
    assert [(reason.code, reason.action) for reason in verdict.reasons] == [("past-support", Action.ALLOW)]
    assert verdict.reasons[0].text.startswith("2 of 3 components are of a release that its distribution no longer")
    assert weightiest(workload_verdict([ImageVerdict(verdict, ("web",))])) == "clean"


@pytest.mark.parametrize(
    ("state", "field", "code", "default"),
    [
        ("unknown", "unknown", "unknown", Action.WARN),
        ("not_covered", "not_covered", "not-covered", Action.ALLOW),
        ("unusable", "unusable", "unusable", Action.ALLOW),
    ],
)
def test_each_state_that_is_not_clean_counts_as_the_policy_says(
    state: str, field: str, code: str, default: Action
) -> None:
    known = facts(clean=1, **{state: 2})
    verdict = evaluate(known, SUBJECT, rules(), AssessmentIndex(), NOW)
    assert verdict.action is default
    assert [(reason.code, reason.action) for reason in verdict.reasons] == [(code, default)]
    assert verdict.reasons[0].text.startswith("2 of 3 components are")
    assert verdict.reasons[0].remedy
    for action in Action:
        policy = Policy(**{field: action})
        assert evaluate(known, SUBJECT, rules(policy=policy), AssessmentIndex(), NOW).action is action


def test_an_image_is_as_bad_as_its_worst_finding_or_reason() -> None:
    known = facts([(LOG4J, [vulnerability("CVE-1", "2.0"), vulnerability("CVE-2", "9.8")])], unknown=1, clean=4)
    index = AssessmentIndex.of(
        [assessment("Ignore", vulnerability="CVE-1"), assessment("Blocked", vulnerability="CVE-2")]
    )
    verdict = evaluate(known, SUBJECT, rules(), index, NOW)
    assert verdict.action is Action.DENY
    assert [finding.vulnerability.id for finding in verdict.findings] == ["CVE-2", "CVE-1"]
    assert verdict.counts == ComponentCounts(total=6, vulnerable=1, clean=4, unknown=1)


def test_findings_come_worst_first_whatever_their_order_was() -> None:
    npm = Purl("pkg:npm/a@1.0.0")
    found = [vulnerability(f"CVE-{number}", score) for number, score in enumerate(["5.0", None, "9.8", "5.0"])]
    one = evaluate(facts([(npm, found), (LOG4J, found)]), SUBJECT, rules(), AssessmentIndex(), NOW)
    other = evaluate(facts([(LOG4J, found[::-1]), (npm, found[::-1])]), SUBJECT, rules(), AssessmentIndex(), NOW)
    assert one.findings == other.findings
    shown = [(item.vulnerability.id, item.purl.type) for item in one.findings]
    assert shown[:4] == [("CVE-2", "maven"), ("CVE-2", "npm"), ("CVE-0", "maven"), ("CVE-3", "maven")]
    assert shown[-1] == ("CVE-1", "npm")


def test_an_expired_assessment_leaves_the_finding_unassessed_and_is_shown() -> None:
    record = assessment("Blocked", until=NOW)
    verdict = judge_one(vulnerability(), [record])
    assert verdict.action is Action.WARN
    assert (verdict.findings[0].assessment, verdict.findings[0].expired) == (None, record)
    assert verdict.valid_until is None


def test_a_verdict_is_valid_until_the_first_assessment_it_used_expires() -> None:
    known = facts([(LOG4J, [vulnerability("CVE-1"), vulnerability("CVE-2")])])
    index = AssessmentIndex.of(
        [
            assessment("Blocked", vulnerability="CVE-1", until=NOW + 5 * DAY),
            assessment("Ignore", vulnerability="CVE-2", until=NOW + 3 * DAY),
            assessment("Ignore", vulnerability="CVE-3", until=NOW + DAY),
        ]
    )
    assert evaluate(known, SUBJECT, rules(), index, NOW).valid_until == NOW + 3 * DAY


def test_a_verdict_is_valid_until_its_oldest_answer_is_too_old() -> None:
    known = facts(clean=2, answered_at=NOW - DAY)
    policy = Policy(max_report_age=3 * DAY)
    assert evaluate(known, SUBJECT, rules(policy=policy), AssessmentIndex(), NOW).valid_until == NOW + 2 * DAY
    assert evaluate(known, SUBJECT, rules(), AssessmentIndex(), NOW).valid_until is None


@pytest.mark.parametrize(
    ("then", "now", "note"),
    [
        ("7.5", "9.8", "score moved 7.5 → 9.8"),
        ("7.5", None, "score moved 7.5 → none"),
        ("7.5", "7.52", ""),
        (None, "9.8", ""),
    ],
)
def test_a_score_that_moved_is_flagged_and_the_assessment_stays(then: str | None, now: str | None, note: str) -> None:
    finding = judge_one(vulnerability(score=now), [assessment("Ignore", score=then)]).findings[0]
    assert (finding.note, finding.action) == (note, Action.ALLOW)


@pytest.mark.parametrize("score", [None, "0.0"])
def test_a_vulnerability_without_a_score_is_said_to_be_unscored(score: str | None) -> None:
    assert judge_one(vulnerability(score=score)).findings[0].note == "unscored"
    assert judge_one(vulnerability(score="5.0")).findings[0].note == ""


@pytest.mark.parametrize(("unassessed", "action"), [(Action.ALLOW, Action.WARN), (Action.DENY, Action.DENY)])
def test_a_type_that_is_not_configured_any_more_never_allows(unassessed: Action, action: Action) -> None:
    use = rules(kind("Ignore", Action.ALLOW), policy=Policy(unassessed=unassessed))
    finding = judge_one(vulnerability(), [assessment("Gone")], use).findings[0]
    assert finding.action is action
    assert finding.note == "assessment type Gone is not configured"


@pytest.mark.parametrize(
    ("last", "action"), [(Action.ALLOW, Action.WARN), (Action.WARN, Action.WARN), (Action.DENY, Action.DENY)]
)
def test_a_type_that_is_gone_opens_nothing_that_its_last_action_kept_shut(last: Action, action: Action) -> None:
    types = with_stored(default_types(), [StoredType(kind("Gone", last), retired=True)])
    verdict = judge_one(vulnerability(), [assessment("Gone")], Rules(types, Policy()))
    assert verdict.action is action
    assert verdict.findings[0].note == f"assessment type Gone is gone; its last action was {last.word}"


def test_a_type_that_is_gone_asks_for_no_less_than_what_is_unassessed() -> None:
    types = with_stored(default_types(), [StoredType(kind("Gone", Action.ALLOW), retired=True)])
    use = Rules(types, Policy(unassessed=Action.DENY))
    assert judge_one(vulnerability(), [assessment("Gone")], use).action is Action.DENY


class TestReassessingOnExpiry:
    """``onExpiry: reassess`` applies the ranges to the present score at the moment of expiry."""

    again = rules(
        kind("Ignore", Action.ALLOW, ("0.1", "3.9"), 90),
        kind("Blocked", Action.DENY, ("9.0", "10.0"), 30, OnExpiry.REASSESS),
    )

    def test_what_was_denied_stays_denied(self) -> None:
        record = assessment("Blocked", until=NOW - DAY)
        finding = judge_one(vulnerability(score="9.8"), [record], self.again).findings[0]
        assert finding.action is Action.DENY
        assert finding.expired == record
        assert finding.assessment is not None
        assert finding.assessment.source is AUTO
        assert finding.assessment.until == NOW + 29 * DAY
        assert finding.assessment.comment == "Reassessed when Blocked expired."

    def test_it_begins_anew_each_time_its_life_ends(self) -> None:
        record = assessment("Blocked", until=NOW)
        for days in (0, 29, 30, 3000):
            verdict = judge_one(vulnerability(score="9.8"), [record], self.again, NOW + days * DAY)
            assert verdict.action is Action.DENY
            assert verdict.valid_until == NOW + (days // 30 + 1) * 30 * DAY

    def test_the_present_score_counts(self) -> None:
        record = assessment("Blocked", until=NOW)
        finding = judge_one(vulnerability(score="2.0"), [record], self.again).findings[0]
        assert (finding.action, finding.assessment and finding.assessment.type) == (Action.ALLOW, "Ignore")
        lapsed = judge_one(vulnerability(score="2.0"), [record], self.again, NOW + 90 * DAY).findings[0]
        assert (lapsed.action, lapsed.assessment) == (Action.WARN, None)
        assert lapsed.expired is not None
        assert lapsed.expired.type == "Ignore"

    def test_without_a_range_for_the_score_it_is_unassessed(self) -> None:
        record = assessment("Blocked", until=NOW)
        finding = judge_one(vulnerability(score="5.0"), [record], self.again).findings[0]
        assert (finding.action, finding.assessment, finding.expired) == (Action.WARN, None, record)

    def test_types_that_do_not_ask_for_it_lapse(self) -> None:
        record = assessment("Ignore", until=NOW)
        assert judge_one(vulnerability(score="9.8"), [record], self.again).findings[0].assessment is None


@pytest.mark.parametrize("status", [status for status in SbomStatus if status is not SbomStatus.FOUND])
def test_an_image_without_components_is_decided_by_missing_sbom(status: SbomStatus) -> None:
    verdict = missing(SUBJECT, status, "registry: it\nsaid\x1b[31m no.", rules(policy=Policy(missing_sbom=Action.DENY)))
    assert (verdict.action, verdict.sbom, verdict.valid_until) == (Action.DENY, status, None)
    (reason,) = verdict.reasons
    assert reason.code == "missing-sbom"
    assert reason.text.endswith(": registry: it said [31m no.")
    assert reason.remedy


def test_each_way_to_miss_an_sbom_has_its_own_sentence_and_remedy() -> None:
    verdicts = [missing(SUBJECT, status, "", rules()) for status in SbomStatus if status is not SbomStatus.FOUND]
    assert (
        len({verdict.reasons[0].text for verdict in verdicts})
        == len({verdict.reasons[0].remedy for verdict in verdicts})
        == 6
    )
    assert all(verdict.action is Action.WARN for verdict in verdicts)


def test_an_sbom_that_was_found_is_not_missing() -> None:
    with pytest.raises(ValueError, match="not missing"):
        missing(SUBJECT, SbomStatus.FOUND, "", rules())


@pytest.mark.parametrize("has_sbom", [True, False])
@pytest.mark.parametrize("missing_sbom", list(Action))
@pytest.mark.parametrize("on_error", list(Action))
def test_an_error_counts_no_less_than_a_missing_sbom_unless_one_is_known(
    on_error: Action, missing_sbom: Action, has_sbom: bool
) -> None:
    use = rules(policy=Policy(on_error=on_error, missing_sbom=missing_sbom))
    expected = on_error if has_sbom else max(on_error, missing_sbom)
    assert failed(SUBJECT, "4f2a", use, has_sbom=has_sbom).action is expected


def test_an_error_names_its_id() -> None:
    verdict = failed(SUBJECT, "4f2a", rules(policy=Policy(on_error=Action.DENY)), has_sbom=False)
    assert verdict.action is Action.DENY
    assert "4f2a" in verdict.reasons[0].text
    assert verdict.reasons[0].code == "error"


def test_a_workload_is_as_bad_as_its_worst_image() -> None:
    clean = evaluate(facts(clean=1), SUBJECT, rules(), AssessmentIndex(), NOW)
    bad = judge_one(vulnerability(), [assessment("Blocked")])
    verdict = workload_verdict([ImageVerdict(clean, ("a",)), ImageVerdict(bad, ("b",))])
    assert verdict.action is Action.DENY
    assert [image.containers for image in verdict.images] == [("a",), ("b",)]
    assert workload_verdict([]).action is Action.ALLOW


def test_an_assessment_for_a_namespace_counts_only_there() -> None:
    index = AssessmentIndex.of([assessment("Ignore", scope=Scope(package=LOG4J.package, namespace="shop"))])
    known = facts([(LOG4J, [vulnerability()])])
    actions = [
        evaluate(known, Subject(WEB, DIGEST, where), rules(), index, NOW).action for where in ("shop", "other", "")
    ]
    assert actions == [Action.ALLOW, Action.WARN, Action.WARN]


def test_a_score_that_is_no_number_does_not_break_the_order() -> None:
    known = facts([(LOG4J, [vulnerability("CVE-1", "NaN"), vulnerability("CVE-2", "5.0")])])
    verdict = evaluate(known, SUBJECT, rules(), AssessmentIndex(), NOW)
    assert [finding.vulnerability.id for finding in verdict.findings] == ["CVE-2", "CVE-1"]


def test_time_zones_do_not_matter() -> None:
    record = assessment("Blocked", until=NOW.astimezone(dt.timezone(dt.timedelta(hours=5))))
    assert judge_one(vulnerability(), [record]).findings[0].assessment is None


# -- versions that cannot be ordered ----------------------------------------------------------------------------------

BRANCH = Purl("pkg:composer/acme/app@dev-main")


def ranged(type_name: str, versions: str, *, until: dt.datetime | None = None, sequence: int = 1) -> Assessment:
    scope = Scope(package=BRANCH.package, version_range=versions)
    return assessment(type_name, scope=scope, until=until, sequence=sequence)


def judge_branch(*records: Assessment, use: Rules | None = None, now: dt.datetime = NOW) -> Verdict:
    found = facts([(BRANCH, [vulnerability(score="5.0")])])
    return evaluate(found, Subject(WEB, DIGEST, "shop", 7), use or rules(), AssessmentIndex.of(records), now)


def test_a_doubtful_range_counts_only_where_it_is_stricter_than_what_counts_without_it() -> None:
    wide = assessment("Caution", scope=Scope(package=BRANCH.package))
    for type_name, given in (("Ignore", "Caution"), ("Caution", "Caution"), ("Blocked", "Blocked")):
        (finding,) = judge_branch(wide, ranged(type_name, "<2", sequence=2)).findings
        assert finding.assessment is not None
        assert finding.assessment.type == given
        assert "cannot be compared with <2" in finding.note


def test_of_several_doubtful_ranges_the_strictest_counts() -> None:
    records = [
        ranged("Blocked", "<2", sequence=1),
        ranged("Caution", "<3", sequence=2),
        ranged("Ignore", ">1", sequence=3),
    ]
    (finding,) = judge_branch(*records).findings
    assert finding.action is Action.DENY


def test_a_narrower_decision_is_not_overridden_by_a_doubtful_range() -> None:
    exact = ranged("Ignore", "=dev-main", sequence=1)
    (finding,) = judge_branch(exact, ranged("Blocked", "<2", sequence=2)).findings
    assert (finding.action, finding.note) == (Action.ALLOW, "")


def test_a_verdict_ends_when_what_a_doubtful_range_is_compared_with_ends() -> None:
    wide = assessment("Ignore", scope=Scope(package=BRANCH.package), until=NOW + DAY)
    use = rules(policy=Policy(unassessed=Action.DENY))
    doubtful = ranged("Caution", "<2", until=NOW + 2 * DAY)
    before = judge_branch(wide, doubtful, use=use)
    assert (before.action, before.valid_until) == (Action.WARN, NOW + DAY)
    assert judge_branch(wide, doubtful, use=use, now=NOW + DAY).action is Action.DENY


def test_an_expired_doubtful_range_counts_no_more_unless_its_type_is_assessed_again() -> None:
    old = ranged("Blocked", "<2", until=NOW - DAY)
    assert judge_branch(old).action is Action.WARN
    again = rules(kind("Blocked", Action.DENY, ("4.0", "10.0"), 30, OnExpiry.REASSESS))
    assert judge_branch(old, use=again).action is Action.DENY


# -- scores and rejected identifiers ----------------------------------------------------------------------------------


def test_a_moved_score_is_said_of_unassessed_findings_and_of_decisions_without_a_score() -> None:
    found = replace(vulnerability(score="6.5"), rescored=Rescored(None, NOW))
    assert judge_one(found).findings[0].note == "score moved none → 6.5"
    assert judge_one(found, [assessment("Ignore")]).findings[0].note == "score moved none → 6.5"
    later = replace(assessment("Ignore"), assessed_at=NOW)
    assert judge_one(found, [later]).findings[0].note == ""
    gone = replace(vulnerability(score=None), rescored=Rescored(Decimal("5.0"), NOW))
    assert judge_one(gone).findings[0].note == "unscored; score moved 5.0 → none"


@pytest.mark.parametrize("most", [None, Action.WARN, Action.ALLOW])
def test_a_rejected_identifier_asks_for_no_more_than_the_policy_says(most: Action | None) -> None:
    found = replace(vulnerability(), rejected=True)
    for unassessed in Action:
        use = rules(policy=Policy(unassessed=unassessed, rejected=most))
        worst = Action.DENY if most is None else most
        assert judge_one(found, [], use).action is min(unassessed, worst)
        assert judge_one(found, [assessment("Blocked", by=AUTO)], use).action is min(Action.DENY, worst)
        assert judge_one(found, [assessment("Blocked")], use).action is Action.DENY
        assert judge_one(vulnerability(), [assessment("Blocked", by=AUTO)], use).action is Action.DENY


def test_a_finding_that_is_not_shown_beside_a_worse_one_may_still_change_the_verdict_with_time() -> None:
    """Two sources score one vulnerability, and the milder score gives a type that ends sooner."""
    use = rules(
        kind("Old", Action.ALLOW, on_expiry=OnExpiry.REASSESS),
        kind("Low", Action.ALLOW, ("0.1", "3.9"), 1),
        kind("High", Action.WARN, ("9.0", "10.0"), 3),
        policy=Policy(unassessed=Action.DENY),
    )
    found = [vulnerability(score="9.8"), replace(vulnerability(score="3.0"), source="osv")]
    index = AssessmentIndex.of([assessment("Old", until=NOW)])
    verdict = evaluate(facts([(LOG4J, found)]), SUBJECT, use, index, NOW)
    assert [finding.action for finding in verdict.findings] == [Action.WARN]
    assert verdict.valid_until == NOW + DAY
    assert evaluate(facts([(LOG4J, found)]), SUBJECT, use, index, NOW + DAY).action is Action.DENY
