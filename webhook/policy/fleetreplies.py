"""Replies of the hub to questions of a member: component reports as OSS Index writes them, with times, and signatures.

A signature is over what was asked and what was answered, so that no answer to another question can take its place.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from webhook.errors import DocumentRefused
from webhook.model.fleetreports import FleetReport
from webhook.policy.fleetdocuments import Sign, Verify
from webhook.policy.fleetreports import WrittenReport, read_report, written

SIGNATURE_HEADER = "Bomgate-Signature"
LONGEST_COORDINATES = 1_000
"""Characters; longer ones are of no package."""
MOST_REPLY = 16 * 1024 * 1024
"""Bytes of reports in one reply, or one report."""


_ENCODER = msgspec.json.Encoder(decimal_format="number")
_REPORTS = msgspec.json.Decoder(tuple[WrittenReport, ...])


def encode_reports(reports: Iterable[FleetReport], most: int = MOST_REPLY) -> bytes:
    """Reports as a JSON list; one without ``vulnerabilities`` is of coordinates that OSS Index does not know.

    Args:
        reports: of what was asked for.
        most: bytes after which the rest is left out, as if it was not known yet; the member asks for it again.
    """
    parts, size = list[bytes](), 0
    for report in reports:
        parts.append(_ENCODER.encode(written(report)))
        size += len(parts[-1]) + 1
        if size >= most:
            break
    return b"[%b]" % b",".join(parts)


def decode_reports(body: bytes) -> Sequence[FleetReport]:
    """The reports of a reply.

    Raises:
        DocumentRefused: they are not what a hub writes.
    """
    try:
        return [read_report(report) for report in _REPORTS.decode(body)]
    except (ValueError, OverflowError, RecursionError) as problem:
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
