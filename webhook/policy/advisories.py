"""Advisories: facts that a source's entry implies but does not state in a field.

The score that a vector gives, further identifiers in its references, and whether it was rejected or withdrawn.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from operator import methodcaller
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webhook.model.vulnerabilities import Vulnerability

MOST_ALIASES = 100
"""Aliases of a vulnerability that are kept; real ones have a few."""
WORST_VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"
"""Scores 10.0."""
_BASE_METRICS_4 = frozenset(("AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA"))
_LONGEST_VECTOR = 300
_MALICIOUS = "MAL-"
_UBUNTU, _ESM = "pkg:deb/ubuntu/", "esm"
_is_malicious = methodcaller("startswith", _MALICIOUS)
_GHSA = re.compile(r"https?://[^\s?#]*/(GHSA(?:-[0-9a-z]{4}){3})/?(?:[?#]\S*)?\Z", re.IGNORECASE)
_ABOUT_A_RECORD = (
    r"(?:this|the\s+(?:cve|record|advisory|candidate)|duplicate|dup\b|reason|not\s+a|no\s+longer|see\s|same\s+as|"
    r"superseded|invalid|because|by\s+(?:its|the)\s|as\s+(?:it|a)\s|cve-\d|ghsa-|advisory)"
)
"""How a sentence goes on that says why a record counts no more. Funds may be withdrawn, too, and requests rejected."""
_REJECTED = re.compile(
    r"[\s*#\[(]*(?:"
    r"(?:reject(?:ed)?|withdrawn)\s*(?:\*\*|\]|\)|\Z|reason\b)"
    r"|(?-i:REJECT(?:ED)?|WITHDRAWN)\s*[:\-\u2013\u2014]"
    rf"|(?:reject(?:ed)?|withdrawn)\s*[:\-\u2013\u2014][\s*]*{_ABOUT_A_RECORD}"
    r"|rejected\s+(?:cve|by\s+(?:its|the)\s+(?:cna|cve|assign|issu|request|report|number|nvd|nist|mitre))\b"
    r"|(?:this|the)\s+cve(?:[-\s](?:id|record|identifier|\d{4}-\d+))*\s+(?:has\s+been|was|is)\s+(?:rejected|withdrawn)\b"
    # Software, too, rejects records and identifiers; who rejects a vulnerability may be its vendor.
    r"|this\s+(?:candidate|record|id|identifier|report|vulnerability)\s+(?:has\s+been|was)\s+(?:rejected|withdrawn)"
    r"(?=\s*(?:[.,;:)]|\Z)|\s+(?:or\s+withdrawn|because|from\s+the|with\s+reason|as\s+(?:it|a\s+duplicate|not))\b"
    r"|\s+by\s+(?:its|the)\s+(?:cna|cve|assign|issu|request|report|number|nvd|nist|mitre))"
    r"|withdrawn\s+(?:advisory|because)\b"
    r"|duplicate\s+advisory\b"
    r"|this\s+advisory\s+(?:has\s+been|was|is)\s+(?:rejected|withdrawn)\b"
    r")",
    re.IGNORECASE,
)
_TITLE_HEAD = re.compile(r"\A\s*+\[[^\]]{1,60}\]\s*+(?=\S)")


def score_of_vector(vector: str | None) -> Decimal | None:
    """The base score of a CVSS vector of version 2, 3.0, 3.1 or 4.0; None when it is none of these.

    Threat and environment, which can only be known where the software runs, do not count.

    Args:
        vector: possibly from a stranger; version 2, and at times others, without prefix; in any case and order.
    """
    if not vector or len(vector) > _LONGEST_VECTOR:
        return None
    from cvss import CVSS2, CVSS3, CVSS4  # type: ignore[import-untyped]
    from cvss.exceptions import CVSSError  # type: ignore[import-untyped]

    text = vector.strip().strip("()").rstrip("/").upper()
    try:
        if "/VC:" in text:
            version, *metrics = text.split("/") if text.startswith("CVSS:") else ("CVSS:4.0", *text.split("/"))
            base = [metric for metric in metrics if metric.partition(":")[0] in _BASE_METRICS_4]
            score = CVSS4("/".join((version, *base))).base_score
        elif "/PR:" in f"/{text}":  # some write a vector of version 3 without its version
            score = CVSS3(text if text.startswith("CVSS:") else f"CVSS:3.1/{text}").base_score
        else:
            score = CVSS2(f"/{text.removeprefix('CVSS:2.0/')}".replace("/AU:", "/Au:")[1:]).base_score
    except (CVSSError, ArithmeticError, LookupError, ValueError, TypeError):
        return None  # a malformed vector may break the calculation in any way; it has no score then
    return Decimal(str(score))


def identifiers_in(references: Iterable[str]) -> tuple[str, ...]:
    """GHSA identifiers in the references, sorted, spelled as GitHub spells them."""
    found = [_GHSA.match(reference) for reference in references if "GHSA-" in reference.upper()]
    return tuple(sorted({f"GHSA{match[1][4:].lower()}" for match in found if match is not None}))


def kept_aliases(names: Iterable[str]) -> tuple[tuple[str, ...], str]:
    """The aliases that are kept, sorted, and what is said where there are more; that is empty as a rule.

    Somebody may have decided under a name that is left out. So a vulnerability with too many counts as scored 10.0,
    which is as strict as the ranges of the types can be.

    Args:
        names: all of them; CVEs come first.
    """
    ordered = sorted(set(names), key=lambda name: (not name.startswith("CVE-"), name))
    more = len(ordered) - MOST_ALIASES
    said = f"{more} of its {len(ordered)} aliases are left out; so it counts as scored 10.0." if more > 0 else ""
    return tuple(sorted(ordered[:MOST_ALIASES])), said


def is_malicious(vulnerability: Vulnerability) -> bool:
    """Whether a package is malicious as such, rather than vulnerable: OpenSSF's malicious packages have such ids."""
    return vulnerability.id.startswith(_MALICIOUS) or any(map(_is_malicious, vulnerability.aliases))


SUBSCRIBED = "fixed for subscribers alone (Ubuntu Pro)"
"""A note on findings."""


def is_for_subscribers(purl: str, fixed: str) -> bool:
    """Whether a fix is for subscribers of Ubuntu Pro alone, and the component is none of theirs.

    Args:
        purl: the component.
        fixed: the next version that does not have a vulnerability; empty where none is known.
    """
    is_new = _ESM in fixed and purl.startswith(_UBUNTU)
    return is_new and _ESM not in purl.partition("?")[0].rpartition("@")[2]


def is_rejected(title: str, description: str) -> bool:
    """Whether a description says that its own identifier was rejected or withdrawn.

    What is disputed, and what tells of input that is rejected, is not meant. Source: the CVE Program's rejected records
    (``** REJECT **``, ``Rejected reason:``), GitHub's and Go's withdrawn advisories.

    Args:
        title: with or without an identifier in brackets before it.
        description: of which the beginning counts.
    """
    title, description = title[:500], description[:500]
    return bool(
        _REJECTED.match(description)
        or _REJECTED.match(title)
        or ((head := _TITLE_HEAD.match(title)) and _REJECTED.match(title, head.end()))
    )
