"""Prefixes: the first bytes of a review that is not read as a whole tell enough to answer it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from webhook.model.policies import Mode
from webhook.model.reviews import Target

PREFIX_BYTES = 8 * 1024
"""Enough of a review to answer it: the API server writes uid, kind, name and namespace before the object."""
_DECODER = json.JSONDecoder()
_BLANKS = re.compile(r"[ \t\r\n]*")


def read_target(prefix: bytes, mode: Mode | None = None) -> Target | None:
    """What a review is about, from its first bytes; None when they do not tell its uid.

    Args:
        prefix: the beginning of a body, such as ``PREFIX_BYTES`` of it.
        mode: of the namespace, where the way by which it came tells.
    """
    text = prefix.decode(errors="replace")
    request = dict(_members(text, "request"))
    uid, namespace, kind = request.get("uid"), request.get("namespace"), request.get("kind")
    if not isinstance(uid, str) or not uid:
        return None
    name = kind.get("kind") if isinstance(kind, dict) else None
    return Target(uid, namespace if isinstance(namespace, str) else "", name if isinstance(name, str) else "", mode)


def _members(text: str, into: str) -> Iterable[tuple[str, Any]]:
    """The members of the object ``into`` at the top level, as far as they are whole; the first of a key counts."""
    inside, seen = False, set[str]()
    try:
        at = _after(text, 0, "{")
        while True:
            key, at = _DECODER.raw_decode(text, _blank(text, at))
            at = _after(text, at, ":")
            if key == into and not inside:
                at, inside = _after(text, at, "{"), True
                continue
            value, at = _DECODER.raw_decode(text, _blank(text, at))
            if inside and key not in seen:
                seen.add(key)
                yield key, value
            at = _after(text, at, ",")
    except (ValueError, RecursionError):  # the prefix ends here, or is no JSON
        return


def _blank(text: str, at: int) -> int:
    blanks = _BLANKS.match(text, at)
    assert blanks is not None, "nothing at all is a match, too"
    return blanks.end()


def _after(text: str, at: int, mark: str) -> int:
    at = _blank(text, at)
    if text[at : at + 1] != mark:
        raise ValueError(f"no {mark}")
    return at + 1
