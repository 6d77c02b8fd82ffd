"""Features: what the settings switch on, as far as it takes rights in the cluster."""

from __future__ import annotations

from webhook.engines.controlling.rights import Features
from webhook.settings import Settings


def features(settings: Settings, namespace: str) -> Features:
    """What the settings switch on, as far as it takes rights.

    Args:
        settings: all settings.
        namespace: of bomgate.
    """
    certificates = settings.certificates
    return Features(
        namespace=namespace,
        lease=settings.controller.lease,
        certificates=certificates.manage,
        secrets=(certificates.ca_secret, certificates.secret),
        configurations=certificates.configurations,
        break_glass=settings.policy.break_glass,
        events=settings.audit.events,
        reports=(("wgpolicyk8s.io", "policyreports"), ("openreports.io", "reports")) if settings.audit.reports else (),
        cluster_reports="clusterReports" in settings.sbom.sources,
        node_platforms=settings.kube.node_platforms,
    )
