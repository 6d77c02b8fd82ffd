"""Requests in the console and in the API: asked by one person, answered by another."""

from __future__ import annotations

import html

import pytest

from tests.console.conftest import Console
from tests.console.world import HOSTILE, LOG4J
from tests.copies import replace
from webhook.engines.requesting.options import RequestOptions
from webhook.model.assessments import Scope
from webhook.model.people import KUBERNETES, Person
from webhook.model.requestobjects import RequestObject
from webhook.model.requests import Wish
from webhook.policy import asking
from webhook.policy.scopes import described

PACKAGE = LOG4J.partition("@")[0]
DEV = Person("dev", "token", issuer=KUBERNETES, username="dev", uid="uid-dev")
WISH = {
    "vulnerabilities": ["CVE-2021-44228"],
    "package": PACKAGE,
    "namespace": "shop",
    "reason": f"no lookups {HOSTILE}",
    "days": 30,
}
FORM = {**WISH, "vulnerabilities": "CVE-2021-44228", "days": "30"}


@pytest.fixture
def asked(console: Console) -> Console:
    """A console whose person may answer; somebody else has asked for something."""
    allow(console)
    wish = Wish(("CVE-2021-44228",), Scope(PACKAGE), "shop", f"no lookups {HOSTILE}", days=30)
    assert console.parts.desk.ask(wish, DEV, "test").number == 1
    return console


def allow(console: Console) -> None:
    """Let the user of this machine answer."""
    console.parts.desk.reader.options = RequestOptions(allow_self=True)


def test_a_request_is_read_answered_and_counts(asked: Console) -> None:
    page = asked.get("/requests/1").text
    assert "Deployment shop/web" in page and "becomes" in page
    assert "<script>" not in page
    assert 'href="/requests/1"' in asked.get("/requests").text
    (row,) = asked.get("/api/v1/requests").json["items"]
    assert (row["number"], row["phase"], row["requester"], row["namespace"]) == (1, "waiting", "dev", "shop")
    assert asked.post("/requests/1/approve", {"comment": "until May", "version": "1"}).status_code == 303
    one = asked.get("/api/v1/requests/1").json
    assert (one["phase"], one["answer"]["name"], one["answer"]["comment"]) == ("approved", "ana", "until May")
    (workload,) = [item for item in asked.get("/api/v1/workloads").json["items"] if item["name"] == "web"]
    assert workload["action"] == "allow"
    (made,) = asked.get("/api/v1/assessments?batch=request-1").json["items"]
    assert made["author"] == "ana" and "request 1 of dev: no lookups" in made["comment"]
    page = asked.get("/requests/1").text
    assert "approve request" in page and "/batches/request-1" in page
    again = asked.post("/requests/1/deny", {"comment": "no", "version": "1"})
    assert again.status_code == 409
    assert "was approved by ana" in again.text


def test_what_is_approved_is_shown_whole(asked: Console) -> None:
    versions = " || ".join(f"=0.0.{number}" for number in range(60)) + " || >=0"
    image = f"registry.example/{'long/' * 70}*"
    scope = Scope(PACKAGE, versions, image)
    number = asked.parts.desk.ask(Wish(("CVE-2021-44228",), scope, "empty-yet", "why", days=9), DEV, "test").number
    page = html.unescape(asked.get(f"/requests/{number}").text)
    assert f"<code>{versions}</code>" in page and f"<code>{image}</code>" in page
    assert versions in described(asked.parts.desk.named(number).scope, 0)


