"""Tables of a mapped file."""

from __future__ import annotations

from array import array

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.model.overlays import Overlay
from webhook.store.mappedtables import UINT64, MappedTable, RecordForm, Sections, records_of

_PAIR = msgspec.msgpack.Decoder(tuple[str, int])


def form_of(numbers: int) -> RecordForm[str, int]:
    """A form that gives all keys one of so many numbers, so that several have the same."""
    return RecordForm(
        lambda key: sum(key.encode()) % numbers,
        lambda key, value: msgspec.msgpack.encode((key, value)),
        lambda record: _PAIR.decode(record),
    )


def table_of(mapping: Overlay[str, int], form: RecordForm[str, int]) -> MappedTable[str, int]:
    starts, numbers, records = array(UINT64, [0]), array(UINT64), bytearray()
    for number, record in records_of(mapping, form):
        records += record
        starts.append(len(records))
        numbers.append(number)
    assert list(numbers) == sorted(numbers)
    return MappedTable(Sections(memoryview(bytes(records)), memoryview(starts), memoryview(numbers)), form)


KEYS = st.text(alphabet="abc", max_size=3)
STEPS = st.lists(st.tuples(KEYS, st.none() | st.integers(0, 9)), max_size=30)


@given(st.lists(STEPS, max_size=4), st.sampled_from([1, 3, 1000]))
def test_an_overlay_on_a_table_is_like_a_dict_however_often_it_is_written(
    rounds: list[list[tuple[str, int | None]]], numbers: int
) -> None:
    form, plain = form_of(numbers), dict[str, int]()
    mapping: Overlay[str, int] = Overlay()
    for steps in rounds:
        for key, value in steps:
            if value is None:
                assert mapping.pop(key, None) == plain.pop(key, None)
            else:
                mapping[key] = plain[key] = value
            assert mapping.get(key) == plain.get(key)
            assert (key in mapping) == (key in plain)
        assert dict(mapping.items()) == dict(mapping) == plain
        assert len(mapping) == len(plain)
        twin = mapping.copy()
        mapping = Overlay(table_of(mapping, form))
        assert dict(twin) == dict(mapping) == plain


def test_a_key_that_is_not_there_is_a_key_error_whatever_number_it_has() -> None:
    mapping: Overlay[str, int] = Overlay()
    mapping["ab"] = 1
    table = table_of(mapping, form_of(1))
    with pytest.raises(KeyError):
        table["ba"]
    with pytest.raises(KeyError):
        del Overlay(table)["ba"]
