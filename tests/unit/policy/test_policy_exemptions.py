"""What is said of break-glass, to people and in logs."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.copies import replace
from webhook.model.grants import BreakGlassGrant, GrantedWorkload
from webhook.policy.exemptions import let_in, no_right, ticket_problem
from webhook.policy.messages import MAX_DENIAL, with_addition

AT = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
WEB = GrantedWorkload("apps/v1", "Deployment", "web", "u")
GRANT = BreakGlassGrant("shop", "INC\n1", "ben", WEB, ("bad:1",), AT, AT + dt.timedelta(hours=8))


@pytest.mark.parametrize("ticket", ["INC-1", " INC-1 ", "x" * 100, "a b/c#1", "Vorgang 7 (Büro)"])
def test_a_ticket_is_any_short_text_that_can_be_printed(ticket: str) -> None:
    assert ticket_problem(ticket) == ""


@pytest.mark.parametrize("ticket", ["", "\t", "x" * 101, "a\nb", "a\x1b[31m", "a\u200bb"])
def test_anything_else_is_a_problem(ticket: str) -> None:
    assert ticket_problem(ticket).startswith("the ticket")


def test_names_from_strangers_cannot_break_the_line() -> None:
    assert "\n" not in let_in(GRANT)
    assert "count: eve [31m may not use breakglass.bomgate.dev" in no_right("eve\n\x1b[31m", "shop")
    assert "count: an anonymous user may not" in no_right("", "shop")


def test_the_end_is_told_where_something_follows_from_it() -> None:
    assert let_in(GRANT).endswith("; so are its Pods until 2026-03-01 20:00 UTC")
    alone = replace(GRANT, workload=replace(WEB, kind="Pod"))
    assert let_in(alone) == "admitted by break-glass under ticket INC 1 although it would be denied"


def test_an_addition_has_room_behind_the_longest_denial() -> None:
    text = with_addition("x" * MAX_DENIAL, "The ticket\ndoes not count." + "y" * 1000)
    assert len(text) == MAX_DENIAL
    assert text.splitlines()[-1].startswith("The ticket does not count.")
