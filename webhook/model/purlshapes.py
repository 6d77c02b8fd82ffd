"""Purl shapes: the commonest shapes of package URLs, which are keys as they stand.

Reading a purl part by part costs ten times as much as one look at its shape, and a document holds hundreds. What has
none of these shapes is read by :mod:`webhook.model.purls`.
"""

from __future__ import annotations

import re
from functools import cache

from webhook.model.ecosystems import DISTRIBUTIONS

MAX_PURL_LENGTH = 4096
"""Characters of the longest coordinates that are read; real ones stay below 200."""

_PLAIN_SEGMENT = r"[A-Za-z0-9._~-]"
_PLAIN_LOWER = r"[a-z0-9._~-]"
_OTHER_DISTRIBUTIONS = "|".join(
    # By their first letters, so that one look is enough for nearly every purl.
    f"{first}(?:{'|'.join(re.escape(distribution[1:]) for distribution in DISTRIBUTIONS if distribution[0] == first)})"
    for first in sorted({distribution[0] for distribution in DISTRIBUTIONS})
)
_IN_DISTRIBUTION = rf"""(?:(?:alpine|debian|ubuntu|wolfi)/|(?!(?:{_OTHER_DISTRIBUTIONS})/)(?:{_PLAIN_LOWER}++/)?+)
        {_PLAIN_LOWER}++(?:%2B{_PLAIN_LOWER}*+)*+@(?!0(?:%2B|[0-9]*+:))[0-9][A-Za-z0-9._~:-]*+(?:%2B[A-Za-z0-9._~:-]*+)*+"""
_NUMBER = r"(?:0|[1-9][0-9]{0,17}+)"
_THREE = r"[0-9]++\.[0-9]++\.[0-9]++(?!\.)"
"""How versions of npm and cargo begin; what has fewer numbers is a requirement, and perhaps has a version beside it."""


def major_of_path(before: str) -> str:
    """A pattern of the major version of a Go module, behind ``v``, where its path ends with the same one, from 2 to 99.

    Args:
        before: a pattern of the one character that stands before the version in the path.
    """
    few = [rf"(?<={before}v{major}@v){major}" for major in range(2, 10)]
    tens = [
        rf"(?<={before}v{ten}[0-9]@v){ten}(?:"
        + "|".join(rf"(?<={before}v{ten}{digit}@v{ten}){digit}" for digit in range(10))
        + ")"
        for ten in range(1, 10)
    ]
    return "|".join([*few, *tens])


_MAJOR = major_of_path("[/.]")
"""The major version that the path names; a name may restore one that is missing, and no other one can be."""
_KEYS = rf"""(pkg:(?:
        maven/[A-Za-z0-9._-]++/[A-Za-z0-9._-]++@[0-9][A-Za-z0-9._~-]*+
      | deb/{_IN_DISTRIBUTION} | apk/{_IN_DISTRIBUTION}
      | npm/(?:%40[a-z0-9._~-]++/)?+[a-z0-9._~-]++@{_THREE}[A-Za-z0-9.-]*+(?<!\.[xX])(?<!-use\.local)
      | golang/[A-Za-z0-9][A-Za-z0-9_~-]*+\.{_PLAIN_SEGMENT}*+(?:/{_PLAIN_SEGMENT}++)*+@v(?!0\.0\.0-0001)
        (?:[01]|{_MAJOR}|[0-9]++(?=\.[A-Za-z0-9.-]*+%2Bincompatible))\.[0-9]++\.[0-9]++(?:-[A-Za-z0-9.-]++)?+(?<!\.dirty)(?:%2Bincompatible)?+(?=\n|\Z|\?(?!(?:[^\#\n]*&)?type=package|[^\n]*\#))
      | rpm/(?:(?:amazon|centos|fedora|redhat)/|(?:(?!(?:{_OTHER_DISTRIBUTIONS})/)[a-z0-9._~-]++/)?+)
        {_PLAIN_SEGMENT}++(?:%2B{_PLAIN_SEGMENT}*+)*+@(?!0%2B)[0-9][A-Za-z0-9._~-]*+(?:%2B[A-Za-z0-9._~-]*+)*+
      | pypi/[a-z0-9]++(?:-[a-z0-9]++)*+@{_NUMBER}(?:\.{_NUMBER})*+(?:(?:a|b|rc){_NUMBER})?+(?:\.post{_NUMBER})?+
        (?:\.dev{_NUMBER})?+
      | gem/[A-Za-z0-9._-]++@[0-9]++(?:\.[A-Za-z0-9]++)*+
      | nuget/[a-z0-9._-]++@(?:0|[1-9][0-9]*+)(?:\.(?:0|[1-9][0-9]*+)){{2}}(?:\.[1-9][0-9]*+)?+(?:-[a-z0-9.-]++)?+
      | composer/{_PLAIN_LOWER}++/{_PLAIN_LOWER}++@(?![0-9]++\.[0-9]++\.[0-9]++\.0(?![A-Za-z0-9_.]))[0-9]
        [A-Za-z0-9._~-]*+(?<!\.[xX])
      | cargo/[A-Za-z0-9_-]++@{_THREE}[A-Za-z0-9._~-]*+(?:%2B[A-Za-z0-9._~-]*+)*+(?<!\.[xX])
      | c(?:ocoapods|ran)/{_PLAIN_SEGMENT}++@[0-9][A-Za-z0-9._~-]*+
      | generic/(?:{_PLAIN_SEGMENT}++/)*+{_PLAIN_SEGMENT}++@v?+[0-9][A-Za-z0-9._~:-]*+
      ))(?:[?\#][^\n]*+)?"""
