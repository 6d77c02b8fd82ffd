"""Documents that two readers would read differently are refused, also where keys are spelled with escapes."""

from __future__ import annotations

import json

import pytest

from webhook.errors import InvalidInput
from webhook.sboms import parse
from webhook.sboms.envelopes import read_statement

A, B = "pkg:npm/a@1", "pkg:npm/b@2"


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
