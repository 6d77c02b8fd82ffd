"""Passes of retention for tests: what is old goes, and a read model that follows stays equal to one loaded afresh."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from tests.exports import exported
from tests.fakes import FakeClock
from webhook.engines.readmodel import ReadModel
from webhook.engines.retention.options import RetentionOptions
from webhook.engines.retention.pruner import Pruner, PrunerParts
from webhook.model.actions import Action
from webhook.model.changes import Changes
from webhook.model.images import Digest
from webhook.model.inventory import InventoriedImage, InventoriedWorkload
from webhook.model.policies import Mode
from webhook.model.retention import PruneKind
from webhook.model.verdicts import SbomStatus
from webhook.store.repositories import Store

DAY = dt.timedelta(days=1).total_seconds()
OPTIONS = RetentionOptions(images_days=10, components_days=5, sightings_days=10, runs_days=10, requests_days=10)


def pruner(store: Store, clock: FakeClock, options: RetentionOptions = OPTIONS, holder: str = "me") -> Pruner:
    parts = PrunerParts(store.retention, store.documents, store.outbox, clock, holder, told_days=30)
    return Pruner(parts, options)


def prune(store: Store, clock: FakeClock, options: RetentionOptions = OPTIONS) -> dict[PruneKind, int]:
    """A whole pass; what it deleted."""
    deleted = Counter[PruneKind]()
    for step in pruner(store, clock, options).steps():
        deleted[step.kind] += step.deleted
    return {kind: number for kind, number in deleted.items() if number}


def workload(*images: tuple[str, Digest | None], uid: str = "u-1", pods: int = 1) -> InventoriedWorkload:
    named = tuple(InventoriedImage(name, digest, ("c",), Action.ALLOW, SbomStatus.FOUND) for name, digest in images)
    return InventoriedWorkload(uid, "shop", "apps/v1", "Deployment", "web", pods, Mode.DENY, Action.ALLOW, "", named)


def audit(store: Store, clock: FakeClock, *workloads: InventoriedWorkload) -> None:
    store.inventory.replace(workloads, taken_at=clock.now(), revision=0)


def afresh(store: Store) -> ReadModel:
    model = ReadModel()
    model.apply(store.feed.changes())
    return model


def follow(store: Store, model: ReadModel) -> None:
    """Bring a model up to date, which has to be possible without loading everything."""
    changes = store.feed.changes(model.position)
    assert not changes.complete or model.position.revision == 0
    model.apply(changes)


def same(follower: ReadModel, fresh: ReadModel) -> None:
    """Assert that two models know the same."""
    one, other = exported(follower), exported(fresh)
    for name in Changes.__struct_fields__:
        assert _plain(getattr(one, name)) == _plain(getattr(other, name)), name
    assert follower.counts() == fresh.counts()
    assert follower.newest_answer == fresh.newest_answer


def _plain(value: object) -> object:
    return sorted(value, key=repr) if isinstance(value, tuple) else value
