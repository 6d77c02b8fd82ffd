"""A real one-node cluster: etcd, API server, controllers, scheduler, kubelet, containerd, kube-proxy, DNS, registry.

It takes root on Linux. All of it runs in separate namespaces, with its files in one folder: the machine's ports,
interfaces, rules, settings and folders stay as they are. ``python -m tests.node`` starts one to look at.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from signal import SIGTERM, Signals
from typing import Any

from tests.e2e.cluster import ClusterError
from tests.e2e.processes import Process, Ran, wait_until
from tests.node import configuration, machine, parts
from tests.node.configuration import ADDRESS, API_PORT, NODE, REGISTRY_ADDRESS
from tests.node.namespaces import Namespaces, environment
from tests.node.parts import Tools

START_SECONDS = 120.0
ROOT = Path(__file__).resolve().parents[2]


class Node:
    """The cluster.

    Args:
        tools: its programs.
        folder: for everything that it writes.
        images: an OCI layout; what is in it is pushed to the registry, see :mod:`tests.node.push`.
    """

    def __init__(self, tools: Tools, folder: Path, images: Path) -> None:
        self.folder, self._tools, self._images = folder, tools, images
        self._groups = machine.ControlGroups()
        self._namespaces = Namespaces(folder, NODE, ADDRESS)
        self._commands = parts.commands(tools, folder)
        self._running: dict[str, Process] = {}

    # -- starting and stopping ------------------------------------------------------------------------------------

    def up(self) -> None:
        """Start everything, and wait until Pods can run and Services work.

        Raises:
            ClusterError: something ended, or was not ready in time; nothing is left running.
        """
        try:
            self._groups.make()
            configuration.write(self.folder, self._groups.name)
            self._namespaces.open()
            self._start_all()
        except BaseException as problem:
            tails = self._tails()
            self.down()
            raise ClusterError(f"{problem}\n\n{tails}") from problem

    def down(self) -> None:
        """End everything at once; files stay in the folder."""
        self._namespaces.close()
        for process in self._running.values():
            process.stop()
        self._running.clear()
        self._groups.remove()

    def start(self, name: str) -> None:
        """Start a part, one of :func:`tests.node.parts.commands`; all but the firewall run from the beginning."""
        self._running[name] = self._namespaces.start(name, self._commands[name])

    def stop(self, name: str, how: Signals = SIGTERM) -> None:
        """End a part as an upgrade or a crash does, and wait until it has ended."""
        self._namespaces.stop(self._running.pop(name), seconds=30, how=how)

    def lose_power(self) -> None:
        """End every process at once, those of all containers too, and start the node again on what is on its disk.

        Raises:
            ClusterError: it does not come back; with what its parts wrote last.
        """
        self.run("kill", "-KILL", "--", "-1")  # all but process 1
        # One that is killed may take a while to end, and holds its ports and locks until then.
        wait_until(lambda: not any(process.running for process in self._running.values()), 30, "the end of all parts")
        self._running.clear()
        try:
            self._start_all()
        except Exception as problem:
            raise ClusterError(f"{problem}\n\n{self._tails()}") from problem

    def _tails(self) -> str:
        return "\n\n".join(f"--- {name} ---\n{process.tail()}" for name, process in self._running.items())

    def _start_all(self) -> None:
        for name in ("etcd", "containerd", "registry", "apiserver"):
            self.start(name)
        with ThreadPoolExecutor(1) as beside:
            pushed = beside.submit(self.push, self._images)  # what it is given is gone when it ends
            wait_until(self._api_comes, START_SECONDS, "the API server", pause=0.1)
            self.wait(self.containerd_is_ready, "containerd")  # a kubelet that cannot reach it ends
            for name in ("controllers", "scheduler", "kubelet", "proxy", "dns"):
                self.start(name)
            pushed.result()
        self.wait(self.is_ready, "the node")

    def wait(self, ready: Callable[[], object], what: str, seconds: float = START_SECONDS) -> Any:
        """Wait for something, but not longer than all started parts run."""

        def answer() -> object:
            ended = [name for name, process in self._running.items() if not process.running]
            if ended:
                raise ClusterError(f"{', '.join(ended)} ended while waiting for {what}")
            return ready()

        return wait_until(answer, seconds, what, pause=0.1)

    def _api_comes(self) -> bool:
        if not self._running["apiserver"].running:  # it ends when etcd takes long, and is started again, as by systemd
            self.start("apiserver")
        return self.api_is_ready()

    def api_is_ready(self) -> bool:
        return self.asked("/readyz")[0] == 200

    def containerd_is_ready(self) -> bool:
        """Whether it listens; the file alone may be that of one which was killed."""
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(str(self.folder / "containerd.sock")) == 0

    def is_ready(self) -> bool:
        """Whether Pods can be created, run and found."""
        status, node = self.asked(f"/api/v1/nodes/{NODE}")
        conditions = json.loads(node)["status"].get("conditions", ()) if status == 200 else ()
        return (
            any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)
            and self.asked("/api/v1/namespaces/default/serviceaccounts/default")[0] == 200
            and self.run("curl", "-sf", "http://127.0.0.1:10256/healthz", check=False).code == 0
            and self.run("curl", "-sf", "http://127.0.0.1:8181/ready", check=False).code == 0
        )

    # -- using it ---------------------------------------------------------------------------------------------------

    def run(self, *command: str | Path, check: bool = True, stdin: str | None = None, seconds: float = 180) -> Ran:
        """Run a command inside, in this repository's root.

        Raises:
            AssertionError: it did not exit with 0, and ``check`` is set; with what it wrote.
        """
        done = subprocess.run(
            self._namespaces.command(command),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=seconds,
            cwd=ROOT,
            env=self._environment(),
        )
        ran = Ran(done.returncode, done.stdout, done.stderr)
        assert ran.code == 0 or not check, f"{' '.join(map(str, command))} exits {ran.code}: {ran.out}{ran.err}"
        return ran

    def started(self, *command: str | Path) -> subprocess.Popen[str]:
        """Start a command inside whose input and output the caller holds."""
        pipe = subprocess.PIPE
        arguments = self._namespaces.command(command)
        return subprocess.Popen(arguments, stdin=pipe, stdout=pipe, text=True, cwd=ROOT, env=self._environment())

    def in_its_network(self, *command: str | Path) -> list[str]:
        """The command that runs a program of the machine, such as a browser, in the node's network."""
        return list(map(str, self._namespaces.in_network(command)))

    def shell(self) -> None:
        """Give the terminal to a shell inside, with kubectl, helm and ctr on its PATH, until it ends."""
        tools = self._tools
        path = f"PATH={tools.controlplane}:{tools.helm}:{tools.node}:{machine.search_path()}"
        command = self._namespaces.command(["env", path, os.environ.get("SHELL", "/bin/sh")])
        subprocess.run(command, env=self._environment(), cwd=ROOT)

    def kubectl(self, *arguments: str | Path, check: bool = True, manifest: Any = None, seconds: float = 180) -> Ran:
        """Run kubectl as cluster-admin, with one manifest or a list of them on its standard input."""
        objects = manifest if isinstance(manifest, list) else [manifest]
        stdin = None if manifest is None else "\n---\n".join(json.dumps(item) for item in objects)
        return self.run(self._tools.controlplane / "kubectl", *arguments, check=check, stdin=stdin, seconds=seconds)

    def get(self, *arguments: str) -> Any:
        """What ``kubectl get`` tells, as JSON."""
        return json.loads(self.kubectl("get", *arguments, "-o", "json").out)

    def asked(self, path: str) -> tuple[int, bytes]:
        """Status and body of a GET at the API server, as cluster-admin; 0 while it does not answer.

        For what is asked again and again, where each kubectl would cost more than all that the API server does.
        """
        context = ssl.create_default_context(cafile=str(self.folder / "ca" / "tls.crt"))
        pair = self.folder / "user-admin"
        context.load_cert_chain(pair / "tls.crt", pair / "tls.key")
        try:
            with closing(self._namespaces.connect(API_PORT)) as plain:
                connection = http.client.HTTPConnection("127.0.0.1")
                connection.sock = context.wrap_socket(plain, server_hostname="127.0.0.1")
                with closing(connection):
                    connection.request("GET", path)
                    answer = connection.getresponse()
                    return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""

    def listed(self, path: str) -> list[Any]:
        """The items of a list at the API server; waits until it answers.

        Raises:
            AssertionError: the API server does not know it.
        """
        status, body = wait_until(lambda: next((it for it in [self.asked(path)] if it[0]), None), 30, "an answer")
        assert status == 200, body
        return list(json.loads(body)["items"])

    def apply(self, *objects: Any) -> None:
        """Apply manifests."""
        self.kubectl("apply", "-f", "-", manifest=list(objects))

    def helm(self, *arguments: str | Path, check: bool = True, seconds: float = 240) -> Ran:
        """Run helm."""
        return self.run(self._tools.helm / "helm", *arguments, check=check, seconds=seconds)

    def pull(self, *references: str) -> None:
        """Bring images onto the node before anything needs them."""
        hosts = ["--hosts-dir", self.folder / "hosts"]
        with ThreadPoolExecutor(len(references)) as together:
            list(together.map(lambda reference: self._ctr("images", "pull", *hosts, reference), references))

    def kill(self, container: str) -> None:
        """End a container's process without a word to it.

        Args:
            container: as in ``status.containerStatuses[].containerID``.
        """
        self._ctr("tasks", "kill", "--signal=SIGKILL", container.removeprefix("containerd://"))

    def _ctr(self, *arguments: str | Path) -> None:
        address = f"--address={self.folder / 'containerd.sock'}"
        self.run(self._tools.node / "ctr", address, "--namespace=k8s.io", *arguments)

    def push(self, images: Path) -> None:
        """Push an OCI layout to the registry."""
        self.wait(lambda: self.run("curl", "-sf", f"http://{REGISTRY_ADDRESS}/v2/", check=False).code == 0, "registry")
        self.run("python3", ROOT / "tests" / "node" / "push.py", images, REGISTRY_ADDRESS)

    def _environment(self) -> dict[str, str]:
        helm = {f"HELM_{name}_HOME": str(self.folder / "helm") for name in ("CACHE", "CONFIG", "DATA")}
        return environment({"KUBECONFIG": str(self.folder / "admin.kubeconfig"), **helm})


@contextmanager
def running_node(tools: Tools, images: Path) -> Iterator[Node]:
    """A node for the time of the ``with`` block; its files are removed with it."""
    with tempfile.TemporaryDirectory(prefix="bomgate-node-", ignore_cleanup_errors=True) as folder:
        node = Node(tools, Path(folder), images)
        node.up()
        try:
            yield node
        finally:
            node.down()
