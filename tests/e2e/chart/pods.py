"""One Pod whose containers are processes of this machine: the life that the kubelet gives it."""

from __future__ import annotations

import datetime as dt
import http.client
import os
import signal
import ssl
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import kubernetes.client

from tests.e2e.chart.containers import Container, Launcher, Machine
from tests.e2e.chart.places import Places
from tests.e2e.chart.volumes import Contents, Mounted, NotThereError
from tests.e2e.chart.watching import Object

RESTART_SECONDS = 0.5
REFRESH_SECONDS = 1.0
"""The kubelet takes longer for both; nothing here rests on that."""
PRE_STOP_SHARE = 0.2
"""Part of a preStop pause that is kept here, where everybody knows at once which Pods a Service leads to."""


@dataclass
class PodProcesses:
    """A Pod of the API server and its processes here; ``step`` moves it on without waiting for anything.

    Attributes:
        machine: what all Pods here share.
        pod: the object, as it was seen last.
        folder: for its volumes and logs.
    """

    machine: Machine
    pod: Object
    folder: Path
    why: str = ""
    ended: bool = False
    _terms: dict[str, bool] = field(default_factory=dict)
    _reported: Object | None = None
    _refreshed: float = 0.0
    _probed: float = 0.0
    _ends: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        spec = self.pod["spec"]
        self.places = Places.of(spec, self.machine.address, self.folder)
        self._core = kubernetes.client.CoreV1Api(self.machine.client)
        machine = self.machine
        self._contents = Contents(self._core, machine.watched, self.pod, machine.address, self.places.rewrite)
        self._launcher = Launcher(self.machine, self.folder, self.places, self._contents)
        self._mounted: dict[str, Mounted] = {}
        self.init = [Container(item) for item in spec.get("initContainers", [])]
        self.containers = [Container(item) for item in spec["containers"]]
        self._started = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    # -- what others look at ----------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return str(self.pod["metadata"]["name"])

    @property
    def ready(self) -> bool:
        """Whether Services lead to it."""
        return self._ends is None and all(container.ready for container in self.containers)

    @property
    def log(self) -> str:
        """All that its containers have written."""
        files = sorted(self.folder.glob("*.log"))
        return "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in files)

    @property
    def pids(self) -> set[str]:
        """The ids of its processes that run."""
        running = (
            container.process
            for container in self.containers
            if container.process is not None and container.process.running
        )
        return {str(process.pid) for process in running}

    def port(self, named: int | str) -> int:
        """Where on this machine a port of the Pod is."""
        ports = [port for container in self.containers for port in container.spec.get("ports", [])]
        return self.places.ports[
            next(port["containerPort"] for port in ports if named in (port.get("name"), port["containerPort"]))
        ]

    def served_certificate(self, port: int | str) -> bytes:
        """The certificate (PEM) that is served at a port."""
        return ssl.get_server_certificate((self.machine.address, self.port(port)), timeout=5).encode()

    # -- living -----------------------------------------------------------------------------------------------------

    def step(self, pod: Object) -> None:
        """Do what is due, and tell the API server when something changed."""
        self.pod = pod
        if pod["metadata"].get("deletionTimestamp"):
            self._end()
        elif not self.ended:
            try:
                self._refresh()
                self._run()
                self.why = ""
            except NotThereError as reason:
                self.why = str(reason)
            self._report()

    def _refresh(self) -> None:
        if time.monotonic() < self._refreshed + REFRESH_SECONDS:
            return
        for volume in self.pod["spec"].get("volumes", []):
            folder, files = self.folder / "volumes" / volume["name"], self._contents.of_volume(volume)
            if files is None:
                folder.mkdir(parents=True, exist_ok=True)
                continue
            if volume["name"] not in self._mounted:
                self._mounted[volume["name"]] = Mounted(folder)
            self._mounted[volume["name"]].put(files)
        self._refreshed = time.monotonic()

    def _run(self) -> None:
        for container in self.init:
            self._keep(container, again=self.pod["spec"]["restartPolicy"] != "Never", until_success=True)
            if container.exit_code != 0:
                return
        always = self.pod["spec"]["restartPolicy"] == "Always"
        for container in self.containers:
            self._keep(
                container, again=always or self.pod["spec"]["restartPolicy"] == "OnFailure", until_success=not always
            )
        self._probe()

    def _keep(self, one: Container, again: bool, until_success: bool) -> None:
        """Start it when it has not run yet, or when it ended and is to run again."""
        if one.process is not None and one.process.running:
            return
        if one.process is not None and one.exit_code is None:
            one.exit_code, one.ready = one.process.stop(), False
            one.again_at = time.monotonic() + RESTART_SECONDS
        if one.process is None or (
            again and not (until_success and one.exit_code == 0) and time.monotonic() > one.again_at
        ):
            one.restarts += one.process is not None
            one.exit_code = None
            one.process = self._launcher.launch(one.spec)

    # -- probes -----------------------------------------------------------------------------------------------------

    def _probe(self) -> None:
        """Ask the readiness probes: often until they succeed, then as often as they say."""
        for container in self.containers:
            probe = container.spec.get("readinessProbe")
            due = self._probed + (probe or {}).get("periodSeconds", 10) if container.ready else 0.0
            if container.process is None or not container.process.running or time.monotonic() < due:
                continue
            container.probed(probe is None or self.answers(probe))
            self._probed = time.monotonic()

    def answers(self, probe: Object) -> bool:
        """Whether a probe of this Pod succeeds."""
        asked = probe["httpGet"]
        scheme = asked.get("scheme", "HTTP").lower()
        url = f"{scheme}://{self.machine.address}:{self.port(asked['port'])}{asked['path']}"
        try:
            urllib.request.urlopen(url, timeout=probe.get("timeoutSeconds", 1), context=_any_certificate()).close()
        except (OSError, http.client.HTTPException):  # a status of 400 and more is an OSError
            return False
        return True

    # -- ending -----------------------------------------------------------------------------------------------------

    def _end(self) -> None:
        """The preStop hook, then SIGTERM, then SIGKILL; then the object is let go."""
        now = time.monotonic()
        if self._ends is None:
            hooks = [container.spec.get("lifecycle", {}).get("preStop", {}) for container in self.containers]
            pause = max(_sleep(hook) for hook in hooks)
            self._ends = (now + pause, now + self.pod["metadata"].get("deletionGracePeriodSeconds", 30))
        asked, killed = self._ends
        left = [
            container.process
            for container in (*self.init, *self.containers)
            if container.process is not None and container.process.running
        ]
        for process in left:
            if now > killed:
                process.kill()
            elif now > asked and not self._terms.setdefault(str(process.pid), False):
                os.kill(process.pid, signal.SIGTERM)
                self._terms[str(process.pid)] = True
        if not left:
            self.ended = True
            namespace = self.pod["metadata"]["namespace"]
            # Of this very Pod: a StatefulSet may make another with the same name at once.
            options = {"gracePeriodSeconds": 0, "preconditions": {"uid": self.pod["metadata"]["uid"]}}
            kubernetes.client.CoreV1Api(self.machine.client).delete_namespaced_pod(self.name, namespace, body=options)

    def kill(self) -> None:
        """Kill every process at once, as a node that is lost does."""
        for container in (*self.init, *self.containers):
            if container.process is not None:
                container.process.kill()

    # -- telling ----------------------------------------------------------------------------------------------------

    def _report(self) -> None:
        initialized = all(container.exit_code == 0 for container in self.init)
        phase = "Running" if initialized else "Pending"
        if self.pod["spec"]["restartPolicy"] != "Always":
            codes = [container.exit_code for container in self.containers]
            if all(code is not None for code in codes) and initialized:
                phase = "Failed" if any(codes) else "Succeeded"
            elif any(container.exit_code for container in self.init) and self.pod["spec"]["restartPolicy"] == "Never":
                phase = "Failed"
            self.ended = phase in ("Failed", "Succeeded")
        conditions = {"Initialized": initialized, "ContainersReady": self.ready, "Ready": self.ready}
        status = {
            "phase": phase,
            "startTime": self._started,
            # No podIP: with it the controller manager would make EndpointSlices with the Pod's ports.
            "conditions": [{"type": name, "status": str(value)} for name, value in conditions.items()],
            "initContainerStatuses": [container.status() for container in self.init],
            "containerStatuses": [container.status() for container in self.containers],
        }
        if status != self._reported:
            namespace = self.pod["metadata"]["namespace"]
            self._core.patch_namespaced_pod_status(self.name, namespace, {"status": status})
            self._reported = status


def _any_certificate() -> ssl.SSLContext:
    """The kubelet does not look at certificates."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _sleep(hook: Object) -> float:
    """The seconds that a preStop hook takes; the chart has none that does more."""
    if "exec" in hook:
        program, seconds = hook["exec"]["command"]
        assert program == "sleep", hook
        return float(seconds) * PRE_STOP_SHARE
    return float(hook.get("sleep", {}).get("seconds", 0)) * PRE_STOP_SHARE
