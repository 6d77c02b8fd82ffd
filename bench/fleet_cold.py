"""A cold member: what it takes from its hub until it has the answers for 10,000 images, in bytes on the wire.

The hub is a real process on PostgreSQL. It has answers about KEYS components, some of them vulnerable. A member asks
for all of them as its downloader does, and its first snapshot has 10,000 decisions.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
import random
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import requests

from bench import Row, show
from bench.fleet import on_postgresql
from bench.processes import Server, free_port
from tests.fleet.hubs import Hub, assessment
from tests.postgres import PostgresServer
from webhook.bootstrap import Parts
from webhook.clients.ossindex.forms import asked_by_key
from webhook.model.fleetreports import FleetQuestion
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability

IMAGES, KEYS_OF_IMAGE = 10_000, 100
"""Components that no other image has; the rest of its components an image shares."""
KEYS, BATCH, DECISIONS = 50_000, 1_000, 10_000
VULNERABLE = 20
"""Every so many a component has two vulnerabilities."""
_MOST = 200_000_000


def main() -> list[Row]:
    """Measure and print."""
    rows = on_postgresql(_measure)
    show(f"A cold member of {IMAGES} images", rows)
    return rows


def _measure(server: PostgresServer, folder: Path) -> list[Row]:
    listening = {"listen": f"127.0.0.1:{free_port()}", "newKeysPerDay": KEYS}
    hub = Hub(folder / "hub", server.url(server.new_database()), fleet=listening)
    parts, now = hub.parts(), hub.parts().clock.now()
    _fill(parts, now)
    parts.store.assessments.append(
        [assessment(f"CVE-2026-{serial}", "Ignore", at=now) for serial in range(30_000, 30_000 + DECISIONS)]
    )
    token = hub.token("cold")
    with hub.serving(), requests.Session() as session:
        session.headers.update({"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"})
        time.sleep(2)  # the hub reads its members every second
        process = Server(hub.pid, 0)
        before, began = process.cpu_seconds(), time.monotonic()
        snapshot = len(_bytes(session.get(f"{hub.url}/fleet/v1/snapshot", stream=True, timeout=120)))
        sent = received = 0
        for batch in _batches():
            body = json.dumps({"coordinates": batch, "running": False}).encode()
            address = f"{hub.url}/fleet/v1/component-report"
            answer = session.post(address, data=body, stream=True, timeout=120)
            packed = _bytes(answer)
            assert len(json.loads(gzip.decompress(packed))) == len(batch), "the hub has not answered all of it"
            sent, received = sent + len(body), received + len(packed)
        seconds, cpu = time.monotonic() - began, process.cpu_seconds() - before
    parts.store.close()
    whole = snapshot + received / KEYS * IMAGES * KEYS_OF_IMAGE
    return [
        Row(f"snapshot of {DECISIONS} decisions", f"{snapshot / 1e6:.2f} MB", "", None),
        Row(f"answers about {KEYS} components", f"{received / 1e6:.2f} MB, asked with {sent / 1e6:.2f} MB", "", None),
        Row(f"the same for {IMAGES} images: received", f"{whole / 1e6:.0f} MB", "≤ 200 MB", whole <= _MOST),
        Row("hub, CPU for each 1,000 components", f"{cpu / KEYS * 1e6:.0f} ms", "", None),
        Row(f"seconds for {KEYS} components", f"{seconds:.1f} s", "", None),
    ]


def _bytes(answer: requests.Response) -> bytes:
    """The body as it came over the wire."""
    assert answer.status_code == 200, answer.status_code
    body: bytes = answer.raw.read(decode_content=False)
    return body


def _batches() -> Iterator[list[str]]:
    for start in range(0, KEYS, BATCH):
        yield [f"pkg:npm/package-{number:06}@{number % 7}.{number % 13}.0" for number in range(start, start + BATCH)]


def _fill(parts: Parts, now: dt.datetime) -> None:
    """Answers about all components, as the hub's downloader records them."""
    reports = parts.store.fleet_reports
    for start, batch in enumerate(_batches()):
        purls = tuple(map(Purl, batch))
        question = FleetQuestion("other", purls, False)
        reports.ask(question, now=now, ttl=dt.timedelta(days=1), ceiling=KEYS, by_key=asked_by_key)
        answers = [
            ComponentAnswer(purl, _said(start * BATCH + number, number), now) for number, purl in enumerate(purls)
        ]
        reports.record(
            answers,
            unanswered=(),
            own=(),
            assess=parts.assessor.auto_rule(),
            now=now,
            reassess_on_score_change=False,
            lease=None,
        )


def _said(seed: int, number: int) -> tuple[Vulnerability, ...]:
    if number % VULNERABLE:
        return ()
    # Digits in place of words: what gzip saves on text is not relied upon.
    digits = random.Random(seed)
    return tuple(
        Vulnerability(
            f"CVE-2026-{40_000 + seed * 2 + which}",
            title=f"[CVE-2026-{number}] CWE-502: Deserialization of Untrusted Data",
            description=" ".join(f"{digits.getrandbits(24):x}" for _ in range(80)),
            cvss_score=Decimal("9.8"),
            cvss_vector="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
            cwe="CWE-502",
            reference=f"https://advisories.example/CVE-2026-{number}",
            source="ossindex",
        )
        for which in range(2)
    )
