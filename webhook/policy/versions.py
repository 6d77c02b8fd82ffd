"""Versions: their order, by purl type. Ranges are in ``policy.ranges``.

Each ecosystem has its own order and its own idea of what a version is; a text that is none *cannot be ordered*. The
orders are in ``policy.versionorders``, and docs/reference/versions.md lists them with their sources. Types without a
known order (generic, github …) have one for numbers with dots between them, and for nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from webhook.policy.versionorders import distributions, languages, maven, semantic

VersionKey = Any
"""Compares with keys of the same purl type only."""

MAX_LENGTH = 200
"""Longer versions cannot be ordered; no ecosystem has any."""

_NUMBERS = re.compile(r"v?([0-9]+(?:\.[0-9]+)*)", re.ASCII)


def _numbers(version: str) -> VersionKey | None:
    found = _NUMBERS.fullmatch(version)
    if found is None:
        return None
    numbers = [int(part) for part in found[1].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


ORDERS: Mapping[str, Callable[[str], VersionKey | None]] = {
    "apk": distributions.apk,
    "bitnami": semantic.bitnami,
    "cargo": semantic.strict,
    "cocoapods": languages.cocoapods,
    "composer": languages.composer,
    "conan": languages.conan,
    "conda": languages.conda,
    "cran": languages.cran,
    "deb": distributions.deb,
    "gem": languages.gem,
    "golang": semantic.golang,
    "hex": semantic.strict,
    "maven": maven.maven,
    "npm": semantic.npm,
    "nuget": semantic.nuget,
    "pub": semantic.pub,
    "pypi": languages.pypi,
    "rpm": distributions.rpm,
    "swift": semantic.strict,
}
"""The order of versions for each purl type that has one."""


def version_key(version: str, purl_type: str = "") -> VersionKey | None:
    """The sort key of a version within its purl type; equal keys mean the same version.

    Args:
        version: any text.
        purl_type: such as ``maven``; it chooses the order.

    Returns:
        A key, or None when the version cannot be ordered.
    """
    text = version.strip()
    if not text or len(text) > MAX_LENGTH:
        return None
    return ORDERS.get(purl_type, _numbers)(text)


def compare_versions(left: str, right: str, purl_type: str = "") -> int | None:
    """-1, 0 or 1 if ``left`` is less than, equal to or greater than ``right``; None if either cannot be ordered."""
    first, second = version_key(left, purl_type), version_key(right, purl_type)
    if first is None or second is None:
        return None
    return int(first > second) - int(first < second)
