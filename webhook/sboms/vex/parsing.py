"""From bytes to a VEX document: the format is recognised by what the document says."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TypeVar

import msgspec

from webhook.errors import InvalidInput
from webhook.model.vex import VexDocument
from webhook.sboms.json_documents import refuse_bad_text
from webhook.sboms.limits import DEFAULT_LIMITS
from webhook.sboms.repetition import refuse_repeated
from webhook.sboms.vex import csaf, cyclonedx, openvex
from webhook.sboms.vex.building import Allowance, refuse_overlong

MOST_BYTES = 32 * 1024 * 1024
"""Of a document; the largest real ones have below 10 MB."""
_CONTEXT = "https://openvex.dev/ns"
_KEYS = (
    *("@context", "@id", "status", "statements", "products", "subcomponents", "vulnerability", "timestamp", "purl"),
    *("identifiers", "hashes", "last_updated", "aliases", "name"),
    *("bomFormat", "vulnerabilities", "analysis", "state", "affects", "ref", "bom-ref", "metadata", "component"),
    *("document", "product_tree", "product_status", "product_id", "relationships", "product_reference", "flags"),
    *("known_not_affected", "fixed", "known_affected", "relates_to_product_reference", "category", "tracking"),
)
"""Keys that decide; other readers take the first of several where we take the last."""
T = TypeVar("T")


class _Heading(msgspec.Struct, rename="camel"):
    context: msgspec.Raw = msgspec.field(name="@context", default=msgspec.Raw())
    bom_format: str = ""
    document: msgspec.Raw = msgspec.Raw()
    vulnerabilities: msgspec.Raw = msgspec.Raw()


class _Csaf(msgspec.Struct):
    csaf_version: str = ""


_HEADING = msgspec.json.Decoder(_Heading)
_VERSION = msgspec.json.Decoder(_Csaf)


def is_vex(data: bytes) -> bool:
    """Whether a JSON text claims to be VEX; a CycloneDX document without vulnerabilities does not."""
    try:
        return bool(_kind(_HEADING.decode(data)))
    except (ValueError, RecursionError):
        return False


def parse_vex(data: bytes) -> VexDocument:
    """Read a VEX document: OpenVEX, CycloneDX (JSON), or CSAF.

    Args:
        data: the whole document, not compressed; one UTF-8 byte order mark is allowed.

    Raises:
        InvalidInput: it is none, damaged, contradicts itself, or has too much.
    """
    if len(data) > MOST_BYTES:
        raise InvalidInput(f"The VEX document is larger than {MOST_BYTES} bytes", remedy="Split it.")
    text = data.removeprefix(b"\xef\xbb\xbf")
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    objects, limits = text.count(b"{"), DEFAULT_LIMITS
    if objects > limits.max_objects or (len(text) > 2 * limits.max_objects and objects * 10 > len(text)):
        raise InvalidInput(f"The VEX document holds {objects} JSON objects, which none does", remedy="Split it.")
    try:
        refuse_bad_text(text)
        kind = _kind(_decoded(_HEADING, text))
        if not kind:
            raise InvalidInput(
                "The document has no known VEX format",
                remedy="Write OpenVEX, CycloneDX with vulnerabilities (JSON), or CSAF.",
            )
        _refuse_repeated(text)
        document = _READERS[kind](text, digest, Allowance())
        refuse_overlong(document)
        return document
    except RecursionError as problem:
        raise InvalidInput("The VEX document is nested too deeply", remedy="Check the tool that wrote it.") from problem


def _kind(heading: _Heading) -> str:
    context = bytes(heading.context).decode("utf-8", "ignore")
    if _CONTEXT in context:
        return "openvex"
    if heading.bom_format == "CycloneDX":
        return "cyclonedx" if heading.vulnerabilities else ""
    if heading.document:
        try:
            return "csaf" if _VERSION.decode(heading.document).csaf_version else ""
        except msgspec.ValidationError:
            return ""
    return ""


def _refuse_repeated(text: bytes) -> None:
    try:
        refuse_repeated(text, _KEYS)
    except InvalidInput as problem:
        raise InvalidInput(problem.message.replace("The SBOM", "The VEX document"), remedy=problem.remedy) from problem


def _decoded(decoder: msgspec.json.Decoder[T], text: bytes) -> T:
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as problem:
        raise InvalidInput(f"The VEX document does not have the shape of its format: {problem!s:.200}") from problem
    except ValueError as problem:
        raise InvalidInput(f"The VEX document is not valid JSON: {problem!s:.150}") from problem


_READERS: dict[str, Callable[[bytes, str, Allowance], VexDocument]] = {
    "openvex": lambda text, digest, allowance: openvex.read(_decoded(openvex.DECODER, text), digest, allowance),
    "cyclonedx": lambda text, digest, allowance: cyclonedx.read(_decoded(cyclonedx.DECODER, text), digest, allowance),
    "csaf": lambda text, digest, allowance: csaf.read(_decoded(csaf.DECODER, text), digest, allowance),
}
