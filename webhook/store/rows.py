"""Rows and nouns: how vulnerabilities, assessments and SBOMs are written to the tables and read from them.

Reading takes rows as :func:`webhook.store.queries.raw_rows` gives them. Words that occur in many rows are kept once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from sys import intern
from typing import Any

import msgspec

from webhook.model.actions import Action
from webhook.model.assessments import (
    Assessment,
    AssessmentSource,
    AssessmentType,
    CvssRange,
    OnExpiry,
    Scope,
    StoredType,
    TypeOrigin,
)
from webhook.model.changes import StoredSbom
from webhook.model.components import SkipReason
from webhook.model.images import Digest
from webhook.model.platforms import WHOLE, Coverage
from webhook.model.vulnerabilities import Rescored, Vulnerability
from webhook.policy.scopes import respelled
from webhook.policy.scores import HIGHEST, round_score
from webhook.store.exploitcolumns import exploitation_columns, read_exploitation
from webhook.store.values import to_json, to_moment, unpack

_SOURCES = {source.value: source for source in AssessmentSource}
_TEXTS = msgspec.json.Decoder(tuple[str, ...])
_COUNTS = msgspec.json.Decoder(dict[SkipReason, int])
_COVERAGE = msgspec.json.Decoder(Coverage)
_WHOLE_TEXT = to_json(WHOLE)

VULNERABILITY_NAMES = (
    "id",
    "title",
    "cvss_score",
    "cvss_vector",
    "reference",
    "aliases",
    "cwe",
    "source",
    "external_references",
    "scored_from_vector",
    "rejected",
    "former_score",
    "rescored_at",
    "kev",
    "kev_as_of",
    "epss",
    "epss_as_of",
    "score_origin",
    "description",
)
"""Columns in the order in which :func:`read_vulnerability` takes them; the last may be left out."""

ASSESSMENT_NAMES = (
    "vulnerability",
    "type",
    "package",
    "version_range",
    "image",
    "namespace",
    "source",
    "author",
    "comment",
    "assessed_at",
    "until",
    "rule",
    "score",
    "revision",
    "sequence",
    "batch",
    "recorded_by",
    "until_fixed",
    "fixed_in",
)
"""Columns in the order in which :func:`read_assessment` takes them."""

TYPE_NAMES = ("name", "definition", "retired", "source")
"""Columns in the order in which :func:`read_type` takes them."""

SBOM_NAMES = (
    "digest",
    "document_digest",
    "component_ids",
    "skipped",
    "place",
    "format",
    "coverage",
    "not_in_image",
)
"""Columns in the order in which :func:`read_stored` takes them."""


@lru_cache(maxsize=256)
def _score(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


@lru_cache(maxsize=256)
def _moment(microseconds: int) -> dt.datetime:
    return to_moment(microseconds)  # a batch of automatic assessments has one time


def read_texts(json: str) -> tuple[str, ...]:
    """A JSON list of texts."""
    return () if json == "[]" else _TEXTS.decode(json)


def read_vulnerability(row: Sequence[Any]) -> Vulnerability:
    """A vulnerability from its columns."""
    identifier, title, score, vector, reference, aliases, cwe, source, references = row[:9]
    from_vector, rejected, former, rescored_at = row[9:13]
    return Vulnerability(
        id=identifier,
        title=title,
        cvss_score=_score(score),
        cvss_vector=vector,
        reference=reference,
        aliases=read_texts(aliases),
        description=row[18] if len(row) > 18 else "",
        cwe=None if cwe is None else intern(cwe),
        source=intern(source),
        external_references=read_texts(references),
        scored_from_vector=bool(from_vector),
        score_origin=intern(row[17]),
        rejected=bool(rejected),
        rescored=None if rescored_at is None else Rescored(_score(former), _moment(rescored_at)),
        exploitation=read_exploitation(row[13:17]),
    )


def vulnerability_columns(those: Sequence[Vulnerability]) -> dict[str, Sequence[object]]:
    """The columns that say what a source said; not when it was first seen, and no revision."""
    rescored = [vulnerability.rescored for vulnerability in those]
    return {
        "id": [vulnerability.id for vulnerability in those],
        "title": [vulnerability.title for vulnerability in those],
        "description": [vulnerability.description for vulnerability in those],
        "cvss_score": [vulnerability.cvss_score for vulnerability in those],
        "cvss_vector": [vulnerability.cvss_vector for vulnerability in those],
        "cwe": [vulnerability.cwe for vulnerability in those],
        "reference": [vulnerability.reference for vulnerability in those],
        "source": [vulnerability.source for vulnerability in those],
        "aliases": [to_json(vulnerability.aliases) for vulnerability in those],
        "external_references": [to_json(vulnerability.external_references) for vulnerability in those],
        "scored_from_vector": [vulnerability.scored_from_vector for vulnerability in those],
        "score_origin": [vulnerability.score_origin for vulnerability in those],
        "rejected": [vulnerability.rejected for vulnerability in those],
        "former_score": [None if change is None else change.former for change in rescored],
        "rescored_at": [None if change is None else change.at for change in rescored],
        **exploitation_columns([vulnerability.exploitation for vulnerability in those]),
        "rank": [_rank(vulnerability.cvss_score) for vulnerability in those],
    }


@lru_cache(maxsize=256)
def _rank(score: Decimal | None) -> int:
    """Ten times the rounded score; -1 without one. A trigger corrects what is no score from 0 to 10."""
    known = score is not None and score.is_finite() and 0 <= score <= HIGHEST
    return int(round_score(score) * 10) if score is not None and known else -1


def read_assessment(row: Sequence[Any]) -> Assessment:
    """An assessment from its columns."""
    vulnerability, kind, package, versions, image, namespace, source, author, comment, at, until = row[:11]
    rule, score, revision, sequence, batch, recorded_by, until_fixed, fixed_in = row[11:]
    return Assessment(
        vulnerability=vulnerability,
        type=None if kind is None else intern(kind),
        scope=respelled(Scope(package, versions, image, namespace)),
        source=_SOURCES[source],
        author=intern(author),
        comment=intern(comment),
        assessed_at=_moment(at),
        until=None if until is None else _moment(until),
        rule=intern(rule),
        score=_score(score),
        revision=revision,
        sequence=sequence,
        batch=intern(batch or ""),
        recorded_by=intern(recorded_by or ""),
        until_fixed=bool(until_fixed),
        fixed_in=fixed_in or "",
    )


class _Definition(msgspec.Struct, omit_defaults=True):
    """An assessment type without its name, as JSON; unknown keys of a newer program are passed over."""

    action: Action
    low: Decimal | None = None
    high: Decimal | None = None
    expires_after_days: int | None = None
    color: str = "grey"
    on_expiry: OnExpiry = OnExpiry.UNASSESSED
    description: str = ""
    kev: bool = False
    epss: Decimal | None = None


_DEFINITION = msgspec.json.Decoder(_Definition)


def read_type(row: Sequence[Any]) -> StoredType:
    """A type from its columns."""
    name, text, retired, origin = row
    found = _DEFINITION.decode(text)
    band = None if found.low is None or found.high is None else CvssRange(found.low, found.high)
    kind = AssessmentType(
        name,
        found.action,
        band,
        found.expires_after_days,
        found.color,
        found.on_expiry,
        found.description,
        auto_kev=found.kev,
        auto_epss=found.epss,
    )
    return StoredType(kind, bool(retired), TypeOrigin(origin))


def type_definition(one: AssessmentType) -> str:
    """The definition of a type as JSON; equal definitions give equal texts."""
    band = one.auto_assess
    found = _Definition(
        one.action,
        None if band is None else band.low,
        None if band is None else band.high,
        one.expires_after_days,
        one.color,
        one.on_expiry,
        one.description,
        one.auto_kev,
        one.auto_epss,
    )
    return to_json(found)


def read_stored(row: Sequence[Any]) -> StoredSbom:
    """An SBOM as read models take it, from its columns."""
    digest, document_digest, packed, skipped, place, form, coverage, outside = row
    counts = {} if skipped == "{}" else _COUNTS.decode(skipped)
    described = None if coverage is None else WHOLE if coverage == _WHOLE_TEXT else _COVERAGE.decode(coverage)
    return StoredSbom(Digest(digest), document_digest, unpack(packed), counts, place, form, described, outside)


def assessment_columns(records: Sequence[Assessment], *, revision: int, after: int) -> dict[str, Sequence[object]]:
    """The columns of records, numbered from ``after`` + 1."""
    scopes = [record.scope for record in records]
    return {
        "sequence": range(after + 1, after + 1 + len(records)),
        "vulnerability": [record.vulnerability for record in records],
        "type": [record.type for record in records],
        "package": [scope.package for scope in scopes],
        "version_range": [scope.version_range for scope in scopes],
        "image": [scope.image for scope in scopes],
        "namespace": [scope.namespace for scope in scopes],
        "source": [record.source.value for record in records],
        "author": [record.author for record in records],
        "comment": [record.comment for record in records],
        "assessed_at": [record.assessed_at for record in records],
        "until": [record.until for record in records],
        "rule": [record.rule for record in records],
        "score": [record.score for record in records],
        "revision": [revision] * len(records),
        "batch": [record.batch or None for record in records],
        "recorded_by": [record.recorded_by or None for record in records],
        "until_fixed": [record.until_fixed for record in records],
        "fixed_in": [record.fixed_in or None for record in records],
    }
