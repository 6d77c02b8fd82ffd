"""CycloneDX XML: the same content as in JSON, and nothing but that."""

from __future__ import annotations

import pytest

from webhook.errors import InvalidInput
from webhook.model.components import SkippedComponent, SkipReason
from webhook.sboms import Limits, parse


def document(components: str, version: str = "1.6", before: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<bom xmlns="http://cyclonedx.org/schema/bom/{version}" version="1">'
        f"{before}<components>{components}</components></bom>"
    ).encode()


def component(purl: str | None, name: str = "x", inside: str = "", kind: str = "library") -> str:
    stated = "" if purl is None else f"<purl>{purl}</purl>"
    return f'<component type="{kind}"><name>{name}</name><version>1</version>{stated}{inside}</component>'


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7"])
def test_every_version_is_read(version: str) -> None:
    sbom = parse(document(component("pkg:npm/a@1.0.0"), version))
    assert (sbom.format, sbom.version, sbom.components) == ("cyclonedx-xml", version, ("pkg:npm/a@1.0.0",))


def test_another_version_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"CycloneDX '9\.9' is not supported"):
        parse(document("", "9.9"))


def test_prefixes_blanks_comments_and_sections_do_not_matter() -> None:
    sbom = parse(
        b'\xef\xbb\xbf  <!-- c --><b:bom xmlns:b="http://cyclonedx.org/schema/bom/1.4"><b:components><b:component>'
        b"<b:name>a</b:name><b:purl>\n pkg:npm/<!-- c --><![CDATA[%40s/a@1.0]]>&#46;0 \n</b:purl>"
        b"</b:component></b:components></b:bom>"
    )
    assert sbom.components == ("pkg:npm/%40s/a@1.0.0",)


def test_a_document_without_a_namespace_is_read() -> None:
    sbom = parse(b"<bom><components><component><purl>pkg:npm/a@1.0.0</purl></component></components></bom>")
    assert (sbom.version, sbom.components) == ("", ("pkg:npm/a@1.0.0",))


def test_an_encoding_that_is_declared_is_used() -> None:
    text = document(component(None, "caf\N{LATIN SMALL LETTER E WITH ACUTE}")).decode().replace("UTF-8", "ISO-8859-1")
    assert parse(text.encode("latin-1")).skipped[0].name == "caf\N{LATIN SMALL LETTER E WITH ACUTE}"


def test_nested_components_are_read_in_document_order_and_once() -> None:
    inner = f"<components>{component('pkg:npm/b@1.0.0')}{component(None, 'bare')}</components>"
    sbom = parse(
        document(
            component("pkg:npm/a@1.0.0", inside=inner) + component("pkg:npm/b@1.0.0") + component("pkg:npm/c@1.0.0")
        )
    )
    assert sbom.components == ("pkg:npm/a@1.0.0", "pkg:npm/b@1.0.0", "pkg:npm/c@1.0.0")
    assert sbom.skipped == (SkippedComponent("bare", SkipReason.NO_PURL),)


def test_a_name_or_purl_of_something_else_is_not_the_components() -> None:
    inside = (
        "<supplier><name>Supplier</name></supplier><licenses><license><name>MIT</name></license></licenses>"
        f"<pedigree><ancestors>{component('pkg:npm/ancestor@1.0.0')}</ancestors></pedigree>"
        "<evidence><identity><purl>pkg:npm/evidence@1.0.0</purl></identity></evidence>"
    )
    before = "<metadata><component><purl>pkg:oci/app@sha256:aa</purl></component></metadata>"
    after = (
        f"<formulation><formula><components>{component('pkg:npm/formula@1.0.0')}</components></formula></formulation>"
    )
    data = document(component("pkg:npm/a@1.0.0", inside=inside) + component(None, "bare", inside), before=before)
    sbom = parse(data.replace(b"</bom>", after.encode() + b"</bom>"))
    assert sbom.components == ("pkg:npm/a@1.0.0",)
    assert sbom.skipped == (SkippedComponent("bare", SkipReason.NO_PURL),)


