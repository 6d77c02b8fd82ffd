"""The copy of the read model on disk: whole or not there, and small in memory."""

from __future__ import annotations

import fcntl
import logging
from array import array
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exports import exported
from tests.fakes import NOON, FakeClock, MemoryStore
from tests.ports.samples import AutoRule, answer, digest, make_sbom, vulnerability
from webhook.engines.readmodel import ReadModel
from webhook.model.bases import Base
from webhook.model.changes import Changes, Position
from webhook.model.components import ComponentState
from webhook.model.images import Digest
from webhook.model.purls import Purl
from webhook.policy.matching import AssessmentIndex
from webhook.store.hotstart import HotStartFile


def sample() -> Base:
    store = MemoryStore(FakeClock(), "ab12")
    store.sboms.add(digest(1), make_sbom("pkg:npm/a@1", "pkg:npm/b@1"), place="added")
    store.components.record([answer("pkg:npm/a@1", vulnerability("V-1"))], assess=AutoRule(), now=NOON)
    model = ReadModel()
    model.apply(store.feed.changes())
    return model.base()


def saved_bytes(folder: Path) -> bytes:
    file = HotStartFile(folder / "model")
    file.save(sample())
    return (folder / "model").read_bytes()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A folder, and the bytes of a saved model."""
    folder = tmp_path_factory.mktemp("hotstart")
    return folder, saved_bytes(folder)


@given(st.data())
@settings(max_examples=60)
def test_a_damaged_file_counts_as_none(whole: tuple[Path, bytes], data: st.DataObject) -> None:
    folder, content = whole
    damaged = bytearray(content)
    place = data.draw(st.integers(0, len(content) - 1))
    damaged[place] ^= data.draw(st.integers(1, 255))
    (folder / "damaged").write_bytes(damaged)
    assert HotStartFile(folder / "damaged").load() is None


@given(st.data())
@settings(max_examples=30)
def test_a_file_that_is_cut_short_or_goes_on_counts_as_none(whole: tuple[Path, bytes], data: st.DataObject) -> None:
    folder, content = whole
    size = data.draw(st.integers(0, len(content) - 1))
    for changed in (content[:size], content + content[:1]):
        (folder / "cut").write_bytes(changed)
        assert HotStartFile(folder / "cut").load() is None


def test_a_file_of_another_version_counts_as_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    content = saved_bytes(tmp_path)
    (tmp_path / "model").write_bytes(content.replace(b"read model 5 ", b"read model 4 ", 1))
    with caplog.at_level(logging.WARNING, "bomgate.hotstart"):
        assert HotStartFile(tmp_path / "model").load() is None
    assert [record.message for record in caplog.records] == ["saved read model not used"]


def test_a_missing_file_is_nothing_to_warn_about(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert HotStartFile(tmp_path / "folder" / "model").load() is None
    assert caplog.records == []


def test_a_save_that_fails_keeps_the_old_model_and_leaves_no_litter(tmp_path: Path) -> None:
    file = HotStartFile(tmp_path / "model")
    file.save(sample())
    with pytest.raises(NotImplementedError):
        file.save(Base(Position("ab12", 1), types=(object(),)))
    loaded = file.load()
    assert loaded is not None
    assert exported(loaded) == exported(sample())
    assert sorted(path.name for path in tmp_path.iterdir()) == [".model.lock", "model"]


def test_what_a_killed_process_left_is_removed_by_the_next_save(tmp_path: Path) -> None:
    (tmp_path / ".model.new-abc").write_bytes(b"half of it")
    assert HotStartFile(tmp_path / "model").save(sample())
    assert sorted(path.name for path in tmp_path.iterdir()) == [".model.lock", "model"]


def test_only_one_process_saves_at_a_time(tmp_path: Path) -> None:
    file = HotStartFile(tmp_path / "model")
    with (tmp_path / ".model.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert not file.save(sample())
        assert file.load() is None
    assert file.save(sample())


def test_what_one_process_changes_is_seen_by_no_other_and_not_in_the_file(tmp_path: Path) -> None:
    file = HotStartFile(tmp_path / "model")
    file.save(sample())
    content = (tmp_path / "model").read_bytes()
    first, second = ReadModel(), ReadModel()
    for model in (first, second):
        base = file.load()
        assert base is not None
        model.stand_on(base)
    before = second.facts(digest(1))
    clean = Changes(
        Position("ab12", first.revision + 1), False, array("I", [0]), bytes([ComponentState.CLEAN]), array("I", [9])
    )
    first.apply(clean)
    changed = first.facts(digest(1))
    assert changed is not None
    assert changed.vulnerable == ()
    assert second.facts(digest(1)) == before
    assert (tmp_path / "model").read_bytes() == content


def test_more_components_than_there_is_room_for_are_taken_in(tmp_path: Path) -> None:
    file = HotStartFile(tmp_path / "model")
    file.save(sample())
    model, base = ReadModel(), file.load()
    assert base is not None
    model.stand_on(base)
    counts = model.counts()
    last = 100_000
    states, answered = bytes([ComponentState.CLEAN]), array("I", [9])
    model.apply(Changes(Position("ab12", model.revision + 1), False, array("I", [last]), states, answered))
    assert model.counts()[ComponentState.CLEAN] == counts[ComponentState.CLEAN] + 1
    assert sum(model.counts().values()) == sum(counts.values()) + 1
    assert file.save(model.base())
    again = file.load()
    assert again is not None
    assert exported(again) == exported(model)


def test_a_folder_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        HotStartFile(tmp_path / "file" / "model").save(sample())


def test_what_is_loaded_has_the_types_of_the_model(tmp_path: Path) -> None:
    HotStartFile(tmp_path / "model").save(sample())
    loaded = HotStartFile(tmp_path / "model").load()
    assert loaded is not None
    image = loaded.images[digest(1)]
    assert type(loaded.findings[0].purl) is Purl
    assert {type(found) for found in loaded.images} == {Digest}
    assert [assessment.assessed_at for assessment in AssessmentIndex.on(loaded.assessments)] == [NOON]
    assert image.ids.typecode == "I"
    assert [sbom.digest for sbom in image.sboms.values()] == [digest(1)]
