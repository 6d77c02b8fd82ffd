"""The ports of the audit, on the fakes and on a double of the API server: what runs, events, reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from kubernetes import client

from tests.clusters import FakeEventSink, FakeReportSink, FakeRunningWorkloads, running
from tests.copies import replace
from tests.doubles.kubeobjects import ObjectServer
from tests.fakes import FakeClock
from webhook.clients.kube.api import KubeApi
from webhook.clients.kube.connection import server_of
from webhook.clients.kube.events import KubeEvents
from webhook.clients.kube.options import KubeOptions
from webhook.clients.kube.policyreports import POLICY_REPORT, PolicyReports
from webhook.clients.kube.workloads import KubeWorkloads
from webhook.model.reports import ObjectEvent, ReportResult, ReportStatus, WorkloadReport
from webhook.model.running import ObjectRef
from webhook.ports import EventSink, ReportSink, RunningWorkloads

WEB = ObjectRef("apps", "v1", "Deployment", "shop", "web", "uid-shop-web")


@dataclass
class Ports:
    """The ports of one implementation, and a way to look behind them.

    Attributes:
        told: reason and message of each event that is there.
        serve: lets the cluster take reports.
    """

    running: RunningWorkloads
    events: EventSink
    reports: ReportSink
    told: Callable[[], list[tuple[str, str]]]
    serve: Callable[[], None]


def _faked() -> Ports:
    cluster = FakeRunningWorkloads([running("web", "app:1"), running("till", "app:1", namespace="bank")])
    cluster.labels = {"bank": {"team": "money"}, "empty": {}}
    events, reports = FakeEventSink(), FakeReportSink(served=False)

    def told() -> list[tuple[str, str]]:
        distinct = {(event.about, event.reason, event.key): event for event in events.events}
        return [(event.reason, event.message) for event in distinct.values()]

    return Ports(cluster, events, reports, told, lambda: setattr(reports, "served", True))


def _real(server: ObjectServer, api: KubeApi, clock: FakeClock) -> Ports:
    for namespace, name in (("shop", "web"), ("bank", "till")):
        server.namespace(namespace, **({"team": "money"} if namespace == "bank" else {}))
        spec = {"template": {"spec": {"containers": [{"name": "c0", "image": "app:1"}]}}}
        metadata = {"name": name, "namespace": namespace, "uid": f"uid-{namespace}-{name}"}
        server.add({"kind": "Deployment", "metadata": metadata, "spec": spec})
    server.namespace("empty")

    def serve() -> None:
        server.collections.add(f"/apis/{POLICY_REPORT.api_version}/{POLICY_REPORT.plural}")
        resources = [{"name": POLICY_REPORT.plural}]
        server.answers[f"/apis/{POLICY_REPORT.api_version}"] = (200, {"resources": resources})

    def told() -> list[tuple[str, str]]:
        return [(entry["reason"], entry["message"]) for entry in server.kept("events")]

    return Ports(KubeWorkloads(api, clock), KubeEvents(api, clock), PolicyReports(api, clock), told, serve)


@pytest.fixture(params=["fake", "real"])
def ports(request: Any, clock: FakeClock) -> Iterator[Ports]:
    if request.param == "fake":
        yield _faked()
        return
    with ObjectServer() as server:
        api = KubeApi(server_of(client.Configuration(host=server.url)), KubeOptions(), clock)
        yield _real(server, api, clock)
        api.close()


def report(clock: FakeClock, fingerprint: str = "one", owner: ObjectRef = WEB) -> WorkloadReport:
    result = ReportResult(ReportStatus.FAILED, "CVE-1", "bad")
    return WorkloadReport(owner, (result,), {ReportStatus.FAILED: 1}, clock.now(), fingerprint)


def test_workloads_come_by_their_top_owner_and_only_from_the_named_namespaces(ports: Ports) -> None:
    assert {workload.owner.title for workload in ports.running.workloads()} == {
        "Deployment shop/web",
        "Deployment bank/till",
    }
    (one,) = ports.running.workloads(["bank"])
    assert (one.owner.uid, one.images[0].judged, one.pull_access.namespace) == ("uid-bank-till", "app:1", "bank")
    assert list(ports.running.workloads(["elsewhere"])) == []


def test_namespaces_come_with_their_labels_also_those_where_nothing_runs(ports: Ports) -> None:
    assert ports.running.namespaces() == {"shop": {}, "bank": {"team": "money"}, "empty": {}}
    assert ports.running.namespaces(["bank", "elsewhere"]) == {"bank": {"team": "money"}}


def test_an_event_told_twice_is_there_once(ports: Ports) -> None:
    event = ObjectEvent(WEB, "BomgateCaution", "look", key="k")
    ports.events.emit(event)
    ports.events.emit(event)
    ports.events.emit(replace(event, key="other", message="look again"))
    assert ports.told() == [("BomgateCaution", "look"), ("BomgateCaution", "look again")]


def test_no_kind_of_report_is_not_no_reports(ports: Ports) -> None:
    assert ports.reports.written() is None
    ports.serve()
    assert ports.reports.written() == {}


def test_a_report_is_there_until_it_is_replaced_or_removed(ports: Ports, clock: FakeClock) -> None:
    ports.serve()
    other = replace(WEB, namespace="bank", uid="uid-2")
    ports.reports.write(report(clock))
    ports.reports.write(report(clock, "two", other))
    ports.reports.write(report(clock, "three"))
    assert ports.reports.written() == {("shop", "uid-shop-web"): "three", ("bank", "uid-2"): "two"}
    ports.reports.remove(("shop", "uid-shop-web"))
    ports.reports.remove(("shop", "uid-shop-web"))
    assert ports.reports.written() == {("bank", "uid-2"): "two"}
