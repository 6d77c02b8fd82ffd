"""Findings that are shared among images, beside each image judged from scratch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.copies import replace
from tests.property.test_evaluation_property import RULES, facts
from tests.property.test_vex_property import HOSTILE, STATEMENTS, TRUST, TRUSTED
from tests.vexdocuments import COMPONENT, DIGEST, OTHER_DIGEST, kept
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.changes import VulnerableComponent
from webhook.model.exploitation import Exploitation
from webhook.model.images import Digest, parse_image
from webhook.model.policies import LocalRule
from webhook.model.purls import Purl
from webhook.model.verdicts import Verdict
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.evaluation import Rules, Subject, conclude, evaluate, summary
from webhook.policy.matching import AssessmentIndex
from webhook.policy.sharing import SharedFindings
from webhook.policy.vex import VexIndex

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
PURLS = (Purl(COMPONENT), Purl("pkg:npm/a@1"), Purl("pkg:golang/code.example/Team/lib/v2@1.0.0"))
PACKAGES = (
    None,
    *(purl.package for purl in PURLS),
    "pkg:golang/code.example/team/lib/v2",
    "pkg:golang/code.example/Team",
)
SUBJECTS = tuple(
    Subject(parse_image(f"{name}@{digest}"), Digest(digest), namespace)
    for name in ("registry.corp/shop/orders", "registry.corp/lab/copy")
    for digest in (DIGEST, OTHER_DIGEST)
    for namespace in ("shop", "lab", "")
)
MOMENTS = st.integers(-48, 48).map(lambda hours: NOW + dt.timedelta(hours=hours))
RECORDS = st.builds(
    Assessment,
    vulnerability=st.sampled_from(["CVE-2026-1", "ghsa-AAAA", "V2"]),
    type=st.sampled_from([None, "A", "B", "C", "gone"]),
    scope=st.builds(
        Scope,
        package=st.sampled_from(PACKAGES),
        version_range=st.sampled_from([None, None, "<2", "<2 || >master"]),
        image=st.sampled_from([None, None, "registry.corp/shop/*", DIGEST]),
        namespace=st.sampled_from([None, None, "shop"]),
    ),
    source=st.sampled_from([each for each in AssessmentSource if each is not AssessmentSource.VEX]),
    author=st.just("alice"),
    comment=st.just(""),
    assessed_at=st.just(NOW),
    until=st.none() | MOMENTS,
    until_fixed=st.booleans(),
)
FOUND = st.lists(
    st.builds(
        Vulnerability,
        id=st.sampled_from(["CVE-2026-1", "V2"]),
        aliases=st.sampled_from([(), ("GHSA-aaaa",)]),
        cvss_score=st.sampled_from([None, Decimal("3.0"), Decimal("9.8")]),
        source=st.sampled_from(["ossindex", "osv"]),
        fixed=st.sampled_from(["", "9"]),
        exploitation=st.sampled_from([None, Exploitation(kev=dt.date(2026, 1, 1))]),
    ),
    max_size=3,
    unique_by=lambda found: (found.id, found.source),
).map(tuple)
COMPONENTS = st.tuples(*(st.builds(VulnerableComponent, st.just(purl), FOUND) for purl in PURLS))
DOCUMENTS = st.lists(st.tuples(st.lists(STATEMENTS, min_size=1, max_size=2), TRUSTED | HOSTILE), max_size=2).map(
    lambda made: tuple(kept(*statements, origin=origin, number=at) for at, (statements, origin) in enumerate(made))
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("records"), st.lists(RECORDS, min_size=1, max_size=3)),
        st.tuples(st.just("components"), COMPONENTS),
        st.tuples(st.just("time"), MOMENTS),
        st.tuples(st.just("vex"), DOCUMENTS),
        st.tuples(st.just("rules"), st.tuples(RULES, st.sampled_from(list(LocalRule)))),
    ),
    min_size=1,
    max_size=6,
)


class _World:
    """What is known, in one index that goes on and as the records that make another."""

    def __init__(self, components: tuple[VulnerableComponent, ...], rules: Rules) -> None:
        self.components, self.rules, self.now = components, rules, NOW
        self.index, self.records, self.vex = AssessmentIndex(), list[Assessment](), VexIndex(TRUST)
        self.shared = SharedFindings()

    def take(self, what: str, value: Any) -> None:
        if what == "records":
            made = [replace(each, sequence=len(self.records) + at) for at, each in enumerate(value, 1)]
            self.records += made
            self.index.add(made)
        elif what == "components":
            self.components = value
        elif what == "time":
            self.now = value
        elif what == "vex":
            self.vex = VexIndex(TRUST, value)
            self.index.with_vex(self.vex)
        else:
            rules, local = value
            self.rules = Rules(rules.types, replace(rules.policy, local_rule=local))

    def verdicts(self) -> Sequence[tuple[Verdict, Verdict]]:
        """Of each image, with what is shared and from scratch."""
        known = facts(self.components, [], (0, 0, 0), self.rules.policy, self.now)
        states = summary(known, self.rules.policy)
        return [
            (
                conclude(states, subject, self.rules, self.index, self.now, self.shared),
                evaluate(known, subject, self.rules, self._fresh(), self.now),
            )
            for subject in SUBJECTS
        ]

    def _fresh(self) -> AssessmentIndex:
        return AssessmentIndex.of(self.records).with_vex(VexIndex(TRUST, self.vex.kept))


@given(COMPONENTS, RULES, STEPS)
@settings(max_examples=60, deadline=None)
def test_what_is_shared_is_what_each_image_would_get_by_itself(
    components: tuple[VulnerableComponent, ...], rules: Rules, steps: Sequence[tuple[str, Any]]
) -> None:
    world = _World(components, rules)
    for step in ((), *steps):
        if step:
            world.take(*step)
        for shared, by_itself in world.verdicts():
            assert shared == by_itself


@given(COMPONENTS, RULES, st.lists(RECORDS, max_size=6), st.integers(0, 200))
@settings(max_examples=100, deadline=None)
def test_until_it_ends_a_shared_verdict_is_that_of_the_moment(
    components: tuple[VulnerableComponent, ...], rules: Rules, records: Sequence[Assessment], hours: int
) -> None:
    world = _World(components, Rules(rules.types, replace(rules.policy, max_report_age=None)))
    world.take("records", records)
    first = [shared for shared, _ in world.verdicts()]
    world.now += dt.timedelta(hours=hours)
    for was, (_, now) in zip(first, world.verdicts(), strict=True):
        if was.valid_until is None or world.now < was.valid_until:
            assert was == now
