"""The hub's answers to members: what is queued, who pays, what is told, and in which order it is asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from tests.fakes import NOON
from tests.ports.samples import AutoRule, answer, digest, make_sbom, vulnerability
from webhook.model.fleetreports import FleetQuestion, FleetReply, FleetReport
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import ComponentAnswer
from webhook.store.repositories import Store

DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
A, B, C, D = (Purl(f"pkg:npm/{name}@1.0.0") for name in "abcd")


def by_key(purls: Sequence[Purl]) -> Collection[Purl]:
    return set(purls)


def ask(
    store: Store, member: str, *purls: Purl, at: dt.datetime = NOON, running: bool = False, ceiling: int = 100
) -> FleetReply:
    question = FleetQuestion(member, purls, running)
    return store.fleet_reports.ask(question, now=at, ttl=DAY, ceiling=ceiling, by_key=by_key)


def record(
    store: Store, *answers: ComponentAnswer, unanswered: Sequence[Purl] = (), at: dt.datetime = NOON, own: bool = True
) -> None:
    given = [said.purl for said in answers] if own else []
    store.fleet_reports.record(
        answers,
        unanswered=unanswered,
        own=given,
        assess=AutoRule(),
        now=at,
        reassess_on_score_change=False,
        lease=None,
    )


def wanted(store: Store, at: dt.datetime = NOON) -> list[str]:
    due = store.fleet_reports.wanted(now=at, ttl=DAY, kept=3 * DAY, by_key=by_key)
    return [component.purl.name for component in due]


def test_what_the_hub_does_not_know_is_left_out_and_asked_for_once_for_all(hub_store: Store) -> None:
    for member in ("eu", "us", "asia"):
        reply = ask(hub_store, member, A, B)
        assert (reply.reports, reply.queued) == ((), 2)
    assert wanted(hub_store) == ["a", "b"]
    assert hub_store.fleet_reports.size().by_member == {"asia": 2, "eu": 2, "us": 2}
    record(hub_store, answer(A, vulnerability("V-1")), unanswered=[B])
    assert wanted(hub_store) == []
    reply = ask(hub_store, "us", A, B, at=NOON + HOUR)
    assert reply == FleetReply((FleetReport(A, NOON, (vulnerability("V-1"),)), FleetReport(B, NOON, None)))
    assert wanted(hub_store, NOON + HOUR) == []
    assert hub_store.fleet_reports.size().by_member == {}


def test_an_old_answer_is_given_and_asked_for_again(hub_store: Store) -> None:
    ask(hub_store, "eu", A)
    record(hub_store, answer(A))
    reply = ask(hub_store, "us", A, at=NOON + DAY)
    assert (reply.reports, reply.queued) == ((FleetReport(A, NOON, ()),), 1)
    assert wanted(hub_store, NOON + DAY) == ["a"]


def test_what_no_member_asks_for_any_more_is_asked_for_no_more_and_forgotten(hub_store: Store) -> None:
    ask(hub_store, "eu", A, B)
    record(hub_store, answer(A), answer(B))
    ask(hub_store, "eu", A, at=NOON + 3 * DAY)
    assert wanted(hub_store, NOON + 4 * DAY) == ["a"]
    assert hub_store.fleet_reports.forget(NOON + 2 * DAY, 10) == 1
    assert hub_store.fleet_reports.count() == 1


def test_what_runs_comes_first_and_members_take_turns(hub_store: Store) -> None:
    many = [Purl(f"pkg:npm/many{number}@1.0.0") for number in range(4)]
    ask(hub_store, "greedy", *many)
    ask(hub_store, "small", A)
    ask(hub_store, "small", B, running=True)
    assert wanted(hub_store) == ["b", "many0", "a", "many1", "many2", "many3"]


def test_a_member_brings_so_many_new_ones_a_day(hub_store: Store) -> None:
    assert ask(hub_store, "eu", A, B, ceiling=3).refused == 0
    reply = ask(hub_store, "eu", C, D, ceiling=3)
    assert (reply.queued, reply.refused) == (1, 1)
    assert ask(hub_store, "us", D, ceiling=3).queued == 1  # each has its own
    assert ask(hub_store, "eu", D, ceiling=3).queued == 1  # somebody has brought it already
    later = ask(hub_store, "eu", *(Purl(f"pkg:npm/e{n}@1.0.0") for n in range(9)), at=NOON + DAY, ceiling=3)
    assert (later.queued, later.refused) == (3, 6)


def test_members_are_told_of_what_is_answered_differently_and_of_nothing_else(hub_store: Store) -> None:
    reports = hub_store.fleet_reports
    ask(hub_store, "eu", A, B)
    before = hub_store.feed.position().revision
    record(hub_store, answer(A), answer(B))
    first = hub_store.feed.position().revision
    assert reports.changed(before, first) == [A, B]
    record(hub_store, answer(A, at=NOON + DAY), answer(B, at=NOON + DAY), at=NOON + DAY)
    assert hub_store.feed.position().revision == first
    record(hub_store, answer(A, vulnerability("V-1"), at=NOON + 2 * DAY), at=NOON + 2 * DAY)
    second = hub_store.feed.position().revision
    assert second > first
    assert reports.changed(first, second) == [A]
    assert reports.changed(before, first) == [B]


def test_the_hubs_own_answers_serve_members_and_theirs_serve_the_hub(hub_store: Store) -> None:
    hub_store.sboms.add(digest(1), make_sbom(A, B), place="added")
    hub_store.components.record([answer(A, vulnerability("V-1"))], assess=AutoRule(), now=NOON)
    reply = ask(hub_store, "eu", A, B)
    assert [(report.coordinates, [found.id for found in report.vulnerabilities or ()]) for report in reply.reports] == [
        (A, ["V-1"])
    ]
    assert reply.queued == 1
    record(hub_store, answer(B))
    assert not list(hub_store.components.wanted(now=NOON, ttl=DAY))


def test_members_hear_of_what_the_hub_has_learnt_about_its_own_components(hub_store: Store) -> None:
    hub_store.sboms.add(digest(1), make_sbom(A), place="added")
    hub_store.components.record([answer(A)], assess=AutoRule(), now=NOON)
    ask(hub_store, "eu", A)
    hub_store.components.record([answer(A, vulnerability("V-1"), at=NOON + DAY)], assess=AutoRule(), now=NOON + DAY)
    before = hub_store.feed.position().revision
    assert wanted(hub_store, NOON + DAY + HOUR) == []
    assert hub_store.fleet_reports.changed(before, before + 5) == [A]


def test_what_answers_for_other_forms_leaves_the_hubs_components_alone(hub_store: Store) -> None:
    hub_store.sboms.add(digest(1), make_sbom(A), place="added")
    ask(hub_store, "eu", A)
    record(hub_store, answer(A, vulnerability("V-1")), own=False)
    assert [due.purl for due in hub_store.components.wanted(now=NOON, ttl=DAY)] == [A]
