from __future__ import annotations

import datetime as dt
import unicodedata
from decimal import Decimal

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.copies import replace
from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, AssessmentType, CvssRange, OnExpiry, Scope
from webhook.model.changes import ImageFacts, VulnerableComponent
from webhook.model.images import Digest, ImageRef
from webhook.model.policies import Policy
from webhook.model.purls import Purl
from webhook.model.verdicts import ImageVerdict, SbomStatus, Verdict
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.evaluation import Rules, Subject, evaluate, workload_verdict
from webhook.policy.matching import AssessmentIndex
from webhook.policy.messages import MAX_DENIAL, MAX_WARNING, MAX_WARNINGS, denial, warnings
from webhook.policy.plaintext import is_plain
from webhook.policy.remedies import Hints
from webhook.policy.typetable import TypeTable
from webhook.policy.unseen import failed, missing

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
DIGEST = Digest("sha256:" + "ab" * 32)
SUBJECT = Subject(ImageRef("docker.io", "library/web", "1", None, "web:1"), DIGEST, "shop")
ACTIONS = st.sampled_from(list(Action))
POLICIES = st.builds(
    Policy,
    unassessed=ACTIONS,
    unknown=ACTIONS,
    missing_sbom=ACTIONS,
    not_covered=ACTIONS,
    unusable=ACTIONS,
    on_error=ACTIONS,
    max_report_age=st.none() | st.integers(1, 100).map(lambda hours: dt.timedelta(hours=hours)),
)
BANDS = {"A": ("0.1", "3.9"), "B": ("4.0", "8.9"), "C": ("9.0", "10.0")}
TYPES = st.tuples(
    *(
        st.builds(
            AssessmentType,
            name=st.just(name),
            action=ACTIONS,
            auto_assess=st.sampled_from([None, CvssRange(Decimal(low), Decimal(high))]),
            expires_after_days=st.none() | st.integers(1, 3),
            on_expiry=st.sampled_from(list(OnExpiry)),
        )
        for name, (low, high) in BANDS.items()
    )
)
RULES = st.builds(Rules, TYPES.map(TypeTable), POLICIES)
SCORES = st.none() | st.decimals(0, 10, places=1)
FOUND = st.lists(st.builds(Vulnerability, id=st.sampled_from(["V1", "V2", "V3"]), cvss_score=SCORES), max_size=3)
COMPONENTS = st.lists(
    st.builds(
        VulnerableComponent, st.sampled_from([Purl("pkg:npm/a@1.0.0"), Purl("pkg:npm/b@2.0.0")]), FOUND.map(tuple)
    ),
    max_size=3,
).map(tuple)
MOMENTS = st.integers(-72, 72).map(lambda hours: NOW + dt.timedelta(hours=hours))
RECORDS = st.lists(
    st.builds(
        Assessment,
        vulnerability=st.sampled_from(["V1", "V2"]),
        type=st.sampled_from([None, "A", "B", "C", "gone"]),
        scope=st.builds(Scope, package=st.sampled_from([None, "pkg:npm/a"]), namespace=st.sampled_from([None, "shop"])),
        source=st.sampled_from(list(AssessmentSource)),
        author=st.just("alice"),
        comment=st.just(""),
        assessed_at=st.just(NOW),
        until=st.none() | MOMENTS,
        score=SCORES,
    ),
    max_size=6,
).map(lambda records: AssessmentIndex.of(replace(record, sequence=number) for number, record in enumerate(records, 1)))
COUNTS = st.integers(0, 3)
ANSWERS = st.lists(st.integers(0, 100).map(lambda hours: NOW - dt.timedelta(hours=hours)), max_size=4)


def facts(
    components: tuple[VulnerableComponent, ...],
    answers: list[dt.datetime],
    others: tuple[int, int, int],
    policy: Policy,
    now: dt.datetime,
) -> ImageFacts:
    """What a read model tells at ``now``: clean answers that are too old are unknown."""
    age = policy.max_report_age
    fresh = [answer for answer in answers if age is None or answer > now - age]
    unknown, not_covered, unusable = others
    return ImageFacts(
        total=len(components) + len(answers) + sum(others),
        clean=len(fresh),
        unknown=unknown + len(answers) - len(fresh),
        not_covered=not_covered,
        unusable=unusable,
        vulnerable=components,
        answered_at=min(fresh, default=None),
    )


