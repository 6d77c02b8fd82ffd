"""The files that a node's parts are started with: certificates, kubeconfigs and configurations."""

from __future__ import annotations

import json
import resource
import shutil
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.certificates import Authority
from tests.node import machine

NODE, ADDRESS = "node", "10.99.0.1"
"""Name and address of the node; the address exists only in its own network namespace."""
PODS, SERVICES, API_SERVICE = "10.244.0.0/24", "10.96.0.0/16", "10.96.0.1"
API_PORT = 6443
API = f"https://127.0.0.1:{API_PORT}"
REGISTRY = "registry.example"
"""The registry's name in references; it is reached at ``REGISTRY_ADDRESS``."""
REGISTRY_ADDRESS = f"{ADDRESS}:5000"
PAUSE = f"{REGISTRY}/node/pause:1"

_USERS = {
    "admin": ("admin", "system:masters"),
    "controllers": ("system:kube-controller-manager", ""),
    "scheduler": ("system:kube-scheduler", ""),
    "proxy": ("system:kube-proxy", ""),
    "kubelet": (f"system:node:{NODE}", "system:nodes"),
    "dns": ("dns", "system:masters"),
    "firewall": ("firewall", "system:masters"),
}
"""Kubeconfig → user and group in its certificate."""
_API_NAMES = ("localhost", "127.0.0.1", ADDRESS, API_SERVICE)
_API_NAMES += tuple(f"kubernetes{rest}" for rest in ("", ".default", ".default.svc", ".default.svc.cluster.local"))


def write(folder: Path, cgroup: str) -> None:
    """Write everything into a node's folder.

    Args:
        folder: all paths in the files point into it.
        cgroup: name of the control group for all containers.
    """
    authority = Authority("node CA")
    authority.pair.write(folder / "ca")
    authority.issue("kube-apiserver", names=_API_NAMES).write(folder / "apiserver")
    authority.issue("apiserver-kubelet", organization="system:masters").write(folder / "apiserver-kubelet")
    authority.issue("front-proxy").write(folder / "front-proxy")
    authority.issue(NODE, names=(NODE, ADDRESS)).write(folder / "kubelet")
    _write_account_key(folder)
    for name, (user, group) in _USERS.items():
        certificate, key = authority.issue(user, organization=group).write(folder / f"user-{name}")
        (folder / f"{name}.kubeconfig").write_text(_kubeconfig(folder, certificate, key))
    _write_containerd(folder)
    (folder / "kubelet.yaml").write_text(yaml.safe_dump(_kubelet(folder, cgroup)))
    (folder / "proxy.yaml").write_text(yaml.safe_dump(_proxy(folder)))
    (folder / "Corefile").write_text(_CORE_FILE.format(folder=folder))
    (folder / "resolv.conf").write_text("")
    (folder / "registry").mkdir()


def _write_account_key(folder: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "sa.key").write_bytes(private)
    public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    (folder / "sa.pub").write_bytes(public)


def _kubeconfig(folder: Path, certificate: Path, key: Path) -> str:
    cluster = {"server": API, "certificate-authority": str(folder / "ca" / "tls.crt")}
    user = {"client-certificate": str(certificate), "client-key": str(key)}
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "node", "cluster": cluster}],
            "users": [{"name": "user", "user": user}],
            "contexts": [{"name": "node", "context": {"cluster": "node", "user": "user"}}],
            "current-context": "node",
        }
    )