@pytest.mark.parametrize(
    "tools",
    [
        "<tool><vendor>v</vendor><name>trivy</name><version>0.20</version></tool><tool><name>second</name></tool>",
        "<components><component type='application'><supplier><name>s</name></supplier><name>trivy</name>"
        "<version>0.20</version></component><component><name>second</name></component></components>",
        "<components><component><components><component><name>second</name></component></components>"
        "<name>trivy</name><version>0.20</version></component></components>",
        "<components><component><name>trivy</name><version>0.20</version></component></components>"
        "<services><service><provider><name>p</name></provider><name>second</name></service></services>",
    ],
)
def test_all_tools_are_named(tools: str) -> None:
    sbom = parse(document("", before=f"<metadata><tools>{tools}</tools></metadata>"))
    assert (sbom.tool, sbom.components) == ("trivy 0.20; second", ())


def test_entries_that_are_no_packages_are_counted_apart() -> None:
    sbom = parse(
        document(component(None, kind="operating-system") + component("pkg:oci/a@sha256:aa") + component(None))
    )
    assert (sbom.not_packages, len(sbom.skipped)) == (2, 1)


def test_two_purls_in_one_component_are_refused() -> None:
    with pytest.raises(InvalidInput, match="one component two purls"):
        parse(document(component("pkg:npm/a@1.0.0", inside="<purl>pkg:npm/b@1.0.0</purl>")))


@pytest.mark.parametrize(
    "data",
    [
        b"<bom>",
        b"<bom><components></bom>",
        b"<bom>\xff</bom>",
        b"<bom/><bom/>",
        b"<bom a='1' a='2'/>",
        b"<x:bom/>",
        b"<bom>&unknown;</bom>",
        b"<?xml version='1.0' encoding='nonsense'?><bom/>",
        b"<?xml version='1.0' encoding='utf-7'?><bom/>",
        b"<",
    ],
)
def test_what_is_no_xml_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput, match="is not valid XML"):
        parse(data)


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE bom [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE bom SYSTEM "http://127.0.0.1:1/evil.dtd">',
        '<!DOCTYPE bom [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
        "<!DOCTYPE bom>",
    ],
)
def test_a_document_type_declaration_is_refused(declaration: str) -> None:
    with pytest.raises(InvalidInput, match="document type declaration"):
        parse(f"<?xml version='1.0'?>{declaration}<bom><components/></bom>".encode())


@pytest.mark.parametrize(
    "root",
    [
        "<html/>",
        '<bom xmlns="http://example.org/bom"/>',
        '<bom xmlns="http://cyclonedx.org/schema/bom/1.6/extra"/>',
        '<components xmlns="http://cyclonedx.org/schema/bom/1.6"/>',
    ],
)
def test_another_kind_of_xml_is_refused(root: str) -> None:
    with pytest.raises(InvalidInput, match="in no known SBOM format"):
        parse(root.encode())


def test_spdx_in_rdf_is_refused_with_the_way_out() -> None:
    with pytest.raises(InvalidInput, match="RDF is not supported") as caught:
        parse(b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>')
    assert "JSON or tag-value" in caught.value.remedy


def test_nesting_and_numbers_are_bounded() -> None:
    limits = Limits(max_nesting=2, max_entries=3, max_objects=20)
    two = component("pkg:npm/a@1.0.0", inside=f"<components>{component('pkg:npm/b@1.0.0')}</components>")
    assert len(parse(document(two), limits).components) == 2
    with pytest.raises(InvalidInput, match="more than 2 levels deep"):
        parse(document(f"<component><components>{two}</components></component>"), limits)
    with pytest.raises(InvalidInput, match="more than 3 components"):
        parse(document("<component/>" * 4), limits)
    with pytest.raises(InvalidInput, match="more than 20 XML elements"):
        parse(document("", before="<a/>" * 21), limits)
    with pytest.raises(InvalidInput, match="XML elements more than 8 levels deep"):
        parse(document("", before="<a>" * 8 + "</a>" * 8), limits)


def test_an_endless_purl_is_unusable_and_shown_cut() -> None:
    skipped = parse(document(component(f"pkg:npm/{'a' * 100_000}@1"))).skipped
    assert skipped[0].reason is SkipReason.MALFORMED_PURL
    assert len(skipped[0].detail) <= 200
