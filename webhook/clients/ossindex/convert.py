"""Convert: what OSS Index said about one component, in bomgate's own nouns.

Every field but the coordinates may be missing, null or of another type than documented. What cannot be read is left
out or said to be unreadable; it never makes a component clean, and it never loses another one.
Source: OSS Index REST v3, component report; real answers of 2019 to 2026.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from webhook.clients.ossindex.fields import judgement_of, weakness_of, web_address, web_addresses
from webhook.clients.ossindex.matching import Entry
from webhook.clients.ossindex.reading import clean_text, one_line
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability
from webhook.policy.advisories import identifiers_in, is_rejected

_CVE = re.compile(r"CVE-\d{4}-\d{4,}\Z", re.IGNORECASE)
_IDENTIFIER = re.compile(
    r"(?:CVE-\d{4}-\d{4,}|sonatype-\d{4}-\d+|OSSINDEX(?:-[0-9a-f]{4}){3}|GHSA(?:-[0-9a-z]{4}){3})\Z", re.IGNORECASE
)
_CVE_IN_TITLE = re.compile(r"\s*\[(CVE-\d{4}-\d{4,})\]", re.IGNORECASE)
_REDACTED = re.compile(r"\b\d+ (?:non-CVE )?vulnerabilit(?:y|ies) found\b", re.IGNORECASE)
_USUAL_NAME = re.compile(r"(?:CVE|sonatype)-\d{4}-\d{4,20}\Z", re.ASCII).match
_LONGEST_TITLE = 500


def convert(purl: Purl, entries: Sequence[Entry], answered_at: dt.datetime) -> ComponentAnswer | None:
    """Read the entries for one component; several of them count together.

    Args:
        purl: the component as it was asked for.
        entries: at least one.
        answered_at: UTC.

    Returns:
        The answer, or None when no entry says which vulnerabilities there are: that is unknown, not clean.
    """
    if len(entries) == 1 and entries[0].get("vulnerabilities") == []:  # as most
        return ComponentAnswer(purl, (), answered_at)
    lists = [listed for entry in entries if isinstance(listed := entry.get("vulnerabilities"), list)]
    if not lists:
        return None
    found: dict[str, Vulnerability] = {}
    for stated in (stated for listed in lists for stated in listed):
        one = _vulnerability(stated)
        known = found.get(one.id)
        if known is None or _worse(one, known):
            found[one.id] = one
    return ComponentAnswer(purl, tuple([found[identifier] for identifier in sorted(found)]), answered_at)


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
    for vulnerability in (vulnerability for answer in answers for vulnerability in answer.vulnerabilities):
        known = found.get(vulnerability.id)
        if known is None or _worse(vulnerability, known):
            found[vulnerability.id] = vulnerability
    return ComponentAnswer(
        purl=purl,
        vulnerabilities=tuple([found[identifier] for identifier in sorted(found)]),
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
    identifier, others, title, description = _usual_names(item) or _names(item)
    references = web_addresses(item.get("externalReferences"))
    in_references = identifiers_in(references)
    judgement = judgement_of(item.get("cvssScore"), item.get("cvssVector"))
    return Vulnerability(
        id=identifier,
        aliases=tuple(sorted({*others, *in_references} - {identifier})) if others or in_references else (),
        title=title,
        description=description,
        cvss_score=judgement.score,
        cvss_vector=judgement.vector,
        cwe=weakness_of(item.get("cwe")),
        reference=web_address(item.get("reference")),
        external_references=references,
        scored_from_vector=judgement.from_vector,
        rejected=is_rejected(title, description),
    )


def _usual_names(item: Entry) -> tuple[str, Sequence[str], str, str] | None:
    """As :func:`_names`, for an entry with one identifier throughout and nothing to mend, as most are; or None."""
    given, title = item.get("id"), item.get("title")
    if not isinstance(given, str) or not isinstance(title, str) or not _USUAL_NAME(given):
        return None
    if item.get("displayName") != given or item.get("cve", given) != given:
        return None
    # A title may begin with another identifier, or with a number where details are withheld.
    if (
        not title.isprintable()
        or len(title) > _LONGEST_TITLE
        or not (title[:1].isalpha() or title.startswith(f"[{given}]"))
    ):
        return None
    description = clean_text(item.get("description"), 20_000)
    return None if description[:1].isdigit() else (given, (), title.rstrip(), description)


def _names(item: Entry) -> tuple[str, Sequence[str], str, str]:
    """The identifier, further ones, the title and the description."""
    given = one_line(item.get("id"), 200)
    others = _other_identifiers(item, given)
    identifier = given or (others.pop(0) if others else _made_up_id(item))
    title, description = _texts(item, identifier)
    return identifier, others, title, description


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
    title, description = one_line(item.get("title"), _LONGEST_TITLE), clean_text(item.get("description"), 20_000)
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
