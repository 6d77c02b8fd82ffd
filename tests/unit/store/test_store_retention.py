"""Retention on both databases: what goes, what stays, and that a kill at any moment harms nothing."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from tests.copies import replace
from tests.fakes import NOON, FakeClock
from tests.ports.samples import AutoRule, answer, assessment, digest, make_sbom, vulnerability
from tests.unit.store.consistency import check
from tests.unit.store.formerrelease import NOW
from tests.unit.store.retention import DAY, OPTIONS, afresh, audit, follow, prune, pruner, same, workload
from tests.unit.store.test_store_upgraded import FOLDER, milder
from webhook.engines.readmodel import ReadModel
from webhook.engines.retention.options import RetentionOptions
from webhook.engines.retention.pruner import PruneBusy
from webhook.errors import LeaseLost
from webhook.model.advisories import ComponentMatch
from webhook.model.assessments import Scope
from webhook.model.changes import ImageFacts
from webhook.model.components import ComponentState
from webhook.model.downloads import DownloadReport
from webhook.model.images import parse_image
from webhook.model.looks import Look
from webhook.model.purls import Purl
from webhook.model.records import AdmittedImage, AssessmentQuery, Sighting
from webhook.model.retention import PruneKind, PruneRecord
from webhook.model.triage import AuditNote
from webhook.policy.advisorymarks import fingerprint_of
from webhook.store import StoreOptions
from webhook.store.addresses import parse_address
from webhook.store.repositories import Store, open_store
from webhook.store.retention import repository, steps

WEB = "docker.io/shop/web"
OLD, NEW = Purl("pkg:npm/old@1.0.0"), Purl("pkg:npm/new@1.0.0")
BAD = vulnerability("V-1", "9.8")


@pytest.fixture
def store(real_store: Store, clock: FakeClock) -> Store:
    """An old image with a vulnerable component that no other has, and one that runs; both are 20 days old."""
    real_store.sboms.record(digest(1), Look(WEB, {"referrers": [make_sbom(OLD, NEW)]}), image=parse_image("shop/web:1"))
    real_store.sboms.record(digest(2), Look(WEB, {"referrers": [make_sbom(NEW)]}), image=parse_image("shop/web:2"))
    real_store.components.record([answer(OLD, BAD), answer(NEW)], assess=AutoRule(), now=NOON)
    real_store.sightings.record([Sighting(digest(number), f"{WEB}:{number}", NOON) for number in (1, 2)])
    clock.advance(20 * DAY)
    audit(real_store, clock, workload((f"{WEB}:2", digest(2))))
    return real_store


def known(store: Store) -> set[int]:
    return {number for number in range(1, 9) if store.sboms.show(digest(number))}


def test_an_image_that_is_not_seen_any_more_goes_with_its_tag_and_its_looks(store: Store, clock: FakeClock) -> None:
    follower = afresh(store)
    deleted = prune(store, clock)
    assert deleted[PruneKind.IMAGES] == 1
    assert known(store) == {2}
    follow(store, follower)
    same(follower, afresh(store))
    assert not follower.knows(digest(1))
    assert follower.digest_of(f"{WEB}:1") is None
    (left,) = store.sboms.departures(digest(1))
    assert (left.author, left.why) == ("retention", f"not seen since {NOON + dt.timedelta(days=10):%Y-%m-%d}")


def test_a_deleted_image_that_comes_back_is_new_and_never_clean(store: Store, clock: FakeClock) -> None:
    store.components.record([answer(OLD)], assess=AutoRule(), now=NOON)
    follower = afresh(store)
    prune(store, clock)
    clock.advance(6 * DAY)
    audit(store, clock, workload((f"{WEB}:2", digest(2))))
    assert prune(store, clock)[PruneKind.COMPONENTS] == 1
    follow(store, follower)
    same(follower, afresh(store))
    store.sboms.record(digest(1), Look(WEB, {"referrers": [make_sbom(OLD, NEW)]}))
    follow(store, follower)
    same(follower, afresh(store))
    facts = follower.facts(digest(1))
    assert facts is not None
    assert (facts.clean, facts.unknown) == (1, 1), "what was deleted has to be asked for again"


@pytest.mark.parametrize("why", ["seen", "digest", "tag", "template", "assessment", "admitted", "found"])
def test_what_may_run_stays(store: Store, clock: FakeClock, why: str) -> None:
    of_two = (f"{WEB}:2", digest(2))
    match why:
        case "seen":
            store.sightings.record([Sighting(digest(1), "elsewhere:9", clock.now())])
        case "digest":
            audit(store, clock, workload(of_two), workload((f"{WEB}@{digest(1)}", None), uid="u-2"))
        case "tag":
            audit(store, clock, workload(of_two), workload(("shop/web:1", None), uid="u-2"))
        case "template":
            audit(store, clock, workload(of_two), workload((f"{WEB}:1", digest(1)), uid="u-2", pods=0))
        case "assessment":
            store.assessments.append([replace(assessment("V-1"), scope=Scope(image=f"{WEB}@{digest(1)}"))])
        case "admitted":
            store.admissions.record([AdmittedImage("u-3", f"{WEB}:latest", digest(1), clock.now())])
        case "found":
            store.sboms.record(digest(1), Look(WEB, {"referrers": [make_sbom(OLD, NEW)]}))
    assert PruneKind.IMAGES not in prune(store, clock)
    assert known(store) == {1, 2}


def test_a_tag_that_was_seen_without_a_digest_keeps_what_it_points_at(store: Store, clock: FakeClock) -> None:
    store.sightings.record([Sighting(None, f"{WEB}:1", clock.now())])
    assert PruneKind.IMAGES not in prune(store, clock)


def test_images_stay_while_nobody_knows_what_runs(store: Store, clock: FakeClock) -> None:
    clock.advance(2 * DAY)
    assert PruneKind.IMAGES not in prune(store, clock)
    last = store.retention.last()
    assert last is not None
    assert last.kept.startswith("Images are kept, because it is not known what runs: the cluster was last audited on")
    assert known(store) == {1, 2}


def test_a_component_that_no_sbom_names_goes_after_its_time_and_its_assessment_counts_again(
    store: Store, clock: FakeClock
) -> None:
    store.assessments.append([replace(assessment("V-1", "Ignore"), scope=Scope(package="pkg:npm/old"))])
    before = store.feed.component_ids([OLD])
    follower, records = afresh(store), store.assessments.find(AssessmentQuery())
    assert PruneKind.COMPONENTS not in prune(store, clock), "it is not known for long that nothing names it"
    clock.advance(6 * DAY)
    audit(store, clock)
    assert prune(store, clock)[PruneKind.COMPONENTS] == 1
    follow(store, follower)
    same(follower, afresh(store))
    assert store.feed.component_ids([OLD]) == {}
    assert store.vulnerabilities.show("V-1") is not None
    assert store.assessments.find(AssessmentQuery()) == records
    store.sboms.add(digest(3), make_sbom(OLD), place="added")
    result = store.components.record([answer(OLD, BAD, at=clock.now())], assess=AutoRule(), now=clock.now())
    assert (result.new_vulnerabilities, result.auto_assessed) == (0, 0), "it is not assessed automatically again"
    assert store.feed.component_ids([OLD])[OLD] > max(before.values()) + 1


def test_a_component_that_is_named_again_in_time_stays(store: Store, clock: FakeClock) -> None:
    prune(store, clock)
    clock.advance(3 * DAY)
    store.sboms.add(digest(3), make_sbom(OLD), place="added")
    clock.advance(3 * DAY)
    audit(store, clock)
    assert PruneKind.COMPONENTS not in prune(store, clock)
    assert len(store.feed.component_ids([OLD])) == 1


def test_a_component_that_is_named_while_a_pass_goes_on_stays(store: Store, clock: FakeClock) -> None:
    prune(store, clock)
    clock.advance(6 * DAY)
    audit(store, clock)
    lease = store.retention.hold("me")
    before, named = OPTIONS.before(PruneKind.COMPONENTS, clock.now()), store.retention.named()
    step = store.retention.prune(PruneKind.COMPONENTS, before, "", 100, named, lease)
    store.sboms.add(digest(3), make_sbom(OLD), place="added")
    store.retention.prune(PruneKind.COMPONENTS, before, step.after or "", 100, named, lease)
    assert store.feed.component_ids([OLD])
    assert afresh(store).facts(digest(3)) is not None


def test_components_wait_for_a_run_that_goes_on(store: Store, clock: FakeClock) -> None:
    prune(store, clock)
    clock.advance(6 * DAY)
    audit(store, clock)
    lease = store.runs.acquire("run", duration=dt.timedelta(hours=1))
    assert PruneKind.COMPONENTS not in prune(store, clock)
    store.runs.release(lease)
    assert prune(store, clock)[PruneKind.COMPONENTS] == 1


def test_what_advisories_say_of_a_component_that_was_deleted_meanwhile_is_dropped(
    store: Store, clock: FakeClock
) -> None:
    former = store.feed.component_ids([OLD])[OLD]
    prune(store, clock)
    clock.advance(6 * DAY)
    audit(store, clock)
    prune(store, clock)
    match = ComponentMatch(former, OLD, "npm", ComponentState.CLEAN, (), {}, clock.now())
    sets = fingerprint_of(store.advisories.sets())
    store.advisories.record(sets, [match], assess=AutoRule(), now=clock.now(), reassess=False)
    assert afresh(store).facts_of([former], unknown=0, uncovered={}, unusable=0, stale_before=0).clean == 0


def test_documents_go_before_their_images_where_that_is_asked_for(store: Store, clock: FakeClock) -> None:
    one = replace(make_sbom(OLD), document=b"one")
    shared = replace(make_sbom(NEW), document=b"shared")
    for number, sbom in ((4, one), (4, shared), (2, shared)):
        store.sboms.add(digest(number), sbom, place="added")
    store.documents.keep([one, shared])
    clock.advance(3 * DAY)
    audit(store, clock, workload((f"{WEB}:2", digest(2))))
    options = replace(OPTIONS, documents_days=2)
    prune(store, clock, options)
    assert store.documents.find(one.document_digest) is None
    assert store.documents.find(shared.document_digest) is not None, "an image that runs has it, too"
    assert 4 in known(store)


def test_old_rows_of_other_kinds_go_and_the_newest_stay(store: Store, clock: FakeClock, database_url: str) -> None:
    lease = store.runs.acquire("run", duration=dt.timedelta(hours=1))
    for day in range(3):
        report = DownloadReport(complete=day == 0)
        at = NOON if day < 2 else clock.now()
        store.runs.finish(report, started=at, finished=at, lease=lease)
    store.run_progress.note(AuditNote("ada", "here", "assess", "V-1"), NOON)
    store.run_progress.note(AuditNote("ada", "here", "assess", "V-2"), NOON)
    store.run_progress.note(AuditNote("ada", "here", "assess", "V-3"), clock.now())
    options = replace(OPTIONS, audit_days=10)
    plan = pruner(store, clock, options).plan()
    deleted = prune(store, clock, options)
    assert deleted[PruneKind.RUNS] == plan.counts[PruneKind.RUNS] == 1
    assert deleted[PruneKind.AUDIT] == plan.counts[PruneKind.AUDIT] == 2
    assert deleted[PruneKind.SIGHTINGS] == plan.counts[PruneKind.SIGHTINGS] == 2
    assert store.runs.last(complete=True) is not None
    engine = create_engine(parse_address(database_url))
    with engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.exec_driver_sql("DELETE FROM audit_log")
    engine.dispose()


def test_what_a_plan_counts_is_what_a_pass_deletes(store: Store, clock: FakeClock) -> None:
    store.sboms.point(parse_image("shop/gone:1"), digest(7))
    plan = pruner(store, clock).plan()
    deleted = prune(store, clock)
    assert {kind: number for kind, number in plan.counts.items() if number} == deleted
    assert pruner(store, clock).plan().counts[PruneKind.IMAGES] == 0


def test_what_left_images_is_kept_until_every_read_model_has_heard_of_it(store: Store, clock: FakeClock) -> None:
    follower = afresh(store)
    prune(store, clock)
    clock.advance(40 * DAY)
    audit(store, clock)
    assert PruneKind.HISTORY not in prune(store, clock)
    follow(store, follower)
    same(follower, afresh(store))


def test_one_process_deletes_at_a_time_and_a_late_one_commits_nothing(store: Store, clock: FakeClock) -> None:
    mine = store.retention.hold("other")
    with pytest.raises(PruneBusy):
        next(pruner(store, clock).steps())
    store.retention.release(mine)
    store.retention.hold("third")
    with pytest.raises(LeaseLost):
        store.retention.prune(PruneKind.IMAGES, clock.now(), "", 10, store.retention.named(), mine)
    with pytest.raises(LeaseLost):
        store.retention.finish(PruneRecord(clock.now(), {}), mine)
    assert known(store) == {1, 2}


class Killed(BaseException):
    """The end of a process."""


def test_a_pass_that_is_killed_in_any_transaction_is_taken_up_by_the_next(
    store: Store, clock: FakeClock, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    prune(store, clock)  # notes what no SBOM names
    for number in range(3, 12):
        store.sboms.add(digest(number), make_sbom(f"pkg:npm/n{number}@1.0.0"), place="added")
    clock.advance(20 * DAY)
    audit(store, clock)
    options, require = replace(OPTIONS, step_rows=1), steps.require
    follower = afresh(store)
    for killed_at in itertools.count(1):
        calls = itertools.count(1)

        def dying(*arguments: Any, calls: Iterator[int] = calls, last: int = killed_at) -> None:
            if next(calls) == last:
                raise Killed
            require(*arguments)

        for module in (steps, repository):
            monkeypatch.setattr(module, "require", dying)
        try:
            prune(store, clock, options)
        except Killed:
            for module in (steps, repository):
                monkeypatch.setattr(module, "require", require)
            check(database_url)
            follow(store, follower)
            same(follower, afresh(store))
            continue
        break
    assert killed_at >= 6
    assert known(store) == set()
    check(database_url)


def test_a_store_of_the_release_before_is_pruned_without_a_milder_verdict(
    opened: Callable[..., Store], tmp_path: Path
) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "former.db")) as connection:
        connection.executescript((FOLDER / "store.sql").read_text(encoding="utf-8"))
    store, clock = opened(f"sqlite:///{tmp_path / 'former.db'}"), FakeClock(NOW + dt.timedelta(seconds=60))
    store.admin.upgrade()
    follower, total = afresh(store), store.admin.status().counts["images"]
    audit(store, clock)
    assert PruneKind.IMAGES not in prune(store, clock)
    assert milder(store) == []
    clock.advance(30 * DAY)
    audit(store, clock)
    assert prune(store, clock)[PruneKind.IMAGES] == total
    clock.advance(30 * DAY)
    audit(store, clock)
    prune(store, clock)
    follow(store, follower)
    same(follower, afresh(store))


# -- any order ---------------------------------------------------------------------------------------------------------

PURLS = tuple(f"pkg:npm/p{number}@1.0.0" for number in range(6))
IMAGES, RUNNING = (1, 2, 3, 4), (1, 2)
ACTIONS = st.one_of(
    st.tuples(st.just("sbom"), st.sampled_from(IMAGES), st.sets(st.integers(0, 5), min_size=1, max_size=3)),
    st.tuples(st.just("see"), st.sampled_from(IMAGES), st.none()),
    st.tuples(st.just("answer"), st.integers(0, 5), st.sampled_from([None, "V-1", "V-2"])),
    st.tuples(st.just("assess"), st.sampled_from(["V-1", "V-2"]), st.sampled_from(["Ignore", "Blocked", None])),
    st.tuples(st.just("days"), st.integers(1, 8), st.none()),
    st.tuples(st.just("prune"), st.integers(1, 40), st.none()),
    st.tuples(st.just("remove"), st.sampled_from(IMAGES), st.none()),
)


def act(store: Store, clock: FakeClock, action: tuple[Any, ...], *, prunes: bool) -> None:
    match action:
        case ("sbom", number, contents):
            sbom = make_sbom(*(PURLS[item] for item in sorted(contents)))
            store.sboms.add(digest(number), sbom, place="added", image=parse_image(f"shop/web:{number}"))
        case ("see", number, _):
            store.sightings.record([Sighting(digest(number), f"{WEB}:{number}", clock.now())])
        case ("answer", number, name):
            found = [] if name is None else [vulnerability(name, "9.8")]
            told = [answer(PURLS[number], *found, at=clock.now())]
            store.components.record(told, assess=AutoRule(), now=clock.now())
        case ("assess", name, kind):
            store.assessments.append([assessment(name, kind)])
        case ("remove", number, _) if number not in RUNNING:
            store.sboms.remove(digest(number), author="ada")
        case ("prune", steps, _) if prunes:
            for _ in itertools.islice(pruner(store, clock, replace(OPTIONS, step_rows=2)).steps(), steps):
                pass


@pytest.fixture
def databases(sqlite_template: Path, tmp_path: Path) -> Callable[[], str]:
    """Makes the addresses of fresh SQLite files."""
    numbers = itertools.count()
    return lambda: f"sqlite:///{shutil.copy(sqlite_template, tmp_path / f'{next(numbers)}.db')}"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=st.lists(ACTIONS, min_size=5, max_size=25))
def test_in_any_order_nothing_that_runs_gets_milder_and_models_that_follow_are_whole(
    databases: Callable[[], str], actions: list[tuple[Any, ...]]
) -> None:
    clock = FakeClock()
    pruned, whole = (open_store(StoreOptions(url=databases()), clock) for _ in range(2))
    try:
        follower = ReadModel()
        for action in actions:
            clock.advance(action[1] * DAY if action[0] == "days" else 1)
            for store in (pruned, whole):
                for number in RUNNING:
                    store.sightings.record([Sighting(digest(number), f"{WEB}:{number}", clock.now())])
                audit(store, clock, workload(*((f"{WEB}:{number}", digest(number)) for number in RUNNING)))
                act(store, clock, action, prunes=store is pruned)
            follow(pruned, follower)
            same(follower, afresh(pruned))
            compare(follower, afresh(whole))
    finally:
        for store in (pruned, whole):
            store.close()


def purls(facts: ImageFacts) -> set[Purl]:
    return {component.purl for component in facts.vulnerable}


def compare(pruned: ReadModel, whole: ReadModel) -> None:
    for number in IMAGES:
        mine, theirs = pruned.facts(digest(number)), whole.facts(digest(number))
        if number in RUNNING:
            assert (mine is None) == (theirs is None)
        if mine is None or theirs is None:
            continue
        if number in RUNNING:
            assert mine.clean <= theirs.clean
            # One that nothing named for long, and that comes back, is asked for again.
            assert purls(mine) == purls(theirs) or mine.unknown > theirs.unknown
        assert mine.clean <= theirs.clean, "deleting makes nothing clean"
        assert mine.total == theirs.total or number not in RUNNING
    assert len(tuple(pruned.assessments)) == len(tuple(whole.assessments))


def test_unusable_settings_are_refused() -> None:
    for wrong in (
        RetentionOptions(images_days=-1),
        RetentionOptions(images_days=0.5),
        RetentionOptions(sightings_days=30),
        RetentionOptions(interval_hours=0),
        RetentionOptions(step_rows=0),
    ):
        with pytest.raises(Exception, match="retention"):
            wrong.check()
    RetentionOptions().check()
    RetentionOptions(images_days=0, sightings_days=30).check()


def test_the_state_of_a_deleted_component_is_none_that_counts(store: Store, clock: FakeClock) -> None:
    follower = afresh(store)
    total = sum(follower.counts().values())
    prune(store, clock)
    clock.advance(6 * DAY)
    audit(store, clock)
    prune(store, clock)
    follow(store, follower)
    assert sum(follower.counts().values()) == total - 1
    assert follower.counts()[ComponentState.VULNERABLE] == 0
