"""Deeply nested JSON: what a decoder cannot follow, without the depths that nobody reads.

The API server takes JSON of up to 10,000 levels, such as in ``managedFields``, which anybody may write. A decoder that
gives up below that would leave a review undecided, or a list of Pods unread. All that bomgate reads lies within a few
levels, so what is deeper is left out, and only where the decoder has given up: it costs time.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

MOST_LEVELS = 100
"""Levels that stay. A path of ``policy.kinds`` has at most 32 steps, and a container is 5 levels below a pod spec."""
_MARK = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{\]}]', re.DOTALL)


def decode_deep(decoder: msgspec.json.Decoder[Any], content: bytes | msgspec.Raw) -> Any:
    """Decode JSON however deeply it is nested.

    Args:
        decoder: reads no further than ``MOST_LEVELS`` levels.
        content: the JSON.

    Raises:
        msgspec.MsgspecError: it is no JSON, or not of the decoder's shape.
    """
    try:
        return decoder.decode(content)
    except RecursionError:
        return decoder.decode(without_depths(bytes(content)))


def without_depths(content: bytes) -> bytes:
    """A JSON text whose objects and arrays below ``MOST_LEVELS`` levels are empty; in linear time."""
    kept, level, start = [], 0, 0
    for mark in _MARK.finditer(content):
        first = content[mark.start()]
        if first in b"[{":
            level += 1
            if level == MOST_LEVELS + 1:
                kept.append(content[start : mark.end()])
        elif first in b"]}":
            if level == MOST_LEVELS + 1:
                start = mark.start()
            level -= 1
    if level <= MOST_LEVELS:  # otherwise the text ends in the depths, and is no JSON
        kept.append(content[start:])
    return b"".join(kept)
