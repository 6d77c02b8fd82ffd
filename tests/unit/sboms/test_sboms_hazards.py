"""Documents made to hurt: each is refused in words, in little time and memory."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import msgspec
import pytest

from webhook.errors import InvalidInput
from webhook.sboms import Limits, parse
from webhook.sboms.repetition import end_of_packages, refuse_repeated

MEBIBYTE = 1024 * 1024
CONTEXT = b'"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld"'
HEAD = b'{"bomFormat":"CycloneDX","specVersion":"1.6",'


def bom(components: bytes, rest: bytes = b"") -> bytes:
    return HEAD + rest + b'"components":' + components + b"}"


def spdx(packages: bytes) -> bytes:
    return b'{"spdxVersion":"SPDX-2.3","packages":' + packages + b"}"


def refs(*locators: bytes) -> bytes:
    stated = b",".join(b'"referenceLocator":"%s"' % locator for locator in locators)
    return b'"externalRefs":[{"referenceType":"purl",%s}]' % stated


def peak_memory(data: bytes, limits: Limits | None = None) -> int:
    """Bytes that reading takes at its peak, whatever becomes of it."""
    tracemalloc.start()
    try:
        parse(data, limits or Limits())
    except InvalidInput:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak


@pytest.mark.parametrize("levels", [65, 500, 100_000])
def test_components_nested_deeply_are_refused(levels: int) -> None:
    data = bom(b'[{"components":' * levels + b"[]" + b"}]" * levels)
    with pytest.raises(InvalidInput, match="deep"):
        parse(data)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_deep_nesting_in_a_key_that_is_not_read_is_refused(opening: bytes) -> None:
    with pytest.raises(InvalidInput, match="nested too deeply"):
        parse(bom(b"[]", b'"x":' + opening * 100_000 + b","))


@pytest.mark.parametrize("place", [b'"metadata":{"tools":', b'"metadata":'])
def test_deep_nesting_in_the_metadata_is_refused(place: bytes) -> None:
    with pytest.raises(InvalidInput, match="nested too deeply"):
        parse(bom(b"[]", place + b"[" * 100_000 + b","))


def test_an_integer_of_a_million_digits_is_skipped_where_it_is_not_read_and_refused_where_it_is() -> None:
    number = b"1" * 1_000_000
    assert parse(bom(b'[{"purl":"pkg:npm/a@1.0.0"}]', b'"x":' + number + b",")).has_purls
    with pytest.raises(InvalidInput):
        parse(bom(b'[{"purl":' + number + b"}]"))


def test_millions_of_empty_components_are_refused_before_any_is_made() -> None:
    data = bom(b"[" + b"{}," * (16 * MEBIBYTE // 3) + b"{}]")
    with pytest.raises(InvalidInput, match="JSON objects"):
        parse(data)
    assert peak_memory(data) < MEBIBYTE


def test_empty_components_below_the_size_that_is_counted_take_little_memory() -> None:
    data = bom(b"[" + b"{}," * 900_000 + b"{}]")
    with pytest.raises(InvalidInput, match="more than 200000 components"):
        parse(data)
    assert peak_memory(data) < 100 * MEBIBYTE


def test_millions_of_arrays_in_a_key_that_is_not_read_take_no_memory() -> None:
    data = bom(b'[{"purl":"pkg:npm/a@1.0.0"}]', b'"x":[' + b"[]," * (8 * MEBIBYTE // 3) + b"[]],")
    assert parse(data).has_purls
    assert peak_memory(data) < MEBIBYTE


def test_millions_of_keys_take_no_memory() -> None:
    data = b'{"bomFormat":"CycloneDX",' + b",".join(b'"k%d":0' % n for n in range(200_000)) + b',"components":[]}'
    assert not parse(data).has_purls
    assert peak_memory(data) < MEBIBYTE


@pytest.mark.parametrize(
    "data",
    [
        bom(b'[{"purl":"pkg:npm/hidden@1.0.0"}],"components":[]'),
        bom(b'[{"purl":"pkg:npm/hidden@1.0.0","purl":"pkg:npm/shown@1.0.0"}]'),
        bom(b'[{"pu\\u0072l":"pkg:npm/hidden@1.0.0","pur\\u006c":"pkg:npm/shown@1.0.0"}]'),
        bom(b'[{"purl":"pkg:npm/hidden@1.0.0","purl":"pkg:npm/shown@1.0.0"}]', b'"metadata":{"a":["purl"],"purl":1},'),
        bom(b'[{"purl" : "pkg:npm/hidden@1.0.0", "purl"\t:\n"pkg:npm/shown@1.0.0"}]'),
        bom(b'[{"purl":"pkg:npm/a@1.0.0","components":[{"purl":"pkg:npm/hidden@1.0.0"}],"components":null}]'),
        spdx(b"[{" + refs(b"pkg:npm/hidden@1.0.0") + b'}],"packages":[]'),
        spdx(b"[{" + refs(b"pkg:npm/hidden@1.0.0") + b',"externalRefs":[]}]'),
        spdx(b"[{" + refs(b"pkg:npm/hidden@1.0.0", b"pkg:npm/b@1.0.0") + b"}]"),
        b'{"schema":{},"artifacts":[{"purl":"pkg:npm/hidden@1.0.0"}],"artifacts":[]}',
        b"{%s,%s}" % (CONTEXT, b'"@graph":[{"identifier":"pkg:npm/hidden@1.0.0"}],"@graph":[]'),
        b"{%s,%s}"
        % (
            CONTEXT,
            b'"@graph":[{"software_packageUrl":"pkg:npm/hidden@1.0.0","software_packageUrl":"pkg:npm/b@1.0.0"}]',
        ),
    ],
)
def test_a_repeated_key_that_hides_a_purl_is_refused(data: bytes) -> None:
    json.loads(data)
    with pytest.raises(InvalidInput, match="repeats the key"):
        parse(data)


@pytest.mark.parametrize(
    "component",
    [
        {"purl": "pkg:npm/a@1.0.0", "pedigree": {"ancestors": [{"purl": "pkg:npm/b@1.0.0"}]}},
        {"purl": "pkg:npm/a@1.0.0", "evidence": {"identity": {"field": "purl", "purl": "x"}}},
        {"purl": "pkg:npm/a@1.0.0", "description": '{"purl":"x","purl":"y"} \\ "purl": \\" {'},
        {"purl": "pkg:npm/a@1.0.0", "components": [{"name": "}{", "purl": None}]},
    ],
)
def test_a_purl_that_stands_elsewhere_is_no_repeated_key(component: dict[str, object]) -> None:
    for data in (bom(json.dumps([component]).encode()), bom(json.dumps([component], indent=2).encode())):
        assert parse(data).components == ("pkg:npm/a@1.0.0",)


@pytest.mark.parametrize("blanks", [{"separators": (",", ":")}, {"indent": "\t"}], ids=["short", "indented"])
def test_a_package_is_not_hidden_behind_a_tail_that_is_not_searched(blanks: dict[str, Any]) -> None:
    reference = {"referenceType": "purl", "referenceLocator": "pkg:npm/a@1.0.0"}
    packages = [{"name": "a", "externalRefs": [reference]}]
    document = {"spdxVersion": "SPDX-2.3", "comment": "x" * 300_000, "first": packages, "packages": packages}
    document |= {"files": packages, "relationships": packages}
    data = json.dumps(document, **blanks).encode()
    assert parse(data).components == ("pkg:npm/a@1.0.0",), "as often in the tail as anybody likes"
    with pytest.raises(InvalidInput, match="repeats the key 'packages'"):
        parse(data.replace(b'"first"', b'"packages"'))
    with pytest.raises(InvalidInput, match="repeats the key 'packages'"):  # a copy of the value at the end
        parse(data.replace(b'"first"', b'"packages"').replace(b'"files"', b'"packages"'))


def test_the_values_that_end_a_document_are_found() -> None:
    values = {"relationships": [{"a": 1}], "files": [], "annotations": "x"}
    others = {key.encode(): msgspec.Raw(json.dumps(value).encode()) for key, value in values.items()}
    start = b'{"text": "' + b"x" * 300_000 + b'"'
    whole = start + b', "files": [], "relationships" : [{"a": 1}]\n}\n'
    assert whole[end_of_packages(whole, others) :] == b'[], "relationships" : [{"a": 1}]\n}\n'
    assert end_of_packages(whole, {}) == len(whole)
    sorted_by_key = start + b',"files":[],"relationships":[{"a": 1}],"annotations":"x"}'
    assert (
        sorted_by_key[end_of_packages(sorted_by_key, others) :] == b'[],"relationships":[{"a": 1}],"annotations":"x"}'
    )
    for other in (
        start + b', "files" : [], "relations": [{"a": 1}]}',
        start + b', "files": "", "annotations": "y, x"}',
        start + b', "annotations": ", \\"annotations\\": \\"x"}',
        start + b', "relationships": [{"a": 1}], "last": 1}',
    ):
        assert end_of_packages(other, others) == len(other)


def test_only_keys_of_one_object_repeat_each_other() -> None:
    refuse_repeated(b'{"a":{"a":[{"a":1},{"a":2}]},"b":"a","c":["a","a"],"\\ud800":1,"\\ud800":2}', ["a"])
    with pytest.raises(InvalidInput, match="'a'"):
        refuse_repeated(b'{"b":{"a":{"a":1},"c":[{}],"a":2}}', ["a"])


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"01", b"1.", b"+1", b"0x1"])
def test_what_is_no_json_number_is_refused_wherever_it_is(number: bytes) -> None:
    with pytest.raises(InvalidInput, match="not valid JSON"):
        parse(bom(b"[]", b'"x":' + number + b","))


@pytest.mark.parametrize("place", [b'[{"purl":"%s"}]', b'[{"other":"%s"}]', b'[{"%s":1}]'])
@pytest.mark.parametrize("text", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf5\x80\x80\x80"])
def test_bad_utf8_is_refused_wherever_it_is(place: bytes, text: bytes) -> None:
    with pytest.raises(InvalidInput, match="not valid UTF-8"):
        parse(bom(place % text))


def test_utf8_is_checked_across_the_borders_of_the_pieces_it_is_checked_in() -> None:
    filler = b'"x":"' + b"a" * (MEBIBYTE - len(HEAD) - 6) + "\N{EURO SIGN}".encode() + b'",'
    assert parse(bom(b'[{"purl":"pkg:npm/a@1.0.0"}]', filler)).has_purls


def test_half_a_surrogate_pair_in_a_purl_is_refused() -> None:
    with pytest.raises(InvalidInput, match="not valid JSON"):
        parse(bom(b'[{"purl":"pkg:npm/\\ud800@1"}]'))


def test_control_characters_and_endless_purls_make_a_component_unusable_and_not_the_document() -> None:
    data = bom(b'[{"purl":"pkg:npm/a\\u0000@1"},{"purl":"pkg:npm/%s@1"},{"purl":"pkg:npm/a@1.0.0"}]' % (b"a" * 100_000))
    sbom = parse(data)
    assert sbom.components == ("pkg:npm/a@1.0.0",)
    assert [skipped.reason.value for skipped in sbom.skipped] == ["malformed-purl"] * 2


def test_a_document_cut_anywhere_is_refused() -> None:
    data = json.dumps({"bomFormat": "CycloneDX", "components": [{"name": "a", "purl": "pkg:npm/a@1.0.0"}]}).encode()
    for length in range(len(data)):
        with pytest.raises(InvalidInput):
            parse(data[:length])


def test_a_billion_laughs_are_refused() -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    text = f'<?xml version="1.0"?><!DOCTYPE bom [<!ENTITY a0 "ha">{entities}]><bom>&a9;</bom>'
    with pytest.raises(InvalidInput, match="document type declaration"):
        parse(text.encode())


@pytest.mark.parametrize("part", [b"<component/>", b"<component><components>", b"<a>"])
def test_xml_bombs_are_refused_in_little_memory(part: bytes) -> None:
    data = b"<bom><components>" + part * (5 * MEBIBYTE // 2 // len(part))
    with pytest.raises(InvalidInput, match="more than"):
        parse(data)
    assert peak_memory(data) < 100 * MEBIBYTE


def test_a_tag_value_text_of_nothing_but_openings_is_read_in_one_go() -> None:
    data = b"SPDXVersion: SPDX-2.3\n" + b"PackageComment: <text>\n" * 100_000
    with pytest.raises(InvalidInput, match="never closed"):
        parse(data)


def test_a_tag_with_endless_attributes_is_refused_before_the_parser_sees_it() -> None:
    attributes = b" ".join(b"a%d='>'" % number for number in range(10_000))
    with pytest.raises(InvalidInput, match="XML tag longer than 65536 bytes"):
        parse(b"<bom><components " + attributes + b"></components></bom>")
    with pytest.raises(InvalidInput, match="XML tag longer than 65536 bytes"):
        parse(b"<bom><components " + attributes)
    long_text = b"<bom><a b='>'>" + b"text > = '" * 10_000 + b"</a><!--" + b"'" * 100_000 + b"--></bom>"
    assert not parse(long_text).has_purls


@pytest.mark.parametrize("piece", [b"\\\\", b'","', b'",{"k":1},"', b"x"])
def test_looking_for_repeated_keys_takes_no_memory(piece: bytes) -> None:
    data = b'{"a":["' + piece * 50_000 + b'"],"a":1}'
    json.loads(data)
    tracemalloc.start()
    with pytest.raises(InvalidInput, match="repeats the key 'a'"):
        refuse_repeated(data, ["a"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MEBIBYTE // 4
