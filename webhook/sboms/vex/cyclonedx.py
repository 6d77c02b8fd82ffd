"""CycloneDX VEX: the analyses of ``vulnerabilities`` in a BOM, about its components or about those of another BOM.

``affects`` names components by ``bom-ref``, or by a BOM-Link into another document. What a BOM-Link means is only
certain where its end is a purl; which image that other document is of is said by the image that the VEX is attached to.
Source: the JSON schemas bom-1.4 to bom-1.7 of the CycloneDX specification, and its BOM-Link.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from urllib.parse import unquote

import msgspec

from webhook.errors import InvalidInput
from webhook.model.purls import parse_purl
from webhook.model.vex import VexDocument, VexProduct, VexStatement, VexStatus
from webhook.sboms.vex.building import Allowance, identifiers, moment, needed, product, statement, text

_STATES = {
    "not_affected": VexStatus.NOT_AFFECTED,
    "false_positive": VexStatus.NOT_AFFECTED,
    "resolved": VexStatus.FIXED,
    "resolved_with_pedigree": VexStatus.FIXED,
    "exploitable": VexStatus.AFFECTED,
    "in_triage": VexStatus.UNDER_INVESTIGATION,
}
_LINK = "urn:cdx:"
_IMAGES = ("pkg:oci/", "pkg:docker/")


class _Hash(msgspec.Struct, gc=False):
    alg: str = ""
    content: str = ""


class _Component(msgspec.Struct, gc=False):
    ref: str | None = msgspec.field(name="bom-ref", default=None)
    purl: str | None = None
    version: str | None = None
    hashes: list[_Hash] | None = None
    components: list[_Component] | None = None


class _Party(msgspec.Struct, gc=False):
    name: str | None = None


class _Metadata(msgspec.Struct, gc=False):
    timestamp: str | None = None
    component: _Component | None = None
    authors: list[_Party] | None = None
    supplier: _Party | None = None
    manufacturer: _Party | None = None


class _Version(msgspec.Struct, gc=False):
    version: str | None = None
    range: str | None = None
    status: str = "affected"


class _Affected(msgspec.Struct, gc=False):
    ref: str = ""
    versions: list[_Version] | None = None


class _Analysis(msgspec.Struct, gc=False, rename="camel"):
    state: str | None = None
    justification: str | None = None
    detail: str | None = None
    first_issued: str | None = None
    last_updated: str | None = None


class _Reference(msgspec.Struct, gc=False):
    id: str | None = None


class _Vulnerability(msgspec.Struct, gc=False):
    id: str | None = None
    ref: str | None = msgspec.field(name="bom-ref", default=None)
    references: list[_Reference] | None = None
    analysis: _Analysis | None = None
    affects: list[_Affected] | None = None


class CycloneDx(msgspec.Struct, rename="camel"):
    """A document, as far as it is a VEX."""

    serial_number: str | None = None
    version: int | None = None
    metadata: _Metadata | None = None
    components: list[_Component] | None = None
    vulnerabilities: list[_Vulnerability] | None = None


DECODER = msgspec.json.Decoder(CycloneDx)


class _Parts:
    """The components of a document by their ``bom-ref``."""

    def __init__(self, document: CycloneDx, allowance: Allowance) -> None:
        metadata = document.metadata or _Metadata()
        self.subject = metadata.component
        self.own = f"{_LINK}{(document.serial_number or '').removeprefix('urn:uuid:')}/{document.version or 1}#"
        self._purls: dict[str, str] = {}
        waiting = [*(document.components or ()), *((self.subject.components or ()) if self.subject else ())]
        while waiting:
            item = waiting.pop()
            allowance.spend(names=1)
            waiting.extend(item.components or ())
            if item.ref is None:
                continue
            if item.ref in self._purls and self._purls[item.ref] != (item.purl or ""):
                raise InvalidInput(
                    f"The VEX document calls two components {item.ref[:100]!r}",
                    remedy="Have the tool write it again; each bom-ref is there once.",
                )
            self._purls[item.ref] = item.purl or ""

    def purl(self, ref: str) -> str:
        """The purl of a component, ``?`` for one that has none, empty for one that there is not."""
        if ref in self._purls:
            return self._purls[ref] or "?"
        target = unquote(ref.partition("#")[2]) if ref.startswith(_LINK) else ref
        if ref.startswith(self.own) and target in self._purls:
            return self._purls[target] or "?"
        return target if target.startswith("pkg:") else ""

    def is_subject(self, ref: str) -> bool:
        """Whether it is what the document describes."""
        return (
            self.subject is not None
            and self.subject.ref is not None
            and ref.removeprefix(self.own) == (self.subject.ref)
        )


def read(document: CycloneDx, digest: str, allowance: Allowance) -> VexDocument:
    """The statements of a document; a vulnerability without an analysis makes none.

    Raises:
        InvalidInput: it lacks what it has to have, or has too much.
    """
    metadata = document.metadata or _Metadata()
    issued = needed(moment(metadata.timestamp, "metadata.timestamp"), "metadata.timestamp")
    parts = _Parts(document, allowance)
    stated = [item for item in document.vulnerabilities or () if item.analysis is not None and item.analysis.state]
    allowance.spend(statements=len(stated))
    parties = (*(metadata.authors or ()), metadata.supplier, metadata.manufacturer)
    return VexDocument(
        id=text(document.serial_number) or digest,
        digest=digest,
        format="cyclonedx",
        author=text(next((party.name for party in parties if party is not None and party.name), "")),
        issued_at=issued,
        version=str(document.version or 1),
        statements=tuple(
            item
            for number, entry in enumerate(stated, start=1)
            for item in _statements(entry, f"{entry.ref or f'#{number}'}", parts, issued, allowance)
        ),
    )


def _statements(
    entry: _Vulnerability, name: str, parts: _Parts, issued: dt.datetime, allowance: Allowance
) -> Iterator[VexStatement]:
    analysis, flaw = entry.analysis or _Analysis(), ""
    status: VexStatus | str = _STATES.get(analysis.state or "", analysis.state or "")
    names = identifiers((entry.id, *(reference.id for reference in entry.references or ())))
    at = issued
    try:
        own = [moment(analysis.first_issued, "firstIssued"), moment(analysis.last_updated, "lastUpdated")]
        at = max((item for item in own if item is not None), default=issued)
    except InvalidInput as problem:
        flaw = problem.message
    if status not in (VexStatus.NOT_AFFECTED, VexStatus.FIXED):
        at = max(at, issued)
    restricts = status not in (VexStatus.NOT_AFFECTED, VexStatus.FIXED)
    products = []
    for affected in entry.affects or ():
        allowance.spend(names=1 + len(affected.versions or ()))
        found = _product(affected, parts, restricts=restricts)
        if found is None:
            flaw = flaw or f"it is about {affected.ref!r:.100}, which is no component of the document"
            found = _anything(parts)
        products.append(found)
        if any(item.status != "unaffected" or item.version is None for item in affected.versions or ()):
            flaw = flaw or "it names versions that are affected, or not certain"
    if not products:
        flaw = flaw or "it says of no component what it is about"
        products.append(_anything(parts))
    why = analysis.justification or ("false_positive" if analysis.state == "false_positive" else "")
    yield statement(name, names, status, at, tuple(products), why, analysis.detail or "", flaw)


def _product(affected: _Affected, parts: _Parts, *, restricts: bool) -> VexProduct | None:
    subject = parts.subject
    names, hashes = _image(parts)
    if parts.is_subject(affected.ref):
        # A package is not the image that the document is attached to, and its hashes are those of files.
        is_package = subject is not None and bool(subject.purl) and not names
        return product((subject.purl,)) if subject is not None and is_package else product(names, hashes)
    purl = parts.purl(affected.ref)
    if not purl:
        return None
    versions = tuple(item.version for item in affected.versions or () if item.version is not None)
    if restricts and any(item.version is None for item in affected.versions or ()):
        # Which versions a range holds is not asked: what restricts is about all of them.
        purl, versions = _unversioned(purl), ()
    # A link into another document is about that one's image, which is not said here.
    own = not affected.ref.startswith(_LINK) or affected.ref.startswith(parts.own)
    return product(names if own else (), hashes if own else None, (purl,), versions)


def _anything(parts: _Parts) -> VexProduct:
    """Whatever is in the image: what a statement is about that does not say it; it loosens nothing."""
    names, hashes = _image(parts)
    return product(names, hashes, ("?",))


def _image(parts: _Parts) -> tuple[tuple[str, ...], dict[str, str]]:
    """What the document calls the image that it describes, and its hashes."""
    subject = parts.subject
    purl = (subject.purl or "") if subject is not None else ""
    hashes = {item.alg: item.content for item in (subject.hashes if subject is not None else None) or ()}
    return (purl,) if purl.startswith(_IMAGES) else (), hashes


def _unversioned(purl: str) -> str:
    try:
        return parse_purl(purl).package
    except InvalidInput:
        return purl
