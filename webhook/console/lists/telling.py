"""The list of notifications, and the button that tests a destination."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, g, redirect, request

from webhook.console.face import ConsoleFace
from webhook.console.identity import Gate
from webhook.console.lists.base import MOMENT, NUMBER, ROOT, Column, Filter, ListView, Values, moment
from webhook.console.rights import require
from webhook.engines.notifying.listing import announce_test, delivery_page
from webhook.model.notifications import DeliveryLine, DeliveryScan, DeliveryState
from webhook.model.triage import Key, Page

_STATES = (
    (DeliveryState.WAITING.value, "Waiting"),
    (DeliveryState.SENT.value, "Sent"),
    (DeliveryState.GIVEN_UP.value, "Given up"),
)


def notification_list(face: ConsoleFace) -> ListView[DeliveryLine]:
    """What was told and what waits."""

    def fetch(values: Values, after: Key | None, most: int) -> Page[DeliveryLine]:
        state = values.get("state")
        scan = DeliveryScan(values.get("destination"), DeliveryState(state) if state else None, after)
        return delivery_page(face.outbox, scan, most)

    return ListView(
        "notifications",
        "Notifications",
        "What people were told of by mail, chat or webhook, and what waits to be told, newest first.",
        (
            Filter("destination", "To", "choice", lambda: [(name, name) for name in face.destinations]),
            Filter("state", "State", "choice", lambda: _STATES),
        ),
        (
            Column("announced", "When", lambda line: moment(line.told.at), "moment", schema=MOMENT),
            Column("topic", "", lambda line: line.told.announcement.topic.value),
            Column("headline", "What", lambda line: line.told.announcement.topic.headline),
            Column("subject", "About", lambda line: line.told.announcement.subject, "key", _path),
            Column(
                "facts", "Details", lambda line: dict(line.told.announcement.facts), "facts", schema={"type": "object"}
            ),
            Column("destination", "To", lambda line: line.destination),
            Column("state", "State", lambda line: line.state.value, "state"),
            Column("tries", "Tries", lambda line: line.tries, "count", schema=NUMBER),
            Column("settled", "Told", lambda line: moment(line.settled_at), "moment", schema=MOMENT),
            Column("error", "Error", lambda line: line.error, "prose"),
            Column("message", "", lambda line: line.message),
            Column("number", "", lambda line: line.number, schema=NUMBER),
        ),
        fetch,
        lambda _: (int,),
        "Nothing was told and nothing waits. notifications.destinations in the settings says who is told.",
        "notifications",
        template="notifications.html",
    )


def _path(line: DeliveryLine) -> str | None:
    path = line.told.announcement.path
    return path if path.startswith("/") and not path.startswith("//") else None


def add_test_message(app: Flask, face: ConsoleFace, gate: Gate) -> None:
    """Add the routes that leave a test message in the outbox."""

    def leave(destination: str) -> None:
        require(gate, "create", "notifications")
        announce_test(face.outbox, destination, face.destinations, g.session.who.name, face.clock.now())

    @app.post("/notifications/test")
    def test_page() -> Any:
        leave(request.form.get("destination", ""))
        return redirect("/notifications", 303)

    @app.post(f"{ROOT}/notifications/test")
    def test_api() -> Response:
        body = request.get_json()
        leave(
            body.get("destination", "") if isinstance(body, dict) and isinstance(body.get("destination"), str) else ""
        )
        return Response(status=202)
