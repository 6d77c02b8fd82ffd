"""Ends by a fix: no order of fixes, retractions, decisions, undos and kills brings an exception back, or loosens."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.copies import replace
from tests.fakes import NOON, FakeClock
from tests.fixes import AdvisoryTable
from webhook.errors import InvalidInput, StoreError
from webhook.model.actions import Action
from webhook.model.assessments import (
    PROVISIONER,
    Assessment,
    AssessmentSource,
    AssessmentType,
    CvssRange,
    OnExpiry,
    Scope,
)
from webhook.model.policies import Policy
from webhook.model.purls import Purl
from webhook.model.records import AssessmentQuery
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.evaluation import Rules
from webhook.policy.judge import Judge
from webhook.policy.matching import AssessmentIndex
from webhook.policy.precedence import Place
from webhook.policy.scores import make_range
from webhook.policy.typetable import TypeTable
from webhook.policy.undo import undone
from webhook.store import fixends
from webhook.store.repositories import Store

RANGE: CvssRange = make_range("9.0", "10.0")
RULES = Rules(
    TypeTable(
        [
            AssessmentType("Ignore", Action.ALLOW, on_expiry=OnExpiry.REASSESS),
            AssessmentType("Caution", Action.WARN),
            AssessmentType("Blocked", Action.DENY, RANGE, expires_after_days=30, on_expiry=OnExpiry.REASSESS),
        ]
    ),
    Policy(),
)
NUMBERS = itertools.count(1)
VERSIONS = ("1.0.0", "2.0.0")
DAY = dt.timedelta(days=1)
TIMES = (dt.timedelta(), 2 * DAY, 40 * DAY, 400 * DAY)
scopes = st.sampled_from([(None, None), (None, "shop"), ("<2", None)])
steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("decide"),
            st.sampled_from(["Ignore", "Ignore", "Ignore", "Caution", "Blocked"]),
            scopes,
            st.sampled_from([None, 1, 30]),
            st.booleans(),
        ),
        st.tuples(st.just("clear"), scopes),
        st.tuples(st.just("state"), st.sampled_from(["", "Ignore", "Ignore", "Blocked"]), st.booleans()),
        st.tuples(st.sampled_from(["undo", "late undo"]), st.integers(0, 5), st.booleans()),
        st.tuples(st.sampled_from(["say", "say", "killed"]), st.booleans(), st.booleans()),
        st.tuples(st.just("wait")),
    ),
    max_size=8,
)


class World:
    """A package with a vulnerability, and another one of which no fixed version is ever told: whatever is recorded for
    the first one is recorded for the second one, without an end by a fix.
    """

    def __init__(self, store: Store, clock: FakeClock) -> None:
        number = next(NUMBERS)
        self.store, self.clock, self.package = store, clock, f"pkg:npm/p{number}"
        self.purls = [Purl(f"{self.package}@{version}") for version in VERSIONS]
        self.name, self.twin = f"GHSA-{number}", f"TWIN-{number}"
        self.table = AdvisoryTable(store, clock, self.purls, self.name)
        self.waiting: dict[int, Scope] = {}
        self.over = set[int]()
        self.decided = 0
        self.batches: list[str] = []
        self.say(False, False)

    def say(self, first: bool, second: bool) -> None:
        told = dict(zip(self.purls, ("1.1" if first else "", "2.1" if second else ""), strict=True))
        self.table.say(told)
        for number, scope in self.waiting.items():
            if first or (second and scope.version_range is None):
                self.over.add(number)

    def take(self, step: tuple[object, ...]) -> None:
        word, now = step[0], self.clock.now()
        if word == "wait":
            self.clock.advance(DAY.total_seconds())
        elif word == "say":
            self.say(bool(step[1]), bool(step[2]))
        elif word == "killed":
            self.killed(bool(step[1]), bool(step[2]))
        elif word == "state":
            self.state(str(step[1]), until_fixed=bool(step[2]) and step[1] == "Ignore")
        elif word == "clear":
            self.append(self.record(None, step[1], now, until=None), "")
        elif word == "decide":
            _, kind, scope, days, until_fixed = step
            until = None if days is None else now + int(str(days)) * DAY
            self.decide(self.record(str(kind), scope, now, until=until), bool(until_fixed) and kind == "Ignore")
        elif self.batches:
            self.undo(self.batches[int(str(step[1])) % len(self.batches)], step)

    def record(self, kind: str | None, scope: object, now: dt.datetime, until: dt.datetime | None) -> Assessment:
        assert isinstance(scope, tuple)
        self.decided += 1
        narrowed = Scope(self.package, scope[0], None, scope[1])
        return Assessment(self.name, kind, narrowed, AssessmentSource.MANUAL, "ana", f"#{self.decided}#", now, until)

    def decide(self, record: Assessment, until_fixed: bool) -> None:
        number, batch = self.decided, f"{self.name}-{self.decided}"
        self.append(record, batch, until_fixed=until_fixed)
        if until_fixed:
            self.waiting[number] = record.scope
        self.batches.append(batch)

    def append(self, record: Assessment, batch: str, *, until_fixed: bool = False) -> None:
        twin = replace(record, vulnerability=self.twin, batch=batch and f"twin-{batch}")
        self.store.assessments.append([replace(record, batch=batch, until_fixed=until_fixed)])
        self.store.assessments.append([twin])

    def state(self, kind: str, *, until_fixed: bool) -> None:
        now = self.clock.now()
        made = replace(self.record(kind or None, (None, None), NOON, None), source=AssessmentSource.PROVISIONED)
        words = f"stated {kind} {until_fixed}"
        known = [replace(made, comment=words, until_fixed=until_fixed)] if kind else []
        twins = [replace(made, comment=words, vulnerability=self.twin)] if kind else []
        self.store.assessments.provision([*known, *twins], author=PROVISIONER, now=now)

    def history(self, name: str) -> list[Assessment]:
        return list(self.store.assessments.find(AssessmentQuery(vulnerability=name)))

    def undo(self, batch: str, step: tuple[object, ...]) -> None:
        planned = self.undo_of(batch, self.name)
        if step[0] == "late undo" and step[2]:
            self.say(True, True)
        self.store.assessments.append(
            [replace(made, batch=made.batch or f"u{self.decided}-{batch}") for made in planned]
        )
        twins = self.undo_of(f"twin-{batch}", self.twin)
        self.store.assessments.append(
            [replace(made, batch=made.batch or f"ut{self.decided}-{batch}") for made in twins]
        )

    def undo_of(self, batch: str, name: str) -> tuple[Assessment, ...]:
        records = self.store.assessments.find(AssessmentQuery(batch=batch))
        return undone(records, self.history(name), "ben", self.clock.now()).records

    def killed(self, first: bool, second: bool) -> None:
        def dies(*_: object) -> None:
            raise StoreError("the power fails")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(fixends, "append", dies)
            with contextlib.suppress(StoreError):
                self.say(first, second)

    def check(self) -> None:
        index = AssessmentIndex.of([*self.history(self.name), *self.history(self.twin)])
        for purl, namespace, later in itertools.product(self.purls, ("", "shop"), TIMES):
            judge = Judge(RULES, index, self.clock.now() + later, Place(namespace=namespace))
            mine, twin = (
                judge.finding(purl, Vulnerability(name, cvss_score=RANGE.low)) for name in (self.name, self.twin)
            )
            if mine.assessment is not None:
                numbers = {int(number) for number in re.findall(r"#(\d+)#", mine.assessment.comment)}
                assert not numbers & self.over, "an exception counts after the fixed version was stored"
                assert not (self.told_once(purl) and mine.assessment.comment == "stated Ignore True")
            assert mine.action >= twin.action, "weaker than without an end by a fix"

    def told_once(self, purl: Purl) -> bool:
        return any(record.fixed_in and record.comment == "stated Ignore True" for record in self.history(self.name))


def test_no_order_brings_an_exception_back_or_loosens(real_store: Store, clock: FakeClock) -> None:
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps)
    def run(taken: list[tuple[object, ...]]) -> None:
        world = World(real_store, clock)
        world.check()
        for step in taken:
            with contextlib.suppress(InvalidInput):  # a fixed version is known
                world.take(step)
            world.check()

    run()
