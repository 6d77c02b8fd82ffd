"""Envelopes: what is taken out of DSSE envelopes, bundles and statements, and what is refused."""

from __future__ import annotations

import base64
import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webhook.errors import InvalidInput
from webhook.sboms.envelopes import (
    Statement,
    is_sbom_predicate,
    may_hold_sbom,
    pre_authentication_encoding,
    read_envelope,
    read_statement,
    sbom_document,
)

DIGEST = "sha256:" + "a" * 64
CYCLONEDX = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}


def statement(predicate: object = None, kind: str = "https://cyclonedx.org/bom", **changes: object) -> bytes:
    content = {
        "_type": "https://in-toto.io/Statement/v0.1",
        "subject": [{"name": "x", "digest": {"sha256": "a" * 64}}],
        "predicateType": kind,
        "predicate": CYCLONEDX if predicate is None else predicate,
        **changes,
    }
    return json.dumps(content).encode()


def envelope(payload: bytes, **changes: object) -> dict[str, object]:
    content = {
        "payloadType": "application/vnd.in-toto+json",
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": "", "sig": base64.b64encode(b"signature").decode()}],
    }
    return {**content, **changes}


def document(predicate: object, kind: str) -> bytes | None:
    return sbom_document(read_statement(statement(predicate, kind)))


def test_the_encoding_that_is_signed_is_that_of_the_specification():
    # The example of the DSSE specification, protocol.md.
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert pre_authentication_encoding("http://example.com/HelloWorld", b"hello world") == expected


def test_an_envelope_gives_payload_type_and_signatures():
    found = read_envelope(json.dumps(envelope(b"payload")).encode())
    assert (found.payload_type, found.payload) == ("application/vnd.in-toto+json", b"payload")
    assert found.signatures == (b"signature",)
    assert found.signed_bytes == b"DSSEv1 28 application/vnd.in-toto+json 7 payload"


@pytest.mark.parametrize(
    "kind",
    [
        "application/vnd.dev.sigstore.bundle+json;version=0.1",
        "application/vnd.dev.sigstore.bundle+json;version=0.2",
        "application/vnd.dev.sigstore.bundle+json;version=0.3",
        "application/vnd.dev.sigstore.bundle.v0.3+json",
    ],
)
def test_every_version_of_a_bundle_gives_its_envelope(kind):
    bundle = {"mediaType": kind, "verificationMaterial": {"publicKey": {}}, "dsseEnvelope": envelope(b"payload")}
    assert read_envelope(json.dumps(bundle).encode()).payload == b"payload"


def test_a_bundle_that_signs_a_message_holds_no_envelope():
    bundle = {"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "messageSignature": {"signature": "AAAA"}}
    assert read_envelope(json.dumps(bundle).encode()) is None


@pytest.mark.parametrize("payload", ["-_-_", "+/+/", "YQ", "YQ=="])
def test_both_alphabets_of_base64_are_read_with_and_without_padding(payload):
    found = read_envelope(json.dumps({**envelope(b""), "payload": payload}).encode())
    assert found.payload in (b"\xfb\xff\xbf", b"a")


def test_a_payload_with_escapes_is_read():
    data = json.dumps(envelope(b"\xff\xff\xff")).replace("////", "\\/\\u002f\\/\\/")
    assert "\\u002f" in data
    assert read_envelope(data.encode()).payload == b"\xff\xff\xff"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not json",
        b"[]",
        b"{}",
        b'{"payloadType": "x"}',
        b'{"payloadType": "x", "payload": 5}',
        b'{"payloadType": "x", "payload": "a!b"}',
        b'{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"}',
        b'{"mediaType": "application/vnd.other", "dsseEnvelope": {"payloadType": "x", "payload": ""}}',
        b"[" * 100_000,
        json.dumps(envelope(b"", signatures=[{"sig": ""}] * 101)).encode(),
    ],
)
def test_what_is_no_envelope_is_refused(data):
    with pytest.raises(InvalidInput):
        read_envelope(data)