_RENAMED = (
    ("pkg:alpine/", "pkg:apk/alpine/"),
    ("pkg:rpm/rhel/", "pkg:rpm/redhat/"),
    ("pkg:rpm/sles/", "pkg:rpm/suse/"),
)
"""The commonest other spellings that are put right in whole documents at once."""
_RESPELT = ("pkg:alpine/", "pkg:rpm/")
_EPOCHS = re.compile(r"(pkg:rpm/[^@?\#\n]++@)(?:[0-9]++:)++(?=[0-9])")
"""What Trivy writes before the versions of rpm, put right likewise; they are no part of a key."""
_DEB, _EPOCH = "pkg:deb/", "epoch="
"""What names a package of Debian with an epoch beside its version."""
_COMMON_LINES = rf"{_KEYS}\n | [^\n]*\n"
"""Keys as they stand, one a line: with a version that can be asked for. Others give "". No line holds a raw "+"."""


@cache
def common_lines() -> re.Pattern[str]:
    """The lines of the commonest shapes. They take long to compile, and a short command may read no purl."""
    return re.compile(_COMMON_LINES, re.VERBOSE)


def common_key(text: str) -> str:
    """The key of a purl of one of the commonest shapes, with a version that can be asked for; empty for another one."""
    if "@" not in text or "\n" in text:
        return ""
    match = common_lines().match(text.replace("+", "%2B") + "\n")
    key: str | None = match and match[1]
    if not key or len(key) > MAX_PURL_LENGTH or (_EPOCH in text and text.startswith(_DEB)):
        return ""
    return key


def common_keys(texts: list[str], lines: str) -> tuple[list[str], list[int]]:
    """What :func:`common_key` gives for each of many purls, faster than one by one; and the places of the empty ones.

    Args:
        texts: purls as written.
        lines: each of them, followed by a line end.
    """
    lines = lines.replace("+", "%2B")
    found = common_lines().findall(lines)
    if len(found) != len(texts):  # one of them holds a line end, which is none of the common ones
        return [""] * len(texts), list(range(len(texts)))
    if len(lines) > MAX_PURL_LENGTH and _may_be_long(lines) and max(map(len, found)) > MAX_PURL_LENGTH:
        found = ["" if len(text) > MAX_PURL_LENGTH else text for text in found]
    if _EPOCH in lines and _DEB in lines:
        for place in [place for place, text in enumerate(texts) if _EPOCH in text and text.startswith(_DEB)]:
            found[place] = ""
    unread = _empty(found)
    if respelt := [place for place in unread if texts[place].startswith(_RESPELT)]:
        _read_respelt(texts, found, respelt)
        unread = _empty(found)
    return found, unread


def _may_be_long(lines: str) -> bool:
    """Whether one of the lines may be longer than purls may be: then it fills a whole block of half that length."""
    block = MAX_PURL_LENGTH // 2
    return any(lines.find("\n", at, at + block) < 0 for at in range(0, len(lines) - block, block))


def _empty(found: list[str]) -> list[int]:
    """The places of the empty strings; mostly there are few."""
    places: list[int] = []
    place = -1
    for _ in range(found.count("")):
        place = found.index("", place + 1)
        places.append(place)
    return places


def _read_respelt(texts: list[str], found: list[str], places: list[int]) -> None:
    """Read again what was not read, with the commonest other spellings put right."""
    lines = "\n".join([*[texts[place] for place in places], ""]).replace("+", "%2B")
    for former, now in _RENAMED:
        lines = lines.replace(former, now)
    for place, key in zip(places, common_lines().findall(_EPOCHS.sub(r"\1", lines)), strict=True):
        found[place] = key
