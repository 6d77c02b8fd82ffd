"""Warm ``/validate`` with four images of the corpus, beside webhooks that judge nothing, and beside OPA.

All run at the same time and are loaded in turn, so that a change of the machine's speed meets all of them. CPU a
request is what the server's processes used, from the kernel's accounting; it does not depend on the load generator.
"""

from __future__ import annotations

import http.client
import json
import os
import ssl
import statistics
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from bench import Row, UnavailableError, corpus, opa, show
from bench.processes import Server, free_port, load, running
from tests.certificates import Authority
from webhook.bootstrap import SystemClock, open_parts
from webhook.clients.directory import digest_in_name
from webhook.model.images import Digest
from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability
from webhook.sboms import parse
from webhook.settings import load_settings

ROUNDS, SECONDS, CONNECTIONS = 7, 3, 8
CPU_GOAL, RATE_GOAL, BARE_GOAL, OPA_GOAL, FORMER_GOAL = 1.08, 0.95, 1.35, 1.0, 1.02


@dataclass
class Contestant:
    """One side of the comparison, with a figure for each round.

    Attributes:
        name: for people.
        server: where it listens.
        path: that is asked.
        cpu: milliseconds a request.
        rate: requests a second.
        p99: milliseconds; empty where the load generator does not tell.
    """

    name: str
    server: Server
    path: str = "/validate?timeout=5s"
    cpu: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)

    def run(self, body: bytes, folder: Path, seconds: int = SECONDS) -> None:
        """Load it for some seconds."""
        before = self.server.cpu_seconds()
        reached = load(self.server.port, self.path, body, seconds=seconds, connections=CONNECTIONS, folder=folder)
        self.cpu.append((self.server.cpu_seconds() - before) / (reached.rate * seconds) * 1000)
        self.rate.append(reached.rate)
        if reached.p99 is not None:
            self.p99.append(reached.p99)


def main() -> list[Row]:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as servers:
        folder = Path(name)
        cert, key = Authority().issue().write(folder / "tls")
        images = [f"{item}@{digest}" for item, digest in _fill(folder)]

        def product(root: Path | None = None) -> Server:
            port = free_port()
            serve = ["-m", "webhook", "--config", str(folder / "bomgate.yaml"), "serve"]
            serve += ["--listen", f"127.0.0.1:{port}", "--metrics-listen", f"127.0.0.1:{free_port()}"]
            serve += ["--tls-cert", str(cert), "--tls-key", str(key)]
            return servers.enter_context(running(serve, port, **({} if root is None else {"root": root})))

        def empty(kind: str) -> Server:
            port, metrics = free_port(), folder / f"metrics-{kind}"
            metrics.mkdir()
            command = ["-m", "bench.empty_webhook", kind, str(port), str(cert), str(key), str(metrics)]
            return servers.enter_context(running(command, port, {"PROMETHEUS_MULTIPROC_DIR": str(metrics)}))

        ours, flask = Contestant("bomgate", product()), Contestant("empty Flask webhook", empty("flask"))
        bare = Contestant("bare WSGI function", empty("bare"))
        sides = [ours, flask, bare]
        former = os.environ.get("BENCH_BASE")
        last = Contestant("former build", product(Path(former))) if former else None
        sides += [last] if last is not None else []
        engine: Contestant | None = None
        try:
            executable = opa.program()
            verdicts = {image: _verdict(ours.server, image) for image in images}
            listening = servers.enter_context(opa.serving(executable, free_port(), (cert, key), verdicts))
            engine = Contestant("OPA", listening, "/")
            _same_truth(ours, engine, images)
            sides.append(engine)
        except UnavailableError as problem:
            print(f"NOT MEASURED beside OPA: {problem}", flush=True)
        _take_turns(sides, review_of(images), folder)
        rows = [_figures(side) for side in sides]
        rows += _ratios(ours, flask, bare, last)
        if engine is not None and engine.p99:
            rows += _beside(ours, engine)
        elif engine is not None:
            print("NOT MEASURED beside OPA: wrk, which tells p99, is missing", flush=True)
        rows.append(Row("memory of a worker", f"{ours.server.worker_rss_mib():.0f} MiB"))
    show("Warm /validate, 4 images", rows)
    return rows


def _take_turns(sides: Sequence[Contestant], body: bytes, folder: Path) -> None:
    for side in sides:  # the first requests fill caches and settle the connections
        side.run(body, folder, seconds=2)
        side.cpu.clear(), side.rate.clear(), side.p99.clear()
    for at in range(ROUNDS):
        for side in sides if at % 2 else reversed(sides):
            side.run(body, folder)


def _figures(side: Contestant) -> Row:
    cpu, rate = statistics.median(side.cpu), statistics.median(side.rate)
    p99 = f", p99 {statistics.median(side.p99):.1f} ms" if side.p99 else ""
    return Row(f"{side.name}: CPU a request, requests/s", f"{cpu:.3f} ms, {rate:.0f}/s{p99}")


def _ratios(ours: Contestant, flask: Contestant, bare: Contestant, last: Contestant | None) -> list[Row]:
    rows = [
        _ratio("CPU a request ÷ empty Flask webhook", ours.cpu, flask.cpu, CPU_GOAL),
        _ratio("CPU a request ÷ bare WSGI function", ours.cpu, bare.cpu, BARE_GOAL),
    ]
    if last is not None:
        rows.append(_ratio("CPU a request ÷ former build", ours.cpu, last.cpu, FORMER_GOAL))
    rate = _median_ratio(ours.rate, flask.rate)
    return [*rows, Row("requests/s ÷ empty Flask webhook", f"{rate:.2f} ×", f"≥ {RATE_GOAL} ×", rate >= RATE_GOAL)]


