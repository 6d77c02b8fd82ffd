"""A fleet with one member, or one hub, that lies: it harms itself alone."""

from __future__ import annotations

import datetime as dt
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

import msgspec
import pytest
import requests

from tests.fakes import NOON, FakeClock
from tests.fleet.hubs import Hub
from tests.ports.samples import digest
from webhook.clients.http.headers import http_date
from webhook.clients.http.messages import Answer
from webhook.clients.hub.client import HubHttpClient
from webhook.clients.hub.reports import HubSource, portions
from webhook.engines.controlling.clusterreports import ClusterReportDuty, ClusterReportParts
from webhook.errors import DocumentRefused, InvalidInput
from webhook.hub.access import MOST_AT_ONCE, MOST_BODY
from webhook.model.actions import Action
from webhook.model.fleetinventory import ClusterReceipt, ClusterReport, WaitingRequests
from webhook.model.fleetreports import FleetReport
from webhook.model.images import Digest
from webhook.model.inventory import InventoriedImage, InventoriedWorkload, RunningInventory
from webhook.model.purls import Purl
from webhook.model.verdicts import SbomStatus
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.fleetinventory import content_hash, read_report
from webhook.policy.fleetreplies import SIGNATURE_HEADER, decode_reports, encode_reports
from webhook.store.options import StoreOptions
from webhook.store.repositories import Store, open_store

_SECONDS = 20.0


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with Hub(tmp_path_factory.mktemp("hub")).serving() as serving:
        yield serving


def get(hub: Hub, token: str, path: str, **headers: str) -> requests.Response:
    headers["Authorization"] = f"Bearer {token}"
    return requests.get(f"{hub.url}/fleet/v1{path}", headers=headers, timeout=30)


def soon(check: Callable[[], bool]) -> bool:
    until = time.monotonic() + _SECONDS
    while not check() and time.monotonic() < until:
        time.sleep(0.05)
    return check()


def joined(hub: Hub, name: str) -> str:
    token = hub.token(name)
    assert soon(lambda: get(hub, token, "/snapshot").status_code == 200), f"{name} is unknown"
    return token


@pytest.fixture(scope="module")
def liar(hub: Hub) -> str:
    return joined(hub, "liar")


IMPOSSIBLE = (
    f"after={'0' * 20}{'9' * 30}",
    f"after={'9' * 3000}",
    f"after={2**63}",
    "after=%C2%B2",
    "after=1&store=%00",
    "after=1&mark=%0A",
    f"after=1&mark={'a' * 65}",
    "after=-1",
    "",
)


