"""Break-glass: who lets what in, what is written down, and what follows from it."""

from __future__ import annotations

import datetime as dt
import logging

import pytest

from tests.fakes import NOON
from tests.unit.engines.clusters import BAD, GOOD, Town, of_controller, request, workload
from tests.worlds import digest_of
from webhook.errors import Retryable
from webhook.model.grants import BreakGlassGrant, GrantedWorkload
from webhook.model.policies import Policy

HOUR = dt.timedelta(hours=1)
PINNED = f"{BAD}@{digest_of(BAD)}"


@pytest.fixture
def town() -> Town:
    """A cluster in which ben has the right in ``shop``."""
    made = Town(Policy(break_glass_life=8 * HOUR))
    made.access.allowed.add(("ben", "breakglass", "shop"))
    return made


def test_who_has_the_right_lets_it_in_with_a_warning_and_a_grant(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    answer = town.review(request(workload(BAD, GOOD, kind="Deployment", ticket=" INC-1 ")))
    assert (answer.allowed, answer.decision, answer.reason) == (True, "warn", "break-glass")
    assert answer.break_glass == "used"
    assert answer.warnings[0].startswith("admitted by break-glass under ticket INC-1 although it would be denied")
    assert answer.warnings[0].endswith("so are its Pods until 2026-03-01 20:00 UTC")
    assert "CVE-2021-44228" in answer.warnings[1]
    assert dict(answer.audit_annotations)["break-glass"] == "INC-1"
    of = GrantedWorkload("apps/v1", "Deployment", "web", "u-web")
    assert town.grants.kept == [BreakGlassGrant("shop", "INC-1", "ben", of, (PINNED,), NOON, NOON + 8 * HOUR)]
    (entry,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert (entry.message, entry.__dict__["user"], entry.__dict__["ticket"]) == ("break-glass used", "ben", "INC-1")


def test_a_dry_run_is_answered_alike_and_writes_nothing(town: Town) -> None:
    asked = request(workload(BAD, ticket="INC-1"), dry_run=True)
    assert town.review(asked).reason == "break-glass"
    assert town.grants.kept == []


def test_without_the_right_it_is_denied_and_the_right_is_named(town: Town) -> None:
    answer = town.review(request(workload(BAD, ticket="INC-1"), user="dora"))
    assert (answer.allowed, answer.break_glass) == (False, "refused")
    assert "dora may not use breakglass.bomgate.dev in namespace shop" in answer.message.splitlines()[-1]
    assert town.grants.kept == []


@pytest.mark.parametrize("ticket", ["", " ", "x" * 101, "a\nb", "a\u202eb"])
def test_a_ticket_has_to_say_something_that_can_be_printed(town: Town, ticket: str) -> None:
    answer = town.review(request(workload(BAD, ticket=ticket)))
    assert (answer.allowed, answer.break_glass) == (False, "refused")
    assert "does not count: the ticket" in answer.message
    assert town.access.asked == []


def test_a_right_that_cannot_be_asked_for_or_a_grant_that_cannot_be_kept_lets_nothing_in(town: Town) -> None:
    town.grants.error = Retryable("The API server is away.")
    for _ in range(2):
        answer = town.review(request(workload(BAD, ticket="INC-1")))
        assert not answer.allowed
        assert "could not be checked or written down (The API server is away)" in answer.message
        town.grants.error, town.access.error = None, Retryable("The API server is away.")


def test_switched_off_it_counts_for_nothing(town: Town) -> None:
    off = Town(Policy(break_glass=False))
    off.access.allowed.add(("ben", "breakglass", "shop"))
    answer = off.review(request(workload(BAD, ticket="INC-1")))
    assert (answer.allowed, answer.break_glass) == (False, "")


def test_a_ticket_on_what_is_not_denied_is_not_even_looked_at(town: Town) -> None:
    answer = town.review(request(workload(GOOD, ticket="INC-1")))
    assert (answer.decision, answer.break_glass) == ("allow", "")
    assert town.background.tasks == []


# -- what controllers make ------------------------------------------------------------------------------------------


def grant(*images: str, until: dt.datetime = NOON + HOUR, uid: str = "d-1") -> BreakGlassGrant:
    workload = GrantedWorkload("apps/v1", "Deployment", "web", uid)
    return BreakGlassGrant("shop", "INC-1", "ben", workload, images, NOON - HOUR, until, NOON - HOUR, confirmed=True)


@pytest.mark.parametrize("uid", ["rs-1", "d-1"])
def test_a_grant_for_any_of_its_owners_lets_in_what_a_controller_makes(town: Town, uid: str) -> None:
    town.grants.kept.append(grant(PINNED, uid=uid))
    for kind in ("Pod", "ReplicaSet"):
        answer = town.review(of_controller(BAD, GOOD, kind=kind))
        assert (answer.allowed, answer.reason, answer.break_glass) == (True, "break-glass", "used")
        assert answer.warnings == ()


@pytest.mark.parametrize(
    "other", [grant("shop/other:1"), grant(PINNED, until=NOON), grant(PINNED, uid="d-2"), grant(BAD)]
)
def test_a_grant_for_something_else_or_one_that_has_ended_lets_nothing_in(town: Town, other: BreakGlassGrant) -> None:
    town.grants.kept.append(other)
    assert not town.review(of_controller(BAD)).allowed


def test_the_newest_grant_counts(town: Town) -> None:
    town.grants.kept += [grant(PINNED, until=NOON - HOUR), grant(PINNED), grant(PINNED, until=NOON)]
    assert town.review(of_controller(BAD)).allowed


def test_an_annotation_that_a_controller_copied_asks_for_nothing_when_the_grant_has_ended(town: Town) -> None:
    town.grants.kept.append(grant(PINNED, until=NOON))
    answer = town.review(of_controller(BAD, ticket="INC-1", kind="ReplicaSet"))
    assert (answer.allowed, answer.break_glass) == (False, "expired")
    assert town.access.asked == []


# -- a new ticket on what is there already --------------------------------------------------------------------------


def test_a_new_ticket_renews_the_grant_without_a_new_image(town: Town) -> None:
    answer = town.review(
        request(workload(BAD, kind="Deployment", ticket="INC-2"), workload(BAD, kind="Deployment", ticket="INC-1"))
    )
    assert (answer.allowed, answer.reason) == (True, "break-glass")
    assert [break_glass_grant.ticket for break_glass_grant in town.grants.kept] == ["INC-2"]


def test_a_new_ticket_that_does_not_count_is_no_reason_to_deny_an_update_without_a_new_image(town: Town) -> None:
    old, new = workload(BAD, kind="Deployment"), workload(BAD, kind="Deployment", ticket="INC-2")
    answer = town.review(request(new, old, user="dora"))
    assert (answer.allowed, answer.decision, answer.break_glass) == (True, "allow", "refused")
    assert "dora may not" in answer.warnings[0]


@pytest.mark.parametrize(("before", "after"), [("INC-1", "INC-1"), ("INC-1", None)])
def test_the_same_ticket_and_none_ask_for_nothing(town: Town, before: str | None, after: str | None) -> None:
    answer = town.review(request(workload(BAD, ticket=after), workload(BAD, ticket=before)))
    assert (answer.allowed, answer.reason) == (True, "nothing-new")
    assert town.access.asked == []


def test_a_new_ticket_on_what_is_clean_says_nothing(town: Town) -> None:
    answer = town.review(request(workload(GOOD, ticket="INC-2"), workload(GOOD)))
    assert (answer.allowed, answer.reason, answer.warnings) == (True, "nothing-new", ())