def test_a_statement_names_all_its_subjects():
    several = [{"digest": {"sha256": "A" * 64, "sha512": "b" * 128}}, {"digest": {"sha256": "c" * 64}}]
    found = read_statement(statement(subject=several))
    assert found.subjects == {DIGEST, "sha512:" + "b" * 128, "sha256:" + "c" * 64}
    assert json.loads(found.predicate) == CYCLONEDX


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        statement(_type="https://in-toto.io/Link/v1"),
        statement(subject=[{"digest": {"sha256": 5}}]),
        statement(subject=[{}] * 10_001),
        statement(subject="all of them"),
        b'{"_type":"https://in-toto.io/Statement/v1","predicateType":5}',
    ],
)
def test_what_is_no_statement_is_refused(data):
    with pytest.raises(InvalidInput):
        read_statement(data)


@pytest.mark.parametrize("key", ["predicate", "subject", "predicateType"])
def test_a_statement_that_repeats_a_key_is_refused(key):
    text = statement().decode()
    twice = text.removesuffix("}") + f', "{key}": {json.dumps(json.loads(text)[key])}}}'
    with pytest.raises(InvalidInput, match="repeats"):
        read_statement(twice.encode())


def test_a_key_that_an_sbom_uses_itself_is_no_repetition():
    inner = {**CYCLONEDX, "metadata": {"subject": "x", "predicate": "y"}}
    assert read_statement(statement(inner)).subjects == {DIGEST}


@pytest.mark.parametrize(
    ("kind", "sbom"),
    [
        ("https://spdx.dev/Document", True),
        ("https://spdx.dev/Document/v2.3", True),
        ("https://spdx.dev/Document/v3", True),
        ("https://cyclonedx.org/bom", True),
        ("https://cyclonedx.org/bom/v1.4", True),
        ("https://cyclonedx.org/schema", True),
        ("https://syft.dev/bom", True),
        ("https://slsa.dev/provenance/v1", False),
        ("https://cosign.sigstore.dev/attestation/vuln/v1", False),
        ("", False),
    ],
)
def test_the_type_of_the_predicate_tells_sboms(kind, sbom):
    assert is_sbom_predicate(kind) is sbom
    assert may_hold_sbom(kind) is sbom


def test_the_shapes_in_which_cosign_stores_a_document():
    text = json.dumps(CYCLONEDX)
    for predicate in (CYCLONEDX, text, {"Data": CYCLONEDX, "Timestamp": ""}, {"Data": text, "Timestamp": "2026"}):
        assert json.loads(document(predicate, "https://cyclonedx.org/bom")) == CYCLONEDX
    assert document("SPDXVersion: SPDX-2.3\n", "https://spdx.dev/Document") == b"SPDXVersion: SPDX-2.3\n"


def test_a_document_with_a_member_called_data_is_not_a_wrapper():
    odd = {**CYCLONEDX, "data": "x"}
    assert json.loads(document(odd, "https://cyclonedx.org/bom")) == odd


def test_the_custom_type_holds_an_sbom_only_if_it_looks_like_one():
    custom = "https://cosign.sigstore.dev/attestation/v1"
    assert json.loads(document({"Data": json.dumps(CYCLONEDX), "Timestamp": ""}, custom)) == CYCLONEDX
    assert document({"Data": "build was green", "Timestamp": ""}, custom) is None
    assert document({}, custom) is None


def test_other_predicates_are_not_sboms_whatever_they_hold():
    assert document(CYCLONEDX, "https://slsa.dev/provenance/v1") is None


@pytest.mark.parametrize("predicate", ["", {"Data": ""}])
def test_an_empty_sbom_predicate_is_refused_not_skipped(predicate):
    with pytest.raises(InvalidInput, match="holds nothing"):
        document(predicate, "https://spdx.dev/Document")


def test_a_missing_sbom_predicate_is_refused():
    with pytest.raises(InvalidInput, match="holds nothing"):
        sbom_document(Statement(frozenset([DIGEST]), "https://spdx.dev/Document", b""))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["payload", "payloadType", "signatures", "sig", "dsseEnvelope", "mediaType", "Data", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_any_json_is_read_or_refused(content):
    data = json.dumps(content).encode()
    for read in (read_envelope, read_statement):
        with suppress(InvalidInput):
            read(data)


@settings(max_examples=100, deadline=None)
@given(JSON, st.sampled_from(["https://spdx.dev/Document", "https://cosign.sigstore.dev/attestation/v1"]))
def test_any_predicate_is_read_or_refused(predicate, kind):
    with suppress(InvalidInput):
        document(predicate, kind)
