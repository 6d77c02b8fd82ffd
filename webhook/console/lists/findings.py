"""The lists of vulnerabilities, packages, and components of an image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from webhook.console.face import ConsoleFace
from webhook.console.lists.base import (
    ACTION,
    MAYBE_TEXT,
    MOMENT,
    NUMBER,
    TEXT,
    TEXTS,
    Column,
    Filter,
    ListView,
    Values,
    moment,
)
from webhook.engines.triage.packages import PackageRow
from webhook.engines.triage.vulnerabilityrows import MOST_COUNTED, VulnerabilityFilter, VulnerabilityRow
from webhook.model.ecosystems import OSS_INDEX_TYPES, TYPES
from webhook.model.images import parse_digest
from webhook.model.records import AssessmentState
from webhook.model.triage import Key, PackageScan, Page, VulnerabilityOrder
from webhook.model.uncovered import Uncovered
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.scores import SEVERITIES, UNSCORED, is_scored, round_score, severity

_SEVERITIES = (*((name.lower(), name) for name in reversed(SEVERITIES)), (UNSCORED, "Unscored"))
_STATES = tuple((item.value, item.value.capitalize()) for item in AssessmentState)
_ORDERS = (("score", "Highest score first"), ("newest", "Newest first"), ("id", "By identifier"))
_OTHER_TYPES = (
    "alpm",
    "bitnami",
    "cpan",
    "dhi",
    "docker",
    "generic",
    "github",
    "hackage",
    "julia",
    "oci",
    "opam",
    "otp",
)
"""Types of purls that no source or spelling is about."""
_PURL_TYPES = sorted({*OSS_INDEX_TYPES, *TYPES.values(), *_OTHER_TYPES})


def score(one: Vulnerability) -> str | None:
    """The score as text, rounded to one decimal; None without one."""
    given = one.cvss_score
    return str(round_score(given)) if given is not None and is_scored(given) else None


EXPLOITATION: Mapping[str, Any] = {
    "type": ["object", "null"],
    "description": "What is known of attacks on it; null where nothing is.",
    "properties": {
        "kev": {"type": ["string", "null"], "format": "date", "description": "Since when it is listed in KEV."},
        "kev_as_of": {"type": ["string", "null"], "format": "date", "description": "The day of that list."},
        "epss": {"type": ["string", "null"], "description": "Probability of exploitation, 0 to 1, as text."},
        "epss_as_of": {"type": ["string", "null"], "format": "date", "description": "The day that it is for."},
    },
}


def exploitation(one: Vulnerability) -> dict[str, str | None] | None:
    """What is known of attacks, as JSON."""
    known = one.exploitation
    if known is None:
        return None
    return {
        "kev": None if known.kev is None else str(known.kev),
        "kev_as_of": None if known.kev_as_of is None else str(known.kev_as_of),
        "epss": None if known.epss is None else f"{known.epss:f}",
        "epss_as_of": None if known.epss_as_of is None else str(known.epss_as_of),
    }


def vulnerability_path(identifier: str) -> str:
    """The page of a vulnerability."""
    return f"/vulnerabilities/{quote(identifier, safe='')}"


def package_path(package: str) -> str:
    """The page of a package."""
    return f"/package?purl={quote(package, safe='')}"


def vulnerability_filter(values: Values) -> VulnerabilityFilter:
    """The filter of an address.

    Raises:
        InvalidInput: the digest of an image is none.
    """
    state = values.get("state")
    image = values.get("image")
    return VulnerabilityFilter(
        order=VulnerabilityOrder(values.get("sort", "score")),
        severity=values.get("severity"),
        since=values.get("since"),
        state=AssessmentState(state) if state else None,
        type=values.get("type"),
        running=bool(values.get("running")),
        namespace=values.get("namespace"),
        package=PackageScan.of(values.get("package")).pattern,
        image=None if image is None else parse_digest(image),
        text=values.get("text"),
        ends_within=values.get("ends_within"),
        kev=bool(values.get("kev")),
    )


def vulnerability_list(face: ConsoleFace) -> ListView[VulnerabilityRow]:
    """Vulnerabilities that affect a known component now."""

    def fetch(values: Values, after: Key | None, most: int) -> Page[VulnerabilityRow]:
        return face.vulnerabilities.page(vulnerability_filter(values), after, most)

    def keys(values: Values) -> tuple[type, ...]:
        return (str,) if values.get("sort") == "id" else (int, str)

    return ListView(
        "vulnerabilities",
        "Vulnerabilities",
        "Vulnerabilities that affect a known component now.",
        _vulnerability_filters(face),
        _vulnerability_columns(),
        fetch,
        keys,
        "No vulnerability matches. With no filter set this means that the downloader has found none yet.",
        "vulnerabilities",
        tick=lambda row: row.vulnerability.id,
    )


def _vulnerability_filters(face: ConsoleFace) -> tuple[Filter, ...]:
    return (
        Filter("text", "Search", placeholder="CVE-2021-44228, a word of the title", help="In id, alias or title."),
        Filter("severity", "Severity", "choice", lambda: _SEVERITIES),
        Filter("state", "State", "choice", lambda: _STATES, help="Of at least one affected component."),
        Filter("type", "Type", "choice", lambda: [(name, name) for name in face.rules().types.names]),
        Filter("package", "Package", placeholder="log4j*", help="A glob on the name, or a purl with pkg: in front."),
        Filter(
            "namespace",
            "Namespace",
            "choice",
            lambda: [(namespace, namespace) for namespace in face.boards.now().namespaces],
        ),
        Filter("since", "First seen since", "date", placeholder="7d or 2026-11-29"),
        Filter("ends_within", "Ends within days", "days", placeholder="7", help="An assessment of it ends then."),
        Filter("image", "Image digest", placeholder="sha256:…"),
        Filter("kev", "Known exploited", "flag", help="Listed in KEV."),
        Filter("running", "Running only", "flag", help="Only in images that run in the cluster."),
        Filter("sort", "Sort", "choice", lambda: _ORDERS, is_always=True),
    )


def _vulnerability_columns() -> tuple[Column[VulnerabilityRow], ...]:
    return (
        Column("id", "Vulnerability", lambda row: row.vulnerability.id, "titled", lambda row: _path(row), schema=TEXT),
        Column("severity", "Severity", lambda row: severity(row.vulnerability.cvss_score), "severity"),
        Column("score", "", lambda row: score(row.vulnerability), schema=MAYBE_TEXT),
        Column("attacks", "Attacks", lambda row: _attacks(row.vulnerability), schema=TEXT),
        Column("title", "", lambda row: row.vulnerability.title),
        Column("packages", "Packages", lambda row: list(row.packages), "packages", schema=TEXTS),
        Column("state", "State", lambda row: row.state.value, "state"),
        Column("types", "", lambda row: list(row.types), schema=TEXTS),
        Column("action", "Asks for", lambda row: row.action.word, "action", schema=ACTION),
        Column("until", "", lambda row: moment(row.until), schema=MOMENT),
        Column("first_seen", "First seen", lambda row: moment(row.first_seen), "moment", schema=MOMENT),
        Column("images", "Images", lambda row: row.images, "bounded", schema=NUMBER),
        Column("workloads", "Running in", lambda row: row.workloads, "bounded", schema=NUMBER),
    )


def _attacks(one: Vulnerability) -> str:
    known = one.exploitation
    if known is None:
        return ""
    return ", ".join(filter(None, ("KEV" if known.kev else "", f"EPSS {known.epss:.2f}" if known.epss else "")))


def _path(row: VulnerabilityRow) -> str:
    return vulnerability_path(row.vulnerability.id)


def package_list(face: ConsoleFace) -> ListView[PackageRow]:
    """Packages in any state: who has X at all."""

    def fetch(values: Values, after: Key | None, most: int) -> Page[PackageRow]:
        return face.packages.page(PackageScan.of(values.get("name"), values.get("type")), after, most)

    return ListView(
        "packages",
        "Packages",
        "Packages in any state: whether you have something at all, and where.",
        (
            Filter(
                "name",
                "Name",
                placeholder="log4j-core, log4j*, pkg:maven/org.apache*",
                help="The last part of the purl with * wildcards; a purl when it begins with pkg:.",
            ),
            Filter("type", "Ecosystem", "choice", lambda: [(purl_kind, purl_kind) for purl_kind in _PURL_TYPES]),
        ),
        (
            Column(
                "package", "Package", lambda row: row.line.package, "key", lambda row: package_path(row.line.package)
            ),
            Column("versions", "Versions", _versions, "versions", schema={"type": "array", "items": VERSION}),
            Column("more_versions", "", lambda row: row.line.more, schema={"type": "boolean"}),
            Column("images", "Images", lambda row: row.images, "bounded", schema=NUMBER),
        ),
        fetch,
        lambda _: (str, str),
        "No image has such a package. Try fewer letters with a * behind them, or without the ecosystem.",
        "packages",
    )


VERSION: dict[str, Any] = {
    "type": "object",
    "properties": {
        "purl": TEXT,
        "state": {"type": "string"},
        "not_covered_because": {"type": ["string", "null"], "enum": [*Uncovered, None]},
        "answered_at": MOMENT,
        "vulnerabilities": TEXTS,
    },
    "required": ["purl", "state", "not_covered_because", "answered_at", "vulnerabilities"],
}
"""The JSON Schema of a component."""


def component(line: Any) -> dict[str, Any]:
    """A component as JSON."""
    return {
        "purl": str(line.purl),
        "state": line.state.name.lower().replace("_", "-"),
        "not_covered_because": line.uncovered,
        "answered_at": moment(line.answered_at),
        "vulnerabilities": list(line.vulnerabilities),
    }


def _versions(row: PackageRow) -> list[dict[str, Any]]:
    return [component(line) for line in row.line.versions]


def counted(number: int) -> str:
    """A number for people."""
    return f"{number:,}"


def bounded(number: int) -> str:
    """A number that is not counted beyond :data:`MOST_COUNTED`, for people."""
    return f"{MOST_COUNTED:,}+" if number > MOST_COUNTED else counted(number)