def _beside(ours: Contestant, engine: Contestant) -> list[Row]:
    return [
        _ratio(f"p99 at {CONNECTIONS} connections ÷ OPA", ours.p99, engine.p99, OPA_GOAL),
        Row("CPU a request ÷ OPA", f"{_median_ratio(ours.cpu, engine.cpu):.2f} ×"),
        Row("requests/s ÷ OPA", f"{_median_ratio(ours.rate, engine.rate):.2f} ×"),
    ]


def _ratio(name: str, ours: Sequence[float], others: Sequence[float], goal: float) -> Row:
    ratio = _median_ratio(ours, others)
    return Row(name, f"{ratio:.3f} ×", f"≤ {goal} ×", ratio <= goal)


def _median_ratio(ours: Sequence[float], others: Sequence[float]) -> float:
    return statistics.median(a / b for a, b in zip(ours, others, strict=True))


def _asked(server: Server, path: str, images: Sequence[str]) -> dict[str, object]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=context, timeout=10)
    with closing(connection):
        connection.request("POST", path, review_of(images), {"Content-Type": "application/json"})
        response: dict[str, object] = json.loads(connection.getresponse().read())["response"]
    return response


def _verdict(server: Server, image: str) -> dict[str, str]:
    """What bomgate says of one image."""
    response = _asked(server, "/validate?timeout=5s", [image])
    status = response.get("status")
    text = str(status["message"]) if isinstance(status, dict) else ""
    return {"action": "allow" if response["allowed"] else "deny", "text": text}


def _same_truth(ours: Contestant, engine: Contestant, images: Sequence[str]) -> None:
    """Make sure that both answer alike.

    Raises:
        RuntimeError: they do not.
    """
    for asked in (*([image] for image in images), images):
        says = [_asked(side.server, side.path, asked)["allowed"] for side in (ours, engine)]
        if says[0] != says[1]:
            raise RuntimeError(f"bomgate says {says[0]}, OPA {says[1]}, of {asked}")


def _fill(folder: Path) -> list[tuple[str, Digest]]:
    """A store with four images; one component in fifty of those that OSS Index covers is vulnerable."""
    (folder / "bomgate.yaml").write_text(
        f"database: {{url: 'sqlite:///{folder / 'bomgate.db'}'}}\nlog: {{level: info}}\n"
    )
    parts = open_parts(load_settings(folder / "bomgate.yaml", environment={}))
    parts.store.admin.upgrade()
    clock, images, covered = SystemClock(), list[tuple[str, Digest]](), dict[str, None]()
    for path in _four():
        digest = digest_in_name(path.name)
        assert digest is not None
        sbom = parse(path.read_bytes())
        parts.store.sboms.add(digest, sbom, place="added")
        images.append((f"registry.example/{path.name.partition('@')[0].replace('_', '/').lower()}", digest))
        covered.update(dict.fromkeys(purl for purl in sbom.components if purl.is_covered))
    purls = list(covered)
    found = Vulnerability("CVE-2021-44228", "Remote code execution", Decimal("10.0"))
    answers = [ComponentAnswer(p, (found,) if n % 50 == 0 else (), clock.now()) for n, p in enumerate(purls)]
    for start in range(0, len(purls), 128):
        parts.store.components.record(answers[start : start + 128], assess=parts.assessor.auto_rule(), now=clock.now())
    parts.store.close()
    return images


def _four() -> list[Path]:
    """Four images of the corpus with about 1,500 components in all."""
    documents = [path for path in corpus.required(4) if path.parent.name == "trivy"]
    by_size = sorted(documents, key=lambda path: path.stat().st_size)
    middle = len(by_size) * 8 // 10
    return by_size[middle : middle + 4]


def review_of(images: Sequence[str]) -> bytes:
    """An AdmissionReview of a Deployment with these images, of ordinary size."""
    containers = [
        {
            "name": f"c{index}",
            "image": image,
            "ports": [{"containerPort": 8080, "protocol": "TCP"}],
            "env": [{"name": f"SETTING_{n}", "value": "x" * 20} for n in range(8)],
            "resources": {"limits": {"cpu": "1", "memory": "512Mi"}, "requests": {"cpu": "100m", "memory": "128Mi"}},
            "securityContext": {"runAsNonRoot": True, "capabilities": {"drop": ["ALL"]}},
        }
        for index, image in enumerate(images)
    ]
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers}}
    labels = {f"example.org/label-{n}": "value" for n in range(8)}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "labels": labels},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, "template": template},
    }
    request = {
        "uid": "0b4d7a66-3f0a-4d57-9f4e-2f0f4d9a1c55",
        "kind": {"group": "apps", "version": "v1", "kind": "Deployment"},
        "resource": {"group": "apps", "version": "v1", "resource": "deployments"},
        "name": "web",
        "namespace": "shop",
        "operation": "CREATE",
        "userInfo": {"username": "kubernetes-admin", "groups": ["system:masters", "system:authenticated"]},
        "object": deployment,
        "oldObject": None,
        "dryRun": False,
        "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
    }
    review = {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request}
    return json.dumps(review, separators=(",", ":")).encode()  # as the API server writes it


if __name__ == "__main__":
    main()
