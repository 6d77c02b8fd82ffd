"""``python load.py SETTINGS``: create Pods at a quick pace until the input ends, and count what came of it.

SETTINGS is JSON: ``api`` (host:port), ``authority``, ``certificate``, ``key`` (paths), ``namespace``, ``allowed`` and
``blocked`` (images). All Pods are dry runs, so that only admission is at work; allowed and blocked images take turns.
Each line of output is JSON: the counts so far, about once a second; the last one is final. It runs inside a node's
namespaces, on the standard library alone.
"""

from __future__ import annotations

import http.client
import json
import ssl
import sys
import threading
import time
from collections import Counter
from typing import Any

CLIENTS = 4
"""Their pauses leave the processors of a node to what the tests wait for."""
RIGHT, WRONG, FAILED = "right", "wrong", "failed"


class Tally:
    """What came of the calls."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._texts: Counter[str] = Counter()
        self._seconds: list[float] = []
        self._began = time.monotonic()

    def add(self, result: str, text: str, seconds: float) -> None:
        """Count a call."""
        with self._lock:
            self._counts[result] += 1
            self._seconds.append(seconds)
            if result != RIGHT:
                self._texts[text[-200:]] += 1

    def told(self) -> str:
        """All of it as JSON."""
        with self._lock:
            taken = sorted(self._seconds) or [0.0]
            return json.dumps(
                {
                    **{name: self._counts[name] for name in (RIGHT, WRONG, FAILED)},
                    "seconds": round(time.monotonic() - self._began, 1),
                    "p50_ms": round(taken[len(taken) // 2] * 1000),
                    "p99_ms": round(taken[len(taken) * 99 // 100] * 1000),
                    "max_ms": round(taken[-1] * 1000),
                    "texts": self._texts.most_common(5),
                }
            )


def call(
    connection: http.client.HTTPSConnection, settings: dict[str, Any], name: str, blocked: bool
) -> tuple[str, str]:
    """Create a Pod; whether the decision was right, and what was said."""
    image = settings["blocked" if blocked else "allowed"]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"containers": [{"name": "c", "image": image}]},
    }
    path = f"/api/v1/namespaces/{settings['namespace']}/pods?dryRun=All"
    try:
        connection.request("POST", path, json.dumps(pod), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said = answer.read().decode()
    except (OSError, http.client.HTTPException) as problem:
        connection.close()
        return FAILED, repr(problem)
    denied = answer.status == 403 and "denied the request: " in said
    if answer.status == 201 or denied:
        return (RIGHT if denied == blocked else WRONG), said[:2000]
    return FAILED, f"{answer.status} {json.loads(said).get('message', '')}"


def client(number: int, settings: dict[str, Any], tally: Tally, stop: threading.Event) -> None:
    """Call until told to stop."""
    context = ssl.create_default_context(cafile=settings["authority"])
    context.load_cert_chain(settings["certificate"], settings["key"])
    host, port = settings["api"].split(":")
    connection = http.client.HTTPSConnection(host, int(port), context=context, timeout=20)
    count = number
    while not stop.is_set():
        count += 1
        began = time.monotonic()
        result, text = call(connection, settings, f"load-{number}-{count}", blocked=count % 2 == 1)
        tally.add(result, text, time.monotonic() - began)
        time.sleep(settings.get("pause", 0.2))


def main(settings: dict[str, Any]) -> None:
    """Run the clients until the input ends."""
    tally, stop = Tally(), threading.Event()
    clients = [threading.Thread(target=client, args=(number, settings, tally, stop)) for number in range(CLIENTS)]
    ended = threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True)
    for thread in (*clients, ended):
        thread.start()
    while not stop.wait(1.0):
        print(tally.told(), flush=True)
    for thread in clients:
        thread.join()
    print(tally.told(), flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
