"""Former keys: under which coordinates an earlier reader may have kept a package, before ``identity`` settled its key.

Earlier readers took a purl's text for the package: without the case that the component's name shows, without the
subpath of a Go module, with the build of a conda package. What they kept can only be recognised, not computed, so this
says *may*: whoever asks has to be strict where it does, and exact where something is to be allowed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from webhook.errors import InvalidInput
from webhook.model.ecosystems import OSS_INDEX_TYPES
from webhook.model.purls import Purl, parse_purl

_COVERED = frozenset(f"pkg:{kind}" for kind in OSS_INDEX_TYPES)
_SEPARATORS = re.compile(r"[-_.]+")


class Folded(NamedTuple):
    """Coordinates without what spellings of one package differ in.

    Attributes:
        type: of the purl.
        path: namespace and name.
        version: possibly empty.
    """

    type: str
    path: str
    version: str


@lru_cache(maxsize=4096)
def folded(text: str) -> Folded:
    """The coordinates of a key, today's or a former one, without what spellings differ in."""
    try:
        key = parse_purl(text)
    except InvalidInput:
        key = Purl(text)
    path = _SEPARATORS.sub("-", key.package.partition("/")[2].lower())
    version = key.version.lower().lstrip("v=")
    if key.type == "deb":  # whose epochs were left out
        version = version.partition(":")[2] or version
    return Folded(key.type, path, version)


def may_have_been(key: str, former: str) -> bool:
    """Whether an earlier reader may have kept a package under a former key.

    Args:
        key: today's, with or without a version; without one, versions are not compared.
        former: the other, likewise.
    """
    kind, kind_then = key.partition("/")[0], former.partition("/")[0]
    if kind != kind_then and kind in _COVERED and kind_then in _COVERED:
        return False  # as most pairs, and none of these types was ever written as another
    now, then = folded(key), folded(former)
    if now.type != then.type or (now.version and then.version and now.version != then.version):
        return False
    if now.path == then.path:
        return True
    if now.type == "golang":  # the subpath was left out
        return "/" in then.path and now.path.startswith(f"{then.path}/")
    return now.type == "maven" and "/" not in then.path and now.path.endswith(f"/{then.path}")  # so was the group
