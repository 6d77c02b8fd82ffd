"""A hub is told how many requests for exceptions wait at its members, also at those that answer them themselves."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import requests

from tests.console.world import LODASH, LOG4J, fill
from tests.fleet.hubs import Hub
from tests.fleet.members import Member
from webhook.bootstrap.fleet import member_duties
from webhook.errors import BomgateError
from webhook.model.fleetinventory import WaitingRequests
from webhook.telemetry.metrics import Metrics

_SECONDS = 120


def until(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + _SECONDS
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.2)


def ask(member: Member, vulnerability: str, purl: str) -> None:
    """Ask for an exception at the member."""
    scope = ("--package", purl.partition("@")[0], "--namespace", "shop")
    member.ok("requests", "create", vulnerability, *scope, "--reason", "not reachable", "--days", "7")


def told(hub: Hub) -> WaitingRequests | None:
    parts = hub.parts()
    try:
        return next((line.requests for line in parts.store.clusters.clusters("", 10)), None)
    finally:
        parts.store.close()


def test_a_hub_knows_how_many_requests_wait_at_a_member_until_they_are_answered_there(tmp_path: Path) -> None:
    with Hub(tmp_path / "hub", fleet={"metricsListen": "127.0.0.1:0"}).serving() as hub:
        fleet = {"hub": hub.url, "token": hub.token("berlin"), "localLoosening": True}
        member = Member(tmp_path / "berlin", hub, fleet=fleet, requests={"allowSelf": True})
        parts = member.parts
        (duty,) = (duty for duty in member_duties(parts, Metrics()) if duty.name == "cluster-reports")

        def report() -> bool:
            try:
                duty.run()
            except BomgateError:  # the hub reads its members' tokens every second
                return False
            return True

        fill(parts)
        ask(member, "CVE-2021-44228", LOG4J)
        ask(member, "CVE-2021-23337", LODASH)
        oldest = parts.store.requests.counts(parts.clock.now()).oldest
        until(report)
        assert told(hub) == WaitingRequests(2, oldest) and oldest is not None
        until(lambda: "bomgate_fleet_requests_waiting 2.0" in metrics_of(hub))
        for number in ("1", "2"):
            member.ok("requests", "deny", number, "--comment", "update it")
        until(report)
        assert told(hub) == WaitingRequests(0)
        parts.store.close()


def metrics_of(hub: Hub) -> str:
    lines = [json.loads(line) for line in (hub.folder / "hub.log").read_text().splitlines() if line.startswith("{")]
    (url,) = (line["url"] for line in lines if line["message"] == "metrics")
    return requests.get(url, timeout=10).text
