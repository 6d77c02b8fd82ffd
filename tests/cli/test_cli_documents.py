"""The documents of SBOMs at the command line."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest

from tests.cli.installation import Installation, digest, document, reference


def added(bomgate: Installation, name: str, *purls: str) -> str:
    """Add the SBOM of an image; the document as text."""
    text = document(purls)
    bomgate.ok("sbom", "add", bomgate.write(f"{name}.cdx.json", text), "--image", reference(name))
    return text


def forget(bomgate: Installation, *statements: str) -> None:
    """Change the database behind the product's back."""
    with contextlib.closing(sqlite3.connect(bomgate.folder / "bomgate.db")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_the_document_of_an_sbom_can_be_printed(bomgate: Installation) -> None:
    text = added(bomgate, "web", "pkg:npm/a@1.0.0")
    (shown,) = bomgate.ok("sbom", "list", "--output", "json").json["sboms"]
    assert shown["has_document"]
    name = shown["document_digest"]
    assert bomgate.ok("sbom", "show", digest("web"), "--document", name).out == text
    assert bomgate.ok("sbom", "show", digest("web"), "--document", name[:13]).out == text


def test_documents_of_a_directory_are_kept(bomgate: Installation) -> None:
    path = bomgate.write(f"in/web@{digest('web').replace(':', '-')}.json", document(["pkg:npm/a@1.0.0"]))
    bomgate.ok("sbom", "import", path.parent)
    (shown,) = bomgate.ok("sbom", "list", "--output", "json").json["sboms"]
    printed = bomgate.ok("sbom", "show", digest("web"), "--document", shown["document_digest"])
    assert printed.out == path.read_text(encoding="utf-8")


def test_an_import_brings_the_document_of_an_sbom_that_has_none(bomgate: Installation) -> None:
    path = bomgate.write(f"in/web@{digest('web').replace(':', '-')}.json", document(["pkg:npm/a@1.0.0"]))
    bomgate.ok("sbom", "import", path.parent)
    forget(bomgate, "DELETE FROM documents")
    again = bomgate.ok("sbom", "import", path.parent, "--output", "json").json
    assert (again["added"], again["unchanged"]) == (0, 1)
    assert bomgate.ok("sbom", "list", "--output", "json").json["sboms"][0]["has_document"]


@pytest.mark.parametrize(
    ("settings", "words"), [({"keepDocuments": False}, "not kept"), ({"documentBytes": 10}, "more than sbom.document")]
)
def test_it_says_why_a_document_is_not_there(bomgate: Installation, settings: dict[str, object], words: str) -> None:
    bomgate.configure(sbom=settings)
    added(bomgate, "web", "pkg:npm/a@1.0.0")
    (shown,) = bomgate.ok("sbom", "list", "--output", "json").json["sboms"]
    ran = bomgate.run("sbom", "show", digest("web"), "--document", shown["document_digest"])
    assert ran.code == 2
    assert words in ran.err


def test_a_document_of_another_image_is_refused(bomgate: Installation) -> None:
    added(bomgate, "web", "pkg:npm/a@1.0.0")
    ran = bomgate.run("sbom", "show", digest("web"), "--document", "sha256:" + "0" * 64)
    assert ran.code == 2
    assert "has no sha256:000" in ran.err
