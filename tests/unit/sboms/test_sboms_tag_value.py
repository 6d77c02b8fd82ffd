"""SPDX 2.2 and 2.3 as tag-value text."""

from __future__ import annotations

import pytest

from webhook.errors import InvalidInput
from webhook.model.components import SkippedComponent, SkipReason
from webhook.sboms import Limits, parse

HEAD = """# made by hand
SPDXVersion: SPDX-2.3
DataLicense: CC0-1.0
SPDXID: SPDXRef-DOCUMENT
Creator: Organization: Example
Creator: Tool: tool-1.0
"""


def package(name: str, *purls: str, more: str = "") -> str:
    references = "".join(f"ExternalRef: PACKAGE-MANAGER purl {purl}\n" for purl in purls)
    return f"\nPackageName: {name}\nSPDXID: SPDXRef-{name}\n{more}{references}"


def document(*packages: str) -> bytes:
    return (HEAD + "".join(packages)).encode()


def test_packages_are_read_by_their_external_references() -> None:
    sbom = parse(
        document(package("a", "pkg:npm/a@1.0.0", "pkg:npm/b@1.0.0"), package("bare"), package("c", "pkg:npm/c@1.0.0"))
    )
    assert (sbom.format, sbom.version, sbom.tool) == ("spdx-tag-value", "SPDX-2.3", "tool-1.0")
    assert sbom.components == ("pkg:npm/a@1.0.0", "pkg:npm/b@1.0.0", "pkg:npm/c@1.0.0")
    assert sbom.skipped == (SkippedComponent("bare", SkipReason.NO_PURL),)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_blanks_and_a_byte_order_mark_do_not_matter(newline: str, mark: bytes) -> None:
    text = "SPDXVersion:SPDX-2.2\n  PackageName:\ta \nExternalRef:  PACKAGE_MANAGER   purl\tpkg:npm/a@1.0.0 \n"
    sbom = parse(mark + text.replace("\n", newline).encode())
    assert (sbom.version, sbom.components) == ("SPDX-2.2", ("pkg:npm/a@1.0.0",))


def test_a_text_block_cannot_forge_a_package_nor_hide_one() -> None:
    forged = (
        "PackageComment: <text>\nPackageName: forged\nExternalRef: PACKAGE-MANAGER purl pkg:npm/forged@1.0.0\n</text>\n"
    )
    sbom = parse(document(package("a", "pkg:npm/a@1.0.0", more=forged), package("b", "pkg:npm/b@1.0.0")))
    assert sbom.components == ("pkg:npm/a@1.0.0", "pkg:npm/b@1.0.0")
    assert sbom.skipped == ()


def test_a_text_block_cannot_forge_the_version() -> None:
    with pytest.raises(InvalidInput, match="SPDX version '' is not supported"):
        parse(b"DocumentComment: <text>\nSPDXVersion: SPDX-2.3\n</text>\nPackageName: a\n")


def test_a_text_block_on_one_line_is_a_value() -> None:
    sbom = parse(
        document("PackageName: <text>a</text>\nExternalRef: <text>PACKAGE-MANAGER purl pkg:npm/a@1.0.0</text>\n")
    )
    assert sbom.components == ("pkg:npm/a@1.0.0",)


def test_a_text_block_that_is_never_closed_is_refused_because_it_would_swallow_packages() -> None:
    with pytest.raises(InvalidInput, match="value of PackageComment is a <text> block that is never closed"):
        parse(document(package("a", more="PackageComment: <text>open\n"), package("b", "pkg:npm/b@1.0.0")))


def test_other_references_and_short_lines_are_no_purls() -> None:
    more = "ExternalRef: SECURITY cpe23Type cpe:2.3:a:a:a:1:*:*:*:*:*:*:*\nExternalRef: purl\nExternalRef:\n"
    sbom = parse(document(package("a", more=more)))
    assert sbom.components == ()
    assert sbom.skipped == (SkippedComponent("a", SkipReason.NO_PURL),)


def test_a_reference_before_any_package_is_not_lost() -> None:
    assert parse(document("ExternalRef: PACKAGE-MANAGER purl pkg:npm/a@1.0.0\n")).components == ("pkg:npm/a@1.0.0",)


def test_entries_that_are_no_packages_are_counted_apart() -> None:
    sbom = parse(
        document(
            package("debian", more="PrimaryPackagePurpose: OPERATING-SYSTEM\n"),
            package("app", "pkg:oci/app@sha256:aa"),
            package("lib", "pkg:npm/lib@1.0.0", more="PrimaryPackagePurpose: LIBRARY\n"),
        )
    )
    assert (sbom.components, sbom.skipped, sbom.not_packages) == (("pkg:npm/lib@1.0.0",), (), 2)


@pytest.mark.parametrize("version", ["SPDX-2.1", "SPDX-3.0", ""])
def test_another_version_is_refused(version: str) -> None:
    with pytest.raises(InvalidInput, match="is not supported"):
        parse(f"SPDXVersion: {version}\n".encode())


def test_bad_utf8_is_refused_wherever_it_is() -> None:
    with pytest.raises(InvalidInput, match="not valid UTF-8"):
        parse(document(package("a", "pkg:npm/a@1.0.0")) + b"FileName: \xff\n")


def test_the_number_of_packages_is_bounded() -> None:
    with pytest.raises(InvalidInput, match="more than 2 components"):
        parse(document(*[package("a")] * 3), Limits(max_entries=2))
    with pytest.raises(InvalidInput, match="more than 2 components"):
        parse(document(package("a", *["pkg:npm/a@1.0.0"] * 3)), Limits(max_entries=2))