def _write_containerd(folder: Path) -> None:
    runc = shutil.which("runc", path=machine.search_path())
    (folder / "containerd.toml").write_text(
        _CONTAINERD.format(folder=folder, pause=PAUSE, runc=runc, cni=machine.CNI_PLUGINS)
    )
    hosts = folder / "hosts" / REGISTRY
    hosts.mkdir(parents=True)
    (hosts / "hosts.toml").write_text(f'server = "http://{REGISTRY_ADDRESS}"\n')
    network = {
        "cniVersion": "1.0.0",
        "name": "node",
        "plugins": [
            {
                "type": "bridge",
                "bridge": "cni0",
                "isGateway": True,
                "hairpinMode": True,
                "ipam": {
                    "type": "host-local",
                    "dataDir": str(folder / "addresses"),
                    "ranges": [[{"subnet": PODS}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            }
        ],
    }
    (folder / "cni").mkdir()
    (folder / "cni" / "node.conflist").write_text(json.dumps(network))


def _kubelet(folder: Path, cgroup: str) -> dict[str, Any]:
    authority = str(folder / "ca" / "tls.crt")
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "failCgroupV1": False,  # by default it refuses machines with cgroup v1
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{cgroup}",
        "enforceNodeAllocatable": [],
        "protectKernelDefaults": True,  # never write kernel settings; see SYSCTLS in first.py
        "oomScoreAdj": 0,  # lowering it takes a capability that root in a container lacks
        "maxOpenFiles": resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        "containerRuntimeEndpoint": f"unix://{folder}/containerd.sock",
        "address": ADDRESS,
        "staticPodPath": "",
        "volumePluginDir": str(folder / "plugins"),
        "tlsCertFile": str(folder / "kubelet" / "tls.crt"),
        "tlsPrivateKeyFile": str(folder / "kubelet" / "tls.key"),
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": authority},
        },
        "authorization": {"mode": "Webhook"},
        "clusterDomain": "cluster.local",
        "clusterDNS": [ADDRESS],  # CoreDNS is a process on the node
        "resolvConf": str(folder / "resolv.conf"),
        "failSwapOn": False,
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "nodeStatusUpdateFrequency": "5s",
        "serializeImagePulls": False,
        "syncFrequency": "5s",  # also how soon a changed Secret is seen in a Pod; a minute by default
        "configMapAndSecretChangeDetectionStrategy": "Watch",
    }


def _proxy(folder: Path) -> dict[str, Any]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "hostnameOverride": NODE,
        "clusterCIDR": PODS,
        "clientConnection": {"kubeconfig": str(folder / "proxy.kubeconfig")},
        "oomScoreAdj": 0,
        "conntrack": {"maxPerCore": 0, "min": 0},  # leave the kernel's limits alone
        "healthzBindAddress": "127.0.0.1:10256",
        "metricsBindAddress": "127.0.0.1:10249",
    }


# Nobody may lower an oom_score_adj here, and every sandbox asks for that: hence restrict_oom_score_adj. What containers
# use is what no test asks; by default it is collected from each of them every second, which is most that an idle
# containerd and its shims do.
_CONTAINERD = """\
version = 3
root = "{folder}/containerd"
state = "{folder}/containerd-state"
disabled_plugins = [
  "io.containerd.nri.v1.nri", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"
]
[grpc]
  address = "{folder}/containerd.sock"
[plugins.'io.containerd.server.v1.grpc']
  address = "{folder}/containerd.sock"
[plugins.'io.containerd.server.v1.ttrpc']
  address = "{folder}/containerd.sock.ttrpc"
[plugins.'io.containerd.cri.v1.images']
  snapshotter = "overlayfs"
  stats_collect_period = 3600
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = "{pause}"
  [plugins.'io.containerd.cri.v1.images'.registry]
    config_path = "{folder}/hosts"
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
  stats_collect_period = "1h"
  netns_mounts_under_state_dir = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ["{cni}"]
    conf_dir = "{folder}/cni"
  [plugins.'io.containerd.cri.v1.runtime'.containerd]
    default_runtime_name = "runc"
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
        BinaryName = "{runc}"
        SystemdCgroup = false
"""

_CORE_FILE = """\
cluster.local:53 in-addr.arpa:53 {{
  ready 127.0.0.1:8181
  errors
  cache 5
  kubernetes cluster.local in-addr.arpa {{
    kubeconfig {folder}/dns.kubeconfig
    ttl 5
  }}
}}
"""
