"""SBOMs from a registry: a cold look-up, many Pods of one new image at once, and many images in a row.

The registry is Debian's docker-registry on loopback, with SBOMs of the corpus attached by the tag of the older
referrers scheme; its access log counts the requests. Ingesting means: resolve the tag, find and read the SBOM, and
keep it in the store, with as many threads as the webhook uses.
"""

from __future__ import annotations

import gc
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from bench import Row, UnavailableError, corpus, show
from bench.admission import review_of
from bench.processes import forget_peak, free_port, peak_mib, request, running
from tests.certificates import Authority
from tests.registries import images
from tests.registries.build import UnavailableError as MissingRegistryError
from tests.registries.layouts import Layout
from tests.registries.running import docker_registry
from webhook.bootstrap import Parts, ThreadBackground, open_parts
from webhook.model.deadlines import Deadline
from webhook.model.images import parse_image
from webhook.model.verdicts import SbomStatus
from webhook.settings import load_settings

IMAGES, COLD, PODS, THREADS = 240, 20, 50, 8
RATE_GOAL = 1_000
_READ = (SbomStatus.FOUND, SbomStatus.NO_PURLS)
"""The SBOM was found and read; a few images of the corpus have no package."""


def main() -> list[Row]:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            with docker_registry(folder / "registry") as host:
                _push(host)
                settings = _settings(folder, host)
                log = folder / "registry" / "log"
                rows = [*_cold(settings, host), *_ingest(settings, host), *_crowd(folder, settings, host, log)]
        except MissingRegistryError as reason:
            raise UnavailableError(str(reason)) from reason
    show("SBOMs from a registry on loopback", rows)
    return rows


def _push(host: str) -> None:
    documents = [path for path in corpus.required() if path.parent.name == "trivy"][:IMAGES]

    def push(number: int) -> None:
        document = json.loads(documents[number % len(documents)].read_bytes())
        layout = Layout()
        image = images.image(layout, "1", name=f"image-{number}")
        attached = images.attached(layout, image, document, "application/spdx+json")
        layout.manifest(images.listed(layout, attached), f"sha256-{image.removeprefix('sha256:')}")
        layout.push(f"http://{host}/v2/bench/image-{number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(push, range(IMAGES + COLD + 1)))


def _settings(folder: Path, host: str) -> Path:
    path = folder / "bomgate.yaml"
    content = {
        "database": {"url": f"sqlite:///{folder / 'bomgate.db'}"},
        "registries": [{"prefix": host, "plainHttp": True, "allowPrivate": True}],
        "sbom": {"sources": ["referrers", "buildkit", "cosignAttestation", "cosignAttachment"]},
    }
    path.write_text(json.dumps(content))
    return path


@contextmanager
def _parts(settings: Path) -> Iterator[Parts]:
    parts = open_parts(load_settings(settings, environment={}))
    parts.store.admin.upgrade()
    parts.refresher.refresh()
    yield parts
    parts.store.close()


def _cold(settings: Path, host: str) -> list[Row]:
    times = []
    with _parts(settings) as parts:
        checker = parts.checker(ThreadBackground())
        for number in range(IMAGES, IMAGES + COLD):
            began = time.perf_counter()
            deadline = Deadline(parts.clock.monotonic() + 30)
            verdict = checker.check_until(parse_image(f"{host}/bench/image-{number}:1"), "bench", deadline)
            times.append(time.perf_counter() - began)
            assert verdict.sbom in _READ, verdict
    return [Row("cold: tag to verdict, median", f"{statistics.median(times) * 1000:.0f} ms")]


def _ingest(settings: Path, host: str) -> list[Row]:
    with _parts(settings) as parts:
        checker = parts.checker(ThreadBackground())

        def check(number: int) -> int:
            deadline = Deadline(parts.clock.monotonic() + 60)
            verdict = checker.check_until(parse_image(f"{host}/bench/image-{number}:1"), "bench", deadline)
            assert verdict.sbom in _READ, verdict
            return verdict.counts.total

        gc.collect()
        forget_peak()
        before, began = peak_mib(), time.perf_counter()
        with ThreadPoolExecutor(THREADS) as pool:
            components = list(pool.map(check, range(IMAGES)))
        seconds = time.perf_counter() - began
    rate = IMAGES / seconds * 60
    peak = peak_mib()
    return [
        Row("images ingested a minute", f"{rate:.0f}", f"≥ {RATE_GOAL}", rate >= RATE_GOAL),
        Row("components in them", f"{sum(components):,}"),
        Row("peak memory of the process, and before", f"{peak:.0f} MiB, {before:.0f} MiB"),
    ]


def _crowd(folder: Path, settings: Path, host: str, log: Path) -> list[Row]:
    cert, key = Authority().issue().write(folder / "tls")
    port = free_port()
    command = ["-m", "webhook", "--config", str(settings), "serve", "--listen", f"127.0.0.1:{port}"]
    command += ["--tls-cert", str(cert), "--tls-key", str(key), "--metrics-listen", f"127.0.0.1:{free_port()}"]
    layout = Layout()
    digest = images.image(layout, name=f"image-{IMAGES + COLD}")
    body = review_of([f"{host}/bench/image-{IMAGES + COLD}@{digest}"])
    raw = b"POST /validate?timeout=10s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    raw += f"Content-Length: {len(body)}\r\n\r\n".encode() + body
    with running(command, port):
        first = _requests(log)
        with ThreadPoolExecutor(PODS) as pool:
            answers = list(pool.map(lambda _: request(port, raw), range(PODS)))
        second = _requests(log)
        answers += [request(port, raw) for _ in range(PODS)]
        third = _requests(log)
    assert all(b" 200 " in answer for answer in answers)
    manifests = sum(f"/manifests/{digest} " in line for line in _access(log)[first:second])
    return [
        Row(f"{PODS} Pods of a new image at once, requests to the registry", str(second - first)),
        Row("of these for the image's manifest", str(manifests), "≤ 1", manifests <= 1),
        Row(f"{PODS} Pods more, requests to the registry", str(third - second), "0", third == second),
    ]


def _requests(log: Path) -> int:
    """Requests that the registry has answered, by its access log."""
    time.sleep(0.5)
    return len(_access(log))


def _access(log: Path) -> list[str]:
    """The lines of the access log; the registry writes others beside them."""
    return [line for line in log.read_text().splitlines() if 'HTTP/1.1" ' in line]


if __name__ == "__main__":
    main()
