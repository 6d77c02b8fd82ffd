"""What is told to a cluster about its objects: events, and reports about workloads.

Source: Kubernetes API reference, core/v1 Event; the Policy Working Group's PolicyReport, and OpenReports' Report.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping

import msgspec

from webhook.model.running import ObjectRef


class EventType(enum.StrEnum):
    """How an event is shown."""

    NORMAL = "Normal"
    WARNING = "Warning"


class ObjectEvent(msgspec.Struct, frozen=True):
    """Something to say about an object.

    Attributes:
        about: the object.
        reason: a word in CamelCase, such as ``BomgateWouldBeDenied``.
        message: a text for people, at most 1,024 characters.
        type: how it is shown.
        key: what makes it the same event as an earlier one about the object, which is then counted up; the message
            when it is empty.
        once: whether the earlier one is left as it is instead.
    """

    about: ObjectRef
    reason: str
    message: str
    type: EventType = EventType.WARNING
    key: str = ""
    once: bool = False


class ReportStatus(enum.StrEnum):
    """What a report says of one thing that was looked at."""

    PASSED = "pass"
    FAILED = "fail"
    WARNED = "warn"
    ERROR = "error"
    SKIPPED = "skip"


class ReportResult(msgspec.Struct, frozen=True):
    """One line of a report.

    Attributes:
        status: the result.
        rule: what was looked at: a vulnerability's identifier, or a bounded word such as ``missing-sbom``.
        message: a sentence.
        severity: ``critical``, ``high``, ``medium``, ``low`` or ``info``; empty when there is none.
        properties: further facts by name.
    """

    status: ReportStatus
    rule: str
    message: str
    severity: str = ""
    properties: Mapping[str, str] = msgspec.field(default_factory=dict)


class WorkloadReport(msgspec.Struct, frozen=True):
    """A report about one workload.

    Attributes:
        about: its top owner, to which the report belongs.
        results: the worst first; capped.
        summary: how many results there are of each status, those left out included.
        at: when it was made.
        fingerprint: the same for reports that say the same, whenever they were made.
    """

    about: ObjectRef
    results: tuple[ReportResult, ...]
    summary: Mapping[ReportStatus, int]
    at: dt.datetime
    fingerprint: str

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name of the report."""
        return (self.about.namespace, self.about.uid)
