"""Rights: what each feature needs in the cluster, and which of it is missing.

The tables here are the one place that says so; tests compare them with the roles of the chart. A right that is missing
stops no more than the feature that needs it, and is named in the log, in ``/readyz`` and by a metric.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from webhook.model.kinds import CONTROLLERS, WORKLOAD_KINDS
from webhook.model.rights import Right

log = logging.getLogger("bomgate.rights")

_INTERVAL = 600.0
_INTERVAL_WITH_GAPS = 15.0
"""A Pod may start a moment before its roles are in force, and whoever adds a missing right waits for it to count."""
_BOMGATE, _APPS = "bomgate.dev", "apps"
_REGISTRATION = "admissionregistration.k8s.io"
_VALIDATING, _MUTATING = "validatingwebhookconfigurations", "mutatingwebhookconfigurations"
_GUARDS = ("validatingadmissionpolicies", "validatingadmissionpolicybindings")
_WORKLOADS = tuple((kind.group, kind.plural) for kind in WORKLOAD_KINDS.values())
_CONTROLLERS = tuple((kind.group, kind.plural) for kind in CONTROLLERS.values())
"""Kinds that make Pods: API group and plural name."""

Needs = Mapping[str, tuple[Right, ...]]
"""What is needed, by the feature that needs it."""


@dataclass(frozen=True, slots=True)
class Features:
    """What is switched on, as far as it takes rights.

    Attributes:
        namespace: of bomgate.
        lease: name of the Lease.
        certificates: whether the controller makes certificates.
        secrets: names of the Secrets with certificates.
        configurations: names of the webhook configurations.
        break_glass: whether break-glass can be used.
        ticket_guard: name of the policy that guards its tickets.
        request_guard: name of the policy that makes sure who wrote a request.
        author_guard: name of the policy that makes sure who wrote an assessment.
        events: whether Events are told.
        reports: API groups and plural names of the reports that are written.
        cluster_reports: whether SBOMs are taken from reports in the cluster.
        node_platforms: whether the nodes are looked at.
    """

    namespace: str
    lease: str = ""
    certificates: bool = False
    secrets: tuple[str, ...] = ()
    configurations: tuple[str, ...] = ()
    break_glass: bool = False
    ticket_guard: str = "bomgate-break-glass-guard"
    request_guard: str = "bomgate-request-guard"
    author_guard: str = "bomgate-author-guard"
    events: bool = False
    reports: tuple[tuple[str, str], ...] = ()
    cluster_reports: bool = False
    node_platforms: bool = False


VITAL = ("leading", "certificates")
"""Features without which leading is of no use."""


def controller_needs(features: Features) -> Needs:
    """What the controller needs."""
    needs = {
        "leading": _leading(features),
        "certificates": _certificates(features) if features.certificates else (),
        "inventory and audit": (
            *_rights("list", ("", "namespaces"), ("", "pods"), *_CONTROLLERS),
            Right("get", "replicasets", _APPS),
            Right("get", "namespaces"),  # `bomgate readiness --namespace` in its Pod
            *(Right("get", _VALIDATING, _REGISTRATION, name=name) for name in features.configurations),
        ),
        "custom resources": (
            *_rights("list", (_BOMGATE, "assessmenttypes"), (_BOMGATE, "assessments")),
            *_rights("patch", (_BOMGATE, "assessmenttypes/status"), (_BOMGATE, "assessments/status")),
            *(Right("get", kind, _REGISTRATION, name=features.author_guard) for kind in _GUARDS),
        ),
        "requests": (
            Right("list", "assessmentrequests", _BOMGATE),
            Right("patch", "assessmentrequests/status", _BOMGATE),
            *(Right("get", kind, _REGISTRATION, name=features.request_guard) for kind in _GUARDS),
        ),
        "people at the command line": (  # in its Pod
            Right("create", "tokenreviews", "authentication.k8s.io"),
            Right("create", "subjectaccessreviews", "authorization.k8s.io"),
        ),
        "break-glass": (
            *_rights("get", *_WORKLOADS),
            *(Right(verb, "breakglassgrants", _BOMGATE) for verb in ("list", "delete")),
            Right("patch", "breakglassgrants/status", _BOMGATE),
            *_guard(features),
        )
        if features.break_glass
        else (),
        "events": (Right("create", "events"), Right("patch", "events")) if features.events else (),
        "reports": tuple(
            Right(verb, plural, group)
            for group, plural in features.reports
            for verb in ("list", "create", "patch", "delete")
        ),
        **_searching(features),
    }
    return {feature: rights for feature, rights in needs.items() if rights}


def webhook_needs(features: Features) -> Needs:
    """What the webhook needs."""
    needs = {
        "modes of namespaces": tuple(Right(verb, "namespaces") for verb in ("get", "list", "watch")),
        "admitted": (
            *_rights("get", *_WORKLOADS),
            *_rights("list", ("", "pods"), (_APPS, "replicasets"), (_APPS, "controllerrevisions")),
        ),
        "break-glass": (
            Right("create", "subjectaccessreviews", "authorization.k8s.io"),
            *(Right(verb, "breakglassgrants", _BOMGATE) for verb in ("list", "create", "delete")),
            Right("patch", "breakglassgrants/status", _BOMGATE),
            *_guard(features),
        )
        if features.break_glass
        else (),
        **_searching(features),
    }
    return {feature: rights for feature, rights in needs.items() if rights}


def console_needs(namespace: str = "", cron_job: str = "") -> Needs:
    """What the console needs, where people sign in with names of the cluster.

    Args:
        namespace: of bomgate.
        cron_job: of which people begin runs; empty where they cannot.
    """
    runs = Right("get", "cronjobs", "batch", namespace, cron_job), Right("create", "jobs", "batch", namespace)
    return {
        **({"runs that people begin": runs} if cron_job else {}),
        "signing in with tokens": (Right("create", "tokenreviews", "authentication.k8s.io"),),
        "rights of people": (Right("create", "subjectaccessreviews", "authorization.k8s.io"),),
        "events": (Right("create", "events"), Right("patch", "events")),
    }


def _guard(features: Features) -> tuple[Right, ...]:
    return tuple(Right("get", kind, _REGISTRATION, name=features.ticket_guard) for kind in _GUARDS)


def _leading(features: Features) -> tuple[Right, ...]:
    group, namespace = "coordination.k8s.io", features.namespace
    by_name = (Right(verb, "leases", group, namespace, features.lease) for verb in ("get", "update"))
    return (Right("create", "leases", group, namespace), *by_name)


def _certificates(features: Features) -> tuple[Right, ...]:
    secrets = (
        Right(verb, "secrets", "", features.namespace, name) for name in features.secrets for verb in ("get", "update")
    )
    configurations = (
        Right(verb, kind, _REGISTRATION, name=name)
        for kind in (_VALIDATING, _MUTATING)
        for name in features.configurations
        for verb in ("get", "patch")
    )
    return (Right("create", "secrets", "", features.namespace), *secrets, *configurations)


def _searching(features: Features) -> dict[str, tuple[Right, ...]]:
    # Pull secrets are not here: they are read where a namespace allows it, and need not be readable everywhere.
    reports = (("aquasecurity.github.io", "sbomreports"), ("aquasecurity.github.io", "clustersbomreports"))
    return {
        "reports with SBOMs": _rights("get", *reports) if features.cluster_reports else (),
        "platforms of nodes": (Right("list", "nodes"),) if features.node_platforms else (),
    }


def _rights(verb: str, *kinds: tuple[str, str]) -> tuple[Right, ...]:
    return tuple(Right(verb, plural, group) for group, plural in kinds)


@dataclass(frozen=True, slots=True)
class Gap:
    """A right that is missing.

    Attributes:
        feature: what needs it.
        right: the right.
    """

    feature: str
    right: Right

    def __str__(self) -> str:
        return f"{self.feature}: bomgate may not {self.right}"


class RightsDuty:
    """Asks for all rights that are needed; a ``Duty`` that every process does, whether it leads or not.

    Args:
        allowed: whether this process has a right.
        needs: what is needed.
        on_gaps: told after each pass how many are missing.

    Attributes:
        gaps: what was missing when this was last asked.
    """

    name = "rights"

    def __init__(self, allowed: Callable[[Right], bool], needs: Needs, on_gaps: Callable[[int], None]) -> None:
        self._allowed, self._needs, self._on_gaps = allowed, needs, on_gaps
        self.gaps: tuple[Gap, ...] = ()

    @property
    def interval_seconds(self) -> float:
        """Seconds until it asks again: soon while something is missing."""
        return _INTERVAL_WITH_GAPS if self.gaps else _INTERVAL

    def run(self) -> None:
        """Ask.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        gaps = tuple(
            Gap(feature, right)
            for feature, rights in self._needs.items()
            for right in rights
            if not self._allowed(right)
        )
        for gap in gaps:
            if gap not in self.gaps:
                log.warning("a right is missing", extra={"feature": gap.feature, "right": str(gap.right)})
        if self.gaps and not gaps:
            log.warning("all rights that were missing are there now")
        self.gaps = gaps
        self._on_gaps(len(gaps))

    @property
    def vital(self) -> Sequence[Gap]:
        """Those without which leading is of no use."""
        return [gap for gap in self.gaps if gap.feature in VITAL]
