"""Forms: how a message looks at each kind of destination, with everything that a stranger wrote quoted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from webhook.model.notifications import Announcement, Message, Told
from webhook.policy.phrases import count, moment
from webhook.policy.plaintext import plain

_MOST_SUBJECT, _MOST_FACT = 160, 300
_NAMED = 15
"""Notifications that a digest for people names."""
_ZERO_WIDTH = "\u200b"


def as_json(message: Message, console_url: str) -> bytes:
    """The body of a generic webhook."""
    body: dict[str, Any] = {
        "kind": "bomgate.dev/notifications.v1",
        "id": message.id,
        "total": message.total,
        "notifications": [
            {
                "topic": told.announcement.topic.value,
                "headline": told.announcement.topic.headline,
                "subject": plain(told.announcement.subject, _MOST_SUBJECT),
                "facts": {name: plain(text, _MOST_FACT) for name, text in told.announcement.facts.items()},
                "at": told.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "link": link(told.announcement, console_url),
            }
            for told in message.told
        ],
    }
    return msgspec.json.encode(body)


def as_slack(message: Message, console_url: str) -> bytes:
    """The body of a Slack-compatible webhook: only our own words are marked up, others stand in code spans."""
    lines = []
    if message.total == 1:
        told = message.told[0]
        lines.append(f"*{told.announcement.topic.headline}*: {_code(told.announcement.subject, _MOST_SUBJECT)}")
        lines += [f"{name}: {_code(text, _MOST_FACT)}" for name, text in told.announcement.facts.items()]
        target = link(told.announcement, console_url)
        lines += [f"<{target}|Open in bomgate>"] if target else []
    else:
        lines.append(f"*bomgate: {heading(message)}*")
        for told in message.told[:_NAMED]:
            target = link(told.announcement, console_url)
            about = f"{told.announcement.topic.headline}: {_code(told.announcement.subject, _MOST_SUBJECT)}"
            lines.append(f"• {about} <{target}|Open>" if target else f"• {about}")
        lines += _rest(message)
        lines += [f"<{console_url}|Open bomgate>"] if console_url else []
    return msgspec.json.encode({"text": "\n".join(lines)})


def heading(message: Message) -> str:
    """What a message is about, in one line of plain text; of a digest the numbers by topic."""
    if message.total == 1:
        announcement = message.told[0].announcement
        return f"{announcement.topic.headline}: {plain(announcement.subject, _MOST_SUBJECT)}"
    if message.total > len(message.told):
        return count(message.total, "notification")
    numbers = Counter(told.announcement.topic.headline for told in message.told)
    return ", ".join(f"{number} × {headline}" for headline, number in numbers.most_common())


def as_text(message: Message, console_url: str) -> str:
    """The body of a mail: plain text, so that nothing in it is markup."""
    if message.total == 1:
        return "\n".join(_paragraph(message.told[0], console_url)) + "\n"
    lines = [f"bomgate has {count(message.total, 'notification')}: {heading(message)}.", ""]
    for told in message.told[:_NAMED]:
        lines.append(f"- {told.announcement.topic.headline}: {plain(told.announcement.subject, _MOST_SUBJECT)}")
        target = link(told.announcement, console_url)
        lines += [f"  {target}"] if target else []
    return "\n".join([*lines, *_rest(message)]) + "\n"


def link(announcement: Announcement, console_url: str) -> str:
    """Where there is more; empty without a console."""
    return f"{console_url.rstrip('/')}{announcement.path}" if console_url and announcement.path else ""


def _paragraph(told: Told, console_url: str) -> Iterator[str]:
    announcement = told.announcement
    yield f"{announcement.topic.headline}: {plain(announcement.subject, _MOST_SUBJECT)}"
    yield ""
    for name, text in announcement.facts.items():
        yield f"{name}: {plain(text, _MOST_FACT)}"
    yield f"announced: {moment(told.at)}"
    target = link(announcement, console_url)
    if target:
        yield ""
        yield target


def _rest(message: Message) -> list[str]:
    rest = message.total - _NAMED
    return [f"and {count(rest, 'other')}"] if rest > 0 else []


def _code(text: str, limit: int) -> str:
    """Text in a code span, in which neither links nor mentions nor emphasis count.

    Slack reads ``&``, ``<`` and ``>`` in there, too (https://docs.slack.dev/messaging/formatting-message-text).
    """
    shown = plain(text, limit).replace("`", "'").replace("@", f"@{_ZERO_WIDTH}")
    shown = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"`{shown}`" if shown else "–"
