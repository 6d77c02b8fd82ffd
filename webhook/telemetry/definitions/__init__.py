"""The metrics by area, each defined once; docs/reference/metrics.md lists them."""

from webhook.telemetry.definitions.console import CONSOLE
from webhook.telemetry.definitions.controller import CONTROLLER
from webhook.telemetry.definitions.data import DATA
from webhook.telemetry.definitions.definition import MetricDefinition
from webhook.telemetry.definitions.fleet import FLEET
from webhook.telemetry.definitions.webhook import WEBHOOK

DEFINITIONS = (*WEBHOOK, *DATA, *CONTROLLER, *CONSOLE, *FLEET)

__all__ = ["DEFINITIONS", "MetricDefinition"]
