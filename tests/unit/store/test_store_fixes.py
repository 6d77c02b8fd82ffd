"""Ends by a fix on both databases: what lasts until a fixed version is known ends in the transaction that stores it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest

from tests.copies import replace
from tests.fakes import FakeClock
from tests.fixes import VULNERABILITY, AdvisoryTable
from tests.ports.samples import AutoRule, answer, vulnerability
from webhook.engines.assessing.rules import StoreRules
from webhook.engines.requesting.desk import RequestDesk
from webhook.engines.requesting.options import RequestOptions
from webhook.engines.requesting.reader import DraftAnswer, RequestReader
from webhook.errors import StoreError
from webhook.model.actions import Action
from webhook.model.assessments import (
    ENDED_BY_FIX,
    PROVISIONER,
    Assessment,
    AssessmentSource,
    AssessmentType,
    Scope,
)
from webhook.model.notifications import Topic
from webhook.model.people import KUBERNETES, Person
from webhook.model.policies import Policy
from webhook.model.purls import Purl
from webhook.model.records import AssessmentQuery
from webhook.model.requests import Phase, Wish
from webhook.model.triage import AuditNote, AuditScan
from webhook.policy.clustertypes import with_stored
from webhook.policy.evaluation import Rules
from webhook.policy.fixes import FixKnown
from webhook.policy.judge import Judge
from webhook.policy.matching import AssessmentIndex
from webhook.policy.precedence import Place
from webhook.policy.typetable import TypeTable, default_types
from webhook.store.repositories import Store, open_store
from webhook.store.tables.notifications import announcements

PACKAGE = "pkg:npm/lodash"
LODASH = Purl("pkg:npm/lodash@4.17.20")
OLD = Purl("pkg:npm/lodash@3.0.0")
DAY = dt.timedelta(days=1)


@pytest.fixture
def table(real_store: Store, clock: FakeClock) -> AdvisoryTable:
    """Advisories of a store that knows two versions of one package, of which no fixed version is known."""
    made = AdvisoryTable(real_store, clock, (LODASH, OLD))
    made.say({LODASH: "", OLD: ""})
    return made


def exception(clock: FakeClock, **more: object) -> Assessment:
    values = {
        "type": "Ignore",
        "scope": Scope(PACKAGE),
        "source": AssessmentSource.MANUAL,
        "until": clock.now() + 30 * DAY,
        "batch": "b1",
        "until_fixed": True,
    }
    given = {**values, **more}
    return Assessment(vulnerability=VULNERABILITY, author="ana", comment="no fix yet", assessed_at=clock.now(), **given)


def records(store: Store) -> Sequence[Assessment]:
    return store.assessments.find(AssessmentQuery(vulnerability=VULNERABILITY))


def in_force(store: Store, clock: FakeClock, purl: Purl = LODASH) -> Assessment | None:
    index = AssessmentIndex.of(store.assessments.find(AssessmentQuery()))
    return index.effective(vulnerability(VULNERABILITY), purl, Place(namespace="shop"), clock.now()).assessment


def test_the_transaction_that_stores_a_fixed_version_ends_the_exception(
    real_store: Store, clock: FakeClock, table: AdvisoryTable
) -> None:
    real_store.assessments.append([exception(clock)])
    assert in_force(real_store, clock) is not None
    before = real_store.feed.position()
    table.say({LODASH: "4.17.21", OLD: ""})
    changes = real_store.feed.changes(before)
    fixed = [found for each in changes.fixed.values() for found in each.values()]
    assert (fixed, len(changes.assessments)) == (["4.17.21"], 2), "one revision brings both"
    _, withdrawal, ended = records(real_store)
    assert (withdrawal.type, withdrawal.author, withdrawal.comment) == (None, ENDED_BY_FIX, "Fixed in 4.17.21.")
    assert (ended.author, ended.batch, ended.fixed_in) == ("ana", "b1", "4.17.21")
    assert ended.until == clock.now()
    assert in_force(real_store, clock) is None
    clock.advance(-3600)  # a process whose clock is behind
    assert in_force(real_store, clock) is None


def test_it_is_told_and_stands_in_the_audit_log(real_store: Store, clock: FakeClock, table: AdvisoryTable) -> None:
    real_store.assessments.append([exception(clock)])
    table.say({LODASH: "4.17.21", OLD: ""})
    table.say({LODASH: "4.17.22", OLD: ""})
    (line,) = real_store.triage.audit(AuditScan(action="end-by-fix"), None, 10)
    assert (line.note.actor, line.batch) == (ENDED_BY_FIX, "b1")
    assert line.note.detail["comment"] == "Fixed in 4.17.21."
    with real_store.assessments._database.read() as connection:
        rows = connection.execute(announcements.select()).all()
    told = [(row.topic, row.subject) for row in rows]
    assert told == [(Topic.EXCEPTION_ENDED.value, VULNERABILITY)]


def test_a_fixed_version_that_is_taken_back_brings_nothing_back(
    real_store: Store, clock: FakeClock, table: AdvisoryTable
) -> None:
    real_store.assessments.append([exception(clock)])
    table.say({LODASH: "4.17.21", OLD: ""})
    table.say({LODASH: "", OLD: ""})
    table.say({})
    table.say({LODASH: "", OLD: ""})
    assert in_force(real_store, clock) is None
    assert len(records(real_store)) == 3


@pytest.mark.parametrize("is_of_settings", [True, False])
def test_what_has_come_to_deny_is_not_ended_by_a_fixed_version(
    real_store: Store, clock: FakeClock, is_of_settings: bool
) -> None:
    denying = AssessmentType("Later", Action.DENY)
    own = TypeTable((*default_types(), denying)) if is_of_settings else default_types()
    store = open_store(real_store._options, clock, types=own)
    advisories = AdvisoryTable(store, clock, (LODASH, OLD))
    advisories.say({LODASH: "", OLD: ""})
    if not is_of_settings:
        note = AuditNote("ana", "", "edit-type", "Later", {})
        at = store.feed.position().revision
        store.types.edit(denying, retired=False, note=note, at=clock.now(), since=at)
    store.assessments.append([exception(clock, type="Later"), exception(clock, scope=Scope(PACKAGE, "<5"), batch="b2")])
    advisories.say({LODASH: "4.17.21", OLD: ""})
    assert [record.batch for record in records(store) if record.fixed_in and record.type] == ["b2"]
    rules = Rules(with_stored(own, store.types.list()), Policy())
    index = AssessmentIndex.of(store.assessments.find(AssessmentQuery()))
    fixed = replace(vulnerability(VULNERABILITY), fixed="4.17.21")
    finding = Judge(rules, index, clock.now()).finding(LODASH, fixed)
    assert (finding.action, finding.assessment and finding.assessment.type) == (Action.DENY, "Later")
    store.close()


def test_what_is_not_to_end_by_a_fix_and_what_is_about_other_versions_goes_on(
    real_store: Store, clock: FakeClock, table: AdvisoryTable
) -> None:
    by_date = exception(clock, until_fixed=False, scope=Scope(PACKAGE, namespace="shop"), batch="b2")
    narrow = exception(clock, scope=Scope(PACKAGE, "<4"), batch="b3")
    other = exception(clock, scope=Scope("pkg:npm/underscore"), batch="b4")
    real_store.assessments.append([by_date, narrow, other])
    table.say({LODASH: "4.17.21", OLD: ""})
    assert [record.fixed_in for record in records(real_store)] == [""] * 3
    table.say({LODASH: "4.17.21", OLD: "3.10.2"})
    assert [record.batch for record in records(real_store) if record.fixed_in and record.type] == ["b3"]


def test_what_stands_below_counts_again_as_at_a_date(real_store: Store, clock: FakeClock, table: AdvisoryTable) -> None:
    blocked = exception(clock, type="Blocked", until=None, until_fixed=False, batch="b0")
    real_store.assessments.append([blocked])
    real_store.assessments.append([exception(clock)])
    table.say({LODASH: "4.17.21", OLD: ""})
    found = in_force(real_store, clock)
    assert found is not None
    assert (found.type, found.batch, found.fixed_in) == ("Blocked", "b0", "")


def test_what_is_known_already_is_refused_and_nothing_is_recorded(
    real_store: Store, clock: FakeClock, table: AdvisoryTable
) -> None:
    table.say({LODASH: "4.17.21", OLD: ""})
    other = exception(clock, scope=Scope("pkg:npm/underscore"))
    with pytest.raises(FixKnown, match=r"is fixed in 4\.17\.21 for pkg:npm/lodash"):
        real_store.assessments.append([other, exception(clock)])
    assert records(real_store) == []
    assert real_store.vulnerabilities.fixed_in([other, exception(clock)]) == ["", "4.17.21"]


def test_a_name_that_a_vulnerability_gets_later_counts(
    real_store: Store, clock: FakeClock, table: AdvisoryTable
) -> None:
    table.say({LODASH: "4.17.21", OLD: ""})
    before = exception(clock)
    named = Assessment(
        "CVE-2021-23337", "Ignore", Scope(PACKAGE), AssessmentSource.MANUAL, "ana", "?", clock.now(), before.until,
        until_fixed=True,
    )  # fmt: skip
    real_store.assessments.append([named])
    table.say({LODASH: "4.17.21", OLD: ""}, aliases=("CVE-2021-23337",))
    kept = real_store.assessments.find(AssessmentQuery(vulnerability="CVE-2021-23337"))
    assert [record.fixed_in for record in kept] == ["", "4.17.21", "4.17.21"]


def test_what_stands_below_outranks_no_later_decision_under_another_name(
    real_store: Store, clock: FakeClock, table: AdvisoryTable
) -> None:
    alias = "CVE-2021-23337"
    table.say({LODASH: "", OLD: ""}, aliases=(alias,))
    real_store.assessments.append([exception(clock, until_fixed=False, batch="b0")])
    real_store.assessments.append([exception(clock)])
    real_store.assessments.append(
        [
            Assessment(
                alias, "Blocked", Scope(PACKAGE), AssessmentSource.MANUAL, "carol", "no", clock.now(), None, batch="b2"
            )
        ]
    )
    known = replace(vulnerability(VULNERABILITY), aliases=(alias,))

    def counts() -> str | None:
        index = AssessmentIndex.of(real_store.assessments.find(AssessmentQuery()))
        found = index.effective(known, LODASH, Place(), clock.now()).assessment
        return None if found is None else found.type

    assert counts() == "Blocked"
    table.say({LODASH: "4.17.21", OLD: ""}, aliases=(alias,))
    assert counts() == "Blocked"
    last = real_store.assessments.find(AssessmentQuery())[-1]
    assert (last.vulnerability, last.author, last.batch, last.fixed_in) == (alias, "carol", "b2", "")
    table.say({LODASH: "4.17.22", OLD: ""}, aliases=(alias,))
    assert real_store.assessments.find(AssessmentQuery())[-1] == last, "stated again once"


def test_an_answer_of_an_asked_source_ends_nothing(real_store: Store, clock: FakeClock, table: AdvisoryTable) -> None:
    real_store.assessments.append([exception(clock)])
    found = vulnerability("CVE-2021-1", "9.8")
    real_store.components.record([answer(str(LODASH), found, at=clock.now())], assess=AutoRule(), now=clock.now())
    assert in_force(real_store, clock) is not None


def test_an_object_does_not_state_again_what_a_fix_has_ended(
    real_store: Store, clock: FakeClock, table: AdvisoryTable
) -> None:
    stated = exception(clock, source=AssessmentSource.PROVISIONED, batch="")
    store = real_store.assessments

    def provision(*wanted: Assessment) -> int:
        return store.provision(wanted, author=PROVISIONER, now=clock.now())

    assert provision(stated) == 1
    table.say({LODASH: "4.17.21", OLD: ""})
    assert in_force(real_store, clock) is None
    assert provision(stated) == 0
    table.say({LODASH: "", OLD: ""})
    assert provision(stated) == 0
    assert provision() == 1, "it is gone from the file"
    assert provision(stated) == 1
    assert in_force(real_store, clock) is None, "it was ended in the same words"
    clock.advance(60)
    assert provision(stated) == 0
    table.say({LODASH: "4.17.21", OLD: ""})
    changed = Assessment(
        VULNERABILITY, "Ignore", Scope(PACKAGE), AssessmentSource.PROVISIONED, "x", "again", clock.now(), None,
        until_fixed=True,
    )  # fmt: skip
    assert provision(changed) == 2
    assert in_force(real_store, clock) is None, "a fixed version is known as it is stated"
    assert provision(changed) == 0


def test_a_request_ends_with_its_exception_and_is_not_approved_once_a_fixed_version_is_known(
    real_store: Store, clock: FakeClock, table: AdvisoryTable
) -> None:
    rules = StoreRules(Rules(default_types(), Policy()), real_store.types)
    reader = RequestReader(real_store.vulnerabilities, rules, RequestOptions(), clock, tells_fixes=True)
    desk = RequestDesk(real_store.requests, reader, clock)
    ana, ben = (Person(name, "t", issuer=KUBERNETES, username=name) for name in ("ana", "ben"))
    wish = Wish((VULNERABILITY,), Scope(PACKAGE), "shop", "no fix yet", days=30, until_fixed=True)
    first, second = desk.ask(wish, ana, "t").number, 0
    second = desk.ask(Wish((VULNERABILITY,), Scope(str(OLD)), "shop", "?", days=9, until_fixed=True), ana, "t").number
    desk.approve(first, DraftAnswer("fine"), ben, "t")
    table.say({LODASH: "4.17.21", OLD: "3.10.2"})
    assert in_force(real_store, clock) is None
    assert (desk.named(first).phase, desk.named(first).fixed_in) == (Phase.APPROVED, "3.10.2, 4.17.21")
    with pytest.raises(FixKnown, match=r"is fixed in 3\.10\.2"):
        desk.approve(second, DraftAnswer("fine"), ben, "t")
    with pytest.raises(FixKnown):
        desk.ask(wish, ben, "t")
    desk.withdraw(first, ana, "t")
    assert in_force(real_store, clock) is None


def test_a_writer_that_dies_leaves_both_or_neither(
    real_store: Store, clock: FakeClock, table: AdvisoryTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_store.assessments.append([exception(clock)])

    def dies(*_: object, **__: object) -> None:
        raise StoreError("the power fails")

    with monkeypatch.context() as patch:
        patch.setattr("webhook.store.fixends.write_note", dies)
        with pytest.raises(StoreError):
            table.say({LODASH: "4.17.21", OLD: ""})
    assert in_force(real_store, clock) is not None
    assert real_store.vulnerabilities.fixed_in([exception(clock)]) == [""]
    table.say({LODASH: "4.17.21", OLD: ""})
    assert in_force(real_store, clock) is None
