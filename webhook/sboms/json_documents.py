"""Documents in JSON: one typed decode for all formats, then the reader of the format that the document claims.

Only the keys below are decoded; the rest is checked for syntax and skipped without memory. A document that claims two
formats, or claims one and holds the inventory of another, is refused: its readers would not agree on what it lists.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from typing import TypeVar

import msgspec
from msgspec import UNSET, Raw, UnsetType

from webhook.errors import InvalidInput
from webhook.sboms import cyclonedx, foreign, spdx, spdx3, syft
from webhook.sboms.entries import Heading, shown
from webhook.sboms.inventory import Inventory
from webhook.sboms.limits import Limits
from webhook.sboms.repetition import LARGE, Key, end_of_packages, refuse_repeated

_CHUNK = 64 * 1024
"""Bytes that are decoded at once: small enough for the text to stay in the processor's cache."""
_Decoded = TypeVar("_Decoded")


class Document(msgspec.Struct, rename="camel"):
    """The top-level keys of every format that is read."""

    bom_format: str | None = None
    spec_version: str | None = None
    components: list[cyclonedx.Component] | None = None
    metadata: Raw | UnsetType = UNSET
    spdx_version: str | None = None
    packages: list[spdx.Package] | None = None
    creation_info: Raw | UnsetType = UNSET
    context: Raw | UnsetType = msgspec.field(default=UNSET, name="@context")
    graph: list[spdx3.InGraph] | None = msgspec.field(default=None, name="@graph")
    artifacts: list[syft.Artifact] | None = None
    schema: Raw | UnsetType = UNSET
    descriptor: Raw | UnsetType = UNSET
    # What follows lists no packages; it stands at the end, and need not be searched for hidden ones.
    annotations: Raw | UnsetType = UNSET
    artifact_relationships: Raw | UnsetType = UNSET
    compositions: Raw | UnsetType = UNSET
    dependencies: Raw | UnsetType = UNSET
    distro: Raw | UnsetType = UNSET
    files: Raw | UnsetType = UNSET
    has_extracted_licensing_infos: Raw | UnsetType = UNSET
    relationships: Raw | UnsetType = UNSET
    source: Raw | UnsetType = UNSET
    vulnerabilities: Raw | UnsetType = UNSET


_DOCUMENT = msgspec.json.Decoder(Document)
_ELEMENT = msgspec.json.Decoder(spdx3.InGraph)

_CYCLONEDX_END = {key.encode(): key for key in ("dependencies", "vulnerabilities", "compositions", "annotations")}
_SPDX_END = {
    b"relationships": "relationships",
    b"files": "files",
    b"annotations": "annotations",
    b"hasExtractedLicensingInfos": "has_extracted_licensing_infos",
    b"spdxVersion": "spdx_version",
}
_SYFT_END = {
    b"schema": "schema",
    b"descriptor": "descriptor",
    b"distro": "distro",
    b"source": "source",
    b"files": "files",
    b"artifactRelationships": "artifact_relationships",
}
"""Keys that may end a document and list no packages, with their attributes."""

_PURL = Key("purl")
_REFERENCE_LOCATOR = Key("referenceLocator")
_PACKAGE_URL = Key("software_packageUrl")
_EXTERNAL_URL = Key("externalUrl")
_IDENTIFIER = Key("identifier")
_BY_IRI = b"/terms/Software/packageUrl"


def read(data: bytes, inventory: Inventory) -> Heading:
    """Read a JSON document of any known format.

    Args:
        data: the text, UTF-8 without a byte order mark.
        inventory: takes the entries.

    Raises:
        InvalidInput: it is no JSON, no known format, not what it claims to be, or beyond the limits.
        RecursionError: it is nested too deeply.
    """
    _refuse_bomb(data, inventory.limits)
    refuse_bad_text(data)
    document = _decode(_DOCUMENT, data)
    claims = _claims(document)
    if not claims:
        raise foreign.json_error(data) or foreign.unknown()
    if len(claims) > 1:
        raise InvalidInput(
            f"The document is {' and '.join(claims)} at once, so that its readers would not agree on what it lists",
            remedy="Write one document for each format.",
        )
    return _READERS[claims[0]](data, document, inventory)


