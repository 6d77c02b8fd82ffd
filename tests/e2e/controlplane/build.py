"""Build the real Kubernetes that the end-to-end tests run, and helm, once per version.

``python tests/e2e/controlplane/build.py [controlplane|helm|node|certmanager|kuberouter|opa|govex]`` builds one set of
programs from the Go modules pinned beside this file, and prints the folder that holds them: ``controlplane`` has etcd,
kube-apiserver, kube-controller-manager, kube-scheduler, kubectl and kwok; ``helm`` has helm; ``node`` has what a real
node needs beside the control plane: kubelet, kube-proxy, containerd and CoreDNS; ``certmanager`` has cert-manager's
controllers and CA injector in one program, and its custom resource definitions; ``kuberouter`` has kube-router's
enforcement of NetworkPolicies; ``opa`` has the Open Policy Agent, for the benchmarks; ``govex`` reads
VEX documents with go-vex. Each folder lies under
``~/.cache/bomgate-tools`` and is named after a digest of the pins, so that a second run finds it at once and another
version gets a separate folder. Standard library only: the Makefile runs it before there is an environment.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
GO_MINIMUM = (1, 26)
SETS = {
    "controlplane": {
        "kubernetes": [
            "go.etcd.io/etcd/server/v3",
            "k8s.io/kubernetes/cmd/kube-apiserver",
            "k8s.io/kubernetes/cmd/kube-controller-manager",
            "k8s.io/kubernetes/cmd/kube-scheduler",
            "k8s.io/kubernetes/cmd/kubectl",
        ],
        "kwok": ["sigs.k8s.io/kwok/cmd/kwok"],
    },
    "helm": {"helm": ["helm.sh/helm/v4/cmd/helm"]},
    "node": {
        "kubernetes": ["k8s.io/kubernetes/cmd/kubelet", "k8s.io/kubernetes/cmd/kube-proxy"],
        "containerd": [
            "github.com/containerd/containerd/v2/cmd/containerd",
            "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2",
            "github.com/containerd/containerd/v2/cmd/ctr",
        ],
        "coredns": ["bomgate.dev/tests/e2e/controlplane/coredns"],
    },
    "certmanager": {"certmanager": ["bomgate.dev/tests/e2e/controlplane/certmanager"]},
    "govex": {"govex": ["bomgate.dev/tests/e2e/controlplane/govex"]},
    "opa": {"opa": ["github.com/open-policy-agent/opa"]},
    "kuberouter": {"kuberouter": ["bomgate.dev/tests/e2e/controlplane/kuberouter"]},
}
"""Set → module (a folder beside this file) → main packages."""
# kwok ends at once when it is given no stages; these three make nodes Ready and Pods Running within a moment.
KWOK_STAGES = ["kustomize/stage/node/fast", "kustomize/stage/node/heartbeat", "kustomize/stage/pod/fast"]

RECIPE = 2
"""Raise it when the way of building changes, so that what an older one built is not taken for this one's."""


class UnavailableError(Exception):
    """The control plane cannot be built here; the text says why and what would help."""


def tools_home() -> Path:
    """The folder for downloads and built tools, outside every checkout."""
    return Path.home() / ".cache" / "bomgate-tools"


def go_version() -> tuple[int, int]:
    """The version of the ``go`` command on the PATH, as (major, minor)."""
    if shutil.which("go") is None:
        raise UnavailableError(
            "Go is not installed; install Go 1.26 or newer, or point KUBEBUILDER_ASSETS at built binaries"
        )
    env = {**os.environ, "GOTOOLCHAIN": "local"}
    text = subprocess.run(
        ["go", "env", "GOVERSION"], capture_output=True, text=True, check=True, env=env
    ).stdout.strip()
    major, minor = text.removeprefix("go").split(".")[:2]
    return int(major), int("".join(ch for ch in minor if ch.isdigit()))


