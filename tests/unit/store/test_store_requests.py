"""Requests on both databases: one transaction for an answer, its assessments and its rows in the audit log."""

from __future__ import annotations

import datetime as dt
import threading

import pytest

from tests.copies import replace
from tests.fakes import NOON, FakeClock
from tests.ports.samples import AutoRule, answer, assessment, digest, make_sbom, vulnerability
from webhook.engines.assessing.rules import StoreRules
from webhook.engines.fleet.requests import FleetRequests
from webhook.engines.notifying.watching import unanswered
from webhook.engines.readmodel import ReadModel
from webhook.engines.requesting.desk import RequestDesk
from webhook.engines.requesting.options import RequestOptions
from webhook.engines.requesting.reader import DraftAnswer, RequestReader
from webhook.errors import BomgateError, ChangedMeanwhile, InvalidInput
from webhook.model.assessments import Scope
from webhook.model.fleetrequests import MemberRequests
from webhook.model.images import parse_image
from webhook.model.notifications import DeliveryScan, Topic
from webhook.model.people import KUBERNETES, Person
from webhook.model.policies import Policy
from webhook.model.purls import Purl
from webhook.model.records import AssessmentQuery
from webhook.model.requests import Asker, ExceptionRequest, Phase, RequestScan, Wish
from webhook.model.triage import AuditScan
from webhook.policy.asking import ApprovalRefused, RequestRefused
from webhook.policy.evaluation import Rules
from webhook.policy.precedence import Place
from webhook.policy.requests import changed
from webhook.policy.typetable import default_types
from webhook.store.repositories import Store
from webhook.store.values import to_json

LODASH = "pkg:npm/lodash@4.17.20"
HOSTILE = "<script>alert(1)</script> ' \" %_\\ \x00"


def person(user: str) -> Person:
    return Person(user, "token", ("developers",), KUBERNETES, user, f"uid-{user}")


RULES = Rules(default_types(), Policy())
ANA, BEN, EVA = person("ana"), person("ben"), person("eva")


@pytest.fixture
def desk(real_store: Store, clock: FakeClock) -> RequestDesk:
    """The desk of a store that knows two vulnerabilities in one package."""
    real_store.sboms.add(digest(1), make_sbom(Purl(LODASH)), place="added")
    found = [vulnerability("CVE-1", "9.8", aliases=("GHSA-1",)), vulnerability("CVE-2", "9.1")]
    real_store.components.record([answer(LODASH, *found, at=NOON)], assess=AutoRule(), now=NOON)
    rules = StoreRules(Rules(default_types(), Policy()), real_store.types)
    reader = RequestReader(real_store.vulnerabilities, rules, RequestOptions(), clock)
    return RequestDesk(real_store.requests, reader, clock)


def wish(*names: str, days: int | None = 30, **more: object) -> Wish:
    made = Wish(names or ("CVE-1",), Scope("pkg:npm/lodash"), "shop", f"needed {HOSTILE}", days=days)
    return replace(made, **more)


def test_an_approval_makes_an_assessment_that_says_who_asked_and_why(desk: RequestDesk, real_store: Store) -> None:
    before = real_store.feed.position()
    made = desk.ask(wish(), ANA, "test")
    assert real_store.feed.position() == before  # nothing that a decision depends on
    desk.join(made.number, "so do we", EVA, "test")
    done = desk.approve(made.number, DraftAnswer("until May"), BEN, "console, 10.0.0.1")
    assert (done.phase, done.answer and done.answer.person.username) == (Phase.APPROVED, "ben")
    (record,) = real_store.assessments.find(AssessmentQuery(batch=done.batch))
    assert (record.vulnerability, record.type, record.author) == ("CVE-1", "Ignore", "ben")
    assert record.scope == Scope("pkg:npm/lodash", namespace="shop")
    assert record.until == NOON + dt.timedelta(days=30)
    assert record.comment.startswith("until May (request 1 of ana, eva: needed <script>")
    assert (record.rule, record.recorded_by) == ("request 1", "console, 10.0.0.1")
    assert real_store.feed.position() != before
    rows = real_store.triage.audit(AuditScan(batch=done.batch), None, 10)
    assert [(row.note.actor, row.note.action) for row in rows] == [
        ("ben", "approve-request"),
        ("eva", "join-request"),
        ("ana", "request"),
    ]
    assert rows[0].note.detail["issuer"] == KUBERNETES


