"""Policy reports: what bomgate found of each workload, as objects of a kind that dashboards read.

Two kinds say the same with the same names: PolicyReport (wgpolicyk8s.io/v1alpha2) and its successor, the Report of
OpenReports (openreports.io/v1alpha1). Which of them is written follows from what the cluster serves; the successor when
it serves both. A report is named after the UID of its workload, and belongs to it, so that it goes when that goes.
Source: kubernetes-sigs/wg-policy-prototypes, and openreports/reports-api, the Go types of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from webhook.clients.kube.api import MERGE_PATCH, METADATA_LIST, KubeApi, decoded, is_name
from webhook.clients.kube.problems import Conflict, Wanted
from webhook.errors import Final
from webhook.model.deadlines import Deadline
from webhook.model.metadata import ApiObject
from webhook.model.reports import ReportResult, ReportStatus, WorkloadReport
from webhook.ports import Clock

SOURCE = "bomgate"
MANAGED_BY = "app.kubernetes.io/managed-by"
FINGERPRINT = "bomgate.dev/fingerprint"
_LIST_SECONDS = 60.0
_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class ReportKind:
    """A kind of report."""

    group: str
    version: str
    kind: str
    plural: str

    @property
    def api_version(self) -> str:
        """Group and version."""
        return f"{self.group}/{self.version}"


REPORT = ReportKind("openreports.io", "v1alpha1", "Report", "reports")
POLICY_REPORT = ReportKind("wgpolicyk8s.io", "v1alpha2", "PolicyReport", "policyreports")


class _Resource(msgspec.Struct):
    name: str = ""


class _Resources(msgspec.Struct):
    resources: list[_Resource] | None = None


_RESOURCES, _REPORT = msgspec.json.Decoder(_Resources), msgspec.json.Decoder(ApiObject)


class PolicyReports:
    """Writes policy reports; implements ``ReportSink``.

    Args:
        api: the API server.
        clock: time.
    """

    def __init__(self, api: KubeApi, clock: Clock) -> None:
        self._api, self._clock = api, clock
        self._kind: ReportKind | None = None

    def written(self) -> Mapping[tuple[str, str], str] | None:
        """The fingerprints of bomgate's reports that are there; None when the cluster serves no kind of report.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        deadline = Deadline(self._clock.monotonic() + _LIST_SECONDS)
        kind = self._kind = self._served(deadline)
        if kind is None:
            return None
        wanted, query = Wanted(f"{kind.plural}.{kind.group}", ""), {"labelSelector": f"{MANAGED_BY}={SOURCE}"}
        path = f"/apis/{kind.api_version}/{kind.plural}"
        found = {}
        for page, _ in self._api.pages(path, wanted, deadline, query=query, accept=METADATA_LIST):
            for raw in page:
                metadata = decoded(_REPORT, raw, wanted).metadata
                found[metadata.namespace, metadata.name] = (metadata.annotations or {}).get(FINGERPRINT, "")
        return found

    def write(self, report: WorkloadReport) -> None:
        """Make a report, or replace the existing one.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        kind, (path, wanted) = self._used(), self._place(report.key)
        deadline, body = Deadline(self._clock.monotonic() + _SECONDS), serialized(report, kind)
        headers = {"Content-Type": MERGE_PATCH}
        if self._api.send("PATCH", path, wanted, deadline, body=body, headers=headers) is not None:
            return
        try:
            self._api.send("POST", path.rpartition("/")[0], wanted, deadline, body=body)
        except Conflict:
            self._api.send("PATCH", path, wanted, deadline, body=body, headers=headers)

    def remove(self, key: tuple[str, str]) -> None:
        """Remove a report; harmless when it is gone.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        path, wanted = self._place(key)
        self._api.send("DELETE", path, wanted, Deadline(self._clock.monotonic() + _SECONDS))

    def _served(self, deadline: Deadline) -> ReportKind | None:
        for kind in (REPORT, POLICY_REPORT):
            wanted = Wanted(f"the resources of {kind.api_version}", "")
            content = self._api.get(f"/apis/{kind.api_version}", wanted, deadline)
            if content is not None:
                resources = decoded(_RESOURCES, content, wanted).resources or ()
                if any(resource.name == kind.plural for resource in resources):
                    return kind
        return None

    def _used(self) -> ReportKind:
        if self._kind is None:
            self._kind = self._served(Deadline(self._clock.monotonic() + _SECONDS))
        if self._kind is None:
            raise Final("The cluster serves no policy reports.", remedy="Install one, or set audit.reports.")
        return self._kind

    def _place(self, key: tuple[str, str]) -> tuple[str, Wanted]:
        kind, (namespace, name) = self._used(), key
        if not is_name(namespace) or not is_name(name):
            raise Final(f"{name[:100]!r} cannot be the name of a report.", remedy="Report this, with the log.")
        path = f"/apis/{kind.api_version}/namespaces/{namespace}/{kind.plural}/{name}"
        return path, Wanted(f"{kind.plural}.{kind.group}", name, namespace)


def serialized(report: WorkloadReport, kind: ReportKind) -> dict[str, Any]:
    """A report as an object of a kind; both kinds have the same fields, except for the source of the whole."""
    about = report.about
    owner = {"apiVersion": about.api_version, "kind": about.kind, "name": about.name, "uid": about.uid}
    timestamp = {"seconds": int(report.at.timestamp()), "nanos": 0}
    content = {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {
            "name": about.uid,
            "namespace": about.namespace,
            "labels": {MANAGED_BY: SOURCE},
            "annotations": {FINGERPRINT: report.fingerprint},
            "ownerReferences": [owner],
        },
        "scope": {**owner, "namespace": about.namespace},
        "summary": {status.value: report.summary.get(status, 0) for status in ReportStatus},
        "results": [_result(result, timestamp) for result in report.results],
    }
    return content | ({"source": SOURCE} if kind is REPORT else {})


def _result(one: ReportResult, timestamp: Mapping[str, int]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "source": SOURCE,
        "policy": SOURCE,
        "rule": one.rule,
        "category": "Vulnerabilities",
        "result": one.status.value,
        "scored": one.status is not ReportStatus.WARNED,
        "message": one.message,
        "timestamp": dict(timestamp),
        "properties": dict(one.properties),
    }
    return found | ({"severity": one.severity} if one.severity else {})
