"""Convert: what OSS Index said about one component, in bomgate's own nouns.

Every field but the coordinates may be missing, null or of another type than documented. What cannot be read is left
out or said to be unreadable; it never makes a component clean, and it never loses another one.
Source: OSS Index REST v3, component report; real answers of 2019 to 2026.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation

import msgspec

from webhook.clients.ossindex.matching import Entry
from webhook.clients.ossindex.reading import clean_text, one_line
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability
from webhook.policy.advisories import identifiers_in, is_rejected, score_of_vector
from webhook.policy.scores import is_scored

_CVE = re.compile(r"CVE-\d{4}-\d{4,}\Z", re.IGNORECASE)
_IDENTIFIER = re.compile(
    r"(?:CVE-\d{4}-\d{4,}|sonatype-\d{4}-\d+|OSSINDEX(?:-[0-9a-f]{4}){3}|GHSA(?:-[0-9a-z]{4}){3})\Z", re.IGNORECASE
)
_CVE_IN_TITLE = re.compile(r"\s*\[(CVE-\d{4}-\d{4,})\]", re.IGNORECASE)
_CWE = re.compile(r"CWE-\d+\Z", re.IGNORECASE)
_VECTOR = re.compile(
    r"CVSS:\d\.\d(?:/[A-Za-z]+:[A-Za-z]+)+\Z|AV:[LAN]/AC:[HML]/Au:[MSN]/C:[NPC]/I:[NPC]/A:[NPC](?:/[A-Za-z]+:[A-Za-z]+)*\Z"
)
_REDACTED = re.compile(r"\b\d+ (?:non-CVE )?vulnerabilit(?:y|ies) found\b", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://(?:[^\s/?#@\[\]]+|\[[0-9a-f:.]+\](?::\d+)?)(?:[/?#]\S*)?\Z", re.IGNORECASE)
_PLAIN_ADDRESS = re.compile(
    # As most are: nothing to keep in the query.
    r"https?://[A-Za-z0-9.-]++(?:/[A-Za-z0-9._~%@:+/-]*+)?+(?:\?utm_[a-z]++=[^&#?\s]*+(?:&utm_[a-z]++=[^&#?\s]*+)*+)?+\Z"
).match
_HIGHEST = Decimal(10)


def convert(purl: Purl, entries: Sequence[Entry], answered_at: dt.datetime) -> ComponentAnswer | None:
    """Read the entries for one component; several of them count together.

    Args:
        purl: the component as it was asked for.
        entries: at least one.
        answered_at: UTC.

    Returns:
        The answer, or None when no entry says which vulnerabilities there are: that is unknown, not clean.
    """
    lists = [listed for entry in entries if isinstance(listed := entry.get("vulnerabilities"), list)]
    if not lists:
        return None
    found: dict[str, Vulnerability] = {}
    for item in (item for listed in lists for item in listed):
        one = _vulnerability(item)
        known = found.get(one.id)
        if known is None or _worse(one, known):
            found[one.id] = one
    first = entries[0]
    return ComponentAnswer(
        purl=purl,
        vulnerabilities=tuple(found[identifier] for identifier in sorted(found)),
        answered_at=answered_at,
        description=clean_text(first.get("description"), 2000),
        reference=web_address(first.get("reference")),
    )


def join(
    purl: Purl, answers: Sequence[ComponentAnswer], *, complete: bool, spellings: tuple[Purl, ...] = ()
) -> ComponentAnswer:
    """What the answers to several forms say of one component together.

    Args:
        purl: the component.
        answers: at least one.
        complete: whether every form was answered.
        spellings: those that the forms were made from.
    """
    found: dict[str, Vulnerability] = {}
    for one in (one for answer in answers for one in answer.vulnerabilities):
        known = found.get(one.id)
        if known is None or _worse(one, known):
            found[one.id] = one
    first = next((answer for answer in answers if answer.vulnerabilities), answers[0])
    return replace(
        first,
        purl=purl,
        vulnerabilities=tuple(found[identifier] for identifier in sorted(found)),
        answered_at=min(answer.answered_at for answer in answers),
        complete=complete,
        spellings=spellings,
    )


def _worse(one: Vulnerability, known: Vulnerability) -> bool:
    unscored = Decimal(-1)
    return (unscored if one.cvss_score is None else one.cvss_score) > (
        unscored if known.cvss_score is None else known.cvss_score
    )


def _vulnerability(item: object) -> Vulnerability:
    if not isinstance(item, dict):
        return Vulnerability(
            id=_made_up_id(item), title="OSS Index lists a vulnerability here in a form that cannot be read"
        )
    given = one_line(item.get("id"), 200)
    others = _other_identifiers(item, given)
    identifier = given or (others.pop(0) if others else _made_up_id(item))
    text, description = _texts(item, identifier)
    references = _web_addresses(item.get("externalReferences"))
    score, vector = score_of(item.get("cvssScore")), vector_of(item.get("cvssVector"))
    from_vector = None if is_scored(score) else score_of_vector(vector)
    return Vulnerability(
        id=identifier,
        aliases=tuple(sorted({*others, *identifiers_in(references)} - {identifier})),
        title=text,
        description=description,
        cvss_score=score if from_vector is None else from_vector,
        cvss_vector=vector,
        cwe=cwe.upper() if _CWE.match(cwe := one_line(item.get("cwe"), 20)) else None,
        reference=web_address(item.get("reference")),
        external_references=references,
        scored_from_vector=is_scored(from_vector),
        rejected=is_rejected(text, description),
    )


def _other_identifiers(item: Entry, given: str) -> list[str]:
    """What else the entry calls the vulnerability, best first: its CVE, its short name, the CVE in its title."""
    cve, shown, title = one_line(item.get("cve"), 200), one_line(item.get("displayName"), 200), item.get("title")
    found: dict[str, None] = {}
    if cve != given and _CVE.match(cve):
        found[_spelt(cve)] = None
    if shown != given and _IDENTIFIER.match(shown):
        found[_spelt(shown)] = None
    if isinstance(title, str) and (in_title := _CVE_IN_TITLE.match(title)):
        found[_spelt(in_title[1])] = None
    found.pop(given, None)
    return list(found)


def _spelt(identifier: str) -> str:
    """CVE identifiers in capitals, so that one spelling means one vulnerability; others as given."""
    return identifier.upper() if _CVE.match(identifier) else identifier


def _texts(item: Entry, identifier: str) -> tuple[str, str]:
    """Title and description; an entry whose details are withheld says so in both."""
    title, description = one_line(item.get("title"), 500), clean_text(item.get("description"), 20_000)
    if _REDACTED.match(title) or _REDACTED.match(description):
        return (
            f"Details withheld by OSS Index ({identifier})",
            "OSS Index names this vulnerability and keeps its details back from this account; it counts all the same. "
            f"It says: {description or title}",
        )
    return title, description


def _made_up_id(item: object) -> str:
    """A name for what has none; the same entry gets the same name in every answer."""
    try:
        content = msgspec.json.encode(item, order="sorted")
    except (ValueError, RecursionError):  # half surrogates, numbers without bounds, nested too deep
        content = type(item).__name__.encode()
    return f"ossindex-unnamed-{hashlib.sha256(content).hexdigest()[:12]}"


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
    """A CVSS vector as given, of version 2 (without prefix, perhaps in parentheses), 3 or 4; None for anything else."""
    text = one_line(value, 300)
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    return text if _VECTOR.match(text) else None


def web_address(value: object) -> str:
    """An http(s) address without the ``utm_*`` parameters that carry the User-Agent; empty for anything else."""
    text = clean_text(value, 2000)
    if _PLAIN_ADDRESS(text):
        return text[: text.index("?")] if "?" in text else text
    if not _ADDRESS.match(text):
        return ""
    address, hash_sign, fragment = text.partition("#")
    page, _, query = address.partition("?")
    if "utm_" not in query.lower():
        return text
    # Only cut: what stays keeps the service's own percent-encoding.
    kept = "&".join([part for part in query.split("&") if not part.lower().startswith("utm_")])
    return f"{page}?{kept}{hash_sign}{fragment}" if kept else f"{page}{hash_sign}{fragment}"


def _web_addresses(value: object) -> tuple[str, ...]:
    items: Iterable[object] = value if isinstance(value, list) else ()
    return tuple(sorted({address for item in items if (address := web_address(item))}))
