"""Formats are recognised by content, and what is no SBOM is refused with the way out."""

from __future__ import annotations

import gzip
import hashlib
import json

import pytest

from webhook.errors import InvalidInput
from webhook.sboms import Limits, parse

CYCLONEDX = b'{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"purl":"pkg:npm/a@1.0.0"}]}'
REFERENCE = b'{"referenceType":"purl","referenceLocator":"pkg:npm/a@1.0.0"}'
SPDX = b'{"packages":[{"externalRefs":[%s]}],"spdxVersion":"SPDX-2.3"}' % REFERENCE


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (CYCLONEDX, "cyclonedx-json"),
        (b" \r\n\t" + CYCLONEDX + b"\n", "cyclonedx-json"),
        (SPDX, "spdx-json"),
        (b"<bom/>", "cyclonedx-xml"),
        (b"\n <bom/>", "cyclonedx-xml"),
        (b"# comment\n\nSPDXVersion: SPDX-2.3\n", "spdx-tag-value"),
        (b'{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[]}', "spdx3-json"),
        (b'{"artifacts":[],"schema":{}}', "syft-json"),
        (b'{"artifacts":[],"descriptor":{"name":"syft"}}', "syft-json"),
    ],
)
def test_the_format_is_what_the_document_says(data: bytes, name: str) -> None:
    assert parse(data).format == name


def test_one_byte_order_mark_is_stripped_and_the_digest_is_of_all_bytes() -> None:
    data = b"\xef\xbb\xbf" + CYCLONEDX
    sbom = parse(data)
    assert sbom.components == ("pkg:npm/a@1.0.0",)
    assert sbom.document_digest == f"sha256:{hashlib.sha256(data).hexdigest()}"
    with pytest.raises(InvalidInput):
        parse(b"\xef\xbb\xbf" + data)


@pytest.mark.parametrize(
    ("data", "what", "remedy"),
    [
        (b"", "is empty", "CycloneDX 1.2 to 1.7"),
        (b"\xef\xbb\xbf \n", "is empty", "CycloneDX 1.2 to 1.7"),
        (gzip.compress(CYCLONEDX, mtime=0), "compressed (gzip)", "Decompress it first"),
        (b"\x28\xb5\x2f\xfd\x04\x00", "compressed (zstd)", "Decompress it first"),
        (b"\xfd7zXZ\x00", "compressed (xz)", "Decompress it first"),
        (b"BZh91AY", "compressed (bzip2)", "Decompress it first"),
        (b"PK\x03\x04", "compressed (zip)", "Decompress it first"),
        (CYCLONEDX.decode().encode("utf-16"), "UTF-16", "Write it as UTF-8"),
        (b"\n\x031.5\x10\x01", "protobuf is not supported", "in JSON"),
        (b"SPDXID: SPDXRef-DOCUMENT\nspdxVersion: SPDX-2.3\n", "YAML are not supported", "in JSON"),
        (b"---\nbomFormat: CycloneDX\nspecVersion: '1.5'\n", "YAML are not supported", "in JSON"),
        (b"PackageName: a\n", "no known SBOM format", "CycloneDX 1.2 to 1.7"),
        (b"\x00\x01\x02", "no known SBOM format", "CycloneDX 1.2 to 1.7"),
        (b"{}", "no known SBOM format", "CycloneDX 1.2 to 1.7"),
        (b'{"specVersion":"1.6","components":[]}', "no known SBOM format", "CycloneDX 1.2 to 1.7"),
        (b'{"packages":[]}', "no known SBOM format", "CycloneDX 1.2 to 1.7"),
        (b'{"SchemaVersion":2,"ArtifactName":"a","Results":[]}', "a Trivy report", "trivy image --format cyclonedx"),
        (b'{"kind":"SbomReport","report":{"components":{}}}', "a report of Trivy Operator", "report.components"),
        (b'{"payloadType":"application/vnd.in-toto+json","payload":"e30="}', "a signed envelope", "predicate"),
        (b'{"mediaType":"m","dsseEnvelope":{}}', "a Sigstore bundle", "predicate"),
        (b'{"_type":"t","predicateType":"https://spdx.dev/Document"}', "an in-toto statement", "predicate"),
        (b'{"matches":[],"descriptor":{"name":"grype"}}', "vulnerability matches", "in JSON"),
        (b'{"detector":{},"manifests":{"a":{}}}', "a GitHub dependency snapshot", "in JSON"),
        (b'{"schemaVersion":2,"manifests":[]}', "an image index", "one of its manifests"),
        (b'{"schemaVersion":2,"layers":[]}', "an image manifest", "one of its layers"),
        (b'{"sbom":{"spdxVersion":"SPDX-2.3"}}', "a GitHub export", "under `sbom`"),
        (b"[]", "does not have the shape of an SBOM", "complete"),
        (b'{"lockfileVersion":3,"packages":{"":{}}}', "does not have the shape of an SBOM", "complete"),
        (b'{"bomFormat":"CycloneDX"', "not valid JSON", "complete"),
        (CYCLONEDX + CYCLONEDX, "not valid JSON", "complete"),
        (CYCLONEDX[:-9], "not valid JSON", "complete"),
    ],
)
def test_what_is_no_sbom_is_refused_with_the_way_out(data: bytes, what: str, remedy: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(data)
    assert caught.value.code == "invalid-input"
    assert what in caught.value.message
    assert remedy in caught.value.remedy
    assert len(caught.value.message) < 400


@pytest.mark.parametrize(
    "other",
    [
        {"spdxVersion": "SPDX-2.3"},
        {"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"},
        {"packages": [{"name": "a"}]},
        {"@graph": [{"type": "software_Package"}]},
        {"artifacts": [{"name": "a"}]},
        {"artifacts": [], "schema": {}},
    ],
)
def test_a_document_of_two_formats_at_once_is_refused(other: dict[str, object]) -> None:
    data = json.dumps({**json.loads(CYCLONEDX), **other}).encode()
    with pytest.raises(InvalidInput, match=r"is CycloneDX and .* at once"):
        parse(data)


def test_an_spdx_document_with_cyclonedx_components_is_refused() -> None:
    with pytest.raises(InvalidInput, match="is CycloneDX and SPDX 2 at once"):
        parse(b'{"spdxVersion":"SPDX-2.3","components":[{"purl":"pkg:npm/a@1.0.0"}]}')


def test_a_document_over_the_size_limit_is_refused_unread() -> None:
    assert parse(CYCLONEDX, Limits(max_bytes=len(CYCLONEDX))).has_purls
    with pytest.raises(InvalidInput, match="more than the 10 allowed"):
        parse(CYCLONEDX, Limits(max_bytes=10))
