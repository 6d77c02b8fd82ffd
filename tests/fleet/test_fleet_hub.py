"""The hub as a process: who may ask, what it tells, and that requests wait for news."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.fleet.hubs import Hub
from webhook.bootstrap import SystemClock
from webhook.clients.http.exchange import Exchange
from webhook.clients.hub.client import LIMITS, HubHttpClient
from webhook.clients.hub.keys import HubKeys
from webhook.clients.hub.options import HubClientOptions
from webhook.errors import Final, HistoryUnknown
from webhook.hub.access import MOST_AT_ONCE
from webhook.model.changes import START, Position
from webhook.policy.fleetdocuments import decode


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with Hub(tmp_path_factory.mktemp("hub")).serving() as serving:
        yield serving


def client_of(hub: Hub, token: str) -> HubHttpClient:
    clock = SystemClock()
    options = HubClientOptions(hub.url, token, None, (hub.public,))
    return HubHttpClient(options, Exchange(LIMITS, clock), clock)


def in_force(check: object) -> None:
    """Wait until the hub has read its members again."""
    assert callable(check)
    until = time.monotonic() + 20
    while not check() and time.monotonic() < until:
        time.sleep(0.1)
    assert check()


def test_only_members_are_answered_and_one_that_is_removed_no_more(hub: Hub) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer bgm_x"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer "},
    ):
        answer = requests.get(f"{hub.url}/fleet/v1/snapshot", headers=headers, timeout=30)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    token = hub.token("removed")
    client = client_of(hub, token)

    def answered() -> bool:
        try:
            return bool(client.snapshot())
        except Final:
            return False

    in_force(answered)
    hub.ok("fleet", "remove", "removed")
    in_force(lambda: not answered())
    with pytest.raises(Final, match="does not know this member's token"):
        client.changes(START, 0)


def test_a_request_waits_for_news_and_gets_it_at_once(hub: Hub) -> None:
    client, keys = client_of(hub, hub.token("waits")), HubKeys([hub.public])
    in_force(lambda: _position(client, keys) is not None)
    since = _position(client, keys)
    assert since is not None
    assert client.changes(since, 0) is None
    came: list[bytes | None] = []
    waiting = threading.Thread(target=lambda: came.append(client.changes(since, 25)))
    waiting.start()
    hub.record("CVE-2026-10001", "Blocked", package="pkg:npm/trim")
    waiting.join(30)
    assert came and came[0] is not None
    content = decode(came[0], keys.verify)
    assert (content.since, [record.vulnerability for record in content.assessments]) == (since, ["CVE-2026-10001"])
    assert len(came[0]) <= 1000
    assert client.changes(content.position, 0) is None


def test_requests_that_have_ended_do_not_count_as_open(hub: Hub) -> None:
    client, keys = client_of(hub, hub.token("busy")), HubKeys([hub.public])
    in_force(lambda: _position(client, keys) is not None)
    for _ in range(MOST_AT_ONCE * 2):
        assert client.snapshot()


def test_a_position_that_the_hub_does_not_know_leads_to_the_snapshot(hub: Hub) -> None:
    client, keys = client_of(hub, hub.token("strange")), HubKeys([hub.public])
    in_force(lambda: _position(client, keys) is not None)
    known = _position(client, keys)
    assert known is not None
    for since in (
        START,
        Position("0f" * 16, known.revision, known.mark),
        Position(known.store, known.revision, "0f" * 16),
        Position(known.store, known.revision + 5, known.mark),
    ):
        with pytest.raises(HistoryUnknown):
            client.changes(since, 0)


def test_the_hub_knows_what_its_members_have_applied(hub: Hub) -> None:
    client, keys = client_of(hub, hub.token("seen")), HubKeys([hub.public])
    in_force(lambda: _position(client, keys) is not None)
    since = _position(client, keys)
    assert since is not None
    client.changes(since, 0)

    def seen() -> bool:
        members = hub.ok("fleet", "list", "--output", "json")
        return any('"seen"' in line for line in members.out.splitlines()) and '"behind": 0' in members.out

    in_force(seen)


def _position(client: HubHttpClient, keys: HubKeys) -> Position | None:
    try:
        return decode(client.snapshot(), keys.verify).position
    except Final:
        return None


def test_a_hub_without_a_certificate_listens_on_loopback_only(tmp_path: Path) -> None:
    from tests.cli.installation import invoke

    hub = Hub(tmp_path, fleet={"listen": "0.0.0.0:0"})
    ran = invoke("hub", "--config", str(hub.config))
    assert (ran.code, "The hub needs a certificate" in ran.err) == (2, True)
    keyless = Hub(tmp_path / "keyless", fleet={"signingKey": None})
    ran = invoke("hub", "--config", str(keyless.config))
    assert (ran.code, "fleet.signingKey is not set" in ran.err) == (2, True)
