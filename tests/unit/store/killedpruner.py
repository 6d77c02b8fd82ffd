"""Passes of retention that are killed, each at another step: ``python -m tests.unit.store.killedpruner URL``.

Before every third there is one more image that nobody has seen for long, beside one that runs. Prints a line for each:
whether it was killed, which images are left, and what is known of the image that runs. The last one is not killed.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import random
import sys
from functools import partial

from tests.copies import replace
from tests.fakes import FakeClock
from tests.killing import die_at_statement, is_killed
from tests.ports.samples import AutoRule, answer, digest, make_sbom, vulnerability
from tests.unit.store.consistency import check
from tests.unit.store.retention import DAY, OPTIONS, afresh, audit, follow, prune, same, workload
from webhook.engines.readmodel import ReadModel
from webhook.model.downloads import DownloadReport
from webhook.model.images import parse_image
from webhook.model.looks import Look
from webhook.model.purls import Purl
from webhook.model.records import Sighting
from webhook.model.triage import AuditNote
from webhook.store import StoreOptions
from webhook.store.repositories import Store, open_store

WEB, RUNS = "docker.io/shop/web", 1
KILLS = 100
LONGEST_STRIDE = 3
"""Steps between two kills, at most."""
KEPT = replace(OPTIONS, documents_days=5, audit_days=10, step_rows=2)


def add(store: Store, clock: FakeClock, number: int) -> None:
    """An image with everything that belongs to one; it and the running one are seen."""
    only, shared, at = Purl(f"pkg:npm/only-{number}@1"), Purl("pkg:npm/shared@1"), clock.now()
    sbom = replace(make_sbom(only, shared), document=str(number).encode())
    store.documents.keep([sbom])
    store.sboms.record(digest(number), Look(WEB, {"referrers": [sbom]}), image=parse_image(f"shop/web:{number}"))
    told = [answer(only, vulnerability(f"V-{number}", "9.8"), at=at), answer(shared, at=at)]
    store.components.record(told, assess=AutoRule(), now=at)
    store.sightings.record([Sighting(digest(seen), f"{WEB}:{seen}", at) for seen in (RUNS, number)])
    store.run_progress.note(AuditNote("ada", "here", "assess", f"V-{number}"), at)
    lease = store.runs.acquire("run", duration=dt.timedelta(minutes=1))
    store.runs.finish(DownloadReport(), started=at, finished=at, lease=lease)
    store.runs.release(lease)


def one_pass(store: Store, clock: FakeClock, at: int) -> None:
    """A pass of a process that is killed at a step, if there is such a one."""
    die_at_statement(at)
    prune(store, clock, KEPT)
    store.close()


def main(url: str) -> None:
    """Kill one at a step after the other, from the first on again where there are no more."""
    clock, dice, follower = FakeClock(), random.Random(5), ReadModel()
    # One for all: its statements are compiled once, and it has no connection while a process forks.
    store = open_store(StoreOptions(url=url), clock)
    number, at, kills = 0, 0, 0
    for turn in itertools.count():
        if turn % 3 == 0:
            number += 1
            add(store, clock, number)
        clock.advance(20 * DAY)
        audit(store, clock, workload((f"{WEB}:{RUNS}", digest(RUNS))))
        store.close()
        at += dice.randint(1, LONGEST_STRIDE)
        was_killed = is_killed(partial(one_pass, store, clock, at))
        check(url)
        follow(store, follower)
        same(follower, afresh(store))
        facts = follower.facts(digest(RUNS))
        left = [image for image in range(1, number + 1) if follower.knows(digest(image))]
        print(json.dumps([was_killed, left, facts is not None and (len(facts.vulnerable), facts.clean)]), flush=True)
        kills += was_killed
        if not was_killed:
            at = 0
            if kills >= KILLS:
                break
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