OTHERS = st.tuples(COUNTS, COUNTS, COUNTS)


@given(COMPONENTS, OTHERS, RULES, RECORDS)
@settings(max_examples=200)
def test_a_verdict_is_exactly_as_bad_as_its_worst_part(
    components: tuple[VulnerableComponent, ...], others: tuple[int, int, int], rules: Rules, index: AssessmentIndex
) -> None:
    verdict = evaluate(facts(components, [], others, rules.policy, NOW), SUBJECT, rules, index, NOW)
    parts = [finding.action for finding in verdict.findings] + [reason.action for reason in verdict.reasons]
    assert verdict.action == max(parts, default=Action.ALLOW)
    assert len(verdict.findings) == sum(len(component.vulnerabilities) for component in components)
    for finding in verdict.findings:
        if finding.assessment is None:
            assert finding.action is rules.policy.unassessed
        else:
            kind = rules.types.get(finding.assessment.type or "")
            assert finding.action is kind.action if kind else finding.action >= Action.WARN
            assert not finding.assessment.expired(NOW)


@given(COMPONENTS, OTHERS, RULES, RECORDS)
def test_what_is_unknown_is_never_better_than_the_policy_says(
    components: tuple[VulnerableComponent, ...], others: tuple[int, int, int], rules: Rules, index: AssessmentIndex
) -> None:
    verdict = evaluate(facts(components, [], others, rules.policy, NOW), SUBJECT, rules, index, NOW)
    for number, action in zip(
        others, (rules.policy.unknown, rules.policy.not_covered, rules.policy.unusable), strict=True
    ):
        assert number == 0 or verdict.action >= action
    for status in SbomStatus:
        if status is not SbomStatus.FOUND:
            assert missing(SUBJECT, status, "", rules).action is rules.policy.missing_sbom
    assert failed(SUBJECT, "1", rules, has_sbom=True).action is rules.policy.on_error
    worse = max(rules.policy.on_error, rules.policy.missing_sbom)
    assert failed(SUBJECT, "1", rules, has_sbom=False).action is worse


@given(COMPONENTS, ANSWERS, RULES, RECORDS, st.integers(0, 24 * 200))
@settings(max_examples=300)
def test_until_it_ends_a_verdict_stays_what_it_is(
    components: tuple[VulnerableComponent, ...],
    answers: list[dt.datetime],
    rules: Rules,
    index: AssessmentIndex,
    hours: int,
) -> None:
    def at(now: dt.datetime) -> Verdict:
        return evaluate(facts(components, answers, (0, 0, 0), rules.policy, now), SUBJECT, rules, index, now)

    first, later = at(NOW), NOW + dt.timedelta(hours=hours)
    assert first.valid_until is None or first.valid_until > NOW
    assume(first.valid_until is None or later < first.valid_until)
    assert at(later) == first


@given(COMPONENTS, RULES, RECORDS, st.randoms(use_true_random=False))
def test_the_order_of_components_and_findings_does_not_matter(
    components: tuple[VulnerableComponent, ...], rules: Rules, index: AssessmentIndex, random: object
) -> None:
    shuffled = []
    for component in components:
        found = list(component.vulnerabilities)
        random.shuffle(found)
        shuffled.append(replace(component, vulnerabilities=tuple(found)))
    random.shuffle(shuffled)
    one = evaluate(facts(components, [], (1, 0, 0), rules.policy, NOW), SUBJECT, rules, index, NOW)
    other = evaluate(facts(tuple(shuffled), [], (1, 0, 0), rules.policy, NOW), SUBJECT, rules, index, NOW)
    assert (one.action, one.reasons, one.valid_until) == (other.action, other.reasons, other.valid_until)
    shown = [[(f.purl, f.vulnerability.id, f.action) for f in verdict.findings] for verdict in (one, other)]
    assert shown[0] == shown[1]


