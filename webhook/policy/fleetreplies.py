"""Replies of the hub to questions of a member: component reports as OSS Index writes them, with times, and signatures.

A signature is over what was asked and what was answered, so that no answer to another question can take its place.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from webhook.errors import DocumentRefused
from webhook.model.fleetreports import FleetReport
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import ASKED, Vulnerability
from webhook.policy.fleetdocuments import Sign, Verify

SIGNATURE_HEADER = "Bomgate-Signature"
_LONGEST = {"id": 200, "title": 1_000, "description": 25_000, "cvss_vector": 300, "cwe": 100, "reference": 4_000}
_MOST_NAMES, _LONGEST_NAME = 500, 4_000
_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,20}\Z").match


class _Vulnerability(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A vulnerability; the fields from ``aliases`` on are not OSS Index's."""

    id: str
    display_name: str = ""
    title: str = ""
    description: str = ""
    cvss_score: Decimal | None = None
    cvss_vector: str | None = None
    cwe: str | None = None
    cve: str = ""
    reference: str = ""
    external_references: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    rejected: bool = False
    scored_from_vector: bool = False


class _Report(msgspec.Struct, frozen=True, rename="camel"):
    coordinates: str
    answered_at: dt.datetime
    vulnerabilities: tuple[_Vulnerability, ...] | msgspec.UnsetType = msgspec.UNSET


_ENCODER = msgspec.json.Encoder(decimal_format="number")
_REPORTS = msgspec.json.Decoder(tuple[_Report, ...])


def encode_reports(reports: Iterable[FleetReport]) -> bytes:
    """Reports as a JSON list; one without ``vulnerabilities`` is of coordinates that OSS Index does not know."""
    return _ENCODER.encode([_written(report) for report in reports])


def decode_reports(body: bytes) -> Sequence[FleetReport]:
    """The reports of a reply.

    Raises:
        DocumentRefused: they are not what a hub writes.
    """
    try:
        return [_read(report) for report in _REPORTS.decode(body)]
    except (ValueError, RecursionError) as problem:
        raise DocumentRefused(f"The hub's reports cannot be read: {str(problem)[:200]}.") from problem


def sign_reply(kind: str, asked: bytes, answered: bytes, sign: Sign) -> str:
    """The value of the header with which the hub signs a reply.

    Args:
        kind: of question, such as ``component-report``.
        asked: the body of the question, unpacked.
        answered: that of the reply, unpacked.
        sign: signs.
    """
    key, signature = sign(_signed(kind, asked, answered))
    return f"{key} {base64.b64encode(signature).decode()}"


def check_reply(kind: str, asked: bytes, answered: bytes, header: str, verify: Verify) -> None:
    """Refuse a reply that no trusted key has signed, or that answers another question.

    Raises:
        DocumentRefused: it is one.
    """
    key, _, text = header.partition(" ")
    try:
        signature = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        signature = b""
    if not verify(key, signature, _signed(kind, asked, answered)):
        raise DocumentRefused(
            f"The hub's reply was not signed with a key of fleet.hubKeys (key {key:.20}).",
            remedy="Name the public key of the hub in fleet.hubKeys; `bomgate fleet key` shows its fingerprint.",
        )


def _signed(kind: str, asked: bytes, answered: bytes) -> bytes:
    digests = hashlib.sha512(asked).digest() + hashlib.sha512(answered).digest()
    return f"bomgate-fleet 1 reply {kind}\n".encode() + digests


def _written(report: FleetReport) -> _Report:
    if report.vulnerabilities is None:
        return _Report(str(report.coordinates), report.at)
    return _Report(str(report.coordinates), report.at, tuple(map(_described, report.vulnerabilities)))


def _described(one: Vulnerability) -> _Vulnerability:
    return _Vulnerability(
        one.id,
        one.id,
        one.title,
        one.description,
        one.cvss_score,
        one.cvss_vector,
        one.cwe,
        next((name for name in one.identifiers if _CVE(name)), ""),
        one.reference,
        one.external_references,
        one.aliases,
        one.rejected,
        one.scored_from_vector,
    )


def _read(report: _Report) -> FleetReport:
    if report.answered_at.tzinfo is None or not 0 < len(report.coordinates) <= _LONGEST_NAME:
        raise ValueError("a report has no time, or no coordinates")
    at = report.answered_at.astimezone(dt.UTC)
    if report.vulnerabilities is msgspec.UNSET:
        return FleetReport(Purl(report.coordinates), at, None)
    return FleetReport(Purl(report.coordinates), at, tuple(map(_vulnerability, report.vulnerabilities)))


def _vulnerability(said: _Vulnerability) -> Vulnerability:
    for name, longest in _LONGEST.items():
        if len(getattr(said, name) or "") > longest:
            raise ValueError(f"{name} is too long")
    names = (*said.aliases, *said.external_references)
    if not said.id or len(names) > _MOST_NAMES or any(len(name) > _LONGEST_NAME for name in names):
        raise ValueError("a vulnerability has no id, or too many names")
    if said.cvss_score is not None and not 0 <= said.cvss_score <= 10:
        raise ValueError("a score is none")
    return Vulnerability(
        id=said.id,
        title=said.title,
        cvss_score=said.cvss_score,
        cvss_vector=said.cvss_vector,
        reference=said.reference,
        aliases=said.aliases,
        description=said.description,
        cwe=said.cwe,
        source=ASKED,
        external_references=said.external_references,
        scored_from_vector=said.scored_from_vector,
        rejected=said.rejected,
    )
