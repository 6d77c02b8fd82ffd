"""Conversions between values and columns."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.model.images import Digest
from webhook.store.columns import Moment
from webhook.store.values import clean, pack, to_json, to_moment, to_seconds, unpack

UTC_TIMES = st.datetimes(timezones=st.just(dt.UTC))


@given(st.lists(st.integers(0, 2**32 - 1)))
def test_packed_ids_come_back(ids: list[int]) -> None:
    assert list(unpack(pack(ids))) == ids


def test_ids_are_packed_little_endian_in_four_bytes() -> None:
    assert pack([1, 0x01020304]) == b"\x01\0\0\0\x04\x03\x02\x01"


@given(UTC_TIMES)
def test_times_come_back_to_the_microsecond(moment: dt.datetime) -> None:
    stored = Moment().process_bind_param(moment, dialect=None)
    assert stored is not None
    assert to_moment(stored) == moment


def test_a_time_in_another_zone_is_the_same_moment() -> None:
    summer = dt.datetime(2026, 7, 1, 14, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    stored = Moment().process_bind_param(summer, dialect=None)
    assert to_moment(stored or 0) == dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)


@given(UTC_TIMES)
def test_seconds_fit_into_the_read_model_and_are_never_taken_for_never(moment: dt.datetime) -> None:
    assert 1 <= to_seconds(moment) <= 2**32 - 1


@given(st.text(st.characters(codec=None, categories=None)))
def test_clean_text_can_be_stored(text: str) -> None:
    cleaned = clean(text)
    assert "\0" not in cleaned
    cleaned.encode("utf-8")
    assert len(cleaned) == len(text)


def test_clean_text_keeps_what_is_clean() -> None:
    assert clean("naïve “quotes” \U0001f600\n") == "naïve “quotes” \U0001f600\n"
    assert clean("a\0b\ud800c") == "a\ufffdb?c"


def test_strings_of_other_classes_are_written_and_other_objects_are_not() -> None:
    assert to_json({"a": Digest("sha256:0")}) == '{"a":"sha256:0"}'
    with pytest.raises(NotImplementedError):
        to_json(object())
