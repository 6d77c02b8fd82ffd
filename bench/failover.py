"""How long a PostgreSQL failover is felt: from the promotion of the standby until each program goes on.

Two real servers, ``synchronous_commit = remote_apply``. The primary is killed, the standby promoted at once or after
the outage that is named. Meanwhile run a writer, a webhook that is asked all the time, and a controller that is given
objects of the cluster.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from bench import Row, UnavailableError, show
from tests.certificates import Authority
from tests.doubles.clock import RealClock
from tests.e2e.processes import free_port, wait_until
from tests.e2e.product import Bomgate
from tests.ports.samples import AutoRule, answer, assessment, digest, make_sbom, vulnerability
from tests.postgres import find_programs
from tests.security.replication import Pair, Writer, kept, replicated
from tests.security.steering import BAD, Steerer, decide, steerable_cluster
from webhook.store.options import StoreOptions
from webhook.store.repositories import Store, open_store

OUTAGES = (0.0, 8.0)
"""Seconds without any primary."""
ROUNDS = 3
GOAL_SECONDS = 5.0


def main() -> list[Row]:
    """Measure and print."""
    programs = find_programs()
    if programs is None or not (programs / "pg_basebackup").exists():
        raise UnavailableError("PostgreSQL with pg_basebackup is not installed")
    rows: list[Row] = []
    for outage in OUTAGES:
        taken = [_round(outage) for _ in range(ROUNDS)]
        for name in taken[0]:
            seconds = [item[name] for item in taken]
            worst, median = max(seconds), statistics.median(seconds)
            timed = name in ("writer", "webhook", "controller")
            goal = (f"≤ {GOAL_SECONDS:g} s", worst <= GOAL_SECONDS) if timed else ("0", worst == 0)
            figure = f"{median:.2f} s, most {worst:.2f} s" if timed else f"{worst:.0f}"
            rows.append(Row(f"{outage:g} s without a primary: {name}", figure, *goal))
    show("A failover of PostgreSQL, from the promotion on", rows)
    return rows


def _round(outage: float) -> dict[str, float]:
    with (
        tempfile.TemporaryDirectory() as folder,
        replicated() as pair,
        steerable_cluster() as cluster,
        closing(open_store(StoreOptions(url=pair.url), RealClock())) as store,
    ):
        _fill(store, pair)
        server = Bomgate("server", Path(folder) / "server", Authority(), _settings(pair, Path(folder)))
        kube: dict[str, Any] = {
            "kube": {"kubeconfig": str(cluster.kubeconfig(Path(folder) / "kubeconfig")), "namespace": "bomgate"},
            "controller": {"listen": f"127.0.0.1:{free_port()}", "resourceSeconds": 0.2, "inventorySeconds": 0.2},
        }
        settings = {**_settings(pair, Path(folder)), **kube}
        server.start()
        controller = Bomgate("controller", Path(folder) / "controller", Authority(), settings).controller()
        wrong, ended = [0], threading.Event()

        def ask() -> None:
            while not ended.wait(0.02):
                wrong[0] += decide(server) != "denied"

        try:
            wait_until(lambda: {decide(server) for _ in range(20)} == {"denied"}, 60, "all workers")
            with Writer(store) as writer, Steerer(cluster) as steerer:
                steerer.wait_for_more(2)
                asking = threading.Thread(target=ask)
                asking.start()
                pair.primary.stop()
                time.sleep(outage)
                pair.standby.promote()
                pair.standby.set(synchronous_standby_names="")
                began = time.monotonic()
                waits = {"writer": lambda: writer.wait_for_more(1), "controller": lambda: steerer.wait_for_more(1)}
                taken = _together(began, waits)
                ended.set()
                asking.join()
                store.assessments.append([assessment("V-1", "Ignore")])
                began = time.monotonic()
                wait_until(lambda: {decide(server)[:7] for _ in range(5)} == {"allowed"}, 60, "the change", 0.01)
                taken["webhook"] = time.monotonic() - began
            lost = set(writer.acknowledged) - set(kept(store))
            return {**taken, "wrong decisions": wrong[0], "acknowledged writes lost": len(lost)}
        finally:
            ended.set()
            server.stop()
            controller.stop()


def _together(began: float, waits: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Seconds since ``began`` until each of these ended."""
    taken: dict[str, float] = {}

    def wait(name: str, until: Callable[[], None]) -> None:
        until()
        taken[name] = time.monotonic() - began

    threads = [threading.Thread(target=wait, args=item) for item in waits.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken


def _settings(pair: Pair, folder: Path) -> dict[str, Any]:
    return {"database": {"url": pair.url}, "sbom": {"sources": ["directory"], "directory": str(folder)}}


def _fill(store: Store, pair: Pair) -> None:
    store.admin.upgrade()
    pair.catch_up()
    pair.synchronous()
    now = RealClock().now()
    store.sboms.add(digest(1), make_sbom(BAD), place="added")
    store.components.record([answer(BAD, vulnerability("V-1", "9.8"), at=now)], assess=AutoRule(), now=now)


if __name__ == "__main__":
    main()
