"""Fields: single values of an entry, each of which may be missing, null or of another type than documented."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

from webhook.clients.ossindex.reading import clean_text, one_line
from webhook.policy.advisories import score_of_vector
from webhook.policy.scores import is_scored

_CWE = re.compile(r"CWE-\d+\Z", re.IGNORECASE)
_VECTOR = re.compile(
    r"CVSS:\d\.\d(?:/[A-Za-z]+:[A-Za-z]+)+\Z"
    r"|AV:[LAN]/AC:[HML]/Au:[MSN]/C:[NPC]/I:[NPC]/A:[NPC](?:/[A-Za-z]+:[A-Za-z]+)*\Z"
    r"|AV:[NALP]/AC:[LH]/PR:[NLH]/UI:[NR]/S:[UC]/C:[HLN]/I:[HLN]/A:[HLN](?:/[A-Za-z]+:[A-Za-z]+)*\Z"
)
_METRICS = re.compile(r"(?:CVSS:\d\.\d/)?(?:[A-Z]+:[A-Z]+/)+[A-Z]+:[A-Z]+\Z", re.IGNORECASE)
"""Vectors in any case and order; whether it is one is only known once it gives a score."""
_ADDRESS = re.compile(r"https?://(?:[^\s/?#@\[\]]+|\[[0-9a-f:.]+\](?::\d+)?)(?:[/?#]\S*)?\Z", re.IGNORECASE)
_PAGE, _WORD = r"https?://[A-Za-z0-9.-]++(?:/[A-Za-z0-9._~%@:+/-]*+)?+", r"[A-Za-z0-9._~%@:+-]*+"
_KEPT, _CUT = rf"(?!utm_)[a-z-]++={_WORD}", rf"utm_[a-z]++={_WORD}"
_USUAL_ADDRESS = re.compile(
    # What most look like: what is cut stands at the end of the query, if it is there.
    rf"({_PAGE}(\?{_KEPT}(?:&{_KEPT})*+(?=&|\Z))?+)(?:(?(2)&|\?){_CUT}(?:&{_CUT})*+)?+\Z"
).match
_HIGHEST = Decimal(10)
_SHORT = float | None
"""Types of scores that take little room, so that they can be kept; an integer may have any length."""
_LONGEST_ADDRESS, _LONGEST_VECTOR, _LONGEST_WEAKNESS = 2000, 300, 20


def score_of(value: object) -> Decimal | None:
    """A CVSS score from a number or a numeric string; None for anything that is no number from 0 to 10."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        # A float's repr is the number that the answer spelt; an int may be too long to spell.
        score = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        return None
    return abs(score) if score.is_finite() and 0 <= score <= _HIGHEST else None


def vector_of(value: object) -> str | None:
    """A CVSS vector as given, of version 2, 3 or 4; None for anything else.

    One of version 2, and at times of 3, has no prefix; it may stand in parentheses, and end in a slash. Some write them
    in lower case, or their metrics in another order.
    """
    text = one_line(value, _LONGEST_VECTOR)
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    text = text.removesuffix("/")
    is_vector = _VECTOR.match(text) or (_METRICS.match(text) and score_of_vector(text) is not None)
    return text if is_vector else None


class Judgement(NamedTuple):
    """What an entry says about the weight of a vulnerability.

    Attributes:
        score: the source's own, or else that of the vector.
        vector: as given.
        from_vector: whether the score is that of the vector.
    """

    score: Decimal | None
    vector: str | None
    from_vector: bool


def judgement_of(score: object, vector: object) -> Judgement:
    """Read a score together with its vector; there are far fewer of them than vulnerabilities."""
    if isinstance(score, _SHORT) and isinstance(vector, str | None) and len(vector or "") <= _LONGEST_VECTOR:
        return _known_judgement(score, vector)
    return _judgement(score, vector)


def _judgement(score: object, vector: object) -> Judgement:
    own, read = score_of(score), vector_of(vector)
    from_vector = None if is_scored(own) else score_of_vector(read)
    return Judgement(own if from_vector is None else from_vector, read, is_scored(from_vector))


_known_judgement = lru_cache(maxsize=1024, typed=True)(_judgement)


def weakness_of(value: object) -> str | None:
    """A CWE identifier in capitals; None for anything else."""
    return _known_weakness(value) if isinstance(value, str) and len(value) <= _LONGEST_VECTOR else None


@lru_cache(maxsize=1024)
def _known_weakness(value: str) -> str | None:
    text = one_line(value, _LONGEST_WEAKNESS)
    return text.upper() if _CWE.match(text) else None


def web_address(value: object) -> str:
    """An http(s) address without the ``utm_*`` parameters that carry the User-Agent; empty for anything else."""
    if isinstance(value, str) and len(value) <= _LONGEST_ADDRESS and (usual := _USUAL_ADDRESS(value)):
        return usual[1]
    text = clean_text(value, _LONGEST_ADDRESS)
    if not _ADDRESS.match(text):
        return ""
    address, hash_sign, fragment = text.partition("#")
    page, _, query = address.partition("?")
    if "utm_" not in query.lower():
        return text
    # Only cut: what stays keeps the service's own percent-encoding.
    kept = "&".join([part for part in query.split("&") if not part.lower().startswith("utm_")])
    return f"{page}?{kept}{hash_sign}{fragment}" if kept else f"{page}{hash_sign}{fragment}"


def web_addresses(value: object) -> tuple[str, ...]:
    """The web addresses of a list, sorted, each once."""
    items: Iterable[object] = value if isinstance(value, list) else ()
    return tuple(sorted({address for entry in items if (address := web_address(entry))}))
