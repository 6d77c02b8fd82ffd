"""Warm ``/validate`` with four images of the corpus, beside an empty Flask webhook on the same server and TLS.

Both run at the same time and are loaded in turn, so that a change of the machine's speed meets both. CPU a request is
what the server's processes used, from the kernel's accounting; it does not depend on the load generator.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from bench import Row, corpus, show
from bench.processes import Server, free_port, load, running
from tests.certificates import Authority
from webhook.bootstrap import SystemClock, open_parts
from webhook.clients.directory import digest_in_name
from webhook.model.images import Digest
from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability
from webhook.sboms import parse
from webhook.settings import load_settings

ROUNDS, SECONDS, CONNECTIONS = 5, 4, 8
CPU_GOAL, RATE_GOAL, FORMER_GOAL = 1.25, 0.8, 1.02


@dataclass(frozen=True)
class Contestant:
    """One side of the comparison."""

    name: str
    server: Server
    body: bytes


def main() -> list[Row]:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cert, key = Authority().issue().write(folder / "tls")
        images = _fill(folder)
        ours, empty = free_port(), free_port()
        settings = folder / "bomgate.yaml"
        serve = ["-m", "webhook", "--config", str(settings), "serve", "--listen", f"127.0.0.1:{ours}"]
        serve += ["--tls-cert", str(cert), "--tls-key", str(key), "--metrics-listen", f"127.0.0.1:{free_port()}"]
        (folder / "metrics").mkdir()
        blank = ["-m", "bench.empty_webhook", str(empty), str(cert), str(key), str(folder / "metrics")]
        former = os.environ.get("BENCH_BASE")
        with ExitStack() as servers:
            product = servers.enter_context(running(serve, ours))
            base = servers.enter_context(running(blank, empty, {"PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics")}))
            rows = _compare(product, base, images, folder)
            if former:
                other = free_port()
                again = [f"127.0.0.1:{other}" if part == f"127.0.0.1:{ours}" else part for part in serve[:-1]]
                command = [*again, f"127.0.0.1:{free_port()}"]
                last = servers.enter_context(running(command, other, root=Path(former)))
                rows += _beside_former(product, last, images, folder)
    show("Warm /validate, 4 images", rows)
    return rows


def _compare(product: Server, base: Server, images: list[tuple[str, Digest]], folder: Path) -> list[Row]:
    denied = review_of([f"{name}@{digest}" for name, digest in images])
    sides = [Contestant("bomgate", product, denied), Contestant("empty Flask webhook", base, denied)]
    for side in sides:  # the first requests fill caches and settle the connections
        load(side.server.port, "/validate?timeout=5s", side.body, seconds=2, connections=CONNECTIONS, folder=folder)
    cpu: dict[str, list[float]] = {side.name: [] for side in sides}
    rate: dict[str, list[float]] = {side.name: [] for side in sides}
    for _ in range(ROUNDS):
        for side in sides:
            before = side.server.cpu_seconds()
            reached = load(
                side.server.port,
                "/validate?timeout=5s",
                side.body,
                seconds=SECONDS,
                connections=CONNECTIONS,
                folder=folder,
            )
            cpu[side.name].append((side.server.cpu_seconds() - before) / (reached * SECONDS) * 1000)
            rate[side.name].append(reached)
    ours, other = (side.name for side in sides)
    cpu_ratio = statistics.median(a / b for a, b in zip(cpu[ours], cpu[other], strict=True))
    rate_ratio = statistics.median(a / b for a, b in zip(rate[ours], rate[other], strict=True))
    rows = [
        Row(
            f"{name}: CPU a request, requests/s",
            f"{statistics.median(cpu[name]):.3f} ms, {statistics.median(rate[name]):.0f}/s",
        )
        for name in (ours, other)
    ]
    rows += [
        Row("CPU a request, ratio", f"{cpu_ratio:.2f} ×", f"≤ {CPU_GOAL} ×", cpu_ratio <= CPU_GOAL),
        Row("throughput, ratio", f"{rate_ratio:.2f} ×", f"≥ {RATE_GOAL} ×", rate_ratio >= RATE_GOAL),
        Row("memory of a worker", f"{product.worker_rss_mib():.0f} MiB"),
    ]
    return rows


def _beside_former(product: Server, last: Server, images: list[tuple[str, Digest]], folder: Path) -> list[Row]:
    """CPU a request beside another checkout, in turn."""
    body = review_of([f"{name}@{digest}" for name, digest in images])
    spent: dict[int, list[float]] = {product.port: [], last.port: []}
    for at in range(2 * ROUNDS + 1):
        for server in (product, last) if at % 2 else (last, product):
            before = server.cpu_seconds()
            reached = load(
                server.port, "/validate?timeout=5s", body, seconds=SECONDS, connections=CONNECTIONS, folder=folder
            )
            if at:  # the first ones fill caches
                spent[server.port].append((server.cpu_seconds() - before) / (reached * SECONDS) * 1000)
    ratio = statistics.median(a / b for a, b in zip(spent[product.port], spent[last.port], strict=True))
    former = f"{statistics.median(spent[last.port]):.3f} ms"
    return [
        Row("former build: CPU a request", former),
        Row("CPU a request, ratio to the former build", f"{ratio:.3f} ×", f"≤ {FORMER_GOAL} ×", ratio <= FORMER_GOAL),
    ]


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


def review_of(images: list[str]) -> bytes:
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
