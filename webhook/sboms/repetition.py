"""Repeated keys: proof that no purl hides behind one.

JSON lets an object repeat a key, and readers disagree on which value counts. A document could so show one inventory to
a scanner and another to us. The proof is cheap: when the key of purls stands in the bytes as often as purls were read,
then none was lost, whatever was repeated. Only when the numbers differ is the whole text looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from webhook.errors import InvalidInput

_TOKEN = re.compile(rb'[{}]|"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?', re.DOTALL)


class Key:
    """A key of which the places in a JSON text can be counted.

    Args:
        name: the key.
    """

    __slots__ = ("_spaced", "_tight")

    def __init__(self, name: str) -> None:
        self._tight, self._spaced = f'"{name}":'.encode(), f'"{name}" :'.encode()

    def stands(self, times: int, data: bytes) -> bool:
        """Whether a text holds the key so many times, without escapes and with at most one space before the colon."""
        found = data.count(self._tight)
        return found == times or found + data.count(self._spaced) == times

    def count(self, data: bytes) -> int:
        """How often a text holds the key."""
        return data.count(self._tight) + data.count(self._spaced)


def refuse_repeated(data: bytes, keys: Iterable[str]) -> None:
    """Look at every object of a well-formed JSON text, in memory proportional to its nesting.

    Args:
        data: the text.
        keys: the keys that must not be repeated within one object.

    Raises:
        InvalidInput: one is.
    """
    wanted = frozenset(key.encode() for key in keys)
    open_objects: list[set[bytes]] = []
    for token in _TOKEN.finditer(data):
        key, colon = token.groups()
        if key is None:
            if token[0] == b"{":
                open_objects.append(set())
            else:
                open_objects.pop()
        elif colon is not None:
            plain = _unescaped(key) if b"\\" in key else key
            if plain in wanted:
                if plain in open_objects[-1]:
                    raise _repeated(plain.decode())
                open_objects[-1].add(plain)


def _unescaped(key: bytes) -> bytes:
    try:
        return msgspec.json.decode(b'"%s"' % key, type=str).encode()
    except ValueError:
        return key  # half a surrogate pair, so none of the keys that are looked for


def _repeated(key: str) -> InvalidInput:
    return InvalidInput(
        f"The SBOM repeats the key {key!r} in one object, so that its readers would not agree on what it lists",
        remedy="Have the tool write it again; a correct one never repeats a key.",
    )
