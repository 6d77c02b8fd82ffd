"""Documents that two readers would read differently are refused, also where keys are spelled with escapes."""

from __future__ import annotations

import base64
import json

import pytest

from webhook.clients.registry.manifests import Descriptor, Manifest, Platform, read_manifest
from webhook.errors import Final, InvalidInput
from webhook.sboms import parse
from webhook.sboms.envelopes import read_envelope, read_statement

A, B = "pkg:npm/a@1.0.0", "pkg:npm/b@2.0.0"


def escaped(key: str, letter: int, form: str = "%04x") -> str:
    return key[:letter] + "\\u" + form % ord(key[letter]) + key[letter + 1 :]


@pytest.mark.parametrize("letter", range(4))
@pytest.mark.parametrize("form", ["%04x", "%04X"])
@pytest.mark.parametrize("first", [True, False])
def test_a_purl_whose_key_is_repeated_with_escapes_is_refused(letter, form, first):
    keys = ["purl", escaped("purl", letter, form)]
    one, other = keys if first else reversed(keys)
    component = f'{{"name": "a", "{one}": "{A}", "{other}": "{B}"}}'
    with pytest.raises(InvalidInput, match="repeats the key 'purl'"):
        parse(f'{{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{component}]}}'.encode())


@pytest.mark.parametrize("before", ["\\n", "\\\\", "\\u0026", "\\\\u0061\\n"])
@pytest.mark.parametrize("times", [1, 2, 1000])
def test_a_key_with_escapes_is_seen_behind_any_number_of_other_escapes(before, times):
    component = f'{{"description": "{before * times}", "name": "a", "purl": "{A}", "{escaped("purl", 1)}": "{B}"}}'
    with pytest.raises(InvalidInput, match="repeats the key 'purl'"):
        parse(f'{{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{component}]}}'.encode())


def test_a_document_with_other_escapes_is_read():
    component = {"name": "<a&b>", "purl": A, "description": "\u00e9"}
    text = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [component]})
    text = text.replace("<", "\\u003c").replace('"name"', '"\\u006eame"')
    assert [str(purl) for purl in parse(text.encode()).components] == [A]


@pytest.mark.parametrize("key", ["subject", "predicateType", "predicate"])
def test_a_statement_that_repeats_a_key_with_escapes_is_refused(key):
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "_", "digest": {"sha256": "0" * 64}}],
        "predicateType": "https://cyclonedx.org/bom",
        "predicate": {},
    }
    text = json.dumps(statement)
    assert read_statement(text.encode()).subjects
    again = f'"{escaped(key, 0)}": {json.dumps(statement[key])}'
    with pytest.raises(InvalidInput, match="repeats the key"):
        read_statement(f"{text[:-1]}, {again}}}".encode())


@pytest.mark.parametrize(
    "body", [b"Any:<text>" * 3, b"PackageName: a\nNote: <text>PackageName: b\n", b"PackageName: <text>a"]
)
def test_an_open_block_of_text_is_refused(body):
    with pytest.raises(InvalidInput, match="never closed"):
        parse(b"SPDXVersion: SPDX-2.3\n" + body)


def test_a_tag_behind_any_number_of_blanks_is_read():
    package = b" " * 300_000 + b"PackageName: a\n\t ExternalRef: PACKAGE-MANAGER purl " + A.encode()
    assert [str(purl) for purl in parse(b"SPDXVersion: SPDX-2.3\n" + package).components] == [A]


def test_a_document_with_any_number_of_blanks_behind_it_is_read():
    component = f'{{"name": "a", "purl": "{A}", "description": "\\u0061"}}'
    text = f'{{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{component}]}}'
    assert [str(purl) for purl in parse(text.encode() + b" " * 1_000_000).components] == [A]


@pytest.mark.parametrize("length", [65_000, 66_000, 300_000, 1_000_000])
@pytest.mark.parametrize("before", [0, 200_000, 262_100])
def test_an_xml_tag_of_more_than_64_kib_is_refused_wherever_it_begins(length, before):
    root = b'<bom xmlns="http://cyclonedx.org/schema/bom/1.5">' + b" " * before
    document = root + b'<a b="' + b"x" * length + b'"/></bom>'
    if length < 65_536:
        assert parse(document).components == ()
    else:
        with pytest.raises(InvalidInput, match="longer than 65536"):
            parse(document)


# -- what a node would read in another way --------------------------------------------------------------------------

ENTRY = {
    "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "digest": f"sha256:{'1' * 64}",
    "size": 7,
    "artifactType": "application/x",
    "annotations": {"Digest": "annotations may be called anything", "size": "7"},
    "platform": {"os": "linux", "architecture": "arm64", "variant": "v8", "os.version": "1"},
}
INDEX = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.oci.image.index.v1+json",
    "artifactType": "application/x",
    "manifests": [ENTRY],
    "subject": ENTRY,
    "annotations": {"Manifests": "x"},
}
MANIFEST = {"schemaVersion": 2, "config": ENTRY, "layers": [ENTRY]}


