"""A read model that stands on a copy: whatever happened before and after, it equals one that is loaded at once."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exports import exported, told
from tests.fakes import NOON, FakeClock, MemoryStore
from tests.ports.samples import AutoRule, answer, assessment, digest, make_sbom, vulnerability
from webhook.engines.readmodel import ReadModel
from webhook.engines.refresher import Refresher, RefreshOptions
from webhook.model.images import parse_image
from webhook.store.hotstart import HotStartFile

_PURLS = [f"pkg:npm/p{number}@1" for number in range(8)]
_NUMBERS = st.integers(0, 7)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("image"), st.integers(1, 4), st.sets(_NUMBERS, min_size=1)),
        st.tuples(st.just("removal"), st.integers(1, 4), st.just(set())),
        st.tuples(st.just("clean"), _NUMBERS, st.just(set())),
        st.tuples(st.just("vulnerable"), _NUMBERS, st.sets(st.integers(1, 3), min_size=1)),
        st.tuples(st.just("assessment"), st.integers(1, 3), st.just(set())),
        st.tuples(st.sampled_from(["tick", "save", "restart", "other"]), st.just(0), st.just(set())),
    ),
    max_size=25,
)


class Replicas:
    """Two processes that share a copy, and their store."""

    def __init__(self, folder: Path) -> None:
        self.store, self.disk = MemoryStore(FakeClock()), HotStartFile(folder / "model")
        self.one, self.other = self.started(), self.started()

    def started(self) -> tuple[ReadModel, Refresher]:
        model = ReadModel()
        refresher = Refresher(model, self.store.feed, self.disk, FakeClock(), RefreshOptions())
        refresher.warm_up()
        return model, refresher

    def take(self, step: str, number: int, others: set[int]) -> None:
        if step == "image":
            sbom = make_sbom(*(_PURLS[other] for other in sorted(others)))
            self.store.sboms.add(digest(number), sbom, place="added", image=parse_image(f"shop/web:{number}"))
        elif step == "removal":
            self.store.sboms.remove(digest(number), author="ada")
        elif step == "clean":
            self.store.components.record([answer(_PURLS[number])], assess=AutoRule(), now=NOON)
        elif step == "vulnerable":
            found = [vulnerability(f"V-{other}") for other in sorted(others)]
            self.store.components.record([answer(_PURLS[number], *found)], assess=AutoRule(), now=NOON)
        elif step == "assessment":
            self.store.assessments.append([assessment(f"V-{number}")])
        elif step == "tick":
            self.one[1].refresh()
        elif step == "save":
            self.one[1].save()
        elif step == "restart":
            self.one = self.started()
        else:
            self.other[1].tick()
            self.other[1].save()


@given(_STEPS)
@settings(max_examples=60, deadline=None)
def test_copies_and_changes_in_any_order_give_the_model_of_the_store(steps: list[tuple[str, int, set[int]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        replicas = Replicas(Path(folder))
        for step in steps:
            replicas.take(*step)
        whole = told(replicas.store.feed.changes())
        for model, refresher in (replicas.one, replicas.other):
            refresher.refresh()
            assert exported(model) == whole
            refresher.save()
            assert exported(model) == whole
        for number in range(1, 5):
            assert replicas.one[0].facts(digest(number)) == replicas.other[0].facts(digest(number))
