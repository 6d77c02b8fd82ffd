"""A hub and two members on two real API servers: each cluster decides what the hub says, and goes on without it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kubernetes.client
import pytest

from tests.certificates import Authority
from tests.console.conftest import console_on
from tests.doubles.ossindex import OssIndexDouble
from tests.doubles.ossindex.behaviour import PAT
from tests.e2e.answers import Answer, call
from tests.e2e.catalogue import CLEAN, CONTENTS, TURNING, digest, reference
from tests.e2e.cluster import Cluster, Options, running_cluster
from tests.e2e.controllers import ControllerProcess
from tests.e2e.manifests import pod
from tests.e2e.processes import free_port, wait_until
from tests.e2e.product import Bomgate, write_sbom
from tests.e2e.registration import JUDGED, Registration, register
from tests.fleet.hubs import Hub

SECONDS = 30.0
"""Longest wait for what takes one or two; a machine that does much else takes longer."""
SHOP = "shop"
IMAGES = ("clean", *(f"turning-{number}" for number in range(6)))
pytestmark = pytest.mark.timeout(900)  # two API servers and six processes, on machines that do much else


class Place:
    """A cluster with a member in it: a webhook, a controller, and their database.

    Args:
        name: of the member.
        cluster: where it is.
        hub: that it follows.
        authority: has signed all certificates.
        folder: for its files.
    """

    def __init__(self, name: str, cluster: Cluster, hub: Hub, authority: Authority, folder: Path) -> None:
        self.name, self._cluster = name, cluster
        self._core = kubernetes.client.CoreV1Api(cluster.client)
        fleet = {
            "mode": "member",
            "hub": hub.url,
            "token": hub.token(name),
            "caFile": str(hub.ca_file),
            "hubKeys": [str(hub.public)],
            "reportSeconds": 1,
        }
        settings: dict[str, Any] = {
            "fleet": fleet,
            "kube": {"kubeconfig": str(cluster.kubeconfig), "namespace": "default"},
            "policy": {"breakGlass": False},
        }
        self.bomgate = Bomgate(name, folder / name, authority, settings)
        self._settings: dict[str, Any] = {
            **settings,
            "database": {"url": f"sqlite:///{self.bomgate.database}"},
            "audit": {"minSeconds": 1, "periodMinutes": 0.03, "writesPerSecond": 500},
            "controller": {"urgentSeconds": 1, "resourceSeconds": 5},
        }
        self._folder = folder
        self.controller: ControllerProcess | None = None

    def fill(self) -> None:
        """Take SBOMs in, and ask the hub about what is in them."""
        documents = self.bomgate.folder / "to-import"
        documents.mkdir()
        for image in IMAGES:
            write_sbom(documents, digest(image), CONTENTS[image])
        self.bomgate.run("sbom", "import", documents)
        wait_until(self._asks, SECONDS, "the hub to know its member", pause=0.5)

    def _asks(self) -> bool:
        """Whether the hub has taken its questions; it reads the tokens of its members every second."""
        try:
            self.bomgate.run("download")
        except AssertionError as problem:
            if "does not know this member's token" not in str(problem):
                raise
            return False
        return True

    def start(self) -> None:
        """Start the controller and the webhook, and have the API server ask it."""
        folder = self._folder / f"{self.name}-controller"
        self.controller = ControllerProcess(self.name, folder, self._cluster.kubeconfig, self._settings)
        self.bomgate.start()
        register(self._cluster, Registration("main", self.bomgate.port, self.bomgate.authority.pem, JUDGED))
        self._cluster.create_namespace(SHOP, {"bomgate.dev/enforce": "deny"})

    def stop(self) -> None:
        """Stop both."""
        if self.controller is not None:
            self.controller.process.stop()
        self.bomgate.stop()

    def try_pod(self, image: str) -> Answer:
        """Ask whether a Pod would be admitted."""
        create = self._core.create_namespaced_pod_with_http_info
        return call(create, SHOP, pod(SHOP, "web", image), dry_run="All")

    def run_pod(self, image: str, name: str = "web") -> Answer:
        """Have a Pod run, which has the member in its name."""
        create = self._core.create_namespaced_pod_with_http_info
        return call(create, SHOP, pod(SHOP, f"{name}-{self.name}", image))

    def is_answered(self, number: int) -> bool:
        """Whether the webhook knows the vulnerability of an image, so that it warns of it."""
        return f"CVE-2026-2000{number}" in "".join(self.try_pod(reference(f"turning-{number}")).warnings)

    def denies(self, number: int) -> bool:
        """Whether it denies an image now, for what the hub or somebody here says; never for want of an answer."""
        answer = self.try_pod(reference(f"turning-{number}"))
        assert answer.allowed or answer.denied, answer
        return answer.denied


@dataclass(frozen=True)
class Fleet:
    """The hub and its two members.

    Attributes:
        hub: its folder and settings; it may be away.
        berlin: a member.
        tokyo: another one.
        serving: ends and starts the hub's process.
    """

    hub: Hub
    berlin: Place
    tokyo: Place
    serving: ExitStack

    @property
    def places(self) -> tuple[Place, Place]:
        """Both members."""
        return self.berlin, self.tokyo

    def assess(self, number: int, *more: str) -> None:
        """Decide at the hub about the vulnerability of one image."""
        self.hub.ok("assess", *decided(number), *more, "--allow-unknown")  # nothing of it runs at the hub

    def wait(self, number: int, *, denied: bool) -> None:
        """Wait until both members deny an image, or both allow it."""
        wanted = "deny" if denied else "allow"
        wait_until(
            lambda: all(place.denies(number) is denied for place in self.places),
            SECONDS,
            f"both members to {wanted} image {number}",
        )


def decided(number: int) -> tuple[str, ...]:
    """The vulnerability of an image, and its package, as arguments of ``bomgate assess``."""
    return (f"CVE-2026-2000{number}", "--package", TURNING[number].partition("@")[0])


@pytest.fixture(scope="module")
def clusters(binaries: Path) -> Iterator[list[Cluster]]:
    """Two clusters of one API server each."""
    with ExitStack() as stack:
        yield [stack.enter_context(running_cluster(binaries, Options(bare=True))) for _ in range(2)]


@pytest.fixture(scope="module")
def fleet(
    clusters: list[Cluster], authority: Authority, ossindex: OssIndexDouble, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fleet]:
    """A hub over TLS, and a member in each cluster; what their images contain was asked by way of the hub."""
    folder = tmp_path_factory.mktemp("fleet")
    cert, key = authority.issue().write(folder / "tls")
    listening = {"listen": f"127.0.0.1:{free_port()}", "tlsCert": str(cert), "tlsKey": str(key)}
    hub = Hub(folder / "hub", fleet=listening, ossindex={"url": ossindex.url, "token": PAT})
    hub.ca_file = folder / "ca.pem"
    hub.ca_file.write_bytes(authority.pem)
    with ExitStack() as serving, ExitStack() as members, ThreadPoolExecutor() as together:
        serving.enter_context(hub.serving())
        made = Fleet(
            hub,
            Place("berlin", clusters[0], hub, authority, folder),
            Place("tokyo", clusters[1], hub, authority, folder),
            serving,
        )
        for place in made.places:
            members.callback(place.stop)
        list(together.map(Place.fill, made.places))
        hub.ok("download")
        list(together.map(Place.start, made.places))
        yield made


def test_one_assessment_at_the_hub_denies_in_both_clusters(fleet: Fleet) -> None:
    for place in fleet.places:
        wait_until(lambda there=place: there.is_answered(0), SECONDS, "the hub's answers at its members")
        assert place.run_pod(reference("turning-0")).allowed
    fleet.assess(0, "--type", "Blocked", "--comment", "seen attacks")
    fleet.wait(0, denied=True)
    for place in fleet.places:
        text = place.try_pod(reference("turning-0")).text
        assert "comment: seen attacks" in text and "the fleet" in text, text


def test_a_member_restricts_for_itself_and_loosens_nothing(fleet: Fleet) -> None:
    berlin, tokyo = fleet.places
    fleet.assess(1, "--type", "Blocked", "--comment", "by the hub")
    fleet.wait(1, denied=True)
    tokyo.bomgate.run("assess", *decided(1), "--type", "Ignore", "--comment", "harmless here")
    # The webhook has read that record once a later one of the same place counts.
    tokyo.bomgate.run("assess", *decided(2), "--type", "Blocked", "--comment", "not here")
    wait_until(lambda: tokyo.denies(2), SECONDS, "the denial in one cluster")
    assert not berlin.denies(2), "what one member decides counts in another"
    assert tokyo.denies(1) and berlin.denies(1), "a member has loosened what the hub decided"


def test_the_hub_shows_what_runs_in_both_clusters(fleet: Fleet) -> None:
    for place in fleet.places:
        assert place.run_pod(CLEAN, "clean").allowed
    parts = fleet.hub.parts()
    console = console_on(parts)
    console.sign_in()
    expected = {(place.name, f"clean-{place.name}", "allow") for place in fleet.places}

    def is_shown() -> bool:
        items = console.get("/api/v1/workloads").json["items"]
        return expected <= {(item["cluster"], item["name"], item["verdict"]) for item in items}

    try:
        wait_until(is_shown, SECONDS, f"the hub to show {expected}", pause=0.5)
        package = CONTENTS["clean"][0].partition("@")[0]
        clusters = console.get(f"/api/v1/package?purl={package}").json["clusters"]
        assert [found["cluster"] for found in clusters] == ["berlin", "tokyo"]
    finally:
        parts.store.close()


def test_both_decide_alone_while_the_hub_is_away_and_catch_up_when_it_returns(fleet: Fleet) -> None:
    berlin, tokyo = fleet.places
    fleet.assess(3, "--type", "Blocked", "--comment", "before")
    fleet.wait(3, denied=True)
    fleet.serving.close()
    fleet.assess(3, "--clear", "--comment", "a mistake")
    fleet.assess(4, "--type", "Blocked", "--comment", "decided while nobody heard it")
    tokyo.bomgate.run("assess", *decided(5), "--type", "Blocked", "--comment", "by a member alone")
    wait_until(lambda: tokyo.denies(5), SECONDS, "a denial while the hub is away")
    for place in fleet.places:
        assert place.denies(3) and not place.denies(4) and place.try_pod(CLEAN).allowed
    assert not berlin.denies(5)
    fleet.serving.enter_context(fleet.hub.serving())
    fleet.wait(4, denied=True)
    fleet.wait(3, denied=False)
    assert tokyo.denies(5) and not berlin.denies(5)
    for place in fleet.places:
        status = place.bomgate.json("fleet", "status")
        assert (status["mode"], status["held"]) == ("member", []), status
