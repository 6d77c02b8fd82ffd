"""Metrics of the console, notifications and requests for exceptions."""

from __future__ import annotations

from webhook.telemetry.definitions.definition import MetricDefinition

CONSOLE = (
    MetricDefinition(
        "bomgate_console_requests_total",
        "counter",
        "Requests that the console answered, by what was asked (page, api) and the class of the status (2xx, 4xx …).",
        ("asked", "status"),
    ),
    MetricDefinition(
        "bomgate_console_request_duration_seconds",
        "histogram",
        "Time that the console took for an answer, by what was asked.",
        ("asked",),
    ),
    MetricDefinition(
        "bomgate_console_runs_total",
        "counter",
        "Runs of the downloader that people began in the console, cancelled there, or that could not be begun.",
        ("change",),
        (("begun",), ("cancelled",), ("failed",)),
    ),
    MetricDefinition(
        "bomgate_notifications_total",
        "counter",
        "Messages to destinations by what became of a try (sent, failed), and notifications given up.",
        ("result",),
        (("sent",), ("failed",), ("given-up",)),
    ),
    MetricDefinition(
        "bomgate_notifications_waiting",
        "gauge",
        "Notifications that a destination has not been told yet.",
        ("destination",),
    ),
    MetricDefinition(
        "bomgate_notifications_failing_since_timestamp_seconds",
        "gauge",
        "When the oldest notification was announced that a destination did not take, as seconds since 1970; 0: none.",
        ("destination",),
    ),
    MetricDefinition(
        "bomgate_requests",
        "gauge",
        "Requests for exceptions by phase (waiting, approved, denied, withdrawn, lapsed).",
        ("phase",),
    ),
    MetricDefinition(
        "bomgate_requests_oldest_waiting_seconds",
        "gauge",
        "For how long the oldest request that waits has waited; 0 when none does.",
    ),
)
