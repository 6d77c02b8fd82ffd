"""SBOM parsing: every format gives back what was written, and nothing but InvalidInput is ever raised."""

from __future__ import annotations

import contextlib
import json
from typing import Any
from xml.sax.saxutils import escape

from hypothesis import example, given
from hypothesis import strategies as st

from webhook.errors import InvalidInput
from webhook.model.components import Sbom
from webhook.model.purls import parse_purl
from webhook.model.shapes import unusable
from webhook.sboms import Limits, parse

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"

_word = st.text(alphabet="abz019-", min_size=1, max_size=6).map(lambda text: f"a{text}")
_purls = st.builds(
    lambda kind, name, version: f"pkg:{kind}/{name}@{version}",
    st.sampled_from(["npm", "pypi", "maven/group", "deb/debian", "golang/example.com", "npm/%40scope"]),
    _word,
    st.sampled_from(["1", "1.0.0", "v2.3-rc1", "1:2.3~4", "dev-main"]),
)
_inventories = st.lists(_purls, max_size=6)


def cyclonedx(purls: list[str]) -> bytes:
    """Every second component inside the one before."""
    components: list[dict[str, Any]] = []
    for place, purl in enumerate(purls):
        component = {"type": "library", "name": purl, "purl": purl}
        if place % 2 and components:
            components[-1]["components"] = [component]
        else:
            components.append(component)
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components}).encode()


def cyclonedx_xml(purls: list[str]) -> bytes:
    inner = "".join(f"<component><name>x</name><purl>{escape(purl)}</purl></component>" for purl in purls)
    return f'<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><components>{inner}</components></bom>'.encode()


def spdx(purls: list[str]) -> bytes:
    packages = [{"name": p, "externalRefs": [{"referenceType": "purl", "referenceLocator": p}]} for p in purls]
    return json.dumps({"packages": packages, "spdxVersion": "SPDX-2.3"}, indent=1).encode()


def tag_value(purls: list[str]) -> bytes:
    lines = [f"PackageName: x\nExternalRef: PACKAGE-MANAGER purl {purl}\n" for purl in purls]
    return ("SPDXVersion: SPDX-2.3\n" + "".join(lines)).encode()


def spdx3(purls: list[str]) -> bytes:
    graph = [{"type": "software_Package", "name": purl, "software_packageUrl": purl} for purl in purls]
    return json.dumps({"@context": CONTEXT, "@graph": graph}).encode()


def syft(purls: list[str]) -> bytes:
    return json.dumps({"artifacts": [{"name": p, "purl": p} for p in purls], "schema": {"version": "16"}}).encode()


WRITERS = (cyclonedx, cyclonedx_xml, spdx, tag_value, spdx3, syft)


def read(data: bytes) -> Sbom | None:
    """The SBOM; None when it is refused in words. Any other error fails the test."""
    try:
        return parse(data, Limits(max_nesting=8, max_entries=100))
    except InvalidInput as problem:
        assert problem.code
        assert problem.message
        assert problem.message.isprintable()
        assert problem.remedy
        return None


@given(_inventories, st.sampled_from(WRITERS))
def test_what_is_written_is_read_once_and_in_order(purls: list[str], write: Any) -> None:
    sbom = parse(write(purls))
    keys = list(map(parse_purl, purls))
    assert list(sbom.components) == list(dict.fromkeys(key for key in keys if unusable(key) is None))
    assert len(sbom.skipped) == sum(unusable(key) is not None for key in keys)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@example(b"{")
@example(b"<")
@example(b"SPDXVersion:")
def test_random_bytes_are_an_sbom_or_refused(data: bytes) -> None:
    read(data)


@given(st.data())
def test_a_changed_document_is_an_sbom_or_refused(data: st.DataObject) -> None:
    document = bytearray(data.draw(st.sampled_from(WRITERS))(["pkg:npm/a@1.0.0", "pkg:deb/debian/b@2"]))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(document)))
        length = data.draw(st.integers(0, 20))
        document[start : start + length] = data.draw(
            st.binary(max_size=6)
            | st.sampled_from([b"{", b"}", b"[", b'"', b"null", b",", b"<", b"&", b"\x00", b"\xff", b"<text>", b"]]>"])
        )
    read(bytes(document))


KEYS = [
    "bomFormat",
    "specVersion",
    "components",
    "purl",
    "metadata",
    "tools",
    "spdxVersion",
    "packages",
    "name",
    "externalRefs",
    "referenceType",
    "referenceLocator",
    "@context",
    "@graph",
    "type",
    "artifacts",
    "schema",
    "descriptor",
    "version",
    "externalIdentifier",
    "software_packageUrl",
    "creationInfo",
]

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.just("pkg:npm/a@1.0.0"),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inside,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    st.sampled_from(
        [
            {"bomFormat": "CycloneDX", "specVersion": "1.6"},
            {"spdxVersion": "SPDX-2.3"},
            {"@context": CONTEXT},
            {"schema": {}},
            {},
        ]
    ),
    _json,
)
def test_any_json_is_an_sbom_or_refused(head: dict[str, Any], rest: object) -> None:
    document = {**head, **rest} if isinstance(rest, dict) else {**head, "components": rest, "packages": rest}
    sbom = read(json.dumps(document).encode())
    if sbom is not None:
        for purl in sbom.components:
            assert purl.version


@given(st.text(alphabet="<>/bomcpnets \"'&;=!-[]?", max_size=60))
def test_any_markup_is_an_sbom_or_refused(text: str) -> None:
    read(f"<bom><components><component>{text}</component></components></bom>".encode())
    read(f"<{text}".encode())


@given(st.text(alphabet="<>/textPackgeNmExrlRf: \n#", max_size=80))
def test_any_tag_value_text_is_an_sbom_or_refused(text: str) -> None:
    read(f"SPDXVersion: SPDX-2.3\n{text}".encode())
    with contextlib.suppress(InvalidInput):
        assert parse(f"SPDXVersion: SPDX-2.3\nPackageComment: <text>{text}</text>\n".encode()).components == ()
