"""Who wrote an assessment of the cluster, and that what loosens waits for somebody else where that is required."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.copies import replace
from tests.fakes import NOON
from tests.unit.engines.controlling.desks import DAY, PACKAGE, SCOPE, Desk
from webhook.engines.requesting.options import RequestOptions
from webhook.engines.requesting.reader import DraftAnswer
from webhook.errors import Final, InvalidInput, Retryable
from webhook.model.actions import Action
from webhook.model.assessments import CLUSTER, Assessment, AssessmentSource, OnExpiry, Scope
from webhook.model.people import KUBERNETES, Person
from webhook.model.records import AssessmentQuery
from webhook.model.requests import Phase
from webhook.policy.asking import ApprovalRefused

BEN = Person("ben", "token", issuer=KUBERNETES, username="ben", uid="7")
ANA = Person("ana", "token", issuer=KUBERNETES, username="ana", uid="8")


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def strict() -> Desk:
    """A desk at which what loosens needs an approval."""
    return Desk(RequestOptions(required=True))


def records(desk: Desk) -> list[Assessment]:
    return list(desk.world.store.assessments.find(AssessmentQuery(source="provisioned")))


# -- authors ----------------------------------------------------------------------------------------------------------


def test_the_author_of_an_object_is_who_the_api_server_says_wrote_it(desk: Desk) -> None:
    desk.put("one", "Ignore", author="ana")
    desk.run()
    (record,) = records(desk)
    assert (record.author, record.recorded_by, record.provisioner) == ("ana", CLUSTER, CLUSTER)
    verdict = desk.world.check("shop/web:1")
    assert verdict.findings[0].assessment is not None
    assert verdict.findings[0].assessment.author == "ana"
    desk.cluster.stored_assessments = {}
    desk.run()
    withdrawal = records(desk)[-1]
    assert (withdrawal.type, withdrawal.author) == (None, CLUSTER), "nobody knows who deleted it"
    assert desk.action() is Action.DENY


@pytest.mark.parametrize("guarded", [None, NOON])
def test_an_author_whom_nobody_made_sure_of_is_not_shown(desk: Desk, guarded: dt.datetime | None) -> None:
    desk.guard.moment = guarded  # the object is older
    desk.put("one", "Ignore", author="ana")
    desk.put("two", "Ignore", Scope(namespace="lab"))
    desk.run()
    assert {record.author for record in records(desk)} == {CLUSTER}
    assert desk.action() is Action.ALLOW


def test_an_author_stays_when_the_policy_goes_and_no_other_can_be_claimed_then(desk: Desk) -> None:
    desk.put("one", "Ignore", author="ana")
    desk.run()
    desk.guard.moment = None
    desk.run()
    assert [record.author for record in records(desk)] == ["ana"]
    desk.put("one", "Ignore", author="ana", comment="something else")
    desk.run()
    assert records(desk)[-1].author == CLUSTER, "somebody else may have written this in her name"


def test_a_new_author_is_recorded_and_renews_nothing(desk: Desk) -> None:
    desk.put("one", "Ignore", author="ana")
    desk.run()
    desk.world.clock.current += DAY
    desk.put("one", "Ignore", author="ben")
    desk.run()
    assert [(record.author, record.until) for record in records(desk) if record.type] == [
        ("ana", NOON + 90 * DAY),
        ("ben", NOON + 90 * DAY),
    ]


def test_records_of_an_earlier_version_are_taken_over(desk: Desk) -> None:
    desk.put("one", "Ignore")
    desk.run()
    (record,) = records(desk)
    former = replace(record, recorded_by="", sequence=0)
    older = Desk()
    older.world.store.assessments.provision([former], author=CLUSTER, now=NOON)
    older.put("one", "Ignore", author="ana")
    older.run()
    stated = [(each.author, each.recorded_by) for each in records(older) if each.type]
    assert stated == [(CLUSTER, ""), ("ana", CLUSTER)]
    older.cluster.stored_assessments = {}
    older.run()
    assert older.action() is Action.DENY, "neither counts any more"


def test_a_guard_that_may_not_be_looked_at_makes_no_author_and_stops_nothing(desk: Desk) -> None:
    desk.put("one", "Ignore", author="ana")
    desk.guard.error = Final("not allowed")
    desk.run()
    assert records(desk)[0].author == CLUSTER
    desk.guard.error = Retryable("the API server is away")
    with pytest.raises(Retryable):
        desk.duty.run()


# -- approvals --------------------------------------------------------------------------------------------------------


def test_what_loosens_counts_once_another_person_approves(strict: Desk) -> None:
    strict.put("open", "Ignore", author="ana")
    told = strict.run()["open"]
    assert (told.ready, told.reason) == (False, "ApprovalWaits")
    assert "until another person approves it (request 1)" in told.message
    assert strict.action() is Action.DENY
    with pytest.raises(ApprovalRefused):
        strict.requests.approve(1, DraftAnswer("I may"), ANA, "test")
    strict.requests.approve(1, DraftAnswer("fine"), BEN, "test")
    told = strict.run()["open"]
    assert (told.ready, told.reason, told.message) == (
        True,
        "Provisioned",
        "In force: ben has approved it (request 1).",
    )
    assert strict.action() is Action.ALLOW
    assert strict.records.records == [], "the object alone states it"
    assert strict.run() == {}


@pytest.mark.parametrize("change", [{"kind": "Caution"}, {"comment": "more"}, {"author": "ben"}, {"scope": Scope()}])
def test_a_change_waits_again_and_what_was_approved_does_not_count_meanwhile(
    strict: Desk, change: dict[str, str]
) -> None:
    strict.put("open", "Ignore", author="ana")
    strict.run()
    strict.requests.approve(1, DraftAnswer("fine"), BEN, "test")
    strict.run()
    strict.put("open", **{"kind": "Ignore", "author": "ana", **change})
    assert strict.run()["open"].reason == "ApprovalWaits"
    assert strict.action() is Action.DENY
    request = strict.requests.named(1)
    assert (request.phase, request.version) == (Phase.WAITING, 2)
    with pytest.raises(ApprovalRefused):
        strict.requests.approve(1, DraftAnswer("fine"), ANA, "test")  # who asked for it once


def test_a_block_needs_nobody_and_stays_while_its_change_waits(strict: Desk) -> None:
    strict.put("shut", "Blocked", Scope(package=PACKAGE, namespace="shop"), author="ana")
    strict.put("lab", "Caution", Scope(namespace="lab"), author="ana")
    assert strict.run()["shut"].ready
    strict.put("shut", "Ignore", Scope(package=PACKAGE, namespace="shop"), author="ana")
    told = strict.run()["shut"]
    assert told.reason == "ApprovalWaits"
    assert "What it stated before stays in force." in told.message
    assert (strict.action("shop"), strict.action("lab")) == (Action.DENY, Action.DENY)
    strict.requests.approve(2, DraftAnswer("fine"), BEN, "test")
    strict.run()
    assert (strict.action("shop"), strict.action("lab")) == (Action.ALLOW, Action.DENY)


def test_what_is_denied_or_withdrawn_does_not_count(strict: Desk) -> None:
    strict.put("one", "Ignore", author="ana")
    strict.put("two", "Ignore", Scope(namespace="lab"), author="ana")
    strict.run()
    strict.requests.deny(1, DraftAnswer("update instead"), BEN, "test")
    strict.requests.withdraw(2, ANA, "test")
    told = strict.run()
    assert {name: status.reason for name, status in told.items()} == dict.fromkeys(("one", "two"), "ApprovalMissing")
    assert "ben has denied it (request 1): update instead" in told["one"].message
    assert (strict.action(), strict.action("lab")) == (Action.DENY, Action.DENY)


@pytest.mark.parametrize("case", ["unguarded", "older", "nobody", "program", "no reason"])
def test_what_cannot_be_asked_for_does_not_count(strict: Desk, case: str) -> None:
    author = {"nobody": "", "program": "system:serviceaccount:argocd:controller"}.get(case, "ana")
    if case in ("unguarded", "older"):
        strict.guard.moment = None if case == "unguarded" else NOON
    strict.put("open", "Ignore", author=author, comment="" if case == "no reason" else "why")
    told = strict.run()["open"]
    reasons = {"program": "ApprovalRefused", "no reason": "BadDefinition"}
    assert (told.ready, told.reason) == (False, reasons.get(case, "AuthorUnknown"))
    assert strict.records.requests == {}
    assert strict.action() is Action.DENY


def test_what_was_there_before_needs_an_approval_too_once_it_is_required() -> None:
    desk = Desk()
    desk.put("open", "Ignore", author="ana")
    desk.run()
    assert desk.action() is Action.ALLOW
    desk.options = RequestOptions(required=True)
    desk.duty = desk.new_duty()
    assert desk.run()["open"].reason == "ApprovalWaits"
    assert desk.action() is Action.DENY
    desk.options = RequestOptions()
    desk.duty = desk.new_duty()
    assert desk.run()["open"].ready
    assert desk.requests.named(1).phase is Phase.WITHDRAWN, "nobody has to answer any more"


def test_a_type_that_vanishes_takes_an_approved_permission_along(strict: Desk) -> None:
    strict.put_type("accepted", Action.ALLOW)
    strict.put("open", "accepted", author="ana")
    strict.run()
    strict.requests.approve(1, DraftAnswer("fine"), BEN, "test")
    strict.run()
    assert strict.action() is Action.ALLOW
    strict.cluster.stored_types = {}
    assert strict.run()["open"].reason == "UnknownType"
    assert strict.action() is Action.DENY


def test_an_object_that_is_made_again_waits_again(strict: Desk) -> None:
    strict.put("open", "Ignore", author="ana")
    strict.run()
    strict.requests.approve(1, DraftAnswer("fine"), BEN, "test")
    strict.run()
    strict.cluster.stored_assessments = {}
    strict.run()
    assert strict.requests.named(1).phase is Phase.WITHDRAWN
    assert strict.action() is Action.DENY
    strict.put("open", "Ignore", author="ana")
    objects = strict.cluster.stored_assessments
    objects["open"] = replace(objects["open"], uid="uid-new")
    assert strict.run()["open"].reason == "ApprovalWaits"


def test_an_approval_takes_an_object_as_it_is(strict: Desk) -> None:
    strict.put("open", "Ignore", SCOPE, author="ana")
    strict.run()
    for reply in (DraftAnswer("fine", type="Caution"), DraftAnswer("fine", until=NOON + DAY)):
        with pytest.raises(InvalidInput, match="states type and end itself"):
            strict.requests.approve(1, reply, BEN, "test")
    assert strict.requests.named(1).phase is Phase.WAITING


# -- every change of an object that loosens ---------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["deleted", "another package", "another namespace", "another vulnerability"])
def test_a_block_stays_when_its_object_no_longer_states_it(strict: Desk, change: str) -> None:
    strict.put("shut", "Blocked", Scope(package=PACKAGE, namespace="shop"), author="ana")
    strict.put("lab", "Caution", Scope(), author="ana")
    strict.run()
    strict.requests.approve(1, DraftAnswer("fine"), BEN, "test")
    strict.run()
    assert (strict.action("shop"), strict.action("lab")) == (Action.DENY, Action.WARN)
    objects = strict.cluster.stored_assessments
    assert objects is not None
    if change == "deleted":
        del objects["shut"]
    elif change == "another vulnerability":
        definition = objects["shut"].definition
        assert definition is not None
        objects["shut"] = replace(objects["shut"], definition=replace(definition, vulnerability="CVE-2030-1"))
    else:
        scope = Scope("pkg:npm/a", namespace="shop") if change == "another package" else Scope(PACKAGE, namespace="x")
        strict.put("shut", "Blocked", scope, author="ana")
    for _ in range(2):
        strict.run()
        assert strict.action("shop") is Action.DENY
        assert strict.published["Assessment", False] == 1, "the alert of objects that do not count tells of it"
    strict.put("way", "Ignore", Scope(package=PACKAGE, namespace="shop"), author="ana")
    strict.run()
    assert strict.action("shop") is Action.DENY
    strict.requests.approve(2, DraftAnswer("fine"), BEN, "test")
    strict.run()
    assert (strict.action("shop"), strict.published["Assessment", False]) == (Action.ALLOW, 0)
    objects.pop("way")
    strict.run()
    assert strict.action("shop") is Action.WARN, "what was approved away does not come back"


@pytest.mark.parametrize("kind", ["Ignore", "Blocked"])
def test_a_record_that_has_ended_takes_no_block_along(strict: Desk, kind: str) -> None:
    scope = Scope(package=PACKAGE, namespace="shop")
    strict.put("shut", "Blocked", scope, author="ana")
    strict.put("all", "Caution", Scope(), author="ana")
    strict.run()
    strict.requests.approve(1, DraftAnswer("fine"), BEN, "test")
    strict.run()
    strict.put("shut", kind, scope, author="ana", until=NOON + (DAY if kind == "Blocked" else -DAY))
    strict.run()
    strict.world.clock.current += 2 * DAY
    objects = strict.cluster.stored_assessments
    assert objects is not None
    del objects["shut"]
    for _ in range(2):
        strict.run()
        assert strict.action("shop") is Action.DENY


def test_a_block_that_lapses_over_one_that_is_assessed_again_waits(strict: Desk) -> None:
    strict.put_type("held", Action.DENY, on_expiry=OnExpiry.REASSESS)
    strict.run()
    strict.put("wide", "held", Scope(PACKAGE, namespace="shop"), author="ana", until=NOON + 40 * DAY)
    assert strict.run()["wide"].ready
    strict.world.clock.current += 50 * DAY
    for days, reason in ((1, "ApprovalWaits"), (-1, "ApprovalMissing"), (30, "Provisioned")):
        end = strict.world.clock.current + days * DAY
        strict.put("over", "Blocked", Scope(PACKAGE, "<99", namespace="shop"), author="ana", until=end)
        assert strict.run()["over"].reason == reason
    assert strict.action("shop") is Action.DENY


def test_a_block_that_gets_an_end_waits_and_what_it_stated_before_is_over_then(strict: Desk) -> None:
    strict.put("all", "Caution", Scope(), author="ana")
    strict.run()
    strict.requests.approve(1, DraftAnswer("fine"), BEN, "test")
    strict.put("shut", "Blocked", Scope(PACKAGE, namespace="shop"), author="ana")
    strict.run()
    assert strict.action("shop") is Action.DENY
    strict.put("shut", "Blocked", Scope(PACKAGE, namespace="shop"), author="ana", until=NOON + DAY)
    assert strict.run()["shut"].reason == "ApprovalWaits"
    strict.requests.approve(2, DraftAnswer("fine"), BEN, "test")
    assert strict.run()["shut"].ready
    assert strict.action("shop") is Action.DENY
    strict.world.clock.current += 2 * DAY
    strict.run()
    assert strict.action("shop") is Action.WARN


def test_what_is_assessed_again_stays_without_its_object(strict: Desk) -> None:
    strict.put_type("held", Action.DENY, on_expiry=OnExpiry.REASSESS)
    strict.run()
    strict.put("shut", "held", Scope(PACKAGE, namespace="shop"), author="ana", until=NOON + 40 * DAY)
    strict.run()
    strict.world.clock.current += 50 * DAY
    strict.run()
    assert (strict.action("shop"), strict.action("lab")) == (Action.DENY, Action.WARN)
    strict.cluster.stored_assessments = {}
    for _ in range(2):
        strict.run()
        assert strict.action("shop") is Action.DENY


def test_where_no_approval_is_needed_a_block_ends_with_its_object(desk: Desk) -> None:
    desk.put("shut", "Blocked", author="ana")
    desk.put("all", "Ignore", Scope(), author="ana")
    desk.run()
    assert desk.action() is Action.DENY
    desk.cluster.stored_assessments = {k: v for k, v in (desk.cluster.stored_assessments or {}).items() if k == "all"}
    desk.run()
    assert desk.action() is Action.ALLOW


@pytest.mark.parametrize("change", ["looser", "deleted", "wider", "new"])
def test_a_type_of_the_cluster_is_not_loosened(strict: Desk, change: str) -> None:
    strict.put_type("mine", Action.DENY, "5.0", "6.0")
    strict.put_type("mild", Action.ALLOW, "4.0", "4.1")
    assert strict.run()["mild"].reason == "Loosens", "new vulnerabilities would be admitted"
    types = strict.cluster.stored_types
    assert types is not None
    if change == "looser":
        strict.put_type("mine", Action.WARN, "5.0", "6.0")
    elif change == "wider":
        strict.put_type("mine", Action.DENY, "5.5", "6.0")
    elif change == "new":
        strict.put_type("other", Action.WARN, "6.1", "6.2")
    else:
        del types["mine"]
    told = strict.run()
    named = {"looser": "mine", "wider": "mine", "new": "other"}.get(change)
    assert {name: status.reason for name, status in told.items()} == ({} if named is None else {named: "Loosens"})
    (kept,) = [known for known in strict.world.store.types.list() if not known.retired]
    assert (kept.type.name, kept.type.action, str(kept.type.auto_assess)) == ("mine", Action.DENY, "5.0–6.0")
    strict.put_type("mine", Action.DENY, "4.5", "6.0")
    assert strict.run()["mine"].ready, "everybody may tighten"


@pytest.mark.parametrize("action", Action)
def test_a_type_takes_a_name_that_records_carry_if_it_denies(strict: Desk, action: Action) -> None:
    record = Assessment("CVE-2021-44228", "Former", SCOPE, AssessmentSource.MANUAL, "ana", "no", NOON, None)
    strict.world.store.assessments.append([record])
    strict.world.refresher.refresh()
    before = strict.action()
    assert before is Action.WARN, "a type that nobody knows"
    strict.put_type("former", action)
    told = strict.run()["former"]
    assert (told.ready, told.reason) == ((True, "Loaded") if action is Action.DENY else (False, "Loosens"))
    assert strict.action() is max(before, Action.DENY if told.ready else before)


def test_a_controller_that_has_just_started_knows_the_names_that_records_carry(strict: Desk) -> None:
    record = Assessment("CVE-2021-44228", "Former", SCOPE, AssessmentSource.MANUAL, "ana", "no", NOON, None)
    strict.world.store.assessments.append([record])
    strict.put_type("former", Action.ALLOW)
    assert strict.run()["former"].reason == "Loosens"
