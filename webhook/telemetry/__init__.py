"""Telemetry: every metric by name and labels, in one place, and the set-up of structured logs.

Belongs here: the definitions that docs/reference/metrics.md lists, their exposition, and log formatting. Anybody may
import it, by this name and not by those of its modules. Labels are bounded: never an image, a digest, a user or a
package.
"""

from __future__ import annotations

from webhook.telemetry.definitions import DEFINITIONS, MetricDefinition
from webhook.telemetry.faults import Faults
from webhook.telemetry.logs import JsonFormatter, TextFormatter, TextStream, redact, set_up_logs
from webhook.telemetry.metrics import Metrics, exposition, forget_process

__all__ = [
    "DEFINITIONS",
    "Faults",
    "JsonFormatter",
    "MetricDefinition",
    "Metrics",
    "TextFormatter",
    "TextStream",
    "exposition",
    "forget_process",
    "redact",
    "set_up_logs",
]
