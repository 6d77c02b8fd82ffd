"""Who may approve: whatever people do in whatever order, nobody approves their own request."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.copies import replace
from tests.fakes import NOON
from tests.memory.requests import MemoryRequests
from webhook.errors import BomgateError
from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.images import parse_image
from webhook.model.people import KUBERNETES, LOCAL, Person
from webhook.model.policies import Policy
from webhook.model.purls import Purl
from webhook.model.requests import Asker, ExceptionRequest, Phase, RequestAnswer
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.asking import ApprovalRefused, RequestRefused, check_approver, check_asker, is_machine, is_same
from webhook.policy.evaluation import Rules
from webhook.policy.judge import Judge
from webhook.policy.matching import AssessmentIndex
from webhook.policy.precedence import Place
from webhook.policy.requests import Approval, approved, asked, changed, denied, joined, withdrawn
from webhook.policy.typetable import default_types

RULES = Rules(default_types(), Policy())
ISSUERS = [KUBERNETES, "https://login.example", LOCAL]
users = st.sampled_from(["ana", "Ana", "ben", "oidc:ana", "system:serviceaccount:shop:ci", "system:node:one", ""])
people = st.builds(
    lambda user, issuer, uid: Person(user, "test", issuer=issuer, username=user, uid=uid),
    users,
    st.sampled_from(ISSUERS),
    st.sampled_from(["", "1", "2"]),
)
scopes = st.builds(
    Scope,
    st.sampled_from(["pkg:npm/a", "pkg:npm/b"]),
    st.sampled_from([None, "<2"]),
    st.sampled_from([None, "registry.example/*"]),
    st.just("shop"),
)
numbers = st.integers(1, 4)
DAYS = {number: dt.timedelta(days=days) for number, days in ((1, 90), (2, 7), (3, 30), (4, 60))}
steps = st.one_of(
    st.tuples(st.just("ask"), people, scopes, st.sampled_from([("CVE-1",), ("CVE-1", "CVE-2")]), st.integers(1, 3)),
    st.tuples(st.just("join"), people, numbers),
    st.tuples(st.just("approve"), people, numbers),
    st.tuples(st.just("deny"), people, numbers),
    st.tuples(st.just("withdraw"), people, numbers),
    st.tuples(st.just("change"), people, numbers, scopes),
)


def take(store: MemoryRequests, step: tuple[object, ...], now: dt.datetime) -> None:
    """One step of somebody; what is refused changes nothing."""
    word, person = step[0], step[1]
    assert isinstance(person, Person)
    if word == "ask":
        check_asker(person, ("system:serviceaccount:shop:ci",))
        _, _, scope, names, days = step
        until = now + dt.timedelta(days=int(str(days)))
        made = ExceptionRequest(0, names, scope, until, (Asker(person, "why", now),), now)
        store.change(asked(made, "test"), now=now, namespace="shop")
        return
    number = int(str(step[2]))
    request = store.find(number)
    if request is None:
        return
    answer = RequestAnswer(person, "well", now)
    if word == "join":
        check_asker(person, ())
        store.change(joined(Asker(person, "me too", now), "test"), now=now, number=number)
    elif word == "approve":
        until = now + DAYS[number]
        record = Assessment(
            request.vulnerabilities[0], "Ignore", request.scope, AssessmentSource.MANUAL, person.name, "ok", now, until
        )
        approval = Approval(answer, request.version, False, (record,), None, "test")
        store.change(approved(approval), now=now, number=number)
    elif word == "deny":
        store.change(denied(answer, None, "test", allow_self=False), now=now, number=number)
    elif word == "withdraw":
        store.change(withdrawn(person, now, "test", RULES), now=now, number=number)
    else:
        check_asker(person, ())
        scope = step[3]
        assert isinstance(scope, Scope)
        other = replace(request, scope=scope, askers=(Asker(person, "otherwise", now),))
        store.change(lambda view: changed(other, view, person, now, "test", RULES), now=now, number=number)


@given(st.lists(steps, max_size=14))
def test_nobody_lets_in_what_they_asked_for(taken: list[tuple[object, ...]]) -> None:
    store, asked_by = MemoryRequests(), dict[int, set[Person]]()
    for place, step in enumerate(taken):
        now = NOON + dt.timedelta(hours=place)
        before = dict(store.requests)
        records = len(store.records)
        try:
            take(store, step, now)
        except BomgateError:
            assert store.requests == before
            assert len(store.records) == records
            continue
        for number, request in store.requests.items():
            asked_by.setdefault(number, set()).update(asker.person for asker in request.askers)
            newly = before.get(number) != request
            if request.phase is Phase.APPROVED and newly and step[0] == "approve":
                assert request.answer is not None
                assert not is_machine(request.answer.person)
                assert not any(is_same(request.answer.person, asker) for asker in asked_by[number])
        if len(store.records) > records and step[0] != "approve":
            # What ends an exception gives none, and states again only what is approved.
            again = {record.batch for record in store.records[records:] if record.type is not None}
            assert again <= {granted.batch for granted in store.requests.values() if granted.phase is Phase.APPROVED}


@given(st.lists(steps, max_size=14))
def test_only_what_is_approved_and_not_withdrawn_or_changed_since_ever_counts(taken: list[tuple[object, ...]]) -> None:
    store = MemoryRequests()
    for place, step in enumerate(taken):
        try:
            take(store, step, NOON + dt.timedelta(hours=place))
        except BomgateError:
            continue
    granted = {
        (request.batch, name, request.scope)
        for request in store.requests.values()
        if request.phase is Phase.APPROVED and request.answer is not None and not request.answer.covered_by
        for name in request.vulnerabilities
    }
    left = [record for record in AssessmentIndex.of(store.records) if record.type is not None]
    assert {(record.batch, record.vulnerability, record.scope) for record in left} <= granted


@pytest.mark.parametrize(
    ("user", "refused"),
    [("oidc:00u1", True), ("oidc:ben@corp", False), ("other:00u1", False), ("oidc:ANA@corp", True)],
)
def test_nobody_approves_under_a_name_of_another_claim(user: str, refused: bool) -> None:
    ana = Person("oidc:ana@corp", "API server", issuer=KUBERNETES, username="oidc:ana@corp")
    other = Person(user, "OIDC", issuer="https://login.example", username=user, uid="00u1")
    for asker, approver in ((ana, other), (other, ana)):
        request = ExceptionRequest(1, ("CVE-1",), Scope(), None, (Asker(asker, "why", NOON),), NOON)
        if not refused:
            check_approver(approver, [request], allow_self=False)
            continue
        with pytest.raises(ApprovalRefused):
            check_approver(approver, [request], allow_self=False)


@pytest.mark.parametrize("user", ["system:serviceaccount:shop:other", "system:node:one", "system:anonymous", " "])
def test_programs_ask_only_when_they_are_listed(user: str) -> None:
    with pytest.raises(RequestRefused):
        check_asker(Person(user, "test", username=user), ("system:serviceaccount:shop:ci",))
    check_asker(Person("ci", "test", username="system:serviceaccount:shop:ci"), ("system:serviceaccount:shop:ci",))


block_scopes = st.builds(
    Scope,
    st.sampled_from([None, "pkg:npm/a", "pkg:npm/b"]),
    st.sampled_from([None, "<2", "<3"]),
    st.sampled_from([None, "registry.example/*", "registry.example/s*"]),
    st.sampled_from([None, "shop"]),
)
blocks = st.tuples(
    st.just("block"), st.sampled_from(["CVE-1", "cve-1", "GHSA-1"]), block_scopes, st.sampled_from([None, 20, 50])
)
NAMED = Vulnerability("CVE-1", cvss_score=Decimal("9.8"), aliases=("GHSA-1",))
PURLS = [Purl("pkg:npm/a@1"), Purl("pkg:npm/a@5"), Purl("pkg:npm/b@1")]
IN_SHOP = Place(parse_image("registry.example/shop/web:1"), namespace="shop")


def actions(store: MemoryRequests, after: dt.datetime) -> list[Action]:
    """What findings get from a moment on, whenever something ends."""
    index = AssessmentIndex.of(store.records)
    moments = [after, *(NOON + dt.timedelta(days=days, hours=1) for days in (7, 20, 30, 50, 60, 90))]
    return [Judge(RULES, index, at, IN_SHOP).finding(purl, NAMED).action for at in moments for purl in PURLS]


@given(st.lists(st.one_of(steps, steps, blocks), max_size=14))
def test_who_withdraws_or_changes_a_request_makes_nothing_milder(taken: list[tuple[object, ...]]) -> None:
    store = MemoryRequests()
    store.known = [NAMED]
    for place, step in enumerate(taken):
        now = NOON + dt.timedelta(hours=place)
        before = actions(store, now)
        if step[0] == "block":
            _, name, scope, days = step
            until = None if days is None else NOON + dt.timedelta(days=int(str(days)))
            block = Assessment(str(name), "Blocked", scope, AssessmentSource.MANUAL, "carol", "no", now, until)
            store.records.append(replace(block, sequence=len(store.records) + 1))
            continue
        try:
            take(store, step, now)
        except BomgateError:
            continue
        if step[0] != "approve":
            assert all(then >= was for was, then in zip(before, actions(store, now), strict=True))
