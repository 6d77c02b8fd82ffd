"""The programs of a node, and what each is started with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.node import machine
from tests.node.configuration import ADDRESS, NODE, PODS, REGISTRY_ADDRESS, SERVICES

_ETCD, _ETCD_PEER = "http://127.0.0.1:2379", "http://127.0.0.1:2380"

Command = list[str | Path]


@dataclass(frozen=True)
class Tools:
    """Folders of programs, see tests/e2e/controlplane/build.py and tests/registries/build.py."""

    controlplane: Path
    node: Path
    helm: Path
    registry: Path
    kuberouter: Path


def built() -> Tools:
    """The programs, built if need be.

    Raises:
        UnavailableError: of either builder.
    """
    from tests.e2e.controlplane.build import ensure
    from tests.registries import build as registries

    folders = {name: ensure(name) for name in ("controlplane", "node", "helm", "kuberouter")}
    return Tools(**folders, registry=registries.ensure("registry"))


def commands(tools: Tools, folder: Path) -> dict[str, Command]:
    """Part → command.

    Args:
        tools: the programs.
        folder: with the files of :mod:`tests.node.configuration`, and for data.
    """
    plane, worker = tools.controlplane, tools.node
    return {
        "etcd": [
            *(plane / "etcd", "--data-dir", folder / "etcd", "--unsafe-no-fsync"),
            *("--listen-client-urls", _ETCD, "--advertise-client-urls", _ETCD, "--listen-peer-urls", _ETCD_PEER),
            *("--initial-advertise-peer-urls", _ETCD_PEER, "--initial-cluster", f"default={_ETCD_PEER}"),
        ],
        "apiserver": [plane / "kube-apiserver", *_api_server(folder)],
        "controllers": [
            *(plane / "kube-controller-manager", f"--kubeconfig={folder / 'controllers.kubeconfig'}"),
            *("--use-service-account-credentials=true", f"--service-account-private-key-file={folder / 'sa.key'}"),
            *(f"--root-ca-file={folder / 'ca' / 'tls.crt'}", f"--cluster-cidr={PODS}", "--allocate-node-cidrs=false"),
            # The default rate makes the first ServiceAccounts wait for seconds.
            *("--leader-elect=false", "--secure-port=0", "--kube-api-qps=300", "--kube-api-burst=500"),
        ],
        "scheduler": [
            *(plane / "kube-scheduler", f"--kubeconfig={folder / 'scheduler.kubeconfig'}"),
            *(
                "--leader-elect=false",
                "--secure-port=0",
            ),  # a certificate would cost a key each time
        ],
        # It looks for its shim on the PATH.
        "containerd": [
            *("env", f"PATH={worker}:{machine.search_path()}"),
            *(worker / "containerd", "--config", folder / "containerd.toml"),
        ],
        "kubelet": [
            *(worker / "kubelet", f"--config={folder / 'kubelet.yaml'}", f"--hostname-override={NODE}"),
            *(f"--kubeconfig={folder / 'kubelet.kubeconfig'}", f"--node-ip={ADDRESS}"),
        ],
        "proxy": [worker / "kube-proxy", f"--config={folder / 'proxy.yaml'}"],
        "dns": [worker / "coredns", "-conf", folder / "Corefile"],
        "firewall": [
            *(tools.kuberouter / "kuberouter", f"--kubeconfig={folder / 'firewall.kubeconfig'}"),
            *(f"--hostname-override={NODE}", f"--service-cluster-ip-range={SERVICES}"),
        ],
        "registry": [
            *(tools.registry / "crane", "registry", "serve"),
            *("--address", REGISTRY_ADDRESS, "--disk", folder / "registry"),
        ],
    }


def _api_server(folder: Path) -> Iterator[str]:
    yield from (f"--etcd-servers={_ETCD}", "--bind-address=0.0.0.0", f"--advertise-address={ADDRESS}")
    for certificate, key, pair in (
        ("tls-cert-file", "tls-private-key-file", "apiserver"),
        ("kubelet-client-certificate", "kubelet-client-key", "apiserver-kubelet"),
        ("proxy-client-cert-file", "proxy-client-key-file", "front-proxy"),
    ):
        yield from (f"--{certificate}={folder / pair / 'tls.crt'}", f"--{key}={folder / pair / 'tls.key'}")
    for flag in ("client-ca-file", "kubelet-certificate-authority", "requestheader-client-ca-file"):
        yield f"--{flag}={folder / 'ca' / 'tls.crt'}"
    for flag, header in (("username-headers", "User"), ("group-headers", "Group"), ("extra-headers-prefix", "Extra-")):
        yield f"--requestheader-{flag}=X-Remote-{header}"
    yield from ("--requestheader-allowed-names=front-proxy", "--kubelet-preferred-address-types=InternalIP")
    yield from (f"--service-account-key-file={folder / 'sa.pub'}", f"--service-cluster-ip-range={SERVICES}")
    yield from (f"--service-account-signing-key-file={folder / 'sa.key'}", "--authorization-mode=Node,RBAC")
    yield from ("--service-account-issuer=https://kubernetes.default.svc.cluster.local", "--allow-privileged=true")
    yield "--enable-admission-plugins=NodeRestriction"
