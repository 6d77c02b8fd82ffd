"""Copies of frozen values with some fields changed, whichever library has made their class."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def replace(value: T, **changes: Any) -> T:
    """The value with these fields instead."""
    if isinstance(value, msgspec.Struct):
        return msgspec.structs.replace(value, **changes)
    copy: T = dataclasses.replace(value, **changes)  # it is the one or the other
    return copy