def test_whatever_a_member_says_of_itself_others_join_and_it_can_be_removed(hub: Hub) -> None:
    gone = joined(hub, "gone")
    for query in IMPOSSIBLE:
        assert get(hub, gone, f"/changes?{query}&wait=0").status_code == 400, query
    for time_there in ("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "x" * 1000, ""):
        headers = {"Bomgate-Time": time_there, "Bomgate-Version": "\x9b31m" * 100}
        assert get(hub, gone, f"/changes?after={10**18 - 1}&wait=0", **headers).status_code == 410
    hub.ok("fleet", "remove", "gone")
    assert soon(lambda: get(hub, gone, "/snapshot").status_code == 401)


def test_a_member_that_keeps_many_requests_open_keeps_nobody_out(hub: Hub, liar: str) -> None:
    greedy, other = liar, joined(hub, "other")
    address = urlsplit(hub.url)
    head = f"POST /fleet/v1/inventory HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {greedy}\r\n"
    held = []
    try:
        for _ in range(MOST_AT_ONCE * 2):
            held.append(socket.create_connection((address.hostname, address.port), timeout=30))
            held[-1].sendall(f"{head}Content-Length: {32 * 1024 * 1024}\r\n\r\n".encode() + b"x" * 1000)
        assert soon(lambda: get(hub, greedy, "/snapshot").status_code == 429)
        said = {"coordinates": ["pkg:npm/a@1.0.0"]}
        answer = requests.post(
            f"{hub.url}/fleet/v1/component-report",
            json=said,
            headers={"Authorization": f"Bearer {other}"},
            timeout=30,
        )
        assert answer.status_code == 200
    finally:
        for connection in held:
            connection.close()
    assert soon(lambda: get(hub, greedy, "/snapshot").status_code == 200), "its places are free again"


def test_a_body_that_is_too_large_is_refused_before_it_is_read(hub: Hub, liar: str) -> None:
    address = urlsplit(hub.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as one:
        head = f"POST /fleet/v1/inventory HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {liar}\r\n"
        one.sendall(f"{head}Content-Length: {10**12}\r\n\r\n".encode())
        assert b" 413 " in one.recv(100)


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def store(request: pytest.FixtureRequest, clock: FakeClock) -> Iterator[Store]:
    opened = open_store(StoreOptions(url=request.getfixturevalue(request.param)), clock)
    yield opened
    opened.close()


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"])
def test_a_time_beyond_the_calendar_leaves_no_row_that_cannot_be_read(store: Store, at: str) -> None:
    body = b'{"session": "0123abcd", "sequence": 1, "takenAt": "%s"}' % at.encode()
    assert store.clusters.take("eu", read_report(body), now=NOON, ceiling=1) is not None
    (line,) = store.clusters.clusters("", 10)
    assert line.taken_at is not None
    assert line.taken_at.year in (1, 9999)
    assert msgspec.json.decode(body, type=ClusterReport).sequence == 1


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59-23:59", "2026-01-01T00:00:00"])
def test_a_reply_with_a_time_that_cannot_be_is_refused(at: str) -> None:
    with pytest.raises(DocumentRefused):
        decode_reports(b'[{"coordinates": "pkg:npm/a@1", "answeredAt": "%s"}]' % at.encode())


@pytest.mark.parametrize(
    "text",
    [
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 01 Jan 2020 00:00:00 +99999999999999",
        "Mon, 01 Jan 9999 23:59:59 -2359",
        "Mon, 01 Jan 2020 " + "0" * 5000 + ":00:00 GMT",
        "",
    ],
)
def test_a_date_of_a_server_that_cannot_be_is_no_date(text: str) -> None:
    found = http_date(text)
    assert found is None or dt.datetime(1970, 1, 1, tzinfo=dt.UTC) < found
    assert found is None or "9999" in text


def workloads(count: int, images: int = 1, name: str = "registry.example/shop/web") -> list[InventoriedWorkload]:
    """So many, each with an image of its number; with several images all have the first digest."""
    return [
        InventoriedWorkload(
            f"uid-{number}",
            "shop",
            "apps/v1",
            "Deployment",
            f"web-{number}",
            1,
            None,
            Action.ALLOW,
            "",
            tuple(
                InventoriedImage(
                    f"{name}-{n}", Digest(digest(number if images == 1 else 0)), (), Action.ALLOW, SbomStatus.FOUND
                )
                for n in range(images)
            ),
        )
        for number in range(count)
    ]


class Contents:
    """The components of images; the hash of an image's is its number."""

    def __init__(self, *sizes: int, length: int = 0) -> None:
        self._purls = [[Purl(f"pkg:npm/{'x' * length}p{n}@1") for n in range(size)] for size in sizes]
        self._hashes = {Digest(digest(n)): content_hash(purls) for n, purls in enumerate(self._purls)}

    def hashes(self, digests: Sequence[Digest]) -> Mapping[Digest, str]:
        return {image: self._hashes[image] for image in digests}

    def components(self, one: Digest) -> Sequence[Purl]:
        return self._purls[list(self._hashes).index(one)]


class Receiver:
    """A hub that checks reports and takes them, and asks for the contents that it does not have."""

    def __init__(self) -> None:
        self.images: dict[str, str] = {}
        self.contents: set[str] = set()
        self.workloads: set[str] = set()

    def report(self, report: ClusterReport) -> ClusterReceipt:
        body = msgspec.json.encode(report, enc_hook=str)
        assert len(body) < MOST_BODY
        checked = read_report(body)
        self.images |= {image.digest: image.content for image in checked.report.images}
        for gone in checked.report.gone_images:
            self.images.pop(gone, None)
        self.workloads |= {workload.uid for workload in checked.report.workloads}
        self.contents |= {content.content for content in checked.contents}
        wanted = sorted(set(self.images.values()) - self.contents)[:1]
        return ClusterReceipt(report.sequence, tuple(wanted), checked.left_out)


def no_requests() -> WaitingRequests:
    return WaitingRequests(0)


class Inventory:
    """What ran at the last audit."""

    def __init__(self, workloads: Sequence[InventoriedWorkload]) -> None:
        self.replace(workloads, taken_at=NOON, revision=1)

    def replace(self, workloads: Sequence[InventoriedWorkload], *, taken_at: dt.datetime, revision: int) -> None:
        self._inventory = RunningInventory(taken_at, revision, tuple(workloads))

    def taken_at(self) -> dt.datetime:
        return self._inventory.taken_at

    def load(self) -> RunningInventory:
        return self._inventory


@pytest.mark.parametrize(("size", "length"), [(20_001, 0), (9_000, 1_000)], ids=["many", "long"])
def test_an_image_that_a_hub_does_not_take_keeps_no_other_from_being_told(size: int, length: int) -> None:
    contents, hub = Contents(size, 3, 4, length=length), Receiver()
    duty = ClusterReportDuty(
        ClusterReportParts(Inventory(workloads(3)), contents, dict, no_requests, hub), lambda _: "0123abcd", 60
    )
    for _ in range(3):
        duty.run()
    assert len(hub.workloads) == 3
    assert hub.contents == {content_hash(contents.components(Digest(digest(n)))) for n in (1, 2)}
    assert digest(0) not in hub.images


def test_no_number_of_long_image_names_keeps_a_cluster_from_being_told() -> None:
    hub = Receiver()
    some = workloads(400, images=100, name="registry.example/" + "x" * 900)
    duty = ClusterReportDuty(
        ClusterReportParts(Inventory(some), Contents(1), dict, no_requests, hub), lambda _: "0123abcd", 60
    )
    duty.run()
    assert len(hub.workloads) == 400


def test_a_report_with_too_many_components_is_refused_before_they_are_read() -> None:
    parts = [{"content": "0" * 64, "components": ["x"] * 20_000}] * 11
    body = msgspec.json.encode({"session": "0123abcd", "sequence": 1, "contents": parts})
    with pytest.raises(InvalidInput, match="more than one report may have"):
        read_report(body)


def test_long_coordinates_keep_no_others_from_being_asked_for() -> None:
    short = [Purl(f"pkg:npm/p{n}@1.0.0") for n in range(20)]
    long = [Purl(f"pkg:npm/{'x' * 900}{n}@1.0.0") for n in range(980)]
    beyond = [Purl(f"pkg:npm/{'y' * 4000}@1.0.0")]
    asked = list(portions([*long, *beyond, *short]))
    assert [purl for some in asked for purl in some] == [*long, *short]
    assert all(len(msgspec.json.encode({"coordinates": list(map(str, some))})) < 1024 * 1024 for some in asked)


def test_reports_of_many_vulnerabilities_come_in_several_replies() -> None:
    said = Vulnerability("CVE-1", title="x" * 100, description="y" * 1000)
    some = [FleetReport(Purl(f"pkg:npm/p{n}@1"), NOON, (said,) * 10) for n in range(20)]
    told = decode_reports(encode_reports(some, 50_000))
    assert 0 < len(told) < len(some)
    assert list(told) == list(decode_reports(encode_reports(some)))[: len(told)]
    assert len(decode_reports(encode_reports(some, 1))) == 1


class Answering(HubHttpClient):
    """A hub that knows some reports, as a client reaches it."""

    def __init__(self, reports: Sequence[FleetReport]) -> None:
        self._reports, self.asked = reports, 0

    def send(
        self,
        method: str,
        path: str,
        *,
        limit: int,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float = 60.0,
    ) -> Answer:
        self.asked += 1
        wanted = msgspec.json.decode(body or b"")["coordinates"]
        made = encode_reports([report for report in self._reports if report.coordinates in wanted])
        return Answer(200, {SIGNATURE_HEADER: "key AA=="}, made, "http://hub")


def test_what_had_no_room_in_a_reply_is_asked_for_again_at_once(clock: FakeClock) -> None:
    many = [Vulnerability(f"CVE-{n}", description="y" * 24_000) for n in range(400)]
    some = [FleetReport(Purl(f"pkg:npm/p{n}@1.0.0"), NOON, tuple(many)) for n in range(4)]
    hub = Answering(some)
    source = HubSource(hub, lambda *_: True, clock, "http://hub")
    answer = source.report([Purl("pkg:npm/unknown@1.0.0"), *(report.coordinates for report in some)])
    assert {said.purl for said in answer.answers} == {report.coordinates for report in some}
    assert (answer.pending, answer.failure) == ((Purl("pkg:npm/unknown@1.0.0"),), None)
    assert 1 < hub.asked <= 4
