"""Forms of the records that a mapped read model has: images, findings, vulnerabilities, tags and assessments.

Names of images are as the program that wrote a file spells them; the version of the format changes with that.
"""

from __future__ import annotations

from sys import intern

import msgspec

from webhook.model.assessments import Assessment
from webhook.model.bases import ComponentFindings, Key
from webhook.model.changes import StoredSbom
from webhook.model.components import SkipReason
from webhook.model.images import Digest
from webhook.model.imagesboms import ImageSboms
from webhook.model.platforms import WHOLE, Coverage
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import Vulnerability
from webhook.store.mappedtables import RecordForm, number_of
from webhook.store.values import pack, plain_text, unpack

_ENCODER = msgspec.msgpack.Encoder(enc_hook=plain_text)


class _Sbom(msgspec.Struct, array_like=True):
    """A :class:`StoredSbom` with its ids packed."""

    document_digest: str
    component_ids: bytes
    skipped: dict[SkipReason, int]
    place: str
    format: str
    coverage: Coverage | None
    not_in_image: int


class _Image(msgspec.Struct, array_like=True):
    digest: str
    sboms: list[_Sbom]
    looks: list[tuple[str, str]]


class _Finding(msgspec.Struct, array_like=True):
    number: int
    purl: str
    vulnerabilities: tuple[str, ...]
    fixed: dict[str, str]


class _Tag(msgspec.Struct, array_like=True):
    name: str
    digest: str


class _Records(msgspec.Struct, array_like=True):
    vulnerability: str
    package: str | None
    assessments: tuple[Assessment, ...]


_IMAGE, _FINDING = msgspec.msgpack.Decoder(_Image), msgspec.msgpack.Decoder(_Finding)
_RECORDS = msgspec.msgpack.Decoder(_Records)
_VULNERABILITY, _TAG = msgspec.msgpack.Decoder(Vulnerability), msgspec.msgpack.Decoder(_Tag)


def _encode_image(digest: Digest, image: ImageSboms) -> bytes:
    sboms = [
        _Sbom(
            sbom.document_digest,
            pack(sbom.component_ids),
            dict(sbom.skipped),
            sbom.place,
            sbom.format,
            sbom.coverage,
            sbom.not_in_image,
        )
        for sbom in image.sboms.values()
    ]
    return _ENCODER.encode(_Image(str(digest), sboms, list(image.looks)))


def _decode_image(record: memoryview) -> tuple[Digest, ImageSboms]:
    image = _IMAGE.decode(record)
    digest = Digest(image.digest)
    sboms = {
        sbom.document_digest: StoredSbom(
            digest,
            sbom.document_digest,
            unpack(sbom.component_ids),
            sbom.skipped,
            intern(sbom.place),
            intern(sbom.format),
            WHOLE if sbom.coverage == WHOLE else sbom.coverage,
            sbom.not_in_image,
        )
        for sbom in image.sboms
    }
    return digest, ImageSboms.of_all(sboms, tuple(image.looks))


def _encode_finding(number: int, finding: ComponentFindings) -> bytes:
    return _ENCODER.encode(_Finding(number, str(finding.purl), finding.vulnerabilities, dict(finding.fixed)))


def _decode_finding(record: memoryview) -> tuple[int, ComponentFindings]:
    found = _FINDING.decode(record)
    return found.number, ComponentFindings(Purl(found.purl), found.vulnerabilities, found.fixed)


def _encode_vulnerability(_: str, vulnerability: Vulnerability) -> bytes:
    return _ENCODER.encode(vulnerability)


def _decode_vulnerability(record: memoryview) -> tuple[str, Vulnerability]:
    vulnerability = _VULNERABILITY.decode(record)
    return vulnerability.id, vulnerability


def _encode_tag(name: str, digest: Digest) -> bytes:
    return _ENCODER.encode(_Tag(name, str(digest)))


def _decode_tag(record: memoryview) -> tuple[str, Digest]:
    tag = _TAG.decode(record)
    return tag.name, Digest(tag.digest)


def _number_of_records(key: Key) -> int:
    vulnerability, package = key
    return number_of(vulnerability if package is None else f"{vulnerability}\0{package}")


def _encode_records(key: Key, assessments: tuple[Assessment, ...]) -> bytes:
    return _ENCODER.encode(_Records(*key, assessments))


def _decode_records(record: memoryview) -> tuple[Key, tuple[Assessment, ...]]:
    found = _RECORDS.decode(record)
    return (found.vulnerability, found.package), found.assessments


IMAGES: RecordForm[Digest, ImageSboms] = RecordForm(number_of, _encode_image, _decode_image)
"""By digest."""
FINDINGS: RecordForm[int, ComponentFindings] = RecordForm(int, _encode_finding, _decode_finding)
"""By the number of the component."""
VULNERABILITIES: RecordForm[str, Vulnerability] = RecordForm(number_of, _encode_vulnerability, _decode_vulnerability)
"""By id."""
TAGS: RecordForm[str, Digest] = RecordForm(number_of, _encode_tag, _decode_tag)
"""By tagged name."""
RECORDS: RecordForm[Key, tuple[Assessment, ...]] = RecordForm(_number_of_records, _encode_records, _decode_records)
"""Assessments, by vulnerability and package."""
