"""Repeated keys: proof that no purl hides behind one.

JSON lets an object repeat a key, and readers disagree on which value counts. A document could so show one inventory to
a scanner and another to us. The proof is cheap: when the key of purls stands in the bytes as often as purls were read,
then none was lost, whatever was repeated. Only when the numbers differ is the whole text looked at, and when a letter
of ASCII is written as an escape, which no tool does: such a key would not be counted. What ends a document and lists no
packages, such as files and relationships, is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Raw, UnsetType

from webhook.errors import InvalidInput

_LETTER = re.compile(rb"\\u00[4-7]")
_BYTES_A_STEP = 1024
"""Bytes of text that cost as much to search for a letter as a step from one backslash to the next."""
LARGE = 64 * 1024
"""Bytes of a document of which it is worth while to look for the end of its packages."""
_STEPS = 4
"""Steps after which it shows whether backslashes are rare."""
_SLACK = 128
"""Bytes that are looked at for a key and the blanks around it."""
_BLANKS = b" \t\r\n"
_STRING = rb'[^"\\]*+(?:\\.[^"\\]*+)*+'
_KEY_OR_BRACE = re.compile(
    # Possessive throughout: what is skipped must not be remembered. Values are strings that no colon follows.
    rb'(?:[^{}"]++|"%s"(?!\s*+:))*+(?:[{}]|"(%s)"\s*+:)' % (_STRING, _STRING),
    re.DOTALL,
)


def end_of_packages(data: bytes, others: Mapping[bytes, Raw | UnsetType]) -> int:
    """Where the last of a document's top-level values begin, as far as they are among those that list no packages.

    A value may be repeated. Each copy has as many keys as the others, so that it does not matter which is the last.

    Args:
        data: the JSON text of an object.
        others: what was decoded of the values that list no packages, by key.
    """
    found = len(data)
    values = [(b',"%s":' % key, memoryview(value)) for key, value in others.items() if not isinstance(value, UnsetType)]
    start = data.rindex(b"}")
    while values:
        end = _without_blanks(data, start)
        for last in values:
            if data.endswith(last[1], 0, end):
                break
        else:
            break
        # Whatever the value is: a colon before it, outside of strings, shows that it is no piece of a longer one.
        start = end - last[1].nbytes
        before = data[max(0, start - _SLACK) : start]
        if not before.translate(None, _BLANKS).endswith(last[0]):
            break
        found = start
        start = start - len(before) + before.rindex(b",")
        values.remove(last)
    return found


def _without_blanks(data: bytes, end: int) -> int:
    """Where the blanks begin that end at a place."""
    start = max(0, end - _SLACK)
    return start + len(data[start:end].rstrip(_BLANKS))


def spells_letters(data: bytes, end: int | None = None) -> bool:
    """Whether a text writes letters of ASCII as escapes; none of its keys can be counted then.

    Args:
        data: the text.
        end: how many bytes of it to look at; None for all.
    """
    end = len(data) if end is None else end
    # From backslash to backslash, because a single byte is sought many times faster than several; as long as they are
    # rare, which they are but in whole texts of licences. Every backslash of JSON begins an escape of two or more.
    at, steps = data.find(b"\\", 0, end), 0
    while at >= 0 and steps * _BYTES_A_STEP <= at + _STEPS * _BYTES_A_STEP:
        if data[at + 1 : at + 4] == b"u00" and data[at + 4 : at + 5] in b"4567":
            return True
        at = data.find(b"\\", at + 2, end)
        steps += 1
    return at >= 0 and _LETTER.search(data, at, end) is not None


class Key:
    """A key of which the places in a JSON text can be counted.

    Args:
        name: the key.
    """

    __slots__ = ("_as_value", "_quoted")

    def __init__(self, name: str) -> None:
        self._quoted = f'"{name}"'.encode()
        self._as_value = (f':"{name}"'.encode(), f': "{name}"'.encode())

    def stands(self, times: int, data: bytes, end: int, apart: bytes = b"", within: bytes = b"") -> bool:
        """Whether it is certain that a text holds the key no more than so many times.

        Args:
            times: as often as it was read.
            data: the text.
            end: how many bytes of it count, see :func:`end_of_packages`.
            apart: a piece of the text that does not count.
            within: a piece of that piece that counts all the same.
        """
        found = data.count(self._quoted, 0, end)
        if apart:
            found += within.count(self._quoted) - apart.count(self._quoted)
        if found != times:
            # Some are values; a string right after a colon is one for certain.
            for value in self._as_value:
                found += apart.count(value) - within.count(value) - data.count(value, 0, end)
        return found == times and not spells_letters(data, end)


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
    end = 0
    # From where the last one ended, and no search: that would begin at each of the blanks behind the last brace.
    while token := _KEY_OR_BRACE.match(data, end):
        key, end = token[1], token.end()
        if key is not None:
            plain = _unescaped(key) if b"\\" in key else key
            if plain in wanted:
                if plain in open_objects[-1]:
                    raise _repeated(plain.decode())
                open_objects[-1].add(plain)
        elif token[0].endswith(b"{"):
            open_objects.append(set())
        else:
            open_objects.pop()


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
