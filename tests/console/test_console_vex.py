"""What VEX documents say, on the pages of a vulnerability and an image, and in the API."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.installation import invoke
from tests.console.conftest import Console, console_on
from tests.console.test_console_lists import check
from tests.console.world import HOSTILE, LOG4J, LOG4SHELL
from tests.copies import replace
from tests.ports.samples import digest
from tests.vexdocuments import kept, openvex, statement
from webhook.bootstrap.parts import open_parts
from webhook.bootstrap.triage import within
from webhook.engines.vexintake import HandedIn
from webhook.model.vex import VexOrigin, VexOriginKind, VexProduct, VexStatus
from webhook.settings import load_settings

CVE, WEB, WORKER = "CVE-2021-44228", str(digest(1)), str(digest(2))


def said(status: str, *, author: str = "Supplier PSIRT", at: str = "2026-11-01T10:00:00Z", **product: object) -> bytes:
    """An OpenVEX document about the vulnerability in the image."""
    stated = {
        "vulnerability": {"name": CVE},
        "products": [{"@id": f"pkg:oci/web@{WEB.replace(':', '%3A')}", "subcomponents": [{"@id": LOG4J}], **product}],
        "status": status,
        "justification": "vulnerable_code_not_in_execute_path",
        "timestamp": at,
    }
    return openvex(stated, author=author, **{"@id": f"https://supplier.example/{status}/{author[:9]}"})


@pytest.fixture(scope="module")
def stating(filled_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console with documents: one counts, others do not."""
    folder = tmp_path_factory.mktemp("stating")
    shutil.copy(filled_file, folder / "b.db")
    (folder / "vex.json").write_bytes(said("fixed"))
    settings = {
        "database": {"url": f"sqlite:///{folder}/b.db"},
        "sources": [{"name": "hub", "kind": "vex", "location": str(folder / "vex.json")}],
    }
    (folder / "vex.yaml").write_text(json.dumps(settings), encoding="utf-8")
    parts = open_parts(load_settings(folder / "vex.yaml", environment={}))
    intake = parts.vex.intake()
    intake.add(said("not_affected", author=HOSTILE), HandedIn("ana", "test"))
    intake.add(said("affected", at="2026-10-01T10:00:00Z"), HandedIn("ana", "test"))
    intake.update()
    elsewhere = VexOrigin(VexOriginKind.ATTESTATION, "4f", "", str(digest(9)), str(digest(9)), (), "registry.example/x")
    hidden = replace(statement(VexStatus.AFFECTED, products=(VexProduct(),)), vulnerabilities=(CVE,))
    parts.store.vex.settle_attached(
        str(digest(9)),
        [(kept(hidden, origin=elsewhere), b"{}")],
        parts.clock.now(),
        place="registry.example/x",
    )
    made = console_on(parts)
    made.sign_in()
    yield made
    made.parts.store.close()


@pytest.mark.parametrize("path", [f"vulnerabilities/{CVE}", f"images/{WEB}"])
def test_the_api_says_what_each_statement_does_and_why_others_do_nothing(stating: Console, path: str) -> None:
    answer = stating.get(f"/api/v1/{path}")
    document = stating.get("/api/v1/openapi.json").json
    check(answer.json, {"$ref": f"#/components/schemas/{'Vulnerability' if 'vuln' in path else 'Image'}"}, document)
    found = answer.json["vex"]
    assert [(each["status"], each["counts"], each["miss"]) for each in found] == [
        ("not_affected", True, ""),
        ("affected", False, "status"),
        ("fixed", False, "untrusted"),
    ], "what is attached to another image is not shown"
    assert found[0]["images"] == [{"digest": WEB, "title": "registry.example/shop/web:1.4.2"}]
    assert found[0]["components"] == [LOG4J]
    assert found[0]["author"].startswith("<script>")
    assert (found[0]["by"], found[0]["origin"]) == ("ana", "added")
    assert "nobody trusts the source hub" in found[2]["detail"]


def test_it_is_what_the_command_line_explains(stating: Console) -> None:
    file = Path(stating.parts.settings.database.url.removeprefix("sqlite:///")).with_name("vex.yaml")
    ran = invoke("vex", "explain", WEB, "--output", "json", "--config", str(file))
    explained = {(each["status"], each["miss"], each["detail"]) for each in json.loads(ran.out)["statements"]}
    shown = {
        (each["status"], each["miss"], each["detail"]) for each in stating.get(f"/api/v1/images/{WEB}").json["vex"]
    }
    assert shown < explained


@pytest.mark.parametrize("path", [f"/vulnerabilities/{CVE}", f"/images/{WEB}"])
def test_the_pages_show_it_with_author_time_and_reason(stating: Console, path: str) -> None:
    page = stating.get(path)
    assert page.status_code == 200
    assert "What VEX says (3)" in page.text
    for text in ("not affected", "handed in by ana", "2026-11-01", "nobody trusts the source hub", "vex.trust"):
        assert text in page.text, text
    assert "<script>alert" not in page.text


def test_an_image_of_which_nothing_is_said_has_no_such_part(stating: Console) -> None:
    assert stating.get(f"/api/v1/images/{WORKER}").json["vex"] == []
    assert "What VEX says" not in stating.get(f"/images/{WORKER}").text


def test_who_sees_some_namespaces_sees_what_is_said_of_what_runs_there(stating: Console) -> None:
    for namespace, number in (("shop", 3), ("lab", 0)):
        lists = within(stating.parts, stating.triage, frozenset({namespace})).vex
        assert len(lists.of_image(digest(1))) == number
        assert len(lists.of_vulnerability(LOG4SHELL, [digest(1)])) == number
