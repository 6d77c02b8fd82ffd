"""Package managers with an order of their own: PyPI, RubyGems, CocoaPods, Composer, conda, Conan and CRAN.

packaging and univers take a while to import, so this happens with the first version that needs them.
"""

from __future__ import annotations

import re
from functools import cmp_to_key
from itertools import zip_longest
from typing import Any

_Segments = tuple[int | str, ...]


def pypi(version: str) -> Any:
    """PEP 440. A local part (``+cpu``) comes after the version without it."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version)
    except InvalidVersion:
        return None


def gem(version: str) -> Any:
    """``Gem::Version``: a letter anywhere makes a pre-release, and a hyphen reads ``.pre.``."""
    from univers.gem import GemVersion

    return GemVersion(version) if _GEM.fullmatch(version) else None  # type: ignore[no-untyped-call]


_GEM = re.compile(r"[0-9]+(?:\.[0-9A-Za-z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?", re.ASCII)


# -- CocoaPods ---------------------------------------------------------------------------------------------------------

_POD = re.compile(r"([0-9]+(?:\.[0-9A-Za-z-]+)*)(?:\+[0-9A-Za-z.-]+)?", re.ASCII)
_POD_SEGMENT = re.compile(r"[0-9]+|[A-Za-z]+")


def cocoapods(version: str) -> Any:
    """Numbers, then the pre-release; what follows ``+`` decides nothing. Source: cocoapods-core, ``Pod::Version``."""
    found = _POD.fullmatch(version)
    if found is None:
        return None
    segments: list[int | str] = [int(match) if match.isdigit() else match for match in _POD_SEGMENT.findall(found[1])]
    first_word = next((place for place, segment in enumerate(segments) if isinstance(segment, str)), len(segments))
    numbers = segments[:first_word]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return _pod_key((tuple(numbers), tuple(segments[first_word:])))


def _compare_pods(left: tuple[_Segments, _Segments], right: tuple[_Segments, _Segments]) -> int:
    if left[0] != right[0]:
        return (left[0] > right[0]) - (left[0] < right[0])
    if not left[1] or not right[1]:  # the one without a pre-release is greater
        return bool(right[1]) - bool(left[1])
    for number, other in zip_longest(left[1], right[1]):
        if number is None or other is None:
            return -1 if number is None else 1
        # A word and a number in one place decide nothing.
        if isinstance(number, int) and isinstance(other, int) and number != other:
            return number - other
        if isinstance(number, str) and isinstance(other, str) and number != other:
            return -1 if number < other else 1
    return 0


# -- Composer ----------------------------------------------------------------------------------------------------------

_COMPOSER_MODIFIER = r"[._-]?(?:(stable|beta|b|RC|alpha|a|patch|pl|p)((?:[.-]?[0-9]+)*+)?)?([.-]?dev)?"
_COMPOSER = re.compile(
    rf"v?([0-9]{{1,5}}(?:\.[0-9]++)?(?:\.[0-9]++)?(?:\.[0-9]++)?){_COMPOSER_MODIFIER}", re.IGNORECASE | re.ASCII
)
_COMPOSER_DATE = re.compile(
    rf"v?([0-9]{{4}}(?:[.:-]?[0-9]{{2}}){{1,6}}(?:[.:-]?[0-9]{{1,3}})?){_COMPOSER_MODIFIER}", re.IGNORECASE | re.ASCII
)
_COMPOSER_BRANCH = re.compile(r"v?([0-9]++(?:\.(?:[0-9]++|[xX*])){0,3})[.-]?dev", re.IGNORECASE | re.ASCII)
_COMPOSER_STABILITY = re.compile(r"@(?:stable|RC|beta|alpha|dev)\Z", re.IGNORECASE)
_DEV, _ALPHA, _BETA, _CANDIDATE, _PLAIN, _NUMBER, _PATCH = range(7)
_STABILITIES = {"beta": _BETA, "b": _BETA, "rc": _CANDIDATE, "alpha": _ALPHA, "a": _ALPHA}
_ANY = 9_999_999


def composer(version: str) -> Any:
    """A version as composer/semver normalises it, in the order of PHP's version_compare; a branch has no place."""
    text = _COMPOSER_STABILITY.sub("", version)
    if text.lower().startswith("dev-"):
        return None
    core, plus, build = text.partition("+")
    text = core if plus and build else text
    if found := _COMPOSER.fullmatch(text):
        numbers = [int(part) for part in found[1].split(".")]
        return _composer_key([*numbers, 0, 0, 0, 0][:4], found)
    if found := _COMPOSER_DATE.fullmatch(text):
        return _composer_key([int(part) for part in re.split(r"[.:-]", found[1])], found)
    if found := _COMPOSER_BRANCH.fullmatch(text):
        parts = [*found[1].split("."), "x", "x", "x", "x"][:4]
        return (*((_NUMBER, int(part) if part.isdigit() else _ANY) for part in parts), (_DEV, 0), (_PLAIN, 0))
    return None


def _composer_key(numbers: list[int], found: re.Match[str]) -> tuple[tuple[int, int], ...]:
    stability, counter, dev = (found[2] or "").lower(), found[3] or "", found[4]
    parts = [(_NUMBER, number) for number in numbers]
    if stability and stability != "stable":
        parts.append((_STABILITIES.get(stability, _PATCH), 0))
        parts += [(_NUMBER, int(match)) for match in re.findall(r"[0-9]+", counter)]
    if dev and stability != "stable":
        parts.append((_DEV, 0))
    return (*parts, (_PLAIN, 0))


