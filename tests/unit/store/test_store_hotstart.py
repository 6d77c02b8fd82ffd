"""The copy of the read model on disk: whole or not there, and small in memory."""

from __future__ import annotations

import logging
import struct
from array import array
from hashlib import blake2b
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import NOON, FakeClock, MemoryStore
from tests.ports.samples import AutoRule, answer, digest, make_sbom, vulnerability
from webhook.model.changes import Changes, Position
from webhook.model.images import Digest
from webhook.model.purls import Purl
from webhook.store.hotstart import HotStartFile


def sample() -> Changes:
    store = MemoryStore(FakeClock(), "ab12")
    store.sboms.add(digest(1), make_sbom("pkg:npm/a@1", "pkg:npm/b@1"), place="added")
    store.components.record([answer("pkg:npm/a@1", vulnerability("V-1"))], assess=AutoRule(), now=NOON)
    return store.feed.changes()


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
    (tmp_path / "model").write_bytes(content.replace(b"read model 4\n", b"read model 3\n"))
    with caplog.at_level(logging.WARNING, "bomgate.hotstart"):
        assert HotStartFile(tmp_path / "model").load() is None
    assert [record.message for record in caplog.records] == ["saved read model not used"]


def test_a_copy_of_a_program_that_follows_no_removals_is_compared_with_the_whole_store(tmp_path: Path) -> None:
    HotStartFile(tmp_path / "model").save(sample())
    loaded = HotStartFile(tmp_path / "model").load()
    assert loaded is not None and loaded.position.mark
    former = msgspec.msgpack.encode(["ab12", 7, b"", b"", b"", "cd34"])
    magic = (tmp_path / "model").read_bytes().partition(b"\n")[0] + b"\n"
    content = magic + struct.pack("<I", len(former)) + former + struct.pack("<I", 0)
    (tmp_path / "model").write_bytes(content + blake2b(content, digest_size=16).digest())
    loaded = HotStartFile(tmp_path / "model").load()
    assert loaded is not None
    assert loaded.position == Position("ab12", 7)


def test_a_missing_file_is_nothing_to_warn_about(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert HotStartFile(tmp_path / "folder" / "model").load() is None
    assert caplog.records == []


def test_a_save_that_fails_keeps_the_old_model_and_leaves_no_litter(tmp_path: Path) -> None:
    file = HotStartFile(tmp_path / "model")
    file.save(sample())
    unsaveable = Changes(
        Position("ab12", 1), True, array("I", [0]), b"\2", array("I", [1]), purls={}, findings={0: ("V-1",)}
    )
    with pytest.raises(KeyError):
        file.save(unsaveable)
    assert file.load() == sample()
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_folder_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        HotStartFile(tmp_path / "file" / "model").save(sample())


def test_what_is_loaded_has_the_types_of_the_model(tmp_path: Path) -> None:
    HotStartFile(tmp_path / "model").save(sample())
    loaded = HotStartFile(tmp_path / "model").load()
    assert loaded is not None
    assert type(loaded.purls[0]) is Purl
    assert type(loaded.sboms[0].digest) is Digest
    assert loaded.assessments[0].assessed_at == NOON
    assert loaded.component_ids.typecode == loaded.sboms[0].component_ids.typecode == "I"
