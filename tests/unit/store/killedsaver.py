"""Workers that are killed while they build a read model or swap: ``python -m tests.unit.store.killedsaver FOLDER``.

Each begins with the model that was saved before, follows the store, saves, and stands on what it saved. Prints a line
for each: whether it was killed, and which model a worker has that starts then without the database.
"""

from __future__ import annotations

import json
import random
import sys
from functools import partial
from pathlib import Path

from tests.exports import exported
from tests.fakes import NOON, FakeClock
from tests.killing import die_at_line, is_killed
from tests.ports.samples import AutoRule, answer, assessment, digest, make_sbom, vulnerability
from webhook.engines.readmodel import ReadModel
from webhook.engines.refresher import Refresher, RefreshOptions
from webhook.model.images import parse_image
from webhook.store import StoreOptions
from webhook.store.hotstart import HotStartFile
from webhook.store.repositories import Store, open_store

LONGEST_STRIDE = 12
"""Lines between two kills, at most."""
MODULES = (
    "webhook.engines.componenttable",
    "webhook.engines.readmodel",
    "webhook.engines.refresher",
    "webhook.store.hotstart",
    "webhook.store.hotstartwriter",
    "webhook.store.mappedtables",
)


def opened(folder: Path) -> Store:
    """The store, as another process opens it."""
    return open_store(StoreOptions(url=f"sqlite:///{folder / 'store.db'}"), FakeClock())


def change(store: Store, number: int) -> None:
    """Something of everything that a model holds."""
    bad, good = f"pkg:npm/bad-{number}@1", f"pkg:npm/good-{number}@1"
    store.sboms.add(digest(number), make_sbom(bad, good), place="added", image=parse_image(f"shop/web:{number}"))
    found = vulnerability(f"V-{number}", "9.8")
    store.components.record([answer(bad, found), answer(good)], assess=AutoRule(), now=NOON)
    store.assessments.append([assessment(found.id)])


def worker(store: Store, disk: HotStartFile) -> tuple[ReadModel, Refresher]:
    """A worker that has started."""
    model = ReadModel()
    refresher = Refresher(model, store.feed, disk, FakeClock(), RefreshOptions())
    refresher.warm_up()
    return model, refresher


def follow_and_save(folder: Path, disk: HotStartFile, at: int) -> None:
    """What a worker does, which is killed at a line, if there is such a one."""
    store = opened(folder)
    _, refresher = worker(store, disk)
    die_at_line(at, MODULES)
    refresher.refresh()
    refresher.save()
    sys.settrace(None)
    store.close()


def main(name: str) -> None:
    """Go on until a worker has no such line."""
    folder, file = Path(name), Path(name) / "model"
    disk, dice, at, was_killed = HotStartFile(file), random.Random(5), 0, True
    store = opened(folder)
    change(store, 1)
    model, refresher = worker(store, disk)
    refresher.refresh()
    refresher.save()
    old, standing, content = exported(model), disk.load(), file.read_bytes()
    assert standing is not None
    change(store, 2)
    refresher.refresh()
    new = exported(model)
    store.close()
    while was_killed:
        file.with_name("former").write_bytes(content)
        file.with_name("former").replace(file)
        at += dice.randint(1, LONGEST_STRIDE)
        was_killed = is_killed(partial(follow_and_save, folder, disk, at))
        saved = disk.load()
        assert saved is not None
        found = exported(saved)
        assert exported(standing) == old, "another worker's"
        store = opened(folder)
        next_model, next_worker = worker(store, disk)
        next_worker.refresh()
        next_worker.save()
        assert exported(next_model) == new
        assert disk.position() == new.position
        store.close()
        litter = [path.name for path in folder.glob(".model.new-*")]
        print(json.dumps([was_killed, "old" if found == old else "new" if found == new else "another", litter]))


if __name__ == "__main__":
    main(*sys.argv[1:])
