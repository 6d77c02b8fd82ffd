"""Where the audit tells: events, policy reports of both kinds, and the webhook's registration."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.copies import replace
from tests.doubles.kubeobjects import ObjectServer
from tests.fakes import FakeClock
from webhook.clients.kube.api import KubeApi
from webhook.clients.kube.events import KubeEvents
from webhook.clients.kube.policyreports import POLICY_REPORT, REPORT, PolicyReports, ReportKind
from webhook.clients.kube.webhooks import KubeRegistration
from webhook.errors import Final, Retryable
from webhook.model.reports import EventType, ObjectEvent, ReportResult, ReportStatus, WorkloadReport
from webhook.model.running import ObjectRef

WEB = ObjectRef("apps", "v1", "Deployment", "shop", "web", "uid-1")
DENIED = ObjectEvent(WEB, "BomgateWouldBeDenied", "it is bad", key="verdict-1")
REGISTRATION = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/bomgate"


@pytest.fixture
def server() -> Iterator[ObjectServer]:
    with ObjectServer() as running:
        yield running


def serve(server: ObjectServer, kind: ReportKind) -> None:
    """Have the cluster serve a kind of report."""
    server.collections.add(f"/apis/{kind.api_version}/{kind.plural}")
    server.answers[f"/apis/{kind.api_version}"] = (200, {"resources": [{"name": kind.plural, "namespaced": True}]})


def report(fingerprint: str = "f1", *, at: FakeClock) -> WorkloadReport:
    result = ReportResult(ReportStatus.FAILED, "CVE-1", "bad", "critical", {"image": "app:1", "cvss": "9.8"})
    warned = ReportResult(ReportStatus.WARNED, "unknown", "who knows")
    summary = {ReportStatus.FAILED: 3, ReportStatus.WARNED: 1}
    return WorkloadReport(WEB, (result, warned), summary, at.now(), fingerprint)


# -- events -------------------------------------------------------------------------------------------------------


def test_an_event_is_about_its_object(server: ObjectServer, api: KubeApi, clock: FakeClock) -> None:
    KubeEvents(api, clock).emit(DENIED)
    (event,) = server.kept("events")
    assert event["involvedObject"] == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": "web",
        "namespace": "shop",
        "uid": "uid-1",
    }
    assert (event["type"], event["reason"], event["message"]) == ("Warning", "BomgateWouldBeDenied", "it is bad")
    assert (event["metadata"]["namespace"], event["count"]) == ("shop", 1)
    assert event["firstTimestamp"] == event["lastTimestamp"] == "2026-03-01T12:00:00Z"


def test_the_same_event_again_is_counted_up_also_by_another_process(
    server: ObjectServer, api: KubeApi, clock: FakeClock
) -> None:
    events = KubeEvents(api, clock)
    events.emit(DENIED)
    clock.advance(3600)
    events.emit(DENIED)
    events.emit(replace(DENIED, message="in other words"))
    KubeEvents(api, clock).emit(DENIED)
    (event,) = server.kept("events")
    assert (event["firstTimestamp"], event["lastTimestamp"]) == ("2026-03-01T12:00:00Z", "2026-03-01T13:00:00Z")
    assert event["count"] >= 2
    assert server.paths("POST") == ["/api/v1/namespaces/shop/events"] * 2


def test_what_is_told_once_stays_as_it_is_whoever_says_it_again(
    server: ObjectServer, api: KubeApi, clock: FakeClock
) -> None:
    events, once = KubeEvents(api, clock), replace(DENIED, once=True)
    events.emit(once)
    clock.advance(30)
    events.emit(replace(once, message="in other words"))
    KubeEvents(api, clock).emit(once)
    (event,) = server.kept("events")
    assert (event["count"], event["message"], event["lastTimestamp"]) == (1, "it is bad", "2026-03-01T12:00:00Z")
    assert server.paths("PATCH") == []


def test_another_verdict_or_another_object_is_another_event(
    server: ObjectServer, api: KubeApi, clock: FakeClock
) -> None:
    events = KubeEvents(api, clock)
    for event in (DENIED, replace(DENIED, key="verdict-2"), replace(DENIED, about=replace(WEB, uid="uid-2"))):
        events.emit(event)
    assert len(server.kept("events")) == 3


def test_an_event_that_has_ended_begins_anew(server: ObjectServer, api: KubeApi, clock: FakeClock) -> None:
    events = KubeEvents(api, clock)
    events.emit(DENIED)
    server.objects.clear()
    events.emit(DENIED)
    assert [entry["count"] for entry in server.kept("events")] == [1]


def test_normal_events_and_long_messages_are_sent_as_the_api_takes_them(
    server: ObjectServer, api: KubeApi, clock: FakeClock
) -> None:
    KubeEvents(api, clock).emit(ObjectEvent(WEB, "BomgateGranted", "x" * 5000, EventType.NORMAL))
    (event,) = server.kept("events")
    assert (event["type"], len(event["message"])) == ("Normal", 1024)


def test_a_name_that_would_be_part_of_another_address_gets_no_event(
    server: ObjectServer, api: KubeApi, clock: FakeClock
) -> None:
    with pytest.raises(Final, match="cannot have an event"):
        KubeEvents(api, clock).emit(replace(DENIED, about=replace(WEB, namespace="shop/pods")))
    assert server.sent == []


# -- reports ------------------------------------------------------------------------------------------------------


def test_a_cluster_without_reports_is_told_apart_from_one_without_any_written(
    server: ObjectServer, api: KubeApi, clock: FakeClock
) -> None:
    reports = PolicyReports(api, clock)
    assert reports.written() is None
    serve(server, POLICY_REPORT)
    assert reports.written() == {}


@pytest.mark.parametrize("kind", [POLICY_REPORT, REPORT])
def test_a_report_belongs_to_its_workload_and_is_replaced_as_a_whole(
    server: ObjectServer, api: KubeApi, clock: FakeClock, kind: ReportKind
) -> None:
    serve(server, kind)
    reports = PolicyReports(api, clock)
    reports.write(report(at=clock))
    (made,) = server.kept(kind.plural)
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "uid-1"}
    assert (made["kind"], made["apiVersion"]) == (kind.kind, kind.api_version)
    assert made["metadata"]["name"] == "uid-1"
    assert made["metadata"]["ownerReferences"] == [owner]
    assert made["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "bomgate"}
    assert made["scope"] == {**owner, "namespace": "shop"}
    assert made["summary"] == {"pass": 0, "fail": 3, "warn": 1, "error": 0, "skip": 0}
    first, second = made["results"]
    assert (first["result"], first["severity"], first["policy"], first["rule"]) == (
        "fail",
        "critical",
        "bomgate",
        "CVE-1",
    )
    assert first["timestamp"] == {"seconds": int(clock.now().timestamp()), "nanos": 0}
    assert (second["result"], second["scored"], "severity" in second) == ("warn", False, False)
    assert ("source" in made) is (kind is REPORT)
    reports.write(replace(report("f2", at=clock), results=()))
    (again,) = server.kept(kind.plural)
    assert again["results"] == []
    assert reports.written() == {("shop", "uid-1"): "f2"}


def test_of_both_kinds_the_successor_is_written(server: ObjectServer, api: KubeApi, clock: FakeClock) -> None:
    serve(server, POLICY_REPORT)
    serve(server, REPORT)
    PolicyReports(api, clock).write(report(at=clock))
    assert (len(server.kept("reports")), server.kept("policyreports")) == (1, [])


def test_a_group_that_lacks_the_kind_does_not_count(server: ObjectServer, api: KubeApi, clock: FakeClock) -> None:
    server.answers[f"/apis/{REPORT.api_version}"] = (200, {"resources": [{"name": "clusterreports"}]})
    assert PolicyReports(api, clock).written() is None


def test_reports_of_others_are_left_alone(server: ObjectServer, api: KubeApi, clock: FakeClock) -> None:
    serve(server, POLICY_REPORT)
    metadata = {"name": "theirs", "namespace": "shop", "labels": {"app.kubernetes.io/managed-by": "kyverno"}}
    server.objects[f"/apis/{POLICY_REPORT.api_version}/policyreports", "shop", "theirs"] = {"metadata": metadata}
    reports = PolicyReports(api, clock)
    reports.write(report(at=clock))
    assert list(reports.written() or ()) == [("shop", "uid-1")]


def test_a_removed_report_is_gone_and_may_be_removed_again(
    server: ObjectServer, api: KubeApi, clock: FakeClock
) -> None:
    serve(server, POLICY_REPORT)
    reports = PolicyReports(api, clock)
    reports.write(report(at=clock))
    reports.remove(("shop", "uid-1"))
    reports.remove(("shop", "uid-1"))
    assert server.kept("policyreports") == []


# -- registration -------------------------------------------------------------------------------------------------


def test_the_selectors_of_all_entries_are_read(server: ObjectServer, api: KubeApi, clock: FakeClock) -> None:
    expressions = [
        {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system"]},
        {"key": "bomgate.dev/enforce", "operator": "In", "values": ["deny"]},
    ]
    written = [{"namespaceSelector": {"matchExpressions": expressions, "matchLabels": {"team": "a"}}}]
    server.answers[REGISTRATION] = (200, {"metadata": {"name": "bomgate"}, "webhooks": written})
    entries = KubeRegistration(api, ["bomgate"], clock).entries()
    assert entries is not None
    (one,) = [entry.namespaces for entry in entries]
    labels = {"kubernetes.io/metadata.name": "shop", "team": "a"}
    assert not one.matches(labels)
    assert one.matches(labels, ignoring="bomgate.dev/enforce")
    assert not one.matches({**labels, "kubernetes.io/metadata.name": "kube-system"}, ignoring="bomgate.dev/enforce")
    assert not one.matches({**labels, "team": "b"}, ignoring="bomgate.dev/enforce")


def test_an_entry_without_a_selector_is_asked_about_everything(
    server: ObjectServer, api: KubeApi, clock: FakeClock
) -> None:
    server.answers[REGISTRATION] = (200, {"metadata": {"name": "bomgate"}, "webhooks": [{"name": "x"}]})
    entries = KubeRegistration(api, ["bomgate"], clock).entries()
    assert entries is not None
    assert entries[0].namespaces.matches({})


@pytest.mark.parametrize("status", [404, 403])
def test_a_registration_that_is_not_there_or_not_to_be_read_is_not_known(
    server: ObjectServer, api: KubeApi, clock: FakeClock, status: int
) -> None:
    server.answers[REGISTRATION] = (status, {"kind": "Status"})
    assert KubeRegistration(api, ["bomgate"], clock).entries() is None


def test_an_api_server_in_trouble_is_no_answer(server: ObjectServer, api: KubeApi, clock: FakeClock) -> None:
    server.answers[REGISTRATION] = (503, {"kind": "Status"})
    with pytest.raises(Retryable):
        KubeRegistration(api, ["bomgate"], clock).entries()
