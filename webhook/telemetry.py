"""Telemetry: every metric by name and labels, in one place, and the set-up of structured logs.

Belongs here: the definitions that docs/reference/metrics.md lists, their exposition, and log formatting. Anybody may
import it. Labels are bounded: never an image, a digest, a user or a package.
"""

from __future__ import annotations

import logging
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """One metric.

    Attributes:
        name: as scraped; counters end in ``_total``.
        kind: ``counter``, ``gauge`` or ``histogram``.
        help: one sentence.
        labels: bounded label names.
    """

    name: str
    kind: str
    help: str
    labels: tuple[str, ...] = ()


DEFINITIONS = (
    MetricDefinition(
        "bomgate_admission_requests_total",
        "counter",
        "Admission requests answered, by what was asked, what was decided and why.",
        ("operation", "kind", "decision", "reason"),
    ),
    MetricDefinition(
        "bomgate_admission_duration_seconds",
        "histogram",
        "Time from the arrival of an admission request to its answer, by decision.",
        ("decision",),
    ),
    MetricDefinition(
        "bomgate_admission_errors_total", "counter", "Admission requests whose decision failed and followed onError."
    ),
    MetricDefinition("bomgate_read_model_revision", "gauge", "Newest store revision that this replica decides with."),
    MetricDefinition(
        "bomgate_read_model_refresh_timestamp_seconds",
        "gauge",
        "When the read model was last found equal to the store, as seconds since 1970.",
    ),
    MetricDefinition(
        "bomgate_data_newest_answer_timestamp_seconds",
        "gauge",
        "When the vulnerability source last answered for any component, as seconds since 1970; 0 when it never did.",
    ),
    MetricDefinition(
        "bomgate_data_last_complete_download_timestamp_seconds",
        "gauge",
        "When the last complete run of the downloader ended, as seconds since 1970; 0 when there was none.",
    ),
    MetricDefinition("bomgate_components", "gauge", "Components that the store knows, by state.", ("state",)),
    MetricDefinition("bomgate_images", "gauge", "Images whose SBOM the store knows."),
    MetricDefinition("bomgate_config_traps", "gauge", "Traps that `bomgate types lint` finds in the configuration."),
    MetricDefinition(
        "bomgate_certificate_expiry_timestamp_seconds",
        "gauge",
        "When the serving certificate stops being valid, as seconds since 1970.",
    ),
    MetricDefinition(
        "bomgate_certificate_reload_errors_total",
        "counter",
        "Times that changed certificate files could not be used; the former certificate stays in use.",
    ),
    MetricDefinition("bomgate_sightings_dropped_total", "counter", "Notes of seen images dropped under pressure."),
    MetricDefinition(
        "bomgate_denials_total",
        "counter",
        "Requests denied, by whose they are (workload, pod, controller-pod) and where (system, other namespaces).",
        ("subject", "namespace"),
    ),
    MetricDefinition(
        "bomgate_admitted_kept_total",
        "counter",
        "Pods let in although their verdict is deny now, because their controller runs the same images already.",
    ),
    MetricDefinition(
        "bomgate_break_glass_total",
        "counter",
        "Requests with a break-glass annotation that a denial met, by what became of it (used, refused, expired).",
        ("result",),
    ),
    MetricDefinition("bomgate_mutations_total", "counter", "Pods seen by /mutate, by result.", ("result",)),
    MetricDefinition("bomgate_leader", "gauge", "1 in the controller that leads; 0 in those that stand by."),
    MetricDefinition(
        "bomgate_controller_duty_timestamp_seconds",
        "gauge",
        "When a duty of the controller last ended well, as seconds since 1970.",
        ("duty",),
    ),
    MetricDefinition(
        "bomgate_controller_duty_errors_total", "counter", "Times that a duty of the controller failed.", ("duty",)
    ),
    MetricDefinition(
        "bomgate_rbac_gaps",
        "gauge",
        "Rights that the controller needs and does not have; /readyz and the log name them.",
    ),
    MetricDefinition(
        "bomgate_certificate_authority_expiry_timestamp_seconds",
        "gauge",
        "When bomgate's own certificate authority stops being valid, as seconds since 1970.",
    ),
    MetricDefinition(
        "bomgate_audit_workloads",
        "gauge",
        "Running workloads by what they would get at admission now, and what weighs most in that.",
        ("action", "reason"),
    ),
    MetricDefinition(
        "bomgate_audit_images",
        "gauge",
        "Distinct running images by what became of the search for their SBOM.",
        ("sbom",),
    ),
    MetricDefinition(
        "bomgate_audit_components",
        "gauge",
        "Components of running images, each counted once an image, by state.",
        ("state",),
    ),
    MetricDefinition("bomgate_audit_timestamp_seconds", "gauge", "When the audit last ended, as seconds since 1970."),
    MetricDefinition("bomgate_audit_duration_seconds", "gauge", "How long the last audit took."),
    MetricDefinition(
        "bomgate_reports_total",
        "counter",
        "Events and policy reports written to the cluster, by kind and result.",
        ("kind", "result"),
    ),
    MetricDefinition(
        "bomgate_assessments_expiring",
        "gauge",
        "Assessments in force that expire within 7 days, by action.",
        ("action",),
    ),
    MetricDefinition(
        "bomgate_assessments_opening",
        "gauge",
        "Denying assessments that expire within 7 days and then let what they deny in.",
    ),
    MetricDefinition(
        "bomgate_custom_resources",
        "gauge",
        "AssessmentType and Assessment objects, by kind and validity.",
        ("kind", "valid"),
    ),
    MetricDefinition(
        "bomgate_download_last_run_timestamp_seconds",
        "gauge",
        "When the downloader last ended a run, as seconds since 1970; 0 when it never did.",
    ),
    MetricDefinition("bomgate_download_last_run_complete", "gauge", "1 when that run was complete, else 0."),
    MetricDefinition(
        "bomgate_download_last_run_stopped",
        "gauge",
        "1 for what ended that run early (credits, credentials, rate, other), else 0.",
        ("reason",),
    ),
    MetricDefinition("bomgate_build_info", "gauge", "1, with the version as a label.", ("version",)),
)


