"""Long lists of the store, on both databases: each page begins where the one before ended, and takes no longer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from tests.copies import replace
from tests.fakes import NOON
from tests.ports.samples import AutoRule, answer, assessment, digest, make_sbom, vulnerability
from webhook.errors import ChangedMeanwhile, StoreError, TooBroad
from webhook.model.actions import Action
from webhook.model.components import ComponentState
from webhook.model.downloads import DownloadReport
from webhook.model.inventory import InventoriedImage, InventoriedWorkload
from webhook.model.policies import Mode
from webhook.model.purls import Purl
from webhook.model.triage import (
    AssessmentScan,
    AuditNote,
    AuditScan,
    Key,
    PackageScan,
)
from webhook.model.verdicts import SbomStatus
from webhook.policy.audit import noted
from webhook.store.repositories import Store
from webhook.store.triage.journal import write_note
from webhook.store.triage.repository import TriageRepository

SCORES = ("9.8", "9.8", "7.25", "5.0", None, "0.0", "10.0")
HOSTILE = "<script>alert(1)</script> ' \" %_\\ \x00 \ud800"


@pytest.fixture
def filled(real_store: Store) -> Store:
    """Seven vulnerabilities in packages p0 … p6, two versions each, seen first an hour apart; and one in nothing."""
    store = real_store
    purls = [Purl(f"pkg:npm/p{n}@{version}") for n in range(len(SCORES)) for version in (1, 2)]
    store.sboms.add(digest(1), make_sbom(*purls, "pkg:maven/org.apache/log4j-core@2.14.1"), place="added")
    for n, score in enumerate(SCORES):
        found = vulnerability(f"V-{n}", score, aliases=(f"ALIAS-{n}",))
        at = NOON + dt.timedelta(hours=n)
        answers = [answer(f"pkg:npm/p{n}@{version}", found, at=at) for version in (1, 2)]
        store.components.record(answers, assess=AutoRule("9.0"), now=at)
    gone = vulnerability("V-GONE", "9.9")
    store.components.record([answer("pkg:npm/q@1", gone)], assess=AutoRule("9.0"), now=NOON)
    later = NOON + dt.timedelta(days=1)
    store.components.record([answer("pkg:npm/q@1", at=later)], assess=AutoRule("9.0"), now=later)
    return store


def walked(read: Callable[[Key | None, int], Any], most: int = 2) -> list[Any]:
    """All pages of a list."""
    found: list[Any] = []
    after = None
    while True:
        page = read(after, most)
        found += page
        if len(page) < most:
            return found
        after = page[-1].key


def test_vulnerabilities_are_read_by_id(filled: Store) -> None:
    lines = filled.triage.vulnerabilities(["V-3", "V-GONE", "V-1", "unknown", "x' OR 1"])
    assert {line.vulnerability.id: [purl for _, purl in line.components] for line in lines} == {
        "V-1": ["pkg:npm/p1@1", "pkg:npm/p1@2"],
        "V-3": ["pkg:npm/p3@1", "pkg:npm/p3@2"],
    }
    assert filled.triage.vulnerabilities([]) == []
    moments = filled.triage.first_seen(["V-3", "V-GONE", "unknown"])
    assert {key: NOON + dt.timedelta(hours=hours) for key, hours in (("V-3", 3), ("V-GONE", 0))} == {
        key: dt.datetime.fromtimestamp(moment / 1_000_000, dt.UTC) for key, moment in moments.items()
    }


def test_a_line_names_what_is_affected_now(filled: Store) -> None:
    line = filled.triage.vulnerability("alias-0")
    assert line is not None and line.vulnerability.description == "description of V-0"
    assert [purl for _, purl in line.components] == ["pkg:npm/p0@1", "pkg:npm/p0@2"]
    assert line.first_seen == NOON
    gone = filled.triage.vulnerability("v-gone")
    assert gone is not None and not gone.components
    assert filled.triage.vulnerability("V-NOBODY") is None


def packages(store: Store, **scan: Any) -> list[str]:
    found = []
    after: Key | None = None
    while page := store.triage.packages(PackageScan(**scan), after, 3):
        found += [line.package for line in page]
        after = (page[-1].name, page[-1].package)
    return found


def test_packages_in_any_state_are_found_by_their_name(filled: Store) -> None:
    assert packages(filled, name="log4j*") == ["pkg:maven/org.apache/log4j-core"]
    assert packages(filled, name="*4J*") == ["pkg:maven/org.apache/log4j-core"]
    assert packages(filled, name="pkg:maven/org.apache/*") == ["pkg:maven/org.apache/log4j-core"]
    assert packages(filled, type="maven") == ["pkg:maven/org.apache/log4j-core"]
    assert packages(filled, type="mav") == []
    assert packages(filled, name="p_") == []
    assert packages(filled) == ["pkg:maven/org.apache/log4j-core", *(f"pkg:npm/p{n}" for n in range(7)), "pkg:npm/q"]


def test_versions_have_their_state(filled: Store) -> None:
    one, two = filled.triage.versions("pkg:npm/p0", None, 10)
    assert (one.purl, one.state, one.answered_at, one.vulnerabilities) == (
        "pkg:npm/p0@1",
        ComponentState.VULNERABLE,
        NOON,
        ("V-0",),
    )
    assert filled.triage.versions("pkg:npm/p0", one.purl, 10) == [two]
    (unknown,) = filled.triage.versions("pkg:maven/org.apache/log4j-core", None, 10)
    assert (unknown.state, unknown.answered_at) == (ComponentState.UNKNOWN, None)
    numbers = [one.number, unknown.number]
    assert [line.purl for line in filled.triage.components(numbers, None, 10)] == [unknown.purl, one.purl]


def test_records_are_read_newest_first_or_by_their_end(real_store: Store) -> None:
    soon, later = NOON + dt.timedelta(days=1), NOON + dt.timedelta(days=9)
    real_store.assessments.append(
        [
            assessment("V-1", author="ana", until=later, batch="b1"),
            assessment("V-2", "Ignore", author="ben", until=soon, comment=HOSTILE),
            assessment("V-3", None, author="ana"),
        ]
    )

    def found(**scan: Any) -> list[str]:
        lines = walked(lambda after, n: real_store.triage.assessments(AssessmentScan(**scan), after, n), 1)
        return [line.assessment.vulnerability for line in lines]

    assert found() == ["V-3", "V-2", "V-1"]
    assert found(author="ana") == ["V-3", "V-1"]
    assert found(type="Ignore") == ["V-2"]
    assert found(batch="b1") == ["V-1"]
    assert found(names=frozenset({"v-1", "v-3", "v-9"})) == ["V-3", "V-1"]
    assert found(names=frozenset()) == []
    assert found(ends_after=NOON) == ["V-2", "V-1"]
    assert found(ends_after=NOON, ends_before=soon) == ["V-2"]
    assert found(since=NOON + dt.timedelta(seconds=1)) == []


def test_the_audit_log_is_read_back_and_never_changed(real_store: Store) -> None:
    note = AuditNote("ana", "10.0.0.1", "assess", HOSTILE, {"type": "Blocked"})
    with real_store.triage._database.write() as connection:
        for n in range(3):
            write_note(connection, replace(note, actor=f"a{n}"), NOON, "b1" if n else "")
    lines = real_store.triage.audit(AuditScan(), None, 2)
    assert [line.note.actor for line in lines] == ["a2", "a1"]
    (rest,) = real_store.triage.audit(AuditScan(), (lines[-1].number,), 2)
    assert (rest.note.actor, rest.batch, rest.at, rest.note.detail) == ("a0", "", NOON, {"type": "Blocked"})
    assert len(real_store.triage.audit(AuditScan(batch="b1"), None, 9)) == 2
    for change in ("DELETE FROM audit_log", "UPDATE audit_log SET actor = 'me'"):
        with pytest.raises(StoreError, match="append-only"), real_store.triage._database.write() as connection:
            connection.execute(text(change))


def test_runs_are_read_newest_first(real_store: Store) -> None:
    for n in range(3):
        lease = real_store.runs.acquire("me", duration=dt.timedelta(minutes=1))
        real_store.runs.finish(DownloadReport(asked=n), started=NOON, finished=NOON, lease=lease)
    first, second = real_store.triage.runs(None, 2)
    assert [run.report.asked for _, run in (first, second)] == [2, 1]
    assert [run.report.asked for _, run in real_store.triage.runs((second[0],), 2)] == [0]


@pytest.mark.parametrize("seconds", [0.05])
def test_a_question_that_takes_too_long_is_ended_by_the_database(real_store: Store, seconds: float) -> None:
    store = real_store
    purls = [f"pkg:npm/{'x' * 60}{n}@1" for n in range(3000)]
    store.sboms.add(digest(1), make_sbom(*purls), place="added")
    hurried = TriageRepository(store.triage._database, seconds)
    from webhook.store.triage.limits import limited

    slow = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 50000000) SELECT max(n) FROM c"
    with pytest.raises(TooBroad) as caught, limited(hurried._database, seconds) as connection:
        connection.execute(text(slow))
    assert caught.value.code == "too-broad" and caught.value.remedy
    assert len(store.triage.packages(PackageScan(), None, 5)) == 5  # the connection is as good as before


def test_packages_of_components_that_an_older_program_adds_are_found(real_store: Store) -> None:
    real_store.prepare()
    with real_store.triage._database.write() as connection:
        values = "(7, 'pkg:golang/Code.example/Team/Mod@v1', 0, 0, 0, 1)"
        columns = "id, purl, state, answered_at, asked_at, revision"
        connection.execute(text(f"INSERT INTO components ({columns}) VALUES {values}"))
    (line,) = real_store.triage.packages(PackageScan("mod"), None, 5)
    assert (line.package, line.name) == ("pkg:golang/Code.example/Team/Mod", "mod")


WEB = InventoriedWorkload(
    "u1",
    "shop",
    "apps/v1",
    "Deployment",
    "web",
    2,
    Mode.DENY,
    Action.WARN,
    "findings",
    (
        InventoriedImage(
            "shop/web:1@" + digest(1), digest(1), ("c (web)",), Action.WARN, SbomStatus.NONE, ("No SBOM.", "x")
        ),
    ),
)


def test_the_inventory_is_replaced_as_a_whole(real_store: Store) -> None:
    inventory = real_store.inventory
    assert inventory.load() is None and inventory.taken_at() is None
    job = replace(WEB, uid="u2", kind="Job", mode=None, images=())
    inventory.replace([WEB, job], taken_at=NOON, revision=3)
    loaded = inventory.load()
    assert loaded is not None and (loaded.taken_at, loaded.revision) == (NOON, 3)
    assert loaded.workloads == (WEB, job)
    changed = replace(WEB, pods=3)
    inventory.replace([changed], taken_at=NOON + dt.timedelta(minutes=1), revision=4)
    again = inventory.load()
    assert again is not None and again.workloads == (changed,)


def test_a_record_and_its_audit_row_are_kept_together_or_not_at_all(real_store: Store) -> None:
    first = replace(assessment("V-1"), batch="b1")
    planned_with = real_store.assessments.append([first], note=noted([first]))
    (line,) = real_store.triage.audit(AuditScan(), None, 9)
    assert (line.note.action, line.note.actor, line.note.subject, line.batch) == (
        "assess",
        "operator",
        "V-1 for everything",
        "b1",
    )
    second = assessment("V-1", None, author="ben")
    real_store.assessments.append([second], since=planned_with)
    with pytest.raises(ChangedMeanwhile, match="ben has decided about V-1"):
        real_store.assessments.append([first, assessment("V-2")], note=noted([first]), since=planned_with)
    assert len(real_store.triage.audit(AuditScan(), None, 9)) == 1
    assert len(real_store.triage.assessments(AssessmentScan(), None, 9)) == 2
    real_store.assessments.append([assessment("V-2")], since=planned_with)  # about something else


def test_the_audit_log_says_what_a_command_was_about() -> None:
    records = [assessment(f"V-{n}", None) for n in range(7)]
    note = noted(records)
    assert (note.action, note.detail["records"]) == ("withdraw", "7")
    assert note.subject == "V-0, V-1, V-2, V-3, V-4 and 2 more for everything"
