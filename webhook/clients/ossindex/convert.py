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
from itertools import chain

import msgspec
from msgspec.structs import replace

from webhook.clients.ossindex.fields import judgement_of, weakness_of, web_address, web_addresses
from webhook.clients.ossindex.matching import Entry
from webhook.clients.ossindex.reading import clean_text, decode_json, one_line
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability
from webhook.policy.advisories import MOST_ALIASES, identifiers_in, is_rejected, kept_aliases

_CVE = re.compile(r"CVE-\d{4}-\d{4,}\Z", re.IGNORECASE)
_IDENTIFIER = re.compile(
    r"(?:CVE-\d{4}-\d{4,}|sonatype-\d{4}-\d+|OSSINDEX(?:-[0-9a-f]{4}){3}|GHSA(?:-[0-9a-z]{4}){3})\Z", re.IGNORECASE
)
_CVE_IN_TITLE = re.compile(r"\s*\[(CVE-\d{4}-\d{4,})\]", re.IGNORECASE)
_REDACTED = re.compile(r"\b\d+ (?:non-CVE )?vulnerabilit(?:y|ies) found\b", re.IGNORECASE)
_USUAL_NAME = re.compile(r"(?:CVE|sonatype)-\d{4}-\d{4,20}\Z", re.ASCII).match
_LONGEST_TITLE, _LONGEST_DESCRIPTION = 500, 20_000


def convert(purl: Purl, listed: Sequence[object], answered_at: dt.datetime) -> ComponentAnswer | None:
    """Read what the entries for one component list; several of them count together.

    Args:
        purl: the component as it was asked for.
        listed: the vulnerabilities of at least one entry, as they came or not read yet.
        answered_at: UTC.

    Returns:
        The answer, or None when no entry says which vulnerabilities there are: that is unknown, not clean.
    """
    lists = [vulnerabilities for vulnerabilities in listed if isinstance(vulnerabilities, list)]
    if not lists:
        return None
    return ComponentAnswer(purl, _worst([_vulnerability(stated) for stated in chain(*lists)]), answered_at)


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
    if not any(answer.vulnerabilities for answer in answers):  # as most
        return ComponentAnswer(purl, (), min([answer.answered_at for answer in answers]), complete, spellings)
    return ComponentAnswer(
        purl=purl,
        vulnerabilities=_worst([vulnerability for answer in answers for vulnerability in answer.vulnerabilities]),
        answered_at=min(answer.answered_at for answer in answers),
        complete=complete,
        spellings=spellings,
    )


def _worst(those: Sequence[Vulnerability]) -> tuple[Vulnerability, ...]:
    """Each vulnerability once, by identifier, as its entry with the highest score has it, with the aliases of all."""
    found: dict[str, Vulnerability] = {}
    for stated in those:
        known = found.get(stated.id)
        if known is None:
            found[stated.id] = stated
            continue
        worse = stated if _worse(stated, known) else known
        every = {*stated.aliases, *known.aliases}
        found[stated.id] = worse if len(every) == len(worse.aliases) else replace(worse, aliases=tuple(sorted(every)))
    return tuple([_within_bounds(found[identifier]) for identifier in sorted(found)])


def _within_bounds(one: Vulnerability) -> Vulnerability:
    if len(one.aliases) <= MOST_ALIASES:
        return one
    aliases, said = kept_aliases(one.aliases)
    described, worst = f"{said} {one.description}".rstrip(), Decimal("10.0")
    return replace(
        one, aliases=aliases, description=described, cvss_score=worst, cvss_vector=None, scored_from_vector=False
    )


def _worse(one: Vulnerability, known: Vulnerability) -> bool:
    unscored = Decimal(-1)
    return (unscored if one.cvss_score is None else one.cvss_score) > (
        unscored if known.cvss_score is None else known.cvss_score
    )


class _Stated(msgspec.Struct, rename="camel", frozen=True):
    """A vulnerability as documented."""

    id: str
    title: str
    display_name: str
    description: str = ""
    cve: str | msgspec.UnsetType = msgspec.UNSET
    cvss_score: int | float | str | None = None
    cvss_vector: str | None = None
    cwe: str | None = None
    reference: str = ""
    external_references: list[str] = []


_STATED = msgspec.json.Decoder(_Stated)


def _vulnerability(stated: object) -> Vulnerability:
    if not isinstance(stated, msgspec.Raw):
        return _any(stated)
    if (usual := _usual(stated)) is not None:
        return usual
    try:
        return _any(decode_json(bytes(stated)))
    except ValueError:
        return _any(bytes(stated).decode("utf-8", "replace"))


def _usual(raw: msgspec.Raw) -> Vulnerability | None:
    """As :func:`_any`, for a vulnerability with one name and nothing to mend in its texts, as most are; or None."""
    try:
        stated = _STATED.decode(raw)
    except (ValueError, RecursionError):
        return None
    given, title, description = stated.id, stated.title, stated.description
    if stated.display_name != given or stated.cve not in (given, msgspec.UNSET) or not _USUAL_NAME(given):
        return None
    # A title may begin with another identifier, and either text with a number where details are withheld.
    if (
        not title.isprintable()
        or len(title) > _LONGEST_TITLE
        or not (title[:1].isalpha() or title.startswith(f"[{given}]"))
    ):
        return None
    description = clean_text(description, _LONGEST_DESCRIPTION)
    if description[:1].isdigit():
        return None
    references = web_addresses(stated.external_references)
    judgement = judgement_of(stated.cvss_score, stated.cvss_vector)
    return Vulnerability(
        id=given,
        aliases=identifiers_in(references),
        title=title.rstrip(),
        description=description,
        cvss_score=judgement.score,
        cvss_vector=judgement.vector,
        cwe=weakness_of(stated.cwe),
        reference=web_address(stated.reference),
        external_references=references,
        scored_from_vector=judgement.from_vector,
        rejected=is_rejected(title, description),
    )


def _any(item: object) -> Vulnerability:
    if not isinstance(item, dict):
        return Vulnerability(
            id=_made_up_id(item), title="OSS Index lists a vulnerability here in a form that cannot be read"
        )
    identifier, others, title, description = _names(item)
    references = web_addresses(item.get("externalReferences"))
    judgement = judgement_of(item.get("cvssScore"), item.get("cvssVector"))
    return Vulnerability(
        id=identifier,
        aliases=tuple(sorted({*others, *identifiers_in(references)} - {identifier})),
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
    title, description = (
        one_line(item.get("title"), _LONGEST_TITLE),
        clean_text(item.get("description"), _LONGEST_DESCRIPTION),
    )
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