def folder(name: str = "controlplane") -> Path:
    """Where the programs of a set are, or will be."""
    digest = hashlib.sha256(json.dumps([RECIPE, SETS[name], KWOK_STAGES]).encode())
    for module in sorted(SETS[name]):
        for file in sorted((HERE / module).iterdir()):
            digest.update(file.read_bytes())
    return tools_home() / f"{name}-{digest.hexdigest()[:16]}"


def ensure(name: str = "controlplane", log=sys.stderr) -> Path:
    """Return the folder of a built set, building it first when it is not there.

    Args:
        name: of the set, see :data:`SETS`.
        log: where progress is told.

    Raises:
        UnavailableError: Go is missing or too old, or a build failed (with the end of its output).
    """
    target = folder(name)
    if (target / "complete").exists():
        return target
    found = go_version()
    if found < GO_MINIMUM:
        raise UnavailableError(
            f"Go {found[0]}.{found[1]} is too old for the pinned Kubernetes, which needs 1.26 or newer"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (target / "complete").exists():
            _build(name, target, log)
    return target


def _build(name: str, target: Path, log) -> None:
    began = time.monotonic()
    print(f"Building {name} into {target} (once; some minutes on two cores)", file=log, flush=True)
    scratch = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=target.parent))
    try:
        for module, programs in SETS[name].items():
            for program in programs:
                started = time.monotonic()
                made = "etcd" if "etcd" in program else program.rsplit("/", 1)[1]
                _go(module, "build", "-trimpath", "-ldflags", _stamp(module), "-o", str(scratch / made), program)
                print(f"  {made}: {time.monotonic() - started:.0f} s", file=log, flush=True)
        if name == "controlplane":
            _copy_stages(scratch / "stages")
        if name == "certmanager":
            _copy_definitions(scratch / "crds")
        (scratch / "complete").write_text("")
        shutil.rmtree(target, ignore_errors=True)
        scratch.rename(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print(f"{name} ready after {time.monotonic() - began:.0f} s", file=log, flush=True)


def _stamp(module: str) -> str:
    """Linker flags; unstamped, Kubernetes calls itself v0.0.0-master, and the kubelet refuses containerd."""
    if module == "kubernetes":
        version, base = _version(module, "k8s.io/kubernetes"), "k8s.io/component-base/version"
        return f"-s -w -X {base}.gitVersion={version} -X {base}.gitMajor=1 -X {base}.gitMinor={version.split('.')[1]}"
    if module == "containerd":
        path = "github.com/containerd/containerd/v2"
        return f"-s -w -X {path}/version.Version={_version(module, path)}"
    return "-s -w"


def _version(module: str, path: str) -> str:
    return str(json.loads(_go(module, "list", "-m", "-json", path))["Version"])


def _copy_stages(target: Path) -> None:
    source = _module_folder("kwok", "sigs.k8s.io/kwok")
    target.mkdir()
    for stage in KWOK_STAGES:
        for file in sorted((source / stage).glob("*.yaml")):
            if file.name != "kustomization.yaml":
                copied = target / f"{stage.replace('/', '-')}-{file.name}"
                copied.write_bytes(file.read_bytes())


def _copy_definitions(target: Path) -> None:
    source = _module_folder("certmanager", "github.com/cert-manager/cert-manager")
    target.mkdir()
    for file in sorted((source / "deploy" / "crds").glob("*.yaml")):
        (target / file.name).write_bytes(file.read_bytes())


def _module_folder(module: str, path: str) -> Path:
    """Where the Go command keeps the files of a module that one of ours pins."""
    return Path(json.loads(_go(module, "list", "-m", "-json", path))["Dir"])


def _go(module: str, *arguments: str) -> str:
    env = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly -buildvcs=false"}
    done = subprocess.run(["go", *arguments], cwd=HERE / module, env=env, capture_output=True, text=True)
    if done.returncode != 0:
        raise UnavailableError(f"go {arguments[0]} in {module} failed:\n{done.stderr[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    try:
        print(ensure(*sys.argv[1:2]))
    except UnavailableError as reason:
        sys.exit(f"Cannot be built: {reason}")
