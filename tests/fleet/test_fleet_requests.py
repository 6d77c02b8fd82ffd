"""Requests for exceptions that are made in a member are answered at its hub, and the answer comes back."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests as http

from tests.cli.installation import invoke
from tests.copies import replace
from tests.fleet.hubs import Hub
from tests.fleet.test_fleet_one_cluster import Follower, revision_of
from tests.ports.samples import AutoRule, answer, digest, make_sbom, vulnerability
from webhook.bootstrap.fleet import bringing
from webhook.clients.hub.requests import HubRequests
from webhook.engines.controlling.fleetrequests import FleetRequestDuty
from webhook.engines.requesting.reader import DraftAnswer
from webhook.errors import SourceError
from webhook.model.assessments import AssessmentSource, Scope
from webhook.model.fleetrequests import MemberRequests, RequestReceipt
from webhook.model.people import KUBERNETES, Person
from webhook.model.purls import Purl
from webhook.model.records import AssessmentQuery
from webhook.model.requests import Asker, ExceptionRequest, Phase, RequestScan, Wish
from webhook.policy.asking import ApprovalRefused, RequestRefused
from webhook.policy.memberrequests import MOST_REQUESTS
from webhook.store.values import to_json

LODASH = "pkg:npm/lodash@4.17.20"
ANY = RequestScan()


def person(user: str) -> Person:
    return Person(user, "token", ("developers",), KUBERNETES, user, f"uid-{user}")


ANA, BEN, EVA = person("ana"), person("ben"), person("eva")


class Cluster(Follower):
    """A member with an image that has two vulnerabilities, whose requests its hub answers."""

    def __init__(self, hub: Hub, folder: Path) -> None:
        super().__init__(hub, folder)
        self.hub, self.parts = hub, self.member.parts
        now = self.parts.clock.now()
        self.parts.store.sboms.add(digest(1), make_sbom(Purl(LODASH)), place="added")
        found = [vulnerability("CVE-1", "9.8"), vulnerability("CVE-2", "9.1")]
        self.parts.store.components.record([answer(LODASH, *found, at=now)], assess=AutoRule(), now=now)
        self.requests: FleetRequestDuty = bringing(self.parts)

    def ask(self, *names: str, who: Person = ANA, days: int = 30, image: str | None = None) -> ExceptionRequest:
        wish = Wish(names, Scope("pkg:npm/lodash", image=image), "shop", "the class is removed", days=days)
        return self.parts.desk.ask(wish, who, "test")

    def phase(self, number: int) -> Phase:
        return self.parts.desk.named(number).phase

    def taken_over(self) -> set[tuple[str, str | None]]:
        """What of the hub counts here, once all that the hub has decided by now is here."""
        return self.follow(revision_of(self.hub))


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub(tmp_path / "hub").serving() as made:
        yield made


@pytest.fixture
def berlin(hub: Hub, tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(hub, tmp_path / "berlin")
    yield cluster
    cluster.parts.store.close()


def at_hub(hub: Hub, number: int, verb: str, who: Person = EVA, **more: Any) -> ExceptionRequest:
    """Answer a request at the hub."""
    parts = hub.parts()
    try:
        done = getattr(parts.desk, verb)(number, DraftAnswer("until May", **more), who, "console, 10.0.0.1")
        assert isinstance(done, ExceptionRequest)
        return done
    finally:
        parts.store.close()


def listed(hub: Hub) -> list[ExceptionRequest]:
    """The requests at the hub, the oldest first."""
    parts = hub.parts()
    try:
        return list(reversed(parts.desk.page(ANY, None, 2_000).items))
    finally:
        parts.store.close()


def test_a_request_goes_to_the_hub_and_its_approval_counts_in_that_member_alone(
    hub: Hub, berlin: Cluster, tmp_path: Path
) -> None:
    tokyo = Cluster(hub, tmp_path / "tokyo")
    other = tokyo.ask("CVE-1", who=BEN)
    asked = berlin.ask("CVE-1")
    assert asked.number == other.number, "numbers of two members may be the same"
    for cluster in (berlin, tokyo, berlin):
        cluster.requests.run()
    shown = json.loads(hub.ok("requests", "list", "--output", "json").out)["requests"]
    askers = [(request["cluster"], request["askers"][0]["person"]["user"]) for request in shown]
    assert askers == [("tokyo", "ben"), ("berlin", "ana")]
    (mine,) = json.loads(hub.ok("requests", "list", "--cluster", "berlin", "--output", "json").out)["requests"]
    assert (mine["namespace"], mine["phase"]) == ("shop", "waiting")
    with pytest.raises(ApprovalRefused, match="asked for"):
        at_hub(hub, mine["number"], "approve", who=ANA)
    done = at_hub(hub, mine["number"], "approve")
    assert berlin.taken_over() == {("CVE-1", "Ignore")}
    (record,) = berlin.member.records
    assert (record.source, record.author, record.batch) == (AssessmentSource.FLEET, "eva", done.batch)
    assert record.scope == Scope("pkg:npm/lodash", namespace="shop")
    berlin.requests.run()
    tokyo.requests.run()
    answered = berlin.parts.desk.named(asked.number)
    assert (answered.phase, answered.answer and answered.answer.person.username) == (Phase.APPROVED, "eva")
    assert answered.answer and (answered.answer.comment, answered.answer.type) == ("until May", "Ignore")
    assert tokyo.phase(other.number) is Phase.WAITING
    assert not berlin.parts.store.assessments.find(AssessmentQuery(source=AssessmentSource.MANUAL.value))
    assert berlin.requests.run() is None
    parts = hub.parts()
    assert not parts.store.assessments.find(AssessmentQuery()), "an approval for one member counts for all"
    assert not parts.store.fleet_decisions.of("tokyo")
    parts.store.close()
    tokyo.parts.store.close()


def test_a_member_does_not_answer_its_own_requests_and_a_hub_does_not_join_those_of_members(
    hub: Hub, berlin: Cluster
) -> None:
    asked = berlin.ask("CVE-1")
    for verb in (berlin.parts.desk.approve, berlin.parts.desk.deny):
        with pytest.raises(ApprovalRefused, match="hub of the fleet") as refused:
            verb(asked.number, DraftAnswer("fine"), EVA, "test")
        assert "Answer it at the hub" in refused.value.remedy
    berlin.requests.run()
    (there,) = listed(hub)
    parts = hub.parts()
    with pytest.raises(RequestRefused, match="made in berlin"):
        parts.desk.join(there.number, "we, too", BEN, "test")
    with pytest.raises(RequestRefused, match="made in berlin"):
        parts.desk.withdraw(there.number, ANA, "test")
    assert parts.desk.within(["shop"]).page(ANY, None, 9).items == (), "a namespace of another cluster is another one"
    assert parts.desk.namespaces() == []
    parts.store.close()


def test_a_denial_comes_back_with_its_comment(hub: Hub, berlin: Cluster) -> None:
    asked = berlin.ask("CVE-1")
    berlin.requests.run()
    at_hub(hub, listed(hub)[0].number, "deny")
    berlin.requests.run()
    answered = berlin.parts.desk.named(asked.number)
    assert (answered.phase, answered.answer and answered.answer.comment) == (Phase.DENIED, "until May")
    parts = hub.parts()
    assert not parts.store.fleet_decisions.of("berlin")
    parts.store.close()


def test_what_is_withdrawn_in_the_member_ends_at_the_hub_and_what_it_gave_ends(hub: Hub, berlin: Cluster) -> None:
    one, two = berlin.ask("CVE-1"), berlin.ask("CVE-2")
    berlin.requests.run()
    first, second = listed(hub)
    at_hub(hub, first.number, "approve")
    berlin.requests.run()
    assert berlin.taken_over() == {("CVE-1", "Ignore")}
    for request in (one, two):
        berlin.parts.desk.withdraw(request.number, ANA, "test")
    berlin.requests.run()
    assert [request.phase for request in listed(hub)] == [Phase.WITHDRAWN, Phase.WITHDRAWN]
    assert berlin.taken_over() == set()
    berlin.requests.run()
    assert [request.phase for request in listed(hub)] == [Phase.WITHDRAWN, Phase.WITHDRAWN]
    assert second.number == listed(hub)[1].number


def test_what_is_changed_in_the_member_needs_another_answer(hub: Hub, berlin: Cluster) -> None:
    asked = berlin.ask("CVE-1")
    berlin.requests.run()
    (there,) = listed(hub)
    at_hub(hub, there.number, "approve")
    assert berlin.taken_over() == {("CVE-1", "Ignore")}
    wanted = replace(asked, vulnerabilities=("CVE-2",))
    berlin.parts.desk._change(wanted, ANA, "test", asked.number)
    berlin.requests.run()
    (again,) = listed(hub)
    assert (again.number, again.phase, again.vulnerabilities) == (there.number, Phase.WAITING, ("CVE-2",))
    assert again.version > there.version
    assert berlin.phase(asked.number) is Phase.WAITING, "the answer to the former words counts for the new ones"
    assert berlin.taken_over() == set()
    at_hub(hub, again.number, "approve")
    berlin.requests.run()
    assert (berlin.phase(asked.number), berlin.taken_over()) == (Phase.APPROVED, {("CVE-2", "Ignore")})


def test_an_answer_that_comes_too_late_is_none(hub: Hub, berlin: Cluster) -> None:
    asked = berlin.ask("CVE-1")
    berlin.requests.run()
    at_hub(hub, listed(hub)[0].number, "approve")
    berlin.parts.desk.withdraw(asked.number, ANA, "test")
    berlin.requests.run()
    assert berlin.phase(asked.number) is Phase.WITHDRAWN
    assert listed(hub)[0].phase is Phase.WITHDRAWN
    assert berlin.taken_over() == set()


def test_an_answer_to_former_words_is_none(hub: Hub, berlin: Cluster) -> None:
    asked, desk = berlin.ask("CVE-1"), berlin.parts.desk
    berlin.requests.run()
    at_hub(hub, listed(hub)[0].number, "approve")
    there = HubRequests(berlin.parts.sources.hub_client())

    class Meanwhile:
        """Somebody changes the request while the answer is on its way."""

        def bring(self, told: MemberRequests) -> RequestReceipt:
            receipt = there.bring(told)
            assert [answer.number for answer in receipt.answers] == [asked.number]
            desk._change(replace(asked, vulnerabilities=("CVE-2",)), ANA, "test", asked.number)
            return receipt

    FleetRequestDuty(desk, Meanwhile(), berlin.parts.clock).run()
    assert berlin.phase(asked.number) is Phase.WAITING
    berlin.requests.run()
    assert [(request.phase, request.vulnerabilities) for request in listed(hub)] == [(Phase.WAITING, ("CVE-2",))]
    assert berlin.taken_over() == set()


def test_what_an_approval_covered_waits_again_when_that_one_is_withdrawn(hub: Hub, berlin: Cluster) -> None:
    wide, narrow = berlin.ask("CVE-1", "CVE-2", days=60), berlin.ask("CVE-1", who=BEN, days=10)
    berlin.requests.run()
    first, second = listed(hub)
    at_hub(hub, first.number, "approve")
    berlin.requests.run()
    assert [berlin.phase(asked.number) for asked in (wide, narrow)] == [Phase.APPROVED, Phase.APPROVED]
    berlin.parts.desk.withdraw(wide.number, ANA, "test")
    berlin.requests.run()  # the hub hears of it
    berlin.requests.run()  # and says that the other one waits again
    assert [request.phase for request in listed(hub)] == [Phase.WITHDRAWN, Phase.WAITING]
    assert berlin.phase(narrow.number) is Phase.WAITING
    berlin.requests.run()
    assert listed(hub)[1].phase is Phase.WAITING
    at_hub(hub, second.number, "approve")
    berlin.requests.run()
    assert (berlin.phase(narrow.number), berlin.taken_over()) == (Phase.APPROVED, {("CVE-1", "Ignore")})


def test_who_joins_in_the_member_cannot_approve_at_the_hub(hub: Hub, berlin: Cluster) -> None:
    asked = berlin.ask("CVE-1")
    berlin.requests.run()
    berlin.parts.desk.join(asked.number, "so do we", EVA, "test")
    berlin.requests.run()
    (there,) = listed(hub)
    assert [asker.person.username for asker in there.askers] == ["ana", "eva"]
    with pytest.raises(ApprovalRefused):
        at_hub(hub, there.number, "approve", who=EVA)


def test_requests_wait_while_the_hub_is_away(tmp_path: Path) -> None:
    hub = Hub(tmp_path / "hub")
    with hub.serving():
        berlin = Cluster(hub, tmp_path / "berlin")
        port = hub.url.rpartition(":")[2]
    asked = berlin.ask("CVE-1")
    with pytest.raises(SourceError):
        berlin.requests.run()
    assert berlin.phase(asked.number) is Phase.WAITING
    with Hub(hub.folder, fleet={"listen": f"127.0.0.1:{port}"}).serving():
        berlin.requests.run()
        assert [request.cluster for request in listed(hub)] == ["berlin"]
    berlin.parts.store.close()


def test_the_requests_of_a_member_that_is_removed_wait_no_longer(hub: Hub, berlin: Cluster) -> None:
    berlin.ask("CVE-1")
    berlin.requests.run()
    assert invoke("fleet", "remove", "berlin", "--config", str(hub.config)).code == 0
    assert [request.phase for request in listed(hub)] == [Phase.WITHDRAWN]


def told(number: int, **more: Any) -> ExceptionRequest:
    """A request as a member tells it."""
    now = dt.datetime.now(dt.UTC)
    asker = Asker(ANA, "needed", now)
    scope = Scope("pkg:npm/lodash", namespace="shop")
    made = ExceptionRequest(number, (f"CVE-{number}",), scope, now + dt.timedelta(days=30), (asker,), now)
    return replace(made, **more)


def test_a_member_that_lies_changes_only_what_is_its_own(hub: Hub, berlin: Cluster, tmp_path: Path) -> None:
    mallory = Follower(hub, tmp_path / "mallory")
    berlin.ask("CVE-1")
    berlin.requests.run()
    (there,) = listed(hub)

    def tell(body: MemberRequests | bytes) -> http.Response:
        sent = body if isinstance(body, bytes) else to_json(body).encode()
        headers = {"Authorization": f"Bearer {mallory.token}", "Content-Type": "application/json"}
        return http.post(f"{hub.url}/fleet/v1/requests", sent, headers=headers, timeout=60)

    for junk in (b"", b"[]", b"{", b'{"waiting": 1}', b'{"phases": {"x": "approved"}}', b"[" * 100_000):
        reply = tell(junk)
        assert (reply.status_code, reply.json()["code"]) == (400, "invalid-input"), junk[:40]
    many = MemberRequests(tuple(told(number) for number in range(1, MOST_REQUESTS + 2)))
    assert tell(many).status_code == 400
    named = replace(told(1), member=there.member, phase=Phase.APPROVED, origin="Assessment x", version=7)
    bad = (
        replace(told(2), until=None),
        replace(told(3), askers=()),
        replace(told(4), scope=Scope("pkg:npm/lodash")),
        replace(told(5), vulnerabilities=("CVE-5",) * 21),
        replace(told(6), vulnerabilities=("CVE-\u202e6",)),
        replace(told(7), askers=(Asker(replace(ANA, username="x" * 201), "needed", there.created),)),
        replace(told(8), version=2**40),
        replace(told(-9)),
    )
    reply = tell(MemberRequests((named, *bad), {there.number: Phase.WITHDRAWN, 99: Phase.WITHDRAWN}))
    assert (reply.status_code, reply.json()["left_out"]) == (200, len(bad)), reply.text
    berlins, mallorys = listed(hub)
    assert berlins == there, "one member's word changed another one's request"
    assert (mallorys.cluster, mallorys.phase, mallorys.origin, mallorys.version) == ("mallory", Phase.WAITING, "", 1)
    assert mallorys.until is not None and mallorys.until <= dt.datetime.now(dt.UTC) + dt.timedelta(days=90)
    done = at_hub(hub, mallorys.number, "approve")
    assert mallory.follow(revision_of(hub)) == {("CVE-1", "Ignore")}
    parts = hub.parts()
    assert not parts.store.fleet_decisions.of("berlin")
    parts.store.close()
    answers = tell(MemberRequests((replace(named, vulnerabilities=("CVE-666",)),))).json()["answers"]
    assert [answer["version"] for answer in answers] == [7]
    assert listed(hub)[1].vulnerabilities == done.vulnerabilities, "words were changed behind an approval"
    mallory.member.parts.store.close()


def test_a_member_has_a_bounded_number_of_requests_at_the_hub(hub: Hub, berlin: Cluster, tmp_path: Path) -> None:
    parts = hub.parts()
    from webhook.engines.fleet.requests import FleetRequests

    desk = FleetRequests(parts.store.requests, parts.rules_now, 90, parts.clock)
    first = MemberRequests(tuple(told(number) for number in range(1, MOST_REQUESTS + 1)))
    assert desk.take("eu", to_json(first).encode()).left_out == 0
    again = MemberRequests(tuple(told(number) for number in range(2, MOST_REQUESTS + 2)), is_all=False)
    receipt = desk.take("eu", to_json(again).encode())
    assert (receipt.left_out, receipt.unsure) == (1, ())
    assert desk.take("us", to_json(MemberRequests((told(1),))).encode()).left_out == 0
    parts.store.close()