def test_one_person_has_a_bounded_number_of_requests_that_wait(asked: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MOST_WAITING", 3)

    def wish(number: int, namespace: str = "shop") -> Wish:
        return Wish(("CVE-2021-44228",), Scope(PACKAGE, f"<{number}"), namespace, "why", days=9)

    desk, now = asked.parts.desk, asked.parts.clock.now()
    for number in (1, 2):
        desk.ask(wish(number), DEV, "test")
    with pytest.raises(asking.RequestRefused, match="has 3 requests waiting"):
        desk.ask(wish(3), DEV, "test")
    one = RequestObject("shop", "x", "uid", 1, now, False, "dev", "d", wish(3), None, None)
    with pytest.raises(asking.RequestRefused, match="has 3 requests waiting"):
        desk.adopt(one, DEV, None)
    desk.ask(wish(3, "lab"), DEV, "test")
    desk.ask(wish(3), replace(DEV, name="eve", username="eve", uid="uid-eve"), "test")
    desk.withdraw(1, DEV, "test")
    desk.ask(wish(4), DEV, "test")


def test_people_ask_with_a_form_and_get_their_words_back_when_it_is_refused(console: Console) -> None:
    link = f"/requests/new?vulnerability=CVE-2021-44228&package={PACKAGE}"
    form = console.get(link).text
    assert 'value="CVE-2021-44228"' in form and f'value="{PACKAGE}"' in form
    refused = console.post("/requests/new", {**FORM, "days": "", "until": "2020-01-01"})
    assert refused.status_code == 400
    assert "would end before it begins" in refused.text and "no lookups" in refused.text
    made = console.post("/requests/new", FORM)
    assert made.headers["Location"] == "/requests/1"
    page = console.get("/requests/1").text
    assert "ana is known only to the operating system." in html.unescape(page) and "Withdraw" in page
    assert "/requests/1/approve" not in page and "/requests/1/deny" not in page  # which would be refused
    answered = console.post("/requests/1/approve", {"comment": "fine"})
    assert (answered.status_code, "approval-refused" in answered.text or "operating system" in answered.text) == (
        400,
        True,
    )
    assert console.post("/requests/1/withdraw").status_code == 303
    assert console.get("/api/v1/requests/1").json["phase"] == "withdrawn"


def test_the_api_asks_joins_denies_and_refuses(asked: Console) -> None:
    made = asked.send("/api/v1/requests", {**WISH, "namespace": "lab"}).json
    assert (made["number"], made["requesters"][0]["name"]) == (2, "ana")
    for body, code in (
        ({**WISH, "untilFixed": True}, "no-fix-told"),
        ({**WISH, "untilFixed": True, "days": None}, "invalid-input"),
        ({**WISH, "days": 9999}, "invalid-input"),
        ({**WISH, "dayz": 3}, "invalid-input"),
        ({**WISH, "vulnerabilities": [1]}, "invalid-input"),
    ):
        refused = asked.send("/api/v1/requests", body)
        assert (refused.status_code, refused.json["code"]) == (400, code)
    assert len(asked.send("/api/v1/requests/1/join", {"reason": "me too"}).json["requesters"]) == 2
    tried = asked.send("/api/v1/requests/1/approve", {"comment": "x", "dryRun": True}).json
    assert (tried["phase"], tried["effects"]["namespaces"]) == ("waiting", ["shop"])
    stale = asked.send("/api/v1/requests/1/approve", {"comment": "x", "version": 7})
    assert (stale.status_code, stale.json["code"]) == (409, "changed-meanwhile")
    asked.parts.desk.reader.options = RequestOptions()
    own = asked.send("/api/v1/requests/1/approve", {"comment": "x"})
    assert (own.status_code, own.json["code"]) == (403, "approval-refused")
    allow(asked)
    assert asked.send("/api/v1/requests/1/deny", {"comment": "update it"}).json["phase"] == "denied"
    assert asked.get("/api/v1/requests/99").status_code == 404
    denied = asked.get("/api/v1/requests?phase=denied").json["items"]
    assert [row["number"] for row in denied] == [1]


def test_the_list_leads_to_the_form_and_shows_what_waits_first(console: Console) -> None:
    page = console.get("/requests").text
    assert 'href="/requests/new"' in page
    assert ">any</option>" not in page, "what waits is shown where no phase is chosen"
