"""What the metrics and the log say of an answer."""

from __future__ import annotations

import logging

from webhook.model.reviews import AdmissionRequest, AdmissionResponse
from webhook.model.workloads import Workload
from webhook.telemetry.metrics import Metrics

log = logging.getLogger("bomgate.api")
_SYSTEM_PREFIXES = ("kube-", "openshift-")
_SYSTEM_NAMES = ("openshift",)
_KEPT = ("admitted", "admitted-unproven")


def account(metrics: Metrics, asked: AdmissionRequest, answer: AdmissionResponse, seconds: float) -> None:
    """Count and log an answer of /validate.

    A dry run is counted as a request, but neither as a denial nor as what was kept or let in by break-glass: nothing
    came of it, and nobody is to be woken.

    Args:
        metrics: of this process.
        asked: the request.
        answer: to it.
        seconds: that it took.
    """
    kind = asked.kind if asked.workload is not None else "other"
    metrics.count("bomgate_admission_requests_total", asked.operation.value, kind, answer.decision, answer.reason)
    metrics.observe("bomgate_admission_duration_seconds", seconds, answer.decision)
    if not asked.dry_run:
        _count_effects(metrics, asked, answer)
    level = logging.INFO if answer.decision != "allow" else logging.DEBUG
    if log.isEnabledFor(level):
        log.log(
            level,
            "reviewed",
            extra={
                "uid": asked.uid,
                "operation": asked.operation.value,
                "object": f"{asked.kind} {asked.namespace}/{asked.name}",
                "decision": answer.decision,
                "reason": answer.reason,
                "dry_run": asked.dry_run,
                "milliseconds": round(seconds * 1000, 2),
            },
        )


def _count_effects(metrics: Metrics, asked: AdmissionRequest, answer: AdmissionResponse) -> None:
    if not answer.allowed:
        metrics.count("bomgate_denials_total", subject(asked.workload), area(asked.namespace))
    elif answer.reason in _KEPT:
        metrics.count("bomgate_admitted_kept_total")
        if answer.reason == "admitted-unproven":
            metrics.count("bomgate_admitted_unproven_total")
    if answer.break_glass:
        metrics.count("bomgate_break_glass_total", answer.break_glass)


def subject(workload: Workload | None) -> str:
    """Whose denial it is: a workload's, a Pod's, or that of what a controller makes, which nobody sees at once."""
    if workload is not None and workload.controller is not None:
        return "controller-pod"
    return "pod" if workload is not None and workload.kind == "Pod" else "workload"


def area(namespace: str) -> str:
    """``system`` for the namespaces that a cluster itself lives from, else ``other``."""
    return "system" if namespace.startswith(_SYSTEM_PREFIXES) or namespace in _SYSTEM_NAMES else "other"
