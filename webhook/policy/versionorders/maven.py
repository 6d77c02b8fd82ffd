"""Maven: the order of ComparableVersion as Maven 3.9 has it.

A version is a list of numbers, words and lists: a hyphen opens a list, and so does each change from digits to letters
and back. Maven 4 takes a word and the number behind it as one item, and drops fewer trailing zeros; where the two
differ, this is the answer of Maven 3.9. Patched builds such as ``2.14.1.redhat-00001`` come after what they patch in
both. A snapshot with its time and number (``1.0-20240131.235959-2``) is one of 1.0-SNAPSHOT. So it is for Maven's
ranges, which see base versions only; ComparableVersion alone would have it behind the release.
Source: maven-artifact 3.9.12, ``org.apache.maven.artifact.versioning.ComparableVersion`` and
``org.apache.maven.artifact.Artifact.VERSION_FILE_PATTERN``.
"""

from __future__ import annotations

import re
from functools import cmp_to_key
from itertools import zip_longest
from typing import Any

Item = Any
"""A number, a word or a list of items."""

_VERSION = re.compile(r"(?=[^0-9]*[0-9])[^\s\x00-\x20\x7f-\U0010ffff\\/:\"<>|?*\[\](){},$%]+")
_COMMIT = re.compile(r"(?=[0-9]*[a-f])(?:[0-9a-f]{10}|[0-9a-f]{40})\Z")
_TIME = re.compile(r"-([0-9]{8}\.[0-9]{6}-[0-9]+)\Z")
"""What the deployment of a snapshot puts in the place of the word."""
_QUALIFIERS = ("alpha", "beta", "milestone", "rc", "snapshot", "", "sp")
_RELEASE = str(_QUALIFIERS.index(""))
_ALIASES = {"ga": "", "final": "", "release": "", "cr": "rc"}
_SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}


def maven(version: str) -> Any:
    """Any version that has a digit and is no commit (JitPack names builds by them)."""
    if not _VERSION.fullmatch(version) or _COMMIT.match(version):
        return None
    return _key(_parse(_TIME.sub(r"-snapshot-\1", version.lower())))


def _parse(text: str) -> list[Item]:
    stack: list[list[Item]] = [[]]

    def open_list() -> None:
        stack.append([])
        stack[-2].append(stack[-1])

    start, in_digits = 0, False
    for place, character in enumerate(text):
        if character in ".-":
            stack[-1].append(_item(text[start:place], in_digits) if place > start else 0)
            start = place + 1
            if character == "-":
                open_list()
        elif character.isdigit():
            if not in_digits and place > start:
                if stack[-1]:  # a word behind a dot counts like one behind a hyphen
                    open_list()
                stack[-1].append(_qualifier(text[start:place], before_digit=True))
                start = place
                open_list()
            in_digits = True
        else:
            if in_digits and place > start:
                stack[-1].append(int(text[start:place]))
                start = place
                open_list()
            in_digits = False
    if start < len(text):
        if not in_digits and stack[-1]:
            open_list()
        stack[-1].append(_item(text[start:], in_digits))
    for level in reversed(stack):
        _normalise(level)
    return stack[0]


def _item(text: str, is_number: bool) -> Item:
    return int(text) if is_number else _qualifier(text, before_digit=False)


def _qualifier(word: str, *, before_digit: bool) -> str:
    """What words are compared by, as text: known ones by their rank, others behind all of those."""
    if before_digit:
        word = _SHORT.get(word, word)
    word = _ALIASES.get(word, word)
    return str(_QUALIFIERS.index(word)) if word in _QUALIFIERS else f"{len(_QUALIFIERS)}-{word}"


def _normalise(items: list[Item]) -> None:
    """Drop what says nothing (0, a plain release, an empty list) from the end, and from before the lists there."""
    for place in range(len(items) - 1, -1, -1):
        if items[place] in (0, _RELEASE, []):
            del items[place]
        elif not isinstance(items[place], list):
            return


def _compare(left: Item, right: Item) -> int:
    """Numbers come after lists, and lists after words; what is not there counts as 0, or as a plain release."""
    if left is None or right is None:
        return 0 if left is right else -_compare_to_nothing(right) if left is None else _compare_to_nothing(left)
    rank, other = _rank(left), _rank(right)
    if rank != other:
        return rank - other
    if isinstance(left, list):
        return next((found for pair in zip_longest(left, right) if (found := _compare(*pair))), 0)
    return int(left > right) - int(left < right)


def _compare_to_nothing(item: Item) -> int:
    if isinstance(item, list):
        return next((found for entry in item if (found := _compare_to_nothing(entry))), 0)
    if isinstance(item, str):
        return (item > _RELEASE) - (item < _RELEASE)
    return int(item > 0)


def _rank(item: Item) -> int:
    return 0 if isinstance(item, str) else 1 if isinstance(item, list) else 2


_key = cmp_to_key(_compare)
