"""Options of the client for the API server."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from webhook.errors import ConfigError


@dataclass(frozen=True, slots=True)
class KubeOptions:
    """How the cluster's API server is reached, and what is read from it."""

    kubeconfig: Path | None = field(
        default=None, metadata={"help": "Kubeconfig file; none: the Pod's own ServiceAccount, inside a cluster."}
    )
    context: str = field(default="", metadata={"help": "Context of the kubeconfig file; empty: its current one."})
    cluster: bool = field(
        default=False,
        metadata={
            "help": "Ask the API server at admission for labels of namespaces, for owners and for rights; without it "
            "every namespace has the mode policy.enforce, and neither policy.admitted nor policy.breakGlass counts."
        },
    )
    namespace: str = field(
        default="", metadata={"help": "Namespace that bomgate itself runs in; empty: the Pod's own, inside a cluster."}
    )
    connect_seconds: float = field(default=2.0, metadata={"help": "Longest wait for a connection to the API server."})
    read_seconds: float = field(default=5.0, metadata={"help": "Longest wait for the next bytes of the API server."})
    pull_secrets: bool = field(
        default=False,
        metadata={
            "help": "Use the imagePullSecrets of a workload, or of its ServiceAccount, to look into registries; needs "
            "the verb get on secrets and serviceaccounts in the namespaces where this is wanted."
        },
    )
    pull_secret_seconds: float = field(
        default=60.0, metadata={"help": "Seconds for which pull secrets are not read again."}
    )
    missing_secret_seconds: float = field(
        default=5.0, metadata={"help": "The same where one of them is missing or cannot be used."}
    )
    max_pull_secrets: int = field(default=16, metadata={"help": "Pull secrets of one workload that are read."})
    max_report_bytes: int = field(
        default=32 * 1024 * 1024,
        metadata={"help": "Bytes of the largest SBOM report, or page of nodes, that is read from the cluster."},
    )
    node_platforms: bool = field(
        default=False,
        metadata={
            "help": "Look at the cluster's nodes for the platforms whose SBOMs count, where sbom.platforms is not set; "
            "needs the verb list on nodes."
        },
    )
    node_seconds: float = field(
        default=600.0, metadata={"help": "Seconds for which the platforms of the nodes are believed."}
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
