"""Linux distributions: rpm, deb and apk.

univers compares the parts of rpm and deb versions; it takes a while to import, so this happens with the first such
version. It is not used to split rpm versions, which it does at the first hyphen where rpm does so at the last, nor for
apk, where it refuses real versions such as ``1.2.4_git20230717-r5``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cmp_to_key
from typing import Any

_RPM = re.compile(r"(?=[^0-9]*[0-9])(?:([0-9]{1,9}):)?([0-9A-Za-z][0-9A-Za-z._+~^-]*)", re.ASCII)
_DEB = re.compile(r"(?:([0-9]{1,9}):)?([0-9][0-9A-Za-z.+~:-]*)", re.ASCII)
_LARGEST_DEB_EPOCH = 2**31 - 1

_Apk = tuple[tuple[int, str], ...]
_FIRST, _DIGIT, _LETTER, _SUFFIX, _SUFFIX_NUMBER, _HASH, _REVISION, _END = range(8)
_APK = re.compile(
    r"([0-9]+)((?:\.[0-9]+)*)([a-z]?)((?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)[0-9]*)*)(?:~([0-9a-f]+))?(?:-r([0-9]+))?",
    re.ASCII,
)
_APK_SUFFIX = re.compile(r"_([a-z]+)([0-9]*)")
_APK_SUFFIXES = ("alpha", "beta", "pre", "rc", "", "cvs", "svn", "git", "hg", "p")
_APK_RELEASE = _APK_SUFFIXES.index("")


def rpm(version: str) -> Any:
    """``[epoch:]version[-release]``; no epoch is epoch 0. Source: rpm-version(7) and rpmvercmp."""
    found = _RPM.fullmatch(version)
    return None if found is None else _rpm_key((int(found[1] or 0), *_split(found[2])))


def deb(version: str) -> Any:
    """``[epoch:]upstream[-revision]``. Source: deb-version(7)."""
    found = _DEB.fullmatch(version)
    if found is None or int(found[1] or 0) > _LARGEST_DEB_EPOCH:
        return None
    upstream, revision = _split(found[2])
    # A colon is allowed behind an epoch only; dpkg refuses an empty revision.
    if ":" in revision or (":" in upstream and found[1] is None) or found[2].endswith("-"):
        return None
    return _deb_key((int(found[1] or 0), upstream, revision))


def apk(version: str) -> Any:
    """``digits{.digits}[letter]{_suffix[number]}[~hash][-rN]``. Source: apk-tools 3, ``src/version.c``."""
    found = _APK.fullmatch(version)
    return None if found is None else _apk_key(tuple(_apk_tokens(found)))


def _split(text: str) -> tuple[str, str]:
    version, hyphen, release = text.rpartition("-")
    return (version, release) if hyphen else (release, "")


def _compare_rpm(left: tuple[int, str, str], right: tuple[int, str, str]) -> int:
    from univers.rpm import vercmp

    if left[0] != right[0]:
        return left[0] - right[0]
    compare: Callable[[str, str], int] = vercmp
    return compare(left[1], right[1]) or compare(left[2], right[2])


def _compare_deb(left: tuple[int, str, str], right: tuple[int, str, str]) -> int:
    from univers.debian import compare_strings

    if left[0] != right[0]:
        return left[0] - right[0]
    return int(_deb_part(compare_strings, left[1], right[1]) or _deb_part(compare_strings, left[2], right[2]))


def _deb_part(compare: Any, left: str, right: str) -> int:
    # univers has no place for a colon, which deb-version(7) allows behind an epoch, and which sorts behind all others.
    return int(compare(left.replace(":", ".."), right.replace(":", ".."))) if left != right else 0


def _apk_tokens(found: re.Match[str]) -> Iterator[tuple[int, str]]:
    first, numbers, letter, suffixes, commit, revision = found.groups()
    yield (_FIRST, first)
    for number in numbers.split(".")[1:]:
        yield (_DIGIT, number)
    if letter:
        yield (_LETTER, letter)
    for word, number in _APK_SUFFIX.findall(suffixes):
        yield (_SUFFIX, word)
        if number:
            yield (_SUFFIX_NUMBER, number)
    if commit:
        yield (_HASH, commit)
    if revision:
        yield (_REVISION, revision)
    yield (_END, "")


def _compare_apk(left: _Apk, right: _Apk) -> int:
    for (kind, text), (other_kind, other_text) in zip(left, right, strict=False):
        if kind != other_kind:
            return _different_apk_tokens(kind, text, other_kind, other_text)
        if text != other_text:
            difference = _compare_apk_token(kind, text, other_text)
            if difference:
                return difference
    return 0


def _compare_apk_token(kind: int, text: str, other: str) -> int:
    if kind == _SUFFIX:
        return _APK_SUFFIXES.index(text) - _APK_SUFFIXES.index(other)
    is_text = kind in (_LETTER, _HASH) or (kind == _DIGIT and "0" in (text[0], other[0]))
    if is_text:  # a number with a leading zero is compared as text, as Gentoo does
        return (text > other) - (text < other)
    return int(text) - int(other)


def _different_apk_tokens(kind: int, text: str, other_kind: int, other_text: str) -> int:
    """The longer one is greater, unless what follows is a pre-release."""
    if kind == _SUFFIX and _APK_SUFFIXES.index(text) < _APK_RELEASE:
        return -1
    if other_kind == _SUFFIX and _APK_SUFFIXES.index(other_text) < _APK_RELEASE:
        return 1
    return other_kind - kind


_rpm_key, _deb_key, _apk_key = cmp_to_key(_compare_rpm), cmp_to_key(_compare_deb), cmp_to_key(_compare_apk)
