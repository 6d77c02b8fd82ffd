"""Descriptions: what a record says of a vulnerability beside the versions that are affected."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from webhook.clients.osv.severities import Rated, Severity, worst_vector
from webhook.model.advisories import Advisory
from webhook.policy.advisories import WORST_VECTOR, kept_aliases
from webhook.policy.severitywords import worst_word

LONGEST_ID = 200
_MOST_PARTS = 10_000
_SUMMARY, _DETAILS = 300, 600
_CVE = re.compile(r"CVE-[0-9]+-[0-9]+\Z")
_OF_DISTRIBUTION = re.compile(r"(?:ALPINE|DEBIAN|UBUNTU)-(CVE-[0-9]{4}-[0-9]{4,19})\Z")
_SPACE = re.compile(r"\s+")


class _Reference(msgspec.Struct, gc=False):
    type: str = ""
    url: str = ""


class Record(msgspec.Struct, gc=False):
    """The fields of a record that count; what it says of packages is read one by one."""

    id: str
    modified: str = ""
    withdrawn: str | None = None
    aliases: list[str] | None = None
    upstream: list[str] | None = None
    related: list[str] | None = None
    summary: str | None = None
    details: str | None = None
    severity: list[Severity] | None = None
    affected: list[msgspec.Raw] | None = None
    references: msgspec.Raw = msgspec.Raw()
    database_specific: msgspec.Raw = msgspec.Raw()


_REFERENCES = msgspec.json.Decoder(list[_Reference])


def advisory_of(record: Record, rated: Rated) -> Advisory:
    """A record without its packages.

    Args:
        record: as it is written.
        rated: all severities that it and its packages state.
    """
    upstream, related = record.upstream or [], record.related or []
    parts = cves(upstream) or cves(related)
    aliases = set(record.aliases or ())
    if len(cves(upstream)) <= 1:  # one vulnerability; several would be one and the same otherwise
        aliases |= set(upstream)
        parts = cves(related) if not cves(upstream) else []
    if found := _OF_DISTRIBUTION.match(record.id):
        aliases.add(found[1])
    named, said = kept_aliases(a for a in aliases - {record.id} if 0 < len(a) <= LONGEST_ID and a.isprintable())
    return Advisory(
        record.id,
        named,
        tuple(parts[:_MOST_PARTS]),
        _line(record.summary or "", _SUMMARY),
        WORST_VECTOR if said else rated.vector(),
        _reference(record.references),
        _line(f"{said} {record.details or ''}", _DETAILS),
        rated.word(record.summary or ""),
        tuple(sorted(rated.ended)),
    )


def joined(said: Sequence[Advisory]) -> Advisory:
    """What records of one id say together: all names, and the worst severity; the first text that there is.

    Args:
        said: one or more.
    """
    names = {name for advisory in said for name in advisory.aliases}
    aliases, left_out = kept_aliases(names)
    details = next(filter(None, (advisory.details for advisory in said)), "")
    return Advisory(
        said[0].id,
        aliases,
        tuple(sorted({name for advisory in said for name in advisory.parts})[:_MOST_PARTS]),
        next(filter(None, (advisory.summary for advisory in said)), ""),
        WORST_VECTOR if left_out else worst_vector({advisory.vector for advisory in said} - {""}),
        next(filter(None, (advisory.reference for advisory in said)), ""),
        _line(f"{left_out} {details}", _DETAILS),
        worst_word(advisory.word for advisory in said),
        tuple(sorted({release for advisory in said for release in advisory.ended})),
    )


def cves(names: Iterable[str]) -> list[str]:
    """Those of some ids that are CVEs, sorted."""
    return sorted({name for name in names if _CVE.match(name)})


def _reference(raw: msgspec.Raw) -> str:
    try:
        listed = _REFERENCES.decode(raw) if bytes(raw) else []
    except ValueError:
        return ""
    urls = [(page.type != "ADVISORY", page.url) for page in listed if page.url.startswith(("https://", "http://"))]
    return min(urls, key=lambda pair: pair[0], default=(False, ""))[1][:500]


def _line(text: str, most: int) -> str:
    return _SPACE.sub(" ", text[: 2 * most]).strip()[:most]
