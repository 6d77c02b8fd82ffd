"""Options of the client for the API server."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from webhook.errors import ConfigError


@dataclass(frozen=True, slots=True)
class KubeOptions:
    """How the cluster's API server is reached, and what is read from it."""

    kubeconfig: Path | None = field(
        default=None, metadata={"help": "Kubeconfig file; none: the Pod's ServiceAccount, inside a cluster."}
    )
    context: str = field(default="", metadata={"help": ("Context in the kubeconfig file; empty: its current context.")})
    cluster: bool = field(
        default=False,
        metadata={
            "help": (
                "Query the API server at admission for namespace labels, owners and permissions. "
                "Without it, every namespace has the mode policy.enforce, and policy.admitted and "
                "policy.breakGlass have no effect."
            )
        },
    )
    namespace: str = field(
        default="", metadata={"help": "Namespace of bomgate; empty: the Pod's own namespace, inside a cluster."}
    )
    connect_seconds: float = field(
        default=2.0, metadata={"help": ("Seconds to wait for a connection to the API server.")}
    )
    read_seconds: float = field(
        default=5.0, metadata={"help": ("Seconds to wait for the next bytes from the API server.")}
    )
    pull_secrets: bool = field(
        default=False,
        metadata={
            "help": (
                "Use the imagePullSecrets of a workload, or of its ServiceAccount, to access "
                "registries. Needs the verb get on secrets and serviceaccounts in these namespaces."
            )
        },
    )
    pull_secret_seconds: float = field(default=60.0, metadata={"help": "Seconds for which pull secrets are cached."})
    missing_secret_seconds: float = field(
        default=5.0, metadata={"help": "Seconds before bomgate reads a missing or unusable pull secret again."}
    )
    max_pull_secrets: int = field(
        default=16, metadata={"help": ("Maximum number of pull secrets read for a workload.")}
    )
    max_report_bytes: int = field(
        default=32 * 1024 * 1024,
        metadata={"help": ("Maximum size of an SBOM report, or of a page of nodes, read from the cluster, in bytes.")},
    )
    request_guard: str = field(
        default="bomgate-request-guard",
        metadata={
            "help": "Name of the ValidatingAdmissionPolicy, and of its binding, by which an AssessmentRequest names "
            "whoever wrote it; without it such objects are no requests."
        },
    )
    author_guard: str = field(
        default="bomgate-author-guard",
        metadata={
            "help": "Name of the ValidatingAdmissionPolicy, and of its binding, by which an Assessment names whoever "
            "wrote it; without it the author of such assessments is cluster."
        },
    )
    ticket_guard: str = field(
        default="bomgate-break-glass-guard",
        metadata={
            "help": "Name of the ValidatingAdmissionPolicy, and of its binding, by which only who may use break-glass "
            "sets a ticket; without it break-glass admits what a controller makes only where its object names digests."
        },
    )
    node_platforms: bool = field(
        default=False,
        metadata={
            "help": (
                "Require SBOMs for the platforms of the cluster's nodes if sbom.platforms is not set."
                " Needs the verb list on nodes."
            )
        },
    )
    node_seconds: float = field(
        default=600.0, metadata={"help": "Seconds for which the platforms of the nodes are cached."}
    )

    def check(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: for the first such value.
        """
        for name, value in (
            ("connectSeconds", self.connect_seconds),
            ("readSeconds", self.read_seconds),
            ("maxPullSecrets", self.max_pull_secrets),
            ("maxReportBytes", self.max_report_bytes),
            ("nodeSeconds", self.node_seconds),
        ):
            if not value > 0:
                raise ConfigError(f"kube.{name} is {value}; it has to be more than 0.")
