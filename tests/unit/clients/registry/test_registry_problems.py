"""What went wrong, in words, and how long to wait."""

from __future__ import annotations

import pytest

from tests.fakes import NOON
from webhook.clients.http.headers import retry_after
from webhook.clients.http.problems import origin
from webhook.clients.registry.locations import Registry, Repository
from webhook.clients.registry.problems import denied, error_code, status_trouble
from webhook.errors import Final, Retryable

APP = Repository(Registry("registry.corp"), "team/app")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("9" * 40, None),
        ("", None),
    ],
)
def test_a_pause_is_given_in_seconds_or_as_a_date(value, seconds):
    assert retry_after({"Retry-After": value}, NOON) == seconds


@pytest.mark.parametrize(
    ("status", "kind"), [(429, Retryable), (500, Retryable), (503, Retryable), (400, Final), (418, Final), (302, Final)]
)
def test_some_statuses_pass_and_others_stay(status, kind):
    trouble = status_trouble(status, {}, b'{"errors":[{"code":"TOOMANYREQUESTS"}]}', "registry.corp", NOON)
    assert type(trouble) is kind
    assert f"registry.corp answered {status} (TOOMANYREQUESTS)" in trouble.message
    assert trouble.remedy


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"errors": 5}', b"[]", b'{"errors":[{"code":"a\\u001b[31m"}]}'])
def test_only_a_plain_error_code_is_quoted(body):
    assert error_code(body) == ""


def test_a_refusal_without_credentials_has_another_remedy_than_one_with():
    without, having = denied(APP, 401, b"", False, ""), denied(APP, 403, b"", True, "")
    assert "credentialsFile" in without.remedy
    assert "may pull team/app" in having.remedy
    assert denied(APP, 401, b"", False, "a note").remedy == "a note"


def test_an_address_is_shown_without_user_path_and_query():
    assert origin("https://user:pass@registry.corp:5000/v2/x?token=y") == "https://registry.corp:5000"