# -- conda -------------------------------------------------------------------------------------------------------------

_CONDA = re.compile(r"(?=[^0-9]*[0-9])(?:([0-9]+)!)?([._0-9a-z]+)(?:\+([._0-9a-z]+))?", re.ASCII)
_CONDA_RUN = re.compile(r"[0-9]+|[^0-9]+")
_CONDA_DEV, _CONDA_WORD, _CONDA_NUMBER, _CONDA_POST = range(4)
_CONDA_ZERO = (_CONDA_NUMBER, 0, "")
_CondaPart = tuple[tuple[int, int, str], ...]


def conda(version: str) -> Any:
    """As conda's VersionOrder says, OpenSSL included: a letter makes a pre-release, so 1.1.1w comes before 1.1.1."""
    text = version.lower()
    if "-" in text and "_" not in text:
        text = text.replace("-", "_")
    found = _CONDA.fullmatch(text)
    if found is None:
        return None
    main, local = _conda_parts(found[2]), _conda_local(found[3] or "")
    return None if main is None or local is None else _conda_key((int(found[1] or 0), main, local))


def _conda_parts(text: str) -> tuple[_CondaPart, ...] | None:
    # An underscore at the end stays with the last part: it is how OpenSSL's letters are put behind the plain version.
    ending = "_" if text.endswith("_") else ""
    parts = text[: len(text) - len(ending)].replace("_", ".").split(".")
    parts[-1] += ending
    return tuple(map(_conda_part, parts)) if all(parts) else None


def _conda_local(text: str) -> tuple[_CondaPart, ...] | None:
    # Here conda splits at every underscore, so that one at the end leaves an empty part, which it refuses.
    parts = text.replace("_", ".").split(".") if text else []
    return tuple(map(_conda_part, parts)) if all(parts) else None


def _conda_part(text: str) -> _CondaPart:
    runs = tuple(map(_conda_run, _CONDA_RUN.findall(text)))
    return runs if text[0].isdigit() else (_CONDA_ZERO, *runs)


def _conda_run(text: str) -> tuple[int, int, str]:
    if text.isdigit():
        return (_CONDA_NUMBER, int(text), "")
    return {"dev": (_CONDA_DEV, 0, ""), "post": (_CONDA_POST, 0, "")}.get(text, (_CONDA_WORD, 0, text))


_CondaVersion = tuple[int, tuple[_CondaPart, ...], tuple[_CondaPart, ...]]


def _compare_conda(left: _CondaVersion, right: _CondaVersion) -> int:
    if left[0] != right[0]:
        return left[0] - right[0]
    for parts, others in ((left[1], right[1]), (left[2], right[2])):
        for part, other in zip_longest(parts, others, fillvalue=()):
            for pair, another in zip_longest(part, other, fillvalue=_CONDA_ZERO):
                if pair != another:
                    return -1 if pair < another else 1
    return 0


# -- Conan -------------------------------------------------------------------------------------------------------------

_CONAN = re.compile(r"(?=[^0-9]*[0-9])[0-9A-Za-z_.+-]+", re.ASCII)
_ConanQualifier = tuple[int | str, ...] | None
_ConanVersion = tuple[_Segments, _ConanQualifier, _ConanQualifier]


def conan(version: str) -> Any:
    """Conan 2's order: parts between dots, a pre-release behind ``-``, a build behind ``+`` that counts.

    Parts that are no numbers are compared as text with anything, so that 9 < 10 < 1a < 9: among such versions the order
    goes round in a circle, as Conan's does.
    Source: Conan 2, ``conan/internal/model/version.py``.
    """
    if not _CONAN.fullmatch(version):
        return None
    text, plus, build = version.rpartition("+")
    if not plus:
        text, build = build, ""
    text, hyphen, pre = text.partition("-")
    return _conan_key(
        (_conan_items(text), _conan_items(pre) if hyphen else None, _conan_items(build) if plus else None)
    )


def _conan_items(text: str) -> _Segments:
    items = [int(part) if part.isdigit() else part for part in text.split(".")]
    while items and items[-1] == 0:
        items.pop()
    return tuple(items)


def _compare_conan(left: _ConanVersion, right: _ConanVersion) -> int:
    found = _compare_conan_items(left[0], right[0])
    if found:
        return found
    if left[1] is None or right[1] is None:
        if left[1] is not right[1]:  # the one with a pre-release is smaller
            return 1 if left[1] is None else -1
    elif found := _compare_conan_items(left[1], right[1]):
        return found
    if left[2] is None or right[2] is None:
        return (left[2] is not None) - (right[2] is not None)
    return _compare_conan_items(left[2], right[2])


def _compare_conan_items(left: _Segments, right: _Segments) -> int:
    for number, other in zip(left, right, strict=False):
        if number == other:
            continue
        if isinstance(number, int) and isinstance(other, int):
            return number - other
        return -1 if str(number) < str(other) else 1
    return len(left) - len(right)


# -- CRAN --------------------------------------------------------------------------------------------------------------

_CRAN = re.compile(r"[0-9]+(?:[.-][0-9]+)*", re.ASCII)


def cran(version: str) -> Any:
    """Numbers, with dots or hyphens between them; 1.0 comes before 1.0.0. Source: R, ``numeric_version``."""
    return tuple(map(int, re.split("[.-]", version))) if _CRAN.fullmatch(version) else None


_pod_key, _conda_key, _conan_key = cmp_to_key(_compare_pods), cmp_to_key(_compare_conda), cmp_to_key(_compare_conan)
