"""Answers across a fleet: members ask the hub as they would ask OSS Index, and a component is paid for once."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from tests.cli.installation import invoke
from tests.doubles.ossindex.advisories import advisory
from tests.doubles.ossindex.behaviour import PAT, Behaviour
from tests.doubles.ossindex.server import OssIndexDouble
from tests.fleet.hubs import Hub
from tests.ports.samples import digest
from webhook.bootstrap import open_parts
from webhook.bootstrap.fleet import member_duties
from webhook.model.actions import Action
from webhook.model.inventory import InventoriedImage, InventoriedWorkload
from webhook.model.policies import Mode
from webhook.model.purls import Purl
from webhook.model.verdicts import SbomStatus
from webhook.ports.processes import Duty
from webhook.settings import load_settings
from webhook.telemetry.metrics import Metrics

COMPONENTS = (
    ("nuget", "Newtonsoft.Json", "pkg:nuget/Newtonsoft.Json@13.0.1"),
    ("golang", "github.com/Masterminds/goutils", "pkg:golang/github.com/Masterminds/goutils@v1.1.0"),
    ("pypi", "ruamel.yaml", "pkg:pypi/ruamel.yaml@0.17"),
    ("composer", "symfony/console", "pkg:composer/symfony/console@v5.4.0"),
    ("maven", "log4j-core", "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1.redhat-00001"),
    ("rpm", "openssl-libs", "pkg:rpm/redhat/openssl-libs@1.1.1k-9.el8"),
    ("npm", "lodash", "pkg:npm/lodash@4.17.20"),
    ("npm", "left-pad", "pkg:npm/left-pad@1.3.0"),
    ("npm", "nobody-knows", "pkg:npm/nobody-knows@1.0.0"),
)
ADVISORIES = {
    "pkg:nuget/Newtonsoft.Json@13.0.1": [advisory("CVE-2026-1001", 7.5)],
    "pkg:golang/github.com/masterminds/goutils@v1.1.0": [advisory("CVE-2026-1002", 9.8)],
    "pkg:pypi/ruamel.yaml@0.17.0": [advisory("sonatype-2026-1003", None)],
    "pkg:composer/symfony/console@v5.4.0": [advisory("CVE-2026-1004", 5.5)],
    "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1": [advisory("CVE-2026-1005", 9.8)],
    "pkg:rpm/openssl-libs@1.1.1k-9.el8": [advisory("CVE-2026-1006", 3.6, cvssVector=None)],
    "pkg:npm/lodash@4.17.20": [advisory("CVE-2026-1007", 8.7), advisory("CVE-2026-1008", "6.10")],
}


class Installation:
    """A bomgate with an SQLite file, at the command line."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        folder.mkdir()
        self.file, self.config = folder / "bomgate.db", folder / "bomgate.yaml"
        content = {"database": {"url": f"sqlite:///{self.file}"}, **settings}
        self.config.write_text(yaml.safe_dump(content))

    def ok(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        ran = invoke(*arguments, "--config", str(self.config))
        assert ran.code in codes, f"{arguments} exits with {ran.code}: {ran.err}"
        return ran.out

    def download(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self.ok("download", "--output", "json"))
        return report

    def known(self) -> dict[str, list[tuple[Any, ...]]]:
        """What it knows of components and vulnerabilities, apart from when it learnt that."""
        with sqlite3.connect(self.file) as database:
            return {
                "components": database.execute("SELECT purl, state FROM components ORDER BY purl").fetchall(),
                "findings": database.execute(
                    "SELECT purl, vulnerability_id FROM findings JOIN components ON components.id = component_id "
                    "ORDER BY purl, vulnerability_id"
                ).fetchall(),
                "vulnerabilities": database.execute(
                    "SELECT id, title, description, cvss_score, cvss_vector, cwe, source, aliases, "
                    "external_references, scored_from_vector, score_origin, rejected, rank "
                    "FROM vulnerabilities ORDER BY id"
                ).fetchall(),
            }


def sbom(folder: Path, *components: tuple[str, str, str]) -> Path:
    entries = [
        {"type": "library", "name": name, "version": purl.rpartition("@")[2], "purl": purl}
        for _, name, purl in components
    ]
    file = folder / f"sbom-{len(components)}.json"
    file.write_text(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": entries}))
    return file


@pytest.fixture
def service() -> Iterator[OssIndexDouble]:
    behaviour = Behaviour(
        advisories=ADVISORIES, unknown=frozenset(["pkg:npm/nobody-knows@1.0.0"]), unknown_as="omitted"
    )
    with OssIndexDouble(behaviour) as double:
        yield double


def member_of(hub: Hub, folder: Path, name: str) -> Installation:
    fleet = {"mode": "member", "hub": hub.url, "token": hub.token(name), "hubKeys": [str(hub.public)]}
    member = Installation(folder / name, fleet=fleet)
    in_force(hub, fleet["token"])
    return member


def in_force(hub: Hub, token: object) -> None:
    """Wait until the hub has read its members again."""
    headers, until = {"Authorization": f"Bearer {token}"}, time.monotonic() + 20
    while time.monotonic() < until:
        if requests.get(f"{hub.url}/fleet/v1/snapshot", headers=headers, timeout=30).status_code == 200:
            return
        time.sleep(0.1)
    raise AssertionError("the hub does not know its member")


def test_three_members_pay_once_and_know_what_a_lone_installation_knows(
    tmp_path: Path, service: OssIndexDouble
) -> None:
    account = {"url": service.url, "token": PAT}
    alone = Installation(tmp_path / "alone", ossindex=account)
    document = sbom(tmp_path, *COMPONENTS)
    alone.ok("sbom", "add", str(document), "--image", f"registry.example/shop@{digest(1)}")
    alone.download()
    expected, asked_alone = alone.known(), Counter(service.service.coordinates)
    assert len(expected["findings"]) == 8
    service.service.journal.clear()
    with Hub(tmp_path / "hub", ossindex=account).serving() as hub:
        members = [member_of(hub, tmp_path, name) for name in ("eu", "us", "asia")]
        for member in members:
            member.ok("sbom", "add", str(document), "--image", f"registry.example/shop@{digest(1)}")
            first = member.download()
            assert (first["answered"], first["unknown"], first["failed"]) == (0, len(COMPONENTS), 0)
            assert {state for _, state in member.known()["components"]} == {0}  # unknown, never clean
        assert service.service.journal == []
        json.loads(hub.ok("download", "--output", "json").out)
        asked = Counter(service.service.coordinates)
        assert asked == asked_alone
        assert set(asked.values()) == {1}
        for member in members:
            member.download()
            assert member.known() == expected
        again = json.loads(hub.ok("download", "--output", "json").out)
        assert (again["asked"], Counter(service.service.coordinates)) == (0, asked)


def test_what_a_member_may_ask_is_bounded(tmp_path: Path, service: OssIndexDouble) -> None:
    with Hub(tmp_path / "hub", ossindex={"url": service.url, "token": PAT}).serving() as hub:
        token = hub.token("liar")
        in_force(hub, token)
        headers = {"Authorization": f"Bearer {token}"}

        def ask(body: object) -> requests.Response:
            address = f"{hub.url}/fleet/v1/component-report"
            return requests.post(address, json=body, headers=headers, timeout=30)

        for body in ({}, {"coordinates": []}, {"coordinates": ["pkg:npm/a@1.0.0"] * 1001}, {"coordinates": [None]}, []):
            answer = ask(body)
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid-input")
        junk = [
            "",
            "pkg:npm/a",
            "pkg:deb/debian/x@1",
            "pkg:npm/A b@1",
            "pkg:npm/a@1.0.0?x=y",
            "pkg:npm/" + "a" * 2000 + "@1",
        ]
        answer = ask({"coordinates": [*junk, "pkg:npm/a@1.0.0"]})
        assert (answer.json(), answer.headers["Bomgate-Queued"]) == ([], "1")


def test_what_changes_at_the_hub_is_asked_for_at_once_and_what_runs_is_reported(
    tmp_path: Path, service: OssIndexDouble
) -> None:
    account = {"url": service.url, "token": PAT, "ttlHours": 0}  # each run asks for everything again
    with Hub(tmp_path / "hub", ossindex=account).serving() as hub:
        member = member_of(hub, tmp_path, "eu")
        document = sbom(tmp_path, COMPONENTS[1], COMPONENTS[7])
        member.ok("sbom", "add", str(document), "--image", f"registry.example/shop@{digest(1)}")
        parts = open_parts(load_settings(member.config, environment={}))
        duties = {duty.name: duty for duty in member_duties(parts, Metrics())}
        duties["fleet"].run()  # the snapshot
        duties["changed-answers"].run()
        assert {state for _, state in member.known()["components"]} == {0}
        hub.ok("download")
        _follow(duties, member, [2, 1])
        found = {**ADVISORIES, "pkg:npm/left-pad@1.3.0": [advisory("CVE-2026-1009", 9.8)]}
        service.service.behaviour.advisories = found
        hub.ok("download")
        _follow(duties, member, [2, 2])
        image = InventoriedImage("registry.example/shop:1", digest(1), ("web",), Action.DENY, SbomStatus.FOUND)
        running = InventoriedWorkload(
            "1", "shop", "apps/v1", "Deployment", "web", 2, Mode.DENY, Action.DENY, "blocked", (image,)
        )
        parts.store.inventory.replace([running], taken_at=parts.clock.now(), revision=1)
        duties["cluster-reports"].run()
        parts.store.close()
        shown = hub.parts()
        numbers = list(shown.store.feed.component_ids([Purl("pkg:npm/left-pad@1.3.0")]).values())
        assert [(line.cluster, line.workload.name) for line in shown.store.clusters.users(numbers, None, 9)] == [
            ("eu", "web")
        ]
        assert not shown.store.sboms.list()
        shown.store.close()


def _follow(duties: dict[str, Duty], member: Installation, states: list[int]) -> None:
    """Hear of what has changed, and ask for it, until the components have these states.

    A run changes the store several times, and the hub may have looked in between, so that one pass may not be all.
    """
    until = time.monotonic() + 60
    while (seen := [state for _, state in member.known()["components"]]) != states and time.monotonic() < until:
        duties["fleet"].run()
        duties["changed-answers"].run()
    assert seen == states
