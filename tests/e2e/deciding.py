"""Asking a cluster for decisions: what the resilience tests do over and over."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable, Iterator

import kubernetes.client

from tests.e2e.answers import Answer, call
from tests.e2e.catalogue import BLOCKED, CAUTION, CLEAN, TURNING, reference
from tests.e2e.manifests import pod
from tests.e2e.processes import wait_until
from tests.e2e.product import Bomgate

TryPod = Callable[[str], Answer]


def pod_trier(client: kubernetes.client.ApiClient, namespace: str) -> TryPod:
    """Asks whether a Pod with one image would be admitted; the registration refuses everything when the call fails."""
    create = kubernetes.client.CoreV1Api(client).create_namespaced_pod_with_http_info
    return lambda image: call(create, namespace, pod(namespace, "web", image), dry_run="All")


def assert_decides(try_pod: TryPod) -> None:
    """All three decisions, from what is known of the images."""
    denied, warned, allowed = try_pod(BLOCKED), try_pod(CAUTION), try_pod(CLEAN)
    assert denied.denied, denied.message
    assert "CVE-2026-10001" in denied.text
    assert warned.allowed, warned.message
    assert "CVE-2026-10003" in warned.warnings[0]
    assert allowed.allowed, allowed.message
    assert allowed.warnings == ()


@contextlib.contextmanager
def under_load(try_pod: TryPod, pause: float = 0.0) -> Iterator[None]:
    """Ask for decisions on two threads while the block runs, and see that each one arrived.

    Args:
        try_pod: asks for one.
        pause: seconds between two questions of a thread.
    """
    answers: list[Answer] = []
    stop = threading.Event()

    def ask() -> None:
        for image in itertools.cycle((CLEAN, BLOCKED)):
            if stop.wait(pause):
                return
            answers.append(try_pod(image))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield
        wait_until(lambda: len(answers) >= 20, 20, "20 answers", pause=0.01)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert [answer.message for answer in answers if not answer.allowed and not answer.denied] == []


def turn_bad(bomgate: Bomgate, core: kubernetes.client.CoreV1Api, namespace: str, number: int) -> None:
    """Have people block what is in an image, and wait until a Pod of it that nobody owns is denied."""
    package = TURNING[number].partition("@")[0]
    bomgate.run("assess", f"CVE-2026-2000{number}", "--package", package, "--type", "Blocked", "--comment", "bad now")
    fresh = pod(namespace, "fresh", reference(f"turning-{number}"))
    create = core.create_namespaced_pod_with_http_info
    wait_until(lambda: call(create, namespace, fresh, dry_run="All").denied, 20, "the denial")
