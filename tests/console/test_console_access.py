"""Who gets in, and what a page elsewhere cannot do."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.console.conftest import HOST, Console
from webhook.cli.output import _csv_cell
from webhook.console.api import _cell
from webhook.console.guards import HEADERS
from webhook.errors import StoreUnreachable
from webhook.policy.colors import LEAST, contrast, palette
from webhook.store.triage import limits


@pytest.mark.parametrize("path", ["/", "/vulnerabilities", "/settings", "/api/v1/vulnerabilities", "/types.css"])
def test_nothing_is_shown_before_signing_in(stranger: Console, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 401
    assert "CVE-" not in answer.text and "one-time" not in answer.headers.get("Set-Cookie", "")


def test_a_link_can_be_used_once(stranger: Console) -> None:
    secret = stranger.sessions.new_link()
    answer = stranger.get(f"/sign-in?token={secret}")
    cookie = answer.headers["Set-Cookie"]
    assert answer.status_code == 303 and "HttpOnly" in cookie and "SameSite=Strict" in cookie
    assert stranger.get("/").status_code == 200
    other = stranger.client.application.test_client()
    assert other.get(f"/sign-in?token={secret}", headers={"Host": HOST}).status_code == 401
    assert other.get("/sign-in?token=guess", headers={"Host": HOST}).status_code == 401


def test_a_program_that_only_looks_at_a_link_does_not_use_it_up(stranger: Console) -> None:
    link = f"/sign-in?token={stranger.sessions.new_link()}"
    looked = stranger.client.head(link, headers={"Host": HOST})
    assert "Set-Cookie" not in looked.headers
    assert stranger.get(link).status_code == 303


@pytest.mark.parametrize(
    "path", ["/vulnerabilities?text=a%00b", "/api/v1/packages?name=%00", "/vulnerabilities/CVE%00"]
)
def test_a_nul_never_reaches_the_store(console: Console, path: str) -> None:
    assert console.get(path).status_code == 400
    assert console.send("/api/v1/decisions", {"vulnerabilities": ["CVE\0"], "dryRun": True}).status_code == 400


def test_an_old_link_is_refused_and_a_newer_one_takes_its_place(stranger: Console) -> None:
    first = stranger.sessions.new_link()
    second = stranger.sessions.new_link()
    assert stranger.get(f"/sign-in?token={first}").status_code == 401
    stranger.sessions._link = (second, stranger.parts.clock.monotonic() - 1)
    assert stranger.get(f"/sign-in?token={second}").status_code == 401


def test_a_new_link_is_told_in_the_terminal_only(stranger: Console) -> None:
    headers = {"Host": HOST, "Origin": f"http://{HOST}"}
    answer = stranger.client.post("/sign-in/link", headers=headers)
    assert answer.status_code == 200 and len(stranger.announced) == 1
    assert stranger.announced[0] not in answer.text
    assert stranger.get(f"/sign-in?token={stranger.announced[0]}").status_code == 303


def test_signing_in_gives_a_new_session_and_signing_out_ends_it(console: Console) -> None:
    before = console.client.get_cookie("bomgate_session", domain="127.0.0.1")
    assert before is not None
    console.sign_in()
    after = console.client.get_cookie("bomgate_session", domain="127.0.0.1")
    assert after is not None and after.value != before.value
    assert console.post("/sign-out").status_code == 303
    console.client.set_cookie("bomgate_session", after.value, domain="127.0.0.1")
    assert console.get("/").status_code == 401


def test_a_session_that_was_made_up_is_none(stranger: Console) -> None:
    stranger.client.set_cookie("bomgate_session", "x" * 43, domain="127.0.0.1")
    assert stranger.get("/").status_code == 401


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8470", "127.0.0.1:80", "127.0.0.1.evil.example:8470"])
def test_another_name_for_the_address_is_refused(console: Console, host: str) -> None:
    answer = console.client.get("/api/v1/vulnerabilities", headers={"Host": host})
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null"},
        {"Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-site"},
        {"Origin": f"http://evil@{HOST}.evil.example"},
    ],
)
def test_a_write_from_elsewhere_is_refused_though_cookie_and_token_are_right(console: Console, headers: Any) -> None:
    token = console.token
    given = {"Host": HOST, **headers}
    answer = console.client.post("/decide", data={"form_token": token, "tick": "CVE-2021-44228"}, headers=given)
    assert answer.status_code == 403
    answer = console.client.post("/decide", data={"form_token": token}, headers={"Host": HOST})
    assert answer.status_code == 403  # says nothing of where it comes from


@pytest.mark.parametrize("path", ["/decide", "/sign-out", "/batches/x/undo", "/api/v1/decisions"])
def test_a_write_without_the_token_is_refused(console: Console, path: str) -> None:
    for token in ("", "guess"):
        assert console.post(path, token=token).status_code == 403


def test_every_answer_is_hardened(console: Console) -> None:
    for path in ("/", "/nothing", "/api/v1/types", "/static/style.css", "/sign-in"):
        answer = console.get(path)
        kept = {name: value for name, value in HEADERS.items() if name != "Cache-Control"}
        assert all(answer.headers[name] == value for name, value in kept.items()), path
        assert answer.headers["Cache-Control"] == ("no-cache" if path.startswith("/static") else "no-store")
        answer.close()
    assert "frame-ancestors 'none'" in HEADERS["Content-Security-Policy"]


def test_a_link_from_elsewhere_passes_a_page_of_our_own(stranger: Console) -> None:
    answer = stranger.get('/vulnerabilities?text="><b>', headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200 and 'http-equiv="refresh"' in answer.text and "<b>" not in answer.text


@pytest.mark.parametrize("target", ["//evil.example/", "/\\evil.example", "/%2F%2Fevil.example"])
def test_no_address_leads_elsewhere(console: Console, target: str) -> None:
    answer = console.get(target)
    assert "evil.example" not in answer.headers.get("Location", "")


def test_an_answer_of_the_api_is_an_error_with_code_sentence_and_remedy(stranger: Console) -> None:
    answer = stranger.get("/api/v1/vulnerabilities")
    assert answer.mimetype == "application/json" and set(answer.json) == {"code", "message", "remedy"}
    assert answer.json["code"] == "not-signed-in"
    stranger.sign_in()
    assert stranger.get("/api/v1/nothing").json["code"] == "not-found"
    assert stranger.get("/api/v1/images/x").json["code"] == "invalid-input"


def test_a_database_that_is_away_is_said_and_what_is_in_memory_is_shown(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise StoreUnreachable("The database cannot be reached.")

    monkeypatch.setattr(console.parts.store.triage, "vulnerabilities", away)
    console.parts.refresher.failing_since = console.parts.clock.monotonic()
    page = console.get("/workloads")
    assert page.status_code == 200 and "The database does not answer" in page.text and "shop/<wbr>web" in page.text
    assert console.get("/api/v1/vulnerabilities").status_code == 503
    assert console.get("/vulnerabilities").status_code == 503
    monkeypatch.setattr(console.parts.store.triage, "runs", away)
    page = console.get("/")
    assert page.status_code == 200 and "The database does not answer, so they cannot be listed" in page.text
    assert ">shop</a>" in page.text and "never ran" not in page.text and "unassessed.</p>" not in page.text
    monkeypatch.setattr(console.parts.store.assessments, "append", away)
    body = {"vulnerabilities": ["CVE-2021-44228"], "type": "Blocked", "comment": "why"}
    assert console.send("/api/v1/decisions", body).status_code == 503, "nothing is recorded"


def test_a_question_that_the_database_gives_up_says_that_it_is_too_broad(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    triage = console.parts.store.triage
    monkeypatch.setattr(triage, "_seconds", 0.0)
    monkeypatch.setattr(limits, "_STEPS", 1)
    for path in ("/packages?name=*a*", "/assessments", "/audit"):
        page, answer = console.get(path), console.get(f"/api/v1{path}")
        assert (page.status_code, answer.status_code) == (422, 422), path
        assert "takes too long" in page.text and answer.json["code"] == "too-broad"
    monkeypatch.undo()
    assert console.get("/audit").status_code == 200


def test_sessions_end(stranger: Console) -> None:
    from webhook.console.sessions import Sessions
    from webhook.model.people import Person

    now = [0.0]
    sessions = Sessions(60, lambda: now[0])
    name = sessions.begin(Person("ana", "link"))
    assert sessions.find(name) is not None
    now[0] = dt.timedelta(minutes=2).total_seconds()
    assert sessions.find(name) is None


def _rgb(color: str) -> tuple[float, float, float]:
    red, green, blue = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return red, green, blue


@pytest.mark.parametrize("color", ["red", "orange", "purple", "yellow", "grey", "#ffff00", "#000000", "#ffffff", "no"])
def test_text_on_every_colour_can_be_read(color: str) -> None:
    for paint in palette(color):
        assert contrast(_rgb(paint.back), _rgb(paint.text)) >= LEAST


@pytest.mark.parametrize("path", ["/%5Cevil.example/", "/%09/evil.example", "/%5C%5Cevil.example/?next=/", "/a%3Fb"])
def test_the_page_between_leads_to_this_console_only(stranger: Console, path: str) -> None:
    answer = stranger.get(path, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200
    assert f'url={path}"' in answer.text and f'href="{path}"' in answer.text


@pytest.mark.parametrize("number", ["²", "٣", "0000001999999999", "-1", "1e3"])
def test_what_is_no_number_is_said_to_be_none(console: Console, number: str) -> None:
    for path in (
        f"vulnerabilities?limit={number}",
        f"assessments?ends_within={number}",
        f"assessments?since={number}d",
    ):
        assert console.get(f"/api/v1/{path}").status_code == 400, path


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_no_cell_of_an_export_begins_as_a_formula_does(start: str) -> None:
    assert _cell(f"{start}cmd") == _cell([f"{start}cmd"]) == f"'{start}cmd"
    assert _cell(f"x; {start}cmd") == f"x; '{start}cmd", "some take a semicolon for the end of a cell"
    for hidden in "\t\r\n\u202e":
        assert _cell(f"{hidden}{start}cmd") == f"'{start}cmd", "what is left out uncovers none"
    assert _csv_cell("x;=cmd") == "x;'=cmd" and _csv_cell("-cmd") == "'-cmd" and _csv_cell(-1) == -1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ('{"namespace": "shop", "namespace": ""}', "'namespace' twice"),
        ('{"filter": {"text": "CVE", "text": ""}}', "'text' twice"),
        ('{"days": ' + "9" * 5000 + "}", ""),
    ],
    ids=["lists", "objects", "a key", "a key of a filter", "a number"],
)
@pytest.mark.parametrize("path", ["decisions", "requests", "types", "batches/x/undo"])
def test_json_that_two_readers_read_differently_or_not_at_all_is_refused(
    console: Console, path: str, body: str, said: str
) -> None:
    headers = {
        "Host": HOST,
        "Origin": f"http://{HOST}",
        "X-Form-Token": console.token,
        "Content-Type": "application/json",
    }
    answer = console.client.post(f"/api/v1/{path}", data=body, headers=headers)
    assert answer.status_code == 400 and said in answer.json["message"]


@pytest.mark.parametrize("path", ["/requests/{}", "/api/v1/requests/{}", "/runs/{}", "/api/v1/runs/{}", "/runs/{}/log"])
def test_a_number_that_no_row_can_have_is_of_none(console: Console, path: str) -> None:
    for number in (2**31 - 1, 2**31, 2**63, 10**30):
        assert console.get(path.format(number)).status_code == 404
    assert console.parts.desk.find(2**63) is None
