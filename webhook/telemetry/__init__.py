"""Telemetry: every metric by name and labels, in one place, and the set-up of structured logs.

Belongs here: the definitions that docs/reference/metrics.md lists, their exposition, and log formatting. Anybody may
import it, by this name and not by those of its modules, but for ``metrics``, which loads prometheus_client.
Labels are bounded: never an image, a digest, a user or a package.
"""

from __future__ import annotations

from webhook.telemetry.definitions import DEFINITIONS, MetricDefinition
from webhook.telemetry.faults import Faults
from webhook.telemetry.logs import JsonFormatter, LogOptions, TextFormatter, TextStream, redact, set_up_logs

__all__ = [
    "DEFINITIONS",
    "Faults",
    "JsonFormatter",
    "LogOptions",
    "MetricDefinition",
    "TextFormatter",
    "TextStream",
    "redact",
    "set_up_logs",
]
