"""Messages as destinations get them: what a stranger wrote is never markup, a mention, a link or a header."""

from __future__ import annotations

import json

import pytest

from tests.fakes import NOON
from webhook.clients.notifying.forms import as_json, as_slack, as_text, heading
from webhook.model.notifications import Announcement, Message, Told, Topic

HOSTILE = (
    "<!channel> <https://evil.example|click> @here [x](http://evil.example) ![i](http://evil.example/p.png) `\n"
    "Bcc: all@corp\r\nX: y\u202e *bold*"
)


def message(*announcements: Announcement, total: int = 0) -> Message:
    told = tuple(Told(item, NOON) for item in announcements)
    return Message("id-1", "team", told, total or len(told), 1)


def announcement(number: int = 0) -> Announcement:
    facts = {"title": HOSTILE, "runs in": "Deployment shop/web"}
    return Announcement(f"k{number}", Topic.BLOCKED, HOSTILE, facts, f"/vulnerabilities/V-{number}")


def test_a_stranger_writes_only_inside_of_code_spans_of_a_chat() -> None:
    text = json.loads(as_slack(message(announcement()), "https://bomgate.corp"))["text"]
    outside = "".join(part for line in text.split("\n") for part in line.split("`")[::2])
    assert all(line.count("`") in (0, 2) for line in text.split("\n"))
    assert outside == (
        "*Blocked vulnerability in what runs*: title: runs in: "
        "<https://bomgate.corp/vulnerabilities/V-0|Open in bomgate>"
    )
    assert "<!" not in text and "<https://evil" not in text and "@here" not in text and "\u202e" not in text


def test_a_mail_is_plain_text_with_a_subject_of_one_line() -> None:
    mail = message(announcement())
    assert "\n" not in heading(mail) and "\r" not in heading(mail)
    lines = as_text(mail, "https://bomgate.corp").split("\n")
    assert lines[0].startswith("Blocked vulnerability in what runs: <!channel>")
    assert not any(line.startswith(("Bcc:", "X:")) for line in lines)
    assert "https://bomgate.corp/vulnerabilities/V-0" in lines


def test_the_json_of_a_webhook_says_what_it_is_and_where_there_is_more() -> None:
    body = json.loads(as_json(message(announcement(1), announcement(2), total=7), ""))
    assert (body["id"], body["total"], len(body["notifications"])) == ("id-1", 7, 2)
    first = body["notifications"][0]
    assert (first["topic"], first["at"], first["link"]) == ("blocked", "2026-03-01T12:00:00Z", "")
    assert first["headline"] == "Blocked vulnerability in what runs"


@pytest.mark.parametrize("form", [as_slack, as_text])
def test_a_digest_counts_all_and_names_some(form: object) -> None:
    many = [announcement(number) for number in range(30)]
    made = form(message(*many, total=1000), "https://bomgate.corp")
    text = json.loads(made)["text"] if isinstance(made, bytes) else made
    assert text.count("https://bomgate.corp/vulnerabilities/V-") == 15, "each links to its page"
    assert "1000 notifications" in text and "and 985 others" in text
    assert text.count("Blocked vulnerability in what runs") == 15
