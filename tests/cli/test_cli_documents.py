"""The documents of SBOMs at the command line."""

from __future__ import annotations

import contextlib
import json
import sqlite3

import pytest

from tests.cli.installation import Installation, digest, document, reference
from tests.doubles.ossindex import advisory


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


FORMER = "pkg:golang/github.com/azure/go-autorest/autorest@0.11.27"
TODAY = "pkg:golang/github.com/Azure/go-autorest/autorest@v0.11.27"


def test_db_upgrade_reads_documents_again_and_says_what_that_costs(bomgate: Installation) -> None:
    """The SBOM is that of an older release: its row and its component are put back to what that one kept."""
    bomgate.double.behaviour.advisories = {TODAY: [advisory("CVE-2026-1", 9.8)]}
    component = {"type": "library", "name": "github.com/Azure/go-autorest/autorest", "purl": FORMER}
    text = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [component]})
    bomgate.ok("sbom", "add", bomgate.write("web.cdx.json", text), "--image", reference("web"))
    bomgate.ok("download")
    forget(
        bomgate,
        "DELETE FROM spellings",
        "UPDATE sboms SET reader = 1",
        f"UPDATE components SET purl = '{FORMER}'",
    )
    package = FORMER.rpartition("@")[0]
    bomgate.ok("assess", "CVE-2026-1", "--type", "Blocked", "--package", package, "--comment", "no", "--author", "anna")
    done = bomgate.ok("db", "upgrade", "--reread", "--output", "json").json["reread"]
    assert (done["read"], done["failed"], done["waiting"], done["to_ask"]) == (1, 0, 1, 1)
    assert bomgate.run("check", reference("web")).code == 1
    bomgate.ok("download")
    done = bomgate.ok("db", "upgrade", "--reread", "--output", "json").json["reread"]
    assert (done["switched"], done["waiting"], done["to_ask"]) == (1, 0, 0)
    shown = bomgate.ok("sbom", "show", digest("web"), "--output", "json").json["sboms"][0]
    assert [item["purl"] for item in shown["contents"]] == [TODAY]
    assert bomgate.run("check", reference("web")).code == 1


@pytest.mark.parametrize("verb", ["add", "import"])
def test_what_an_older_bomgate_read_is_read_again_when_it_is_handed_in_again(bomgate: Installation, verb: str) -> None:
    bomgate.configure(sbom={"documentBytes": 10})  # its document is not kept, so that nothing else reads it again
    bomgate.double.behaviour.advisories = {TODAY: [advisory("CVE-2026-1", 9.8)]}
    component = {"type": "library", "name": "github.com/Azure/go-autorest/autorest", "purl": FORMER}
    text = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [component]})
    path = bomgate.write(f"in/web@{digest('web').replace(':', '-')}.json", text)
    command = (
        ("sbom", "import", path.parent) if verb == "import" else ("sbom", "add", path, "--image", reference("web"))
    )
    bomgate.ok(*command)
    bomgate.ok("download")
    forget(bomgate, "DELETE FROM spellings", "UPDATE sboms SET reader = 1", f"UPDATE components SET purl = '{FORMER}'")
    done = bomgate.ok("db", "upgrade", "--reread", "--output", "json").json["reread"]
    assert (done["read"], done["waiting"], done["without_document"]) == (0, 0, 1)
    again = bomgate.ok(*command, "--output", "json").json
    assert (again["added"], again["unchanged"], again["reread"]) == (0, 0, 1)
    assert again["documents"][0]["outcome"] == "reread"
    bomgate.ok("download")
    done = bomgate.ok("db", "upgrade", "--reread", "--output", "json").json["reread"]
    assert (done["switched"], done["waiting"], done["without_document"]) == (1, 0, 0)
    shown = bomgate.ok("sbom", "show", digest("web"), "--output", "json").json["sboms"][0]
    assert [item["purl"] for item in shown["contents"]] == [TODAY]
    assert "1 unchanged" in bomgate.ok(*command).err


def test_db_upgrade_lists_assessments_of_former_spellings(bomgate: Installation) -> None:
    bomgate.double.behaviour.advisories = {TODAY: [advisory("CVE-2026-1", 2.0)]}
    component = {"type": "library", "name": "github.com/Azure/go-autorest/autorest", "purl": FORMER}
    text = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [component]})
    bomgate.ok("sbom", "add", bomgate.write("web.cdx.json", text), "--image", reference("web"))
    bomgate.ok("download")
    package = FORMER.rpartition("@")[0]
    columns = "sequence, vulnerability, type, package, source, author, comment, assessed_at, rule, revision"
    values = f"99, 'CVE-2026-1', 'Blocked', '{package}', 'manual', 'anna', 'no', 1, '', 1"
    forget(bomgate, f"INSERT INTO assessments ({columns}) VALUES ({values})")
    (one,) = bomgate.ok("db", "upgrade", "--output", "json").json["former_decisions"]
    assert (one["package"], one["author"], one["packages"]) == (package, "anna", [TODAY.rpartition("@")[0]])
    assert package in bomgate.ok("db", "upgrade").err
    assert bomgate.run("check", reference("web")).code == 1