def spelled(key: str) -> list[str]:
    """Other spellings that Go takes for a key."""
    long_s, kelvin = key.replace("s", "ſ", 1), key.replace("k", "\N{KELVIN SIGN}", 1)
    return [
        character
        for character in dict.fromkeys((key.upper(), key.title(), key.lower(), long_s, kelvin))
        if character != key
    ]


def keys_of(shape: type) -> list[str]:
    return list(shape.__struct_encode_fields__)


def hidden(document: dict, at: tuple, name: str, value: object) -> bytes:
    """The document with one more member somewhere."""
    copy = json.loads(json.dumps(document))
    place = copy
    for step in at:
        place = place[step]
    place[name] = value
    return json.dumps(copy, ensure_ascii=False).encode()


def twice(document: dict, key: str, again: str) -> bytes:
    """The document with the first member of that name twice, once in its own spelling."""
    text = json.dumps(document)
    at = text.index(f'"{key}": ')
    value, _ = json.JSONDecoder().raw_decode(text, at + len(key) + 4)
    return f'{text[:at]}"{again}": {json.dumps(value)}, {text[at:]}'.encode()


@pytest.mark.parametrize("key", keys_of(Manifest))
def test_an_index_with_a_key_in_another_case_is_refused(key):
    document = INDEX if key not in ("config", "layers") else MANIFEST
    assert read_manifest(json.dumps(document).encode(), "here").schema_version == 2
    for name in spelled(key):
        with pytest.raises(Final, match="spells the key"):
            read_manifest(hidden(document, (), name, document.get(key)), "here")


@pytest.mark.parametrize("at", [("manifests", 0), ("subject",)])
@pytest.mark.parametrize("key", keys_of(Descriptor))
def test_an_entry_with_a_key_in_another_case_is_refused(at, key):
    for name in spelled(key):
        with pytest.raises(Final, match="spells the key"):
            read_manifest(hidden(INDEX, at, name, ENTRY[key]), "here")


@pytest.mark.parametrize("key", keys_of(Platform))
def test_a_platform_with_a_key_in_another_case_is_refused(key):
    for name in spelled(key):
        with pytest.raises(Final, match="spells the key"):
            read_manifest(hidden(INDEX, ("manifests", 0, "platform"), name, "x"), "here")


@pytest.mark.parametrize("key", ["manifests", "digest", "platform", "os", "annotations", "size", "Digest"])
@pytest.mark.parametrize("escapes", [False, True])
def test_an_index_that_repeats_a_key_is_refused(key, escapes):
    with pytest.raises(Final, match="repeats the key"):
        read_manifest(twice(INDEX, key, escaped(key, 1) if escapes else key), "here")


@pytest.mark.parametrize("more", [{"config": ENTRY}, {"layers": []}, {"layers": [ENTRY], "config": ENTRY}])
def test_a_document_that_is_a_manifest_and_an_index_is_refused(more):
    with pytest.raises(Final, match="at once"):
        read_manifest(json.dumps({**INDEX, **more}).encode(), "here")


SIGNED = {
    "payloadType": "application/vnd.in-toto+json",
    "payload": base64.b64encode(b"{}").decode(),
    "signatures": [{"sig": "AA=="}],
}
BUNDLE = {"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "dsseEnvelope": SIGNED}
STATEMENT = {
    "_type": "https://in-toto.io/Statement/v1",
    "subject": [{"name": "_", "digest": {"sha256": "0" * 64}}],
    "predicateType": "https://cyclonedx.org/bom",
    "predicate": {"Subject": "an SBOM may hold any keys", "Predicate": 1, "Digest": 2},
}


@pytest.mark.parametrize(
    ("document", "at", "key"),
    [
        *((SIGNED, (), key) for key in SIGNED),
        *((BUNDLE, (), key) for key in BUNDLE),
        *((BUNDLE, ("dsseEnvelope",), key) for key in SIGNED),
        *((STATEMENT, (), key) for key in STATEMENT),
        (STATEMENT, ("subject", 0), "digest"),
    ],
)
def test_an_attestation_with_a_key_in_another_case_or_twice_is_refused(document, at, key):
    read = read_statement if document is STATEMENT else read_envelope
    assert read(json.dumps(document).encode()) is not None
    for name in spelled(key):
        with pytest.raises(InvalidInput, match="spells the key"):
            read(hidden(document, at, name, document.get(key)))
    for name in (key, escaped(key, 1)):
        with pytest.raises(InvalidInput, match="repeats the key"):
            read(twice(document, key, name))
