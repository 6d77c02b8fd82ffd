"""``bomgate vulns list``: which vulnerabilities are meant, and how they are shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from webhook.bootstrap import Parts
from webhook.cli.options import since
from webhook.cli.triaging import gathered, loaded_triage, refuse_unknown
from webhook.engines.triage.packages import images_of
from webhook.engines.triage.vulnerabilityrows import VulnerabilityFilter
from webhook.errors import InvalidInput
from webhook.model.images import Digest, parse_digest, parse_image
from webhook.model.purls import parse_purl
from webhook.model.records import AssessmentState, VulnerabilityRecord
from webhook.model.triage import PackageScan, VulnerabilityOrder
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.phrases import score, state, title
from webhook.policy.plaintext import plain
from webhook.policy.scores import severity
from webhook.policy.selections import JudgedVulnerability, Selection

COLUMNS = ("Vulnerability", "CVSS#", "Action", "Assessment", "Components", "Images#", "Title", "Attacks")
CSV_COLUMNS = (
    "id",
    "severity",
    "cvss_score",
    "title",
    "state",
    "action",
    "assessments",
    "until",
    "first_seen",
    "components",
    "images",
    "kev",
    "epss",
)
_LISTED = 3
_TRIAGED = ("severity", "since", "sort", "limit", "running", "package", "expires_within", "kev")
"""Options that the lists of triage answer."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list holds.

    Attributes:
        found: in order.
        is_more: whether --limit left some out.
    """

    found: Sequence[JudgedVulnerability]
    is_more: bool = False


def listed(parts: Parts, given: Mapping[str, Any]) -> Listed:
    """The vulnerabilities that all filters let through.

    Args:
        parts: of this process.
        given: the options by name; each None was not given.

    Raises:
        InvalidInput: one of them cannot be used.
        TooBroad: they hold too much to be searched.
        StoreError: the store did not answer.
    """
    if given["purl"] and given["package"]:
        raise click.UsageError("--purl and --package both name a package. Give one of them.")
    if not any(given[name] for name in _TRIAGED):
        return Listed(parts.selector.states(_selection(parts, given)))
    triage = loaded_triage(parts, judges=False)
    wanted = _filter(parts, given)
    board = triage.boards.now()
    if given["running"] and board.taken_at is None:
        raise InvalidInput(
            "No cluster has been audited with this database, so it is unknown what runs.",
            remedy="Leave out --running, or correct database.url to the database of the cluster's controller.",
        )
    rows, is_more = gathered(lambda after, most: triage.vulnerabilities.page(wanted, after, most), given["limit"])
    if not rows and given["package"]:
        scan = PackageScan.of(given["package"])
        filters = [
            (
                given["package"],
                lambda: bool(triage.packages.page(scan, None, 1).items),
                "No known image has a package of this name",
            )
        ]
        refuse_unknown(filters, "`bomgate components find NAME` finds packages; * stands for anything.")
    found = []
    for row in rows:
        components = tuple(sorted(finding.purl for finding in row.findings))
        images = images_of(board, board.where.images(row.numbers))
        held = tuple((image.digest, image.names) for image in images)
        record = VulnerabilityRecord(row.vulnerability, components, held, row.first_seen)
        found.append(JudgedVulnerability(record, row.findings))
    return Listed(found, is_more)


def table_row(one: JudgedVulnerability) -> tuple[object, ...]:
    """A row of the table."""
    vulnerability, findings = one.record.vulnerability, one.findings
    states = dict.fromkeys(state(finding) for finding in findings)
    components = [str(purl) for purl in one.record.components[:_LISTED]]
    more = len(one.record.components) - len(components)
    return (
        vulnerability.id,
        score(vulnerability).removeprefix("CVSS "),
        findings[0].action.word,
        ", ".join(states),
        ", ".join(components) + (f" and {more} more" if more else ""),
        len(one.record.images),
        title(vulnerability),
        _attacks(vulnerability),
    )


def _attacks(vulnerability: Vulnerability) -> str:
    known = vulnerability.exploitation
    if known is None:
        return ""
    probability = "" if known.epss is None else f"EPSS {known.epss:.2f}"
    return ", ".join(filter(None, ("KEV" if known.kev else "", probability)))


def csv_row(one: JudgedVulnerability) -> tuple[object, ...]:
    """A row of CSV, as :data:`CSV_COLUMNS` names its cells."""
    vulnerability = one.record.vulnerability
    given = [finding.assessment for finding in one.findings if finding.assessment is not None]
    ends = [assessment.until for assessment in given if assessment.until is not None]
    known = vulnerability.exploitation
    return (
        vulnerability.id,
        severity(vulnerability.cvss_score),
        vulnerability.cvss_score,
        vulnerability.title,
        one.state.value,
        one.findings[0].action.word,
        " ".join(sorted({assessment.type or "" for assessment in given})),
        min(ends, default=None),
        one.record.first_seen,
        " ".join(one.record.components),
        len(one.record.images),
        None if known is None else known.kev,
        None if known is None else known.epss,
    )


def _selection(parts: Parts, given: Mapping[str, Any]) -> Selection:
    low, high = given["cvss"] or (None, None)
    return Selection(
        package=given["purl"],
        image=given["image"],
        namespace=given["namespace"],
        score_low=low,
        score_high=high,
        state=_state(given),
        type=_type(parts, given),
    )


def _filter(parts: Parts, given: Mapping[str, Any]) -> VulnerabilityFilter:
    moment: dt.datetime | None = since(given["since"], parts.clock.now())
    is_running = bool(given["running"])
    return VulnerabilityFilter(
        order=VulnerabilityOrder(given["sort"] or VulnerabilityOrder.SCORE),
        severity=given["severity"],
        scores=given["cvss"],
        since=moment,
        state=_state(given),
        type=_type(parts, given),
        running=is_running,
        namespace=given["namespace"] if is_running else None,
        judged_in=given["namespace"],
        package=PackageScan.of(given["package"]).pattern or (str(parse_purl(given["purl"])) if given["purl"] else None),
        image=None if given["image"] is None else _digest(parts, given["image"]),
        ends_within=given["expires_within"],
        kev=bool(given["kev"]),
    )


def _state(given: Mapping[str, Any]) -> AssessmentState | None:
    return AssessmentState(given["state_name"]) if given["state_name"] else None


def _type(parts: Parts, given: Mapping[str, Any]) -> str | None:
    name = given["type_name"]
    return None if name is None else parts.rules_now().types.require(name).name


def _digest(parts: Parts, name: str) -> Digest:
    digest = _named(parts, name)
    if digest is None or not parts.model.knows(digest):
        raise InvalidInput(
            f"The store has no SBOM of an image {plain(name, 200)}.",
            remedy="`bomgate sbom list` shows the images that it knows.",
        )
    return digest


def _named(parts: Parts, name: str) -> Digest | None:
    if name.startswith("sha256:"):
        return parse_digest(name)
    image = parse_image(name)
    return image.digest or parts.model.digest_of(image.tagged)
