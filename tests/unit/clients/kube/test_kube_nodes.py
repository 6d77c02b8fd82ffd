"""The platforms of the cluster's nodes: how they are read, for how long believed, and what stands in for them."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest

from tests.fakes import FakeClock
from tests.unit.clients.kube.apiserver import NODES, Answer, ApiServer
from tests.unit.clients.kube.conftest import MakeApi
from webhook.clients.kube.nodes import NodePlatforms
from webhook.clients.kube.options import KubeOptions
from webhook.errors import ConfigError, Final
from webhook.model.deadlines import Deadline

PATH = "/api/v1/nodes"
USUAL = ("linux/amd64", "linux/arm64")


def labelled(system: str, architecture: str) -> dict[str, Any]:
    """A Node as a kubelet registers it."""
    return {"metadata": {"name": "n", "labels": {"kubernetes.io/os": system, "kubernetes.io/arch": architecture}}}


def bare(system: str = "", architecture: str = "") -> dict[str, Any]:
    """A Node without labels; with a platform in its status, when one is given."""
    info = {"operatingSystem": system, "architecture": architecture}
    return {"metadata": {"name": "n"}, "status": {"nodeInfo": info} if system else {}}


@pytest.fixture
def nodes(make_api: MakeApi, clock: FakeClock) -> NodePlatforms:
    return NodePlatforms(make_api(), KubeOptions(), clock)


def test_the_distinct_platforms_are_read_from_labels_and_nothing_else_is_asked_for(
    server: ApiServer, nodes: NodePlatforms
) -> None:
    server.nodes(labelled("windows", "amd64"), labelled("linux", "s390x"), labelled("linux", "s390x"))
    assert nodes.platforms() == ("linux/s390x", "windows/amd64")
    assert server.asked == [NODES]
    assert server.accepted == ["application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"]


def test_the_page_of_a_node_without_labels_is_read_whole(server: ApiServer, nodes: NodePlatforms) -> None:
    server.nodes(labelled("linux", "arm64"), bare("linux", "ppc64le"))
    assert nodes.platforms() == ("linux/arm64", "linux/ppc64le")
    assert server.asked == [NODES, NODES]
    assert "PartialObjectMetadataList" not in server.accepted[1]


def test_a_node_that_has_not_registered_yet_says_nothing(server: ApiServer, nodes: NodePlatforms) -> None:
    server.nodes(labelled("linux", "arm64"), bare())
    assert nodes.platforms() == ("linux/arm64",)


def test_all_pages_are_read(server: ApiServer, nodes: NodePlatforms) -> None:
    server.nodes(labelled("linux", "amd64"), following="two")
    server.nodes(bare("linux", "arm"), page="two", following="three")
    server.nodes(labelled("linux", "riscv64"), page="three")
    assert nodes.platforms() == ("linux/amd64", "linux/arm", "linux/riscv64")
    assert server.asked == [NODES, *[f"{PATH}?continue=two&limit=500"] * 2, f"{PATH}?continue=three&limit=500"]


@pytest.mark.parametrize("present", [(), (bare(),)])
def test_a_cluster_without_nodes_has_the_usual_platforms(
    server: ApiServer, nodes: NodePlatforms, present: tuple[dict[str, Any], ...]
) -> None:
    server.nodes(*present)
    assert nodes.platforms() == USUAL


def test_an_answer_is_believed_for_a_while(server: ApiServer, nodes: NodePlatforms, clock: FakeClock) -> None:
    server.nodes(labelled("linux", "amd64"))
    assert nodes.platforms() == ("linux/amd64",)
    server.nodes(labelled("linux", "arm64"))
    clock.advance(599)
    assert nodes.platforms() == ("linux/amd64",)
    clock.advance(2)
    assert nodes.platforms() == ("linux/arm64",)
    assert len(server.asked) == 2


def warnings(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_without_the_right_the_usual_platforms_count_and_the_log_names_the_right_once(
    server: ApiServer, nodes: NodePlatforms, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    server.refuse(NODES, 403)
    for _ in range(5):
        assert nodes.platforms() == USUAL
        clock.advance(20)
    assert len(server.asked) == 3, "asked again after half a minute"
    (warning,) = warnings(caplog)
    assert warning.__dict__["why"] == "Forbidden: bomgate may not list nodes in the cluster."
    assert "a ClusterRole in the cluster with the verb list on the resource nodes" in warning.__dict__["remedy"]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(503),
        Answer(404),
        Answer(410),
        Answer(content=["what is this"]),
        Answer(content={"metadata": {}, "items": [{}]}),
        Answer(content=b'{"metadata": {}, "items": []}', cut=9),
        Answer(content=b" " * 2001),
    ],
)
def test_after_a_failure_the_last_known_platforms_count_until_the_next_answer(
    server: ApiServer, make_api: MakeApi, clock: FakeClock, caplog: pytest.LogCaptureFixture, answer: Answer
) -> None:
    nodes = NodePlatforms(make_api(max_report_bytes=2000), KubeOptions(), clock)
    server.nodes(labelled("linux", "s390x"))
    nodes.platforms()
    server.answers[NODES] = answer
    clock.advance(601)
    assert nodes.platforms() == ("linux/s390x",)
    assert len(warnings(caplog)) == 1
    server.nodes(labelled("linux", "arm64"))
    clock.advance(31)
    assert nodes.platforms() == ("linux/arm64",)
    server.answers[NODES] = answer
    clock.advance(601)
    assert nodes.platforms() == ("linux/arm64",)
    assert len(warnings(caplog)) == 2, "each period of failure has its own"


def test_a_failure_on_a_later_page_is_a_failure(server: ApiServer, nodes: NodePlatforms) -> None:
    server.nodes(labelled("linux", "amd64"), following="two")
    assert nodes.platforms() == USUAL, "half of the nodes would leave out what the others run"


def test_a_list_without_end_ends_at_the_deadline(
    server: ApiServer, make_api: MakeApi, caplog: pytest.LogCaptureFixture
) -> None:
    class Passing(FakeClock):
        def monotonic(self) -> float:
            self.advance(0.5)
            return super().monotonic()

    clock = Passing()
    server.nodes(labelled("linux", "s390x"), following="two")
    server.nodes(labelled("linux", "s390x"), page="two", following="two")
    assert NodePlatforms(make_api(used_clock=clock), KubeOptions(), clock).platforms() == USUAL
    (warning,) = warnings(caplog)
    assert "within the time left when asked for the nodes in the cluster" in warning.__dict__["why"]


def test_many_at_once_list_the_nodes_once(server: ApiServer, nodes: NodePlatforms) -> None:
    server.nodes(labelled("linux", "s390x"))
    found: list[tuple[str, ...]] = []
    threads = [threading.Thread(target=lambda: found.append(nodes.platforms())) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [("linux/s390x",)] * 20
    assert len(server.asked) == 1


def test_a_page_that_is_too_large_is_not_read(server: ApiServer, make_api: MakeApi, soon: Deadline) -> None:
    server.nodes(*[labelled("linux", "amd64")] * 50)
    with pytest.raises(Final, match="more than the 1000 bytes that were expected when asked for the nodes"):
        make_api(max_report_bytes=1000).list_nodes("", soon)


def test_an_answer_that_is_never_believed_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"kube\.nodeSeconds is 0"):
        KubeOptions(node_seconds=0).check()