class Metrics:
    """The metrics of one process.

    Args:
        registry: where to register; a fresh one in tests. In a worker of several, values are shared through files in
            the folder that ``PROMETHEUS_MULTIPROC_DIR`` named before this module was imported.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry if registry is not None else CollectorRegistry()
        made = {definition.name: self._make(definition) for definition in DEFINITIONS}
        self._counters = {name: metric for name, metric in made.items() if isinstance(metric, Counter)}
        self._gauges = {name: metric for name, metric in made.items() if isinstance(metric, Gauge)}
        self._histograms = {name: metric for name, metric in made.items() if isinstance(metric, Histogram)}
        self._children: dict[tuple[str, ...], Any] = {}

    def _make(self, definition: MetricDefinition) -> Counter | Gauge | Histogram:
        name, text, labels = definition.name, definition.help, definition.labels
        if definition.kind == "counter":
            return Counter(name, text, labels, registry=self.registry)
        if definition.kind == "histogram":
            return Histogram(name, text, labels, registry=self.registry, buckets=_BUCKETS)
        # Replicas' workers hold the same model, so the newest value written by a living worker is the right one.
        return Gauge(name, text, labels, registry=self.registry, multiprocess_mode="livemostrecent")

    def count(self, name: str, *labels: str) -> None:
        """Add one to a counter."""
        self._child(self._counters, name, labels).inc()

    def set(self, name: str, value: float, *labels: str) -> None:
        """Set a gauge."""
        self._child(self._gauges, name, labels).set(value)

    def observe(self, name: str, seconds: float, *labels: str) -> None:
        """Add an observation to a histogram."""
        self._child(self._histograms, name, labels).observe(seconds)

    def _child(self, metrics: Mapping[str, Any], name: str, labels: tuple[str, ...]) -> Any:
        # labels() of the library takes a lock and builds a tuple each time; the admission path asks every request.
        child = self._children.get((name, *labels))
        if child is None:
            child = metrics[name].labels(*labels) if labels else metrics[name]
            self._children[name, *labels] = child
        return child


def exposition(registry: CollectorRegistry | None = None) -> tuple[bytes, str]:
    """The metrics as text and its content type.

    Args:
        registry: of this process; None collects those of all workers.
    """
    if registry is None:
        registry = CollectorRegistry()
        collect: Callable[[CollectorRegistry], object] = MultiProcessCollector
        collect(registry)
    return prometheus_client.generate_latest(registry), prometheus_client.CONTENT_TYPE_LATEST


def forget_process(pid: int) -> None:
    """Drop the gauges of a worker that has ended; its counters stay in the sums."""
    forget: Callable[[int], None] = mark_process_dead
    forget(pid)


_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_SECRETS = (
    re.compile(r"sonatype_pat_[A-Za-z0-9_\-]+"),
    re.compile(r"(?i)(authorization['\"]?\s*[:=]\s*['\"]?)(basic|bearer)\s+[^\s'\",]+"),
    re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]+(?=@)"),
)


_MARKS = ("sonatype_pat_", "uthorization", "UTHORIZATION", "://")
"""One of these is in every text that holds a secret; looking for them costs less than the patterns."""


def redact(text: str) -> str:
    """Replace what looks like a token or a password."""
    if not any(mark in text for mark in _MARKS):
        return text
    text = _SECRETS[0].sub("sonatype_pat_…", text)
    text = _SECRETS[1].sub(r"\1\2 …", text)
    return _SECRETS[2].sub(r"\1:…", text)


class JsonFormatter(logging.Formatter):
    """One JSON object a line, with the record's extra fields, without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry.update({key: value for key, value in record.__dict__.items() if key not in _STANDARD})
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return redact(msgspec.json.encode(entry, enc_hook=str).decode())


class TextFormatter(logging.Formatter):
    """One readable line, for terminals."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        extra = " ".join(f"{key}={value}" for key, value in record.__dict__.items() if key not in _STANDARD)
        line = f"{record.levelname.lower()}: {record.getMessage()}" + (f" ({extra})" if extra else "")
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return redact(line)


class TextStream(Protocol):
    """What a log can be written to."""

    def write(self, text: str, /) -> object:
        """Write text."""


def set_up_logs(level: str, style: str, stream: TextStream | None = None) -> None:
    """Send the ``bomgate`` loggers to a stream; other libraries only from warning on.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``.
        style: ``json`` or ``text``.
        stream: standard error when left out.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if style == "json" else TextFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("bomgate").setLevel(level.upper())