def test_of_two_who_approve_at_once_the_second_one_sees_the_first(desk: RequestDesk, real_store: Store) -> None:
    number = desk.ask(wish(), ANA, "test").number
    barrier, said = threading.Barrier(2), list[str]()

    def approve(who: Person) -> None:
        barrier.wait()
        try:
            desk.approve(number, DraftAnswer("fine"), who, "test")
        except ChangedMeanwhile as problem:
            said.append(problem.message)

    threads = [threading.Thread(target=approve, args=(who,)) for who in (BEN, EVA)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (sentence,) = said
    assert sentence.startswith(f"Request {number} was approved by ")
    assert len(real_store.assessments.find(AssessmentQuery(batch=f"request-{number}"))) == 1


def test_a_request_that_has_changed_is_not_approved_as_it_was(desk: RequestDesk, real_store: Store) -> None:
    first = desk.ask(wish(), ANA, "test")
    other = desk.reader.made(wish("CVE-2"), EVA)
    now = NOON + dt.timedelta(minutes=1)
    real_store.requests.change(lambda view: changed(other, view, EVA, now, "test", RULES), now=now, number=first.number)
    with pytest.raises(ChangedMeanwhile, match="after you looked at it"):
        desk.approve(first.number, DraftAnswer("fine", version=first.version), BEN, "test")
    with pytest.raises(ApprovalRefused, match="ana has asked for request"):
        desk.approve(first.number, DraftAnswer("fine"), ANA, "test")  # who asked for the former words cannot either
    assert desk.approve(first.number, DraftAnswer("fine"), BEN, "test").phase is Phase.APPROVED


def approved_twice(desk: RequestDesk, clock: FakeClock) -> int:
    """Two exceptions for one vulnerability, a shorter one and then a longer one; the number of the second."""
    for days in (30, 60):
        number = desk.ask(wish(days=days), ANA, "test").number
        desk.approve(number, DraftAnswer("fine"), BEN, "test")
        clock.advance(60)
    return number


def in_force(store: Store, clock: FakeClock) -> str | None:
    model = ReadModel()
    model.apply(store.feed.changes())
    (component,) = [component for _, component in model.vulnerable()]
    place = Place(parse_image("registry.example/shop/web:1"), namespace="shop")
    found = model.assessments.effective(component.vulnerabilities[0], component.purl, place, clock.now()).assessment
    return None if found is None else found.type


BLOCKS = {
    "under the same name": ("CVE-1", Scope("pkg:npm/lodash", namespace="shop")),
    "in another case": ("cve-1", Scope("pkg:npm/lodash", namespace="shop")),
    "under an alias": ("GHSA-1", Scope("pkg:npm/lodash", namespace="shop")),
    "for a narrower scope": ("CVE-1", Scope("pkg:npm/lodash", None, "registry.example/shop/*", "shop")),
}


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("way", ["withdraws", "closes", "changes"])
def test_who_asked_does_not_end_a_block_that_somebody_decided_since(
    desk: RequestDesk, real_store: Store, clock: FakeClock, way: str, block: str
) -> None:
    number = approved_twice(desk, clock)
    name, scope = BLOCKS[block]
    real_store.assessments.append([assessment(name, "Blocked", scope=scope, author="carol", assessed_at=clock.now())])
    clock.advance(60)
    assert in_force(real_store, clock) == "Blocked"
    if way == "withdraws":
        desk.withdraw(number, ANA, "test")
    elif way == "closes":
        desk.close(number, ANA, "test")
    else:
        wider = desk.reader.made(wish("CVE-1", "CVE-2"), ANA)
        now = clock.now()
        real_store.requests.change(lambda view: changed(wider, view, ANA, now, "test", RULES), now=now, number=number)
    assert in_force(real_store, clock) == "Blocked"


def test_an_earlier_exception_counts_again_where_nobody_decided_since(
    desk: RequestDesk, real_store: Store, clock: FakeClock
) -> None:
    number = approved_twice(desk, clock)
    desk.withdraw(number, ANA, "test")
    assert in_force(real_store, clock) == "Ignore"
    clock.advance(31 * 86_400)
    assert in_force(real_store, clock) == "Blocked"  # by its score


def test_who_comes_back_in_another_form_of_their_identity_still_does_not_approve(desk: RequestDesk) -> None:
    account = Person("ana", "OIDC", (), "https://idp.example", "ana", "U-1")
    renamed = Person("ana.new", "OIDC", (), "https://idp.example", "ana.new", "U-1")
    number = desk.ask(wish(), account, "test").number
    desk.join(number, "me too", EVA, "test")
    for _ in range(3):
        desk.withdraw(number, Person("ana", "token", (), KUBERNETES, "ana"), "test")
        made = desk.join(number, "again", Person("ana", "token", (), KUBERNETES, "ana"), "test")
    assert [(asker.person.uid, asker.left) for asker in made.askers] == [("U-1", True), ("uid-eva", False), ("", False)]
    with pytest.raises(ApprovalRefused, match=r"ana\.new has asked for request"):
        desk.approve(number, DraftAnswer("fine"), renamed, "test")


def test_who_changes_an_object_in_another_form_of_their_identity_still_does_not_approve(
    desk: RequestDesk, real_store: Store
) -> None:
    account = Person("ana", "OIDC", (), "https://idp.example", "ana", "U-1")
    renamed = Person("ana.new", "OIDC", (), "https://idp.example", "ana.new", "U-1")
    cluster = Person("ana", "API server", (), KUBERNETES, "ana")
    number = desk.ask(wish(), account, "test").number
    other, now = desk.reader.made(wish("CVE-2"), cluster), NOON
    made = real_store.requests.change(
        lambda view: changed(other, view, cluster, now, "test", RULES), now=now, number=number
    )
    assert [asker.left for asker in made.askers] == [False, True]
    with pytest.raises(ApprovalRefused, match=r"ana\.new has asked for request"):
        desk.approve(number, DraftAnswer("fine"), renamed, "test")


def test_what_is_changed_after_its_approval_no_longer_counts(desk: RequestDesk, real_store: Store) -> None:
    number = desk.ask(wish(), ANA, "test").number
    desk.approve(number, DraftAnswer("fine"), BEN, "test")
    wider = desk.reader.made(wish("CVE-1", "CVE-2"), ANA)
    now = NOON + dt.timedelta(minutes=1)
    again = real_store.requests.change(
        lambda view: changed(wider, view, ANA, now, "test", RULES), now=now, number=number
    )
    assert (again.phase, again.version, again.answer) == (Phase.WAITING, 2, None)
    assert [record.type for record in real_store.assessments.find(AssessmentQuery(batch=again.batch))] == [
        "Ignore",
        None,
    ]


def test_an_approval_answers_what_it_covers_and_no_more(desk: RequestDesk) -> None:
    both = desk.ask(wish("CVE-1", "CVE-2"), ANA, "test")
    covered = desk.ask(wish("CVE-2", days=10), EVA, "test")
    narrower = desk.ask(wish("CVE-1", scope=Scope(LODASH)), EVA, "test")
    elsewhere = desk.ask(wish("CVE-1", namespace="lab"), EVA, "test")
    with pytest.raises(ApprovalRefused, match=f"eva has asked for request {covered.number}"):
        desk.approve(both.number, DraftAnswer("fine"), EVA, "test")  # it would answer her own
    desk.approve(both.number, DraftAnswer("fine"), BEN, "test")
    for number, phase in (
        (covered.number, Phase.APPROVED),
        (narrower.number, Phase.APPROVED),
        (elsewhere.number, Phase.WAITING),
    ):
        assert desk.named(number).phase is phase
    answered = desk.named(covered.number).answer
    assert answered is not None
    assert answered.covered_by == both.number
    # When nobody asks for what covered it, it waits again.
    desk.withdraw(both.number, ANA, "test")
    assert desk.named(covered.number).phase is Phase.WAITING


def test_an_exception_ends_when_the_last_of_its_askers_leaves(desk: RequestDesk, real_store: Store) -> None:
    number = desk.ask(wish(), ANA, "test").number
    desk.join(number, "so do we", EVA, "test")
    desk.approve(number, DraftAnswer("fine"), BEN, "test")
    assert desk.withdraw(number, ANA, "test").phase is Phase.APPROVED
    with pytest.raises(RequestRefused):
        desk.withdraw(number, BEN, "test")
    assert desk.withdraw(number, EVA, "test").phase is Phase.WITHDRAWN
    newest = real_store.assessments.find(AssessmentQuery(batch=f"request-{number}"))[-1]
    assert newest.type is None


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        (wish(days=None), "A request needs an end."),
        (wish(until=NOON + dt.timedelta(days=2)), "A request needs an end."),
        (wish(days=91), "A request lasts at most 90 days"),
        (wish(days=0), "would end before it begins"),
        (wish(until_fixed=True), "No source reports fixed versions"),
        (wish(reason=" "), "A request needs a reason."),
        (wish("CVE-404"), "CVE-404 affects no known component."),
        (wish(scope=Scope("pkg:npm/left-pad")), "CVE-1 does not affect pkg:npm/left-pad."),
        (wish(scope=Scope()), "A request is about one package."),
        (wish(namespace=""), "A request is for one namespace."),
        (wish(scope=Scope("pkg:npm/lodash", namespace="lab")), "names two namespaces"),
        (wish(type="Nonsense"), "Nonsense"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(desk: RequestDesk, asked: Wish, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        desk.ask(asked, ANA, "test")
    assert desk.page(RequestScan(), None, 5).items == ()


def test_the_same_is_joined_and_not_asked_for_twice(desk: RequestDesk) -> None:
    number = desk.ask(wish(), ANA, "test").number
    with pytest.raises(InvalidInput, match=f"Request {number} asks for the same"):
        desk.ask(wish("cve-1"), EVA, "test")
    with pytest.raises(InvalidInput, match="has already joined this request"):
        desk.join(number, "again", ANA, "test")


def test_an_answer_after_the_end_is_too_late(desk: RequestDesk, clock: FakeClock) -> None:
    number = desk.ask(wish(days=1), ANA, "test").number
    clock.advance(24 * 3600)
    with pytest.raises(BomgateError):
        desk.approve(number, DraftAnswer("fine"), BEN, "test")
    assert desk.named(number).phase_at(clock.now()) is Phase.LAPSED
    assert [request.number for request in desk.page(RequestScan(Phase.LAPSED), None, 5).items] == [number]
    assert desk.page(RequestScan(Phase.WAITING), None, 5).items == ()


def test_a_request_is_announced_with_itself_and_again_when_nobody_answers(
    desk: RequestDesk, real_store: Store, clock: FakeClock
) -> None:
    def announced() -> list[tuple[str, str]]:
        now = clock.now()
        real_store.outbox.spread({"team": list(Topic)}, now, now - dt.timedelta(days=9))
        lines = real_store.outbox.lines(DeliveryScan(), 10)
        return [(line.told.announcement.key, line.told.announcement.facts["by"]) for line in lines]

    with pytest.raises(InvalidInput):
        desk.ask(wish("CVE-404"), ANA, "test")
    assert announced() == []
    number = desk.ask(wish(), ANA, "test").number
    desk.join(number, "so do we", EVA, "test")
    assert announced() == [(f"request/{number}/1", "ana")]
    assert real_store.outbox.lines(DeliveryScan(), 1)[0].told.announcement.path == f"/requests/{number}"
    day = dt.timedelta(days=1)
    assert unanswered(real_store.requests, clock.now(), day) == []
    clock.advance(24 * 3600)
    assert [item.key for item in unanswered(real_store.requests, clock.now(), day)] == [f"request-waits/{number}/1"]
    desk.approve(number, DraftAnswer("fine"), BEN, "test")
    assert unanswered(real_store.requests, clock.now(), day) == []


def test_requests_that_were_made_later_push_no_reminder_out(
    desk: RequestDesk, real_store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhook.engines.notifying.watching._MOST_REQUESTS", 3)
    day = dt.timedelta(days=1)
    first = [desk.ask(wish(namespace=f"team-{place}"), ANA, "test").number for place in range(2)]
    clock.advance(24 * 3600)
    for place in range(5):
        desk.ask(wish(namespace=f"late-{place}"), EVA, "test")
    told = [f"request-waits/{number}/1" for number in first]
    assert [item.key for item in unanswered(real_store.requests, clock.now(), day)] == told
    clock.advance(24 * 3600)
    assert [item.key for item in unanswered(real_store.requests, clock.now(), day)][:2] == told


def test_an_approver_may_shorten_and_not_lengthen(desk: RequestDesk, real_store: Store) -> None:
    number = desk.ask(wish(), ANA, "test").number
    with pytest.raises(InvalidInput, match="longer than anyone asked for"):
        desk.approve(number, DraftAnswer("fine", until=NOON + dt.timedelta(days=31)), BEN, "test")
    with pytest.raises(InvalidInput, match="Blocked denies"):
        desk.approve(number, DraftAnswer("fine", type="Blocked"), BEN, "test")
    desk.approve(number, DraftAnswer("fine", type="Caution", until=NOON + dt.timedelta(days=3)), BEN, "test")
    (record,) = real_store.assessments.find(AssessmentQuery(batch=f"request-{number}"))
    assert (record.type, record.until) == ("Caution", NOON + dt.timedelta(days=3))


def test_pages_and_counts(desk: RequestDesk, real_store: Store) -> None:
    numbers = [desk.ask(wish(namespace=f"team-{n}"), ANA, "test").number for n in range(5)]
    desk.deny(numbers[0], DraftAnswer("update it"), BEN, "test")
    first = desk.page(RequestScan(), None, 3)
    assert first.after is not None
    rest = desk.page(RequestScan(), int(first.after[0]), 3)
    assert [request.number for request in (*first.items, *rest.items)] == numbers[::-1]
    assert rest.after is None
    for scan, expected in (
        (RequestScan(Phase.DENIED), numbers[:1]),
        (RequestScan(namespace="team-3"), [numbers[3]]),
        (RequestScan(user="eva"), []),
        (RequestScan(vulnerability="cve-1"), numbers[::-1]),
        (RequestScan(vulnerability="CVE-"), []),
    ):
        assert [request.number for request in desk.page(scan, None, 9).items] == expected
    counts = real_store.requests.counts(NOON)
    assert (counts.by_phase[Phase.WAITING], counts.by_phase[Phase.DENIED], counts.oldest) == (4, 1, NOON)


def test_a_program_asks_for_somebody_when_it_is_listed(real_store: Store, desk: RequestDesk, clock: FakeClock) -> None:
    account = Person("ci", "token", issuer=KUBERNETES, username="system:serviceaccount:ci:bot", uid="7")
    with pytest.raises(RequestRefused):
        desk.ask(wish(), account, "test")
    desk.reader.options = RequestOptions(accounts=(account.username,))
    made = desk.ask(wish(requested_for="ana"), account, "test")
    assert made.askers == (Asker(account, f"needed {HOSTILE}".strip(), NOON, "ana"),)
    with pytest.raises(ApprovalRefused, match="only people can approve"):
        desk.approve(made.number, DraftAnswer("fine"), replace(account, username="system:serviceaccount:ci:other"), "x")


def test_a_request_of_a_member_is_kept_apart_from_those_made_here(
    desk: RequestDesk, real_store: Store, clock: FakeClock
) -> None:
    own = desk.ask(wish("CVE-1", "CVE-2", days=60), ANA, "test")
    hub = FleetRequests(real_store.requests, lambda: RULES, 90, clock)
    asker = Asker(EVA, f"needed {HOSTILE}", NOON)
    scope = Scope("pkg:npm/lodash", namespace="shop")
    told = ExceptionRequest(own.number, ("CVE-1",), scope, NOON + dt.timedelta(days=30), (asker,), NOON, version=3)

    def tell(*requests: ExceptionRequest, **phases: Phase) -> tuple[Phase, ...]:
        given = MemberRequests(requests, {int(name[1:]): phase for name, phase in phases.items()})
        return tuple(answer.phase for answer in hub.take("berlin", to_json(given).encode()).answers)

    assert tell(told) == tell(told) == ()
    desk.approve(own.number, DraftAnswer("until May"), BEN, "test")
    (theirs,) = desk.page(RequestScan(cluster="berlin"), None, 9).items
    assert (theirs.phase, theirs.version) == (Phase.WAITING, 1), "an approval here answered for another cluster"
    assert [request.number for request in desk.page(RequestScan(cluster=""), None, 9).items] == [own.number]
    with pytest.raises(ApprovalRefused):
        desk.approve(theirs.number, DraftAnswer("mine"), EVA, "test")
    done = desk.approve(theirs.number, DraftAnswer("there, too"), BEN, "test")
    (record,) = real_store.fleet_decisions.of("berlin")
    assert (record.vulnerability, record.type, record.batch) == ("CVE-1", "Ignore", done.batch)
    assert len(real_store.assessments.find(AssessmentQuery(batch=own.batch))) == 2
    assert not real_store.assessments.find(AssessmentQuery(batch=done.batch))
    assert tell(told) == (Phase.APPROVED,)
    assert tell(replace(told, version=4, vulnerabilities=("CVE-2",))) == ()
    (again,) = desk.page(RequestScan(cluster="berlin"), None, 9).items
    assert (again.number, again.phase, again.vulnerabilities, again.version) == (
        theirs.number,
        Phase.WAITING,
        ("CVE-2",),
        2,
    )
    assert [each.type for each in real_store.fleet_decisions.of("berlin")] == ["Ignore", None]
    desk.approve(again.number, DraftAnswer("again"), BEN, "test")
    assert tell(**{f"n{told.number}": Phase.WITHDRAWN}) == ()
    assert desk.named(again.number).phase is Phase.WITHDRAWN
    assert real_store.fleet_decisions.of("berlin")[-1].type is None
    assert desk.named(own.number).phase is Phase.APPROVED, "a member ended a request of the hub"
    audited = {
        line.note.detail.get("cluster") for line in real_store.triage.audit(AuditScan(batch=done.batch), None, 99)
    }
    assert audited == {"berlin"}