WILD = st.text(max_size=60) | st.text("\n\r\t\x00\x1b\u202e\u200b\ud800'\";$`<> -é漢", max_size=400)
WILD_VERDICTS = st.builds(
    lambda name, text, found, records, rules, digest: evaluate(
        facts(
            (VulnerableComponent(Purl(f"pkg:npm/{name.replace('@', '')}@1"), tuple(found)),),
            [],
            (1, 0, 0),
            rules.policy,
            NOW,
        ),
        Subject(ImageRef("", text, None, None, text), digest),
        rules,
        AssessmentIndex.of(replace(record, vulnerability=found[0].id) for record in records if found),
        NOW,
    ),
    WILD,
    WILD,
    st.lists(st.builds(Vulnerability, id=WILD, title=WILD, cvss_score=SCORES), max_size=12),
    st.lists(
        st.builds(
            Assessment,
            vulnerability=st.just(""),
            type=st.sampled_from(["A", "B", "C"]),
            scope=st.just(Scope()),
            source=st.sampled_from(list(AssessmentSource)),
            author=WILD,
            comment=WILD,
            assessed_at=st.just(NOW),
            until=st.none() | MOMENTS,
            rule=WILD,
        ),
        max_size=2,
    ),
    RULES,
    st.sampled_from([None, DIGEST]),
)
WORKLOADS = st.lists(st.builds(ImageVerdict, WILD_VERDICTS, st.lists(WILD, max_size=5).map(tuple)), max_size=13).map(
    workload_verdict
)
HINTS = st.builds(Hints, console_url=WILD, break_glass=st.booleans(), release_type=st.sampled_from(["Ignore", "a 'b'"]))


@given(WILD, WORKLOADS, HINTS)
@settings(max_examples=100, deadline=None)
def test_messages_are_bounded_and_printable_whatever_strangers_wrote(title: str, workload, hints: Hints) -> None:
    text = denial(title, workload, hints)
    assert len(text) <= MAX_DENIAL
    assert all(is_plain(line.strip()) for line in text.splitlines())
    assert "\x1b" not in text
    text.encode("utf-8")
    lines = warnings(workload, hints)
    assert len(lines) <= MAX_WARNINGS
    assert len(set(lines)) == len(lines)
    for line in lines:
        assert not any(unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Cs") for character in line)
        line.encode("utf-8")
    assert all(0 < len(line) <= MAX_WARNING for line in lines)
    assert bool(lines) == (workload.action is not Action.ALLOW)


DOUBTFUL = st.builds(
    Assessment,
    vulnerability=st.sampled_from(["V1", "V2"]),
    type=st.sampled_from(["A", "B", "C", "gone"]),
    scope=st.builds(Scope, package=st.sampled_from([None, "pkg:npm/a"]), version_range=st.just("<2 || >master")),
    source=st.sampled_from(list(AssessmentSource)),
    author=st.just("alice"),
    comment=st.just(""),
    assessed_at=st.just(NOW),
    until=st.none() | MOMENTS,
    sequence=st.just(99),
)


@given(COMPONENTS, RULES, RECORDS, DOUBTFUL, st.sampled_from(["1", "main"]))
@settings(max_examples=300)
def test_a_range_that_cannot_be_applied_makes_nothing_milder(
    components: tuple[VulnerableComponent, ...], rules: Rules, index: AssessmentIndex, one: Assessment, version: str
) -> None:
    components = tuple(replace(each, purl=Purl(f"{each.purl.package}@{version}")) for each in components)
    found = facts(components, [], (0, 0, 0), rules.policy, NOW)
    without = evaluate(found, SUBJECT, rules, index, NOW)
    with_it = evaluate(found, SUBJECT, rules, AssessmentIndex.of([*index, one]), NOW)
    if version == "main":  # on an orderable version the range holds, whatever it asks for
        assert with_it.action >= without.action
    else:
        assert all("cannot be compared" not in each.note for each in with_it.findings)