def refuse_bad_text(data: bytes) -> None:
    """Check that the bytes are UTF-8, also where no field is read, in constant memory.

    Raises:
        InvalidInput: they are not.
    """
    if data.isascii():
        return
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), _CHUNK):
            decoder.decode(data[start : start + _CHUNK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as problem:
        raise _unreadable(f"is not valid UTF-8: {problem.reason}") from problem


def _decode(decoder: msgspec.json.Decoder[_Decoded], data: bytes) -> _Decoded:
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as problem:
        raise foreign.json_error(data) or _unreadable(f"does not have the shape of an SBOM: {problem}") from problem
    except ValueError as problem:
        raise _unreadable(f"is not valid JSON: {problem}") from problem


def _refuse_bomb(data: bytes, limits: Limits) -> None:
    # A text too short to hold too many objects needs no counting.
    if len(data) <= 2 * limits.max_objects:
        return
    objects = data.count(b"{")
    if objects > limits.max_objects or objects * limits.min_object_bytes > len(data):
        raise InvalidInput(
            f"The document holds {objects} JSON objects in {len(data)} bytes, which no SBOM does",
            remedy="Check the tool that wrote it.",
        )


def _claims(document: Document) -> list[str]:
    """The formats that a document claims to be, or whose inventory it holds; one for a sound document."""
    # Both tuples are in the order of _READERS.
    is_syft = document.artifacts is not None and (document.schema is not UNSET or document.descriptor is not UNSET)
    stated = (
        document.bom_format is not None,
        document.spdx_version is not None,
        document.context is not UNSET,
        is_syft,
    )
    if not any(stated):
        return []
    held = (document.components, document.packages, document.graph, document.artifacts)
    return [name for name, says, has in zip(_READERS, stated, held, strict=True) if says or has]


def _read_cyclonedx(data: bytes, document: Document, inventory: Inventory) -> Heading:
    if document.bom_format != "CycloneDX":
        raise InvalidInput(
            f"The document's bomFormat is {shown(document.bom_format or '')[:40]!r}, not 'CycloneDX'",
            remedy="Write it with bomFormat CycloneDX.",
        )
    metadata = _raw(document.metadata)
    heading = cyclonedx.heading(document.spec_version, metadata)
    subject = cyclonedx.subject(metadata)
    try:
        found = cyclonedx.read_subject(subject, inventory)
    except msgspec.ValidationError as problem:
        raise _unreadable(f"does not have the shape of an SBOM: {problem}") from problem
    found += cyclonedx.read_components(document.components, inventory)
    keys = ("metadata", "component", "components", "purl")
    end = _end_of_packages(data, document, _CYCLONEDX_END)
    if not _PURL.stands(found, data, end, apart=metadata, within=subject):
        refuse_repeated(data, keys)
    if inventory.not_in_image:
        refuse_repeated(data, (*keys, "scope", "isExternal"))
    return heading


def _read_spdx(data: bytes, document: Document, inventory: Inventory) -> Heading:
    heading = spdx.heading("spdx-json", document.spdx_version or "", spdx.creators(_raw(document.creation_info)))
    found = spdx.read_packages(document.packages, inventory)
    end = _end_of_packages(data, document, _SPDX_END)
    if not _REFERENCE_LOCATOR.stands(found, data, end):
        refuse_repeated(data, ("packages", "externalRefs", "referenceType", "referenceLocator"))
    return heading


def _read_spdx3(data: bytes, document: Document, inventory: Inventory) -> Heading:
    graph = document.graph
    if graph is None:
        graph = [_decode(_ELEMENT, data)]  # a document of one element needs no graph
    heading = spdx3.heading(_raw(document.context), graph)
    if _BY_IRI in data:
        raise InvalidInput(
            "The document names properties of SPDX 3 by their IRIs",
            remedy="Write it with the names of the SPDX context, such as software_packageUrl.",
        )
    keys, counts = (_PACKAGE_URL, _EXTERNAL_URL, _IDENTIFIER), spdx3.stated(graph)
    elements: list[spdx3.Element] = [*graph]
    if any(element.has_nested for element in graph) or not _stand(keys, counts, data):
        try:
            elements += spdx3.nested_elements(data)
        except msgspec.ValidationError as problem:
            raise _unreadable(f"does not have the shape of an SBOM: {problem}") from problem
    spdx3.read_graph(elements, inventory)
    if not _stand(keys, spdx3.stated(elements), data):
        names = ("@graph", "type", "software_packageUrl", "externalUrl")
        refuse_repeated(data, (*names, "externalIdentifier", "externalIdentifierType", "identifier"))
    return heading


def _stand(keys: tuple[Key, ...], counts: tuple[int, ...], data: bytes) -> bool:
    return all(key.stands(found, data, len(data)) for key, found in zip(keys, counts, strict=True))


def _read_syft(data: bytes, document: Document, inventory: Inventory) -> Heading:
    heading = syft.heading(_raw(document.schema), _raw(document.descriptor))
    syft.read_distribution(_raw(document.distro), inventory)
    found = syft.read_artifacts(document.artifacts, inventory)
    end = _end_of_packages(data, document, _SYFT_END)
    if not _PURL.stands(found, data, end):
        refuse_repeated(data, ("artifacts", "purl"))
    return heading


def _end_of_packages(data: bytes, document: Document, keys: Mapping[bytes, str]) -> int:
    if len(data) < LARGE:
        return len(data)
    values = {key: getattr(document, name) for key, name in keys.items()}
    return end_of_packages(
        data, {key: Raw(msgspec.json.encode(text)) if isinstance(text, str) else text for key, text in values.items()}
    )


_READERS = {
    "CycloneDX": _read_cyclonedx,
    "SPDX 2": _read_spdx,
    "SPDX 3": _read_spdx3,
    "Syft JSON": _read_syft,
}


def _raw(value: Raw | UnsetType) -> bytes:
    return b"" if isinstance(value, UnsetType) else bytes(value)


def _unreadable(why: str) -> InvalidInput:
    return InvalidInput(
        f"The document {shown(why)}", remedy="Check that it is complete and was not changed; else write it again."
    )
