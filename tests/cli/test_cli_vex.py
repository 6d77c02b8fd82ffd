"""``bomgate vex`` and what it does to verdicts."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.cli.installation import PARSER, Installation, digest, reference
from tests.e2e.controlplane import build
from tests.fakes import FakeClock
from tests.parts import unavailable
from tests.vexdocuments import openvex, stated
from webhook.bootstrap.sources import Sources
from webhook.settings import load_settings
from webhook.store.repositories import open_store

IMAGE = reference("blocked")
PRODUCT = f"registry.example/shop/blocked@{digest('blocked')}"
LATER = "2026-11-02T10:00:00Z"


def about(status: str = "not_affected", **members: Any) -> dict[str, Any]:
    products = [{"@id": PRODUCT, "subcomponents": [{"@id": PARSER}]}]
    return stated(status, **{"vulnerability": {"name": "CVE-2026-10001"}, "products": products, **members})


def write(bomgate: Installation, name: str, *statements: dict[str, Any], **heading: Any) -> Path:
    return bomgate.write(name, openvex(*statements, **heading).decode())


def finding(bomgate: Installation, *options: str) -> dict[str, Any]:
    targets = bomgate.run("check", IMAGE, *options, "--output", "json").json["targets"]
    findings = targets[0]["images"][0]["findings"]
    (found,) = [entry for entry in findings if entry["vulnerability"]["id"] == "CVE-2026-10001"]
    assert isinstance(found, dict)
    return found


def explained(bomgate: Installation, *options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = bomgate.ok("vex", "explain", IMAGE, *options, "--output", "json").json["statements"]
    return found


def test_a_document_that_is_handed_in_loosens_a_finding_and_is_named_wherever_it_counts(filled: Installation) -> None:
    assert finding(filled)["action"] == "deny"
    added = filled.ok("vex", "add", write(filled, "a.json", about()), "--author", "alice", "--output", "json").json
    assert (added["changed"], added["document"]["statements"], added["flaws"]) == (True, 1, [])
    found = finding(filled)
    assert found["action"] == "allow"
    assert found["assessment"]["source"] == "vex"
    assert found["assessment"]["type"] == "VEX not_affected"
    assert found["assessment"]["by"] == "Supplier PSIRT"
    assert found["assessment"]["rule"] == "OpenVEX https://supplier.example/vex/1 version 1, statement #1"
    (statement,) = explained(filled)
    assert statement["loosened"] == [{"purl": PARSER, "vulnerability": "CVE-2026-10001"}]
    assert statement["origin"] == "added alice"
    shown = filled.ok("vex", "explain", IMAGE).out
    assert f"Loosened: CVE-2026-10001 in {PARSER}" in shown
    again = filled.ok("vex", "add", filled.folder / "a.json", "--author", "alice")
    assert "It was there already." in again.err
    (listed,) = filled.ok("vex", "list", "--output", "json").json["documents"]
    assert listed["trusted"] is True
    filled.ok("vex", "remove", str(listed["number"]), "--author", "alice")
    assert finding(filled)["action"] == "deny"
    assert "There are no VEX documents." in filled.ok("vex", "list").err
    assert filled.run("vex", "remove", "99", "--author", "alice").code == 2


def test_what_people_decide_counts_more(filled: Installation) -> None:
    filled.ok("vex", "add", write(filled, "a.json", about()), "--author", "alice")
    filled.ok("assess", "CVE-2026-10001", "--type", "Blocked", "--author", "bob", "--comment", "no", "--yes")
    assert finding(filled)["action"] == "deny"
    (statement,) = explained(filled)
    assert (statement["miss"], statement["detail"]) == ("decided", "Blocked by bob counts more")


def test_the_newest_document_counts_and_the_nearest_miss_of_others_is_told(filled: Installation) -> None:
    filled.ok("vex", "add", write(filled, "a.json", about()), "--author", "alice")
    worse = write(filled, "b.json", about("affected", timestamp=LATER), **{"@id": "https://supplier.example/vex/2"})
    filled.ok("vex", "add", worse, "--author", "alice")
    assert finding(filled)["action"] == "deny"
    assert [entry["miss"] for entry in explained(filled)] == ["newer", "status"]
    other = about(products=[{"@id": PRODUCT, "subcomponents": [{"@id": PARSER.replace("2.14.1", "2.15")}]}])
    third = write(filled, "c.json", other, {**other, "vulnerability": "CVE-1"}, **{"@id": "c"})
    filled.ok("vex", "add", third, "--author", "alice")
    told = filled.ok("vex", "explain", IMAGE)
    assert "it is about pkg:maven/org.example/parser@2.15; the image has version 2.14.1" in told.out
    assert "1 statements are about vulnerabilities that the image does not have" in told.err
    assert len(explained(filled, "--all")) == 4


def test_a_document_counts_in_its_namespace_and_until_its_end(filled: Installation) -> None:
    path = write(filled, "a.json", about())
    filled.ok("vex", "add", path, "--namespace", "shop", "--author", "alice")
    assert finding(filled, "--namespace", "lab")["action"] == "deny"
    assert finding(filled, "--namespace", "shop")["action"] == "allow"
    assert [entry["miss"] for entry in explained(filled)] == ["namespace"]
    filled.ok("vex", "add", path, "--until", "2020-01-01", "--author", "alice")
    assert finding(filled)["action"] == "deny"
    assert {entry["miss"] for entry in explained(filled)} == {"namespace", "expired"}


def test_a_document_without_a_digest_is_handed_in_for_an_image(filled: Installation) -> None:
    path = write(filled, "a.json", about(products=[{"@id": PARSER}]))
    filled.ok("vex", "add", path, "--author", "alice")
    (statement,) = explained(filled)
    assert (statement["miss"], "--image" in statement["remedy"]) == ("package", True)
    assert filled.run("vex", "add", path, "--image", "registry.example/shop/blocked:1", "--author", "a").code == 2
    filled.ok("vex", "add", path, "--image", digest("blocked"), "--author", "alice")
    assert finding(filled)["action"] == "allow"


def test_a_source_counts_once_it_is_trusted_and_what_is_gone_from_it_does_not(filled: Installation) -> None:
    folder = filled.folder / "hub"
    write(filled, "hub/a.json", about())
    filled.write("hub/broken.json", "{}")
    source = {"name": "hub", "kind": "vex", "location": str(folder)}
    filled.configure(sources=[{"name": "ossindex", "kind": "ossindex"}, source])
    (update,) = filled.ok("vex", "update", "--output", "json").json["sources"]
    assert (update["documents"], update["new"], len(update["problems"])) == (1, 1, 1)
    assert finding(filled)["action"] == "deny"
    assert [entry["miss"] for entry in explained(filled)] == ["untrusted"]
    filled.configure(
        sources=[{"name": "ossindex", "kind": "ossindex"}, source],
        vex={"trust": [{"source": "hub", "images": ["registry.example/shop/*"]}]},
    )
    assert finding(filled)["action"] == "allow"
    write(filled, "hub/a.json", about("under_investigation"))
    assert filled.ok("download", "--output", "json").json["vex"][0]["gone"] == 1
    assert finding(filled)["action"] == "deny"
    for path in folder.iterdir():
        path.unlink()
    assert filled.run("vex", "update").code == 3, "an empty source is a fault of the source"
    checked = filled.run("source", "check")
    assert checked.code == 3
    assert "hub" in checked.out


def test_a_source_may_be_an_archive_or_one_file(filled: Installation) -> None:
    archive = filled.folder / "hub.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("pkg/a/vex.json", openvex(about()))
        file.writestr("../outside.json", openvex(about(), **{"@id": "b"}))
    single = write(filled, "one.json", about())
    sources = [
        {"name": name, "kind": "vex", "location": str(path)} for name, path in (("hub", archive), ("one", single))
    ]
    filled.configure(sources=sources)
    updates = filled.ok("vex", "update", "--output", "json").json["sources"]
    assert [(entry["source"], entry["documents"]) for entry in updates] == [("hub", 2), ("one", 1)]
    status = filled.ok("db", "status", "--output", "json").json
    assert status["advisories"] == []
    filled.configure(sources=sources[:1])
    filled.ok("vex", "update")
    assert {entry["name"] for entry in filled.ok("vex", "list", "--output", "json").json["documents"]} == {"hub"}


def test_settings_that_cannot_work_are_refused(bomgate: Installation) -> None:
    for trust, said in (
        ([{"source": "hub"}], "none of the kind vex"),
        ([{}], "neither or both"),
        ([{"signer": "/nowhere/key.pub"}], "cannot be read"),
    ):
        bomgate.configure(vex={"trust": trust})
        ran = bomgate.run("vex", "list") if "signer" not in json.dumps(trust) else bomgate.run("check", IMAGE)
        assert ran.code == 2, trust
        assert said in ran.err


def test_the_age_of_a_source_of_documents_is_watched_and_it_has_its_own_interval(bomgate: Installation) -> None:
    path = write(bomgate, "a.json", about())
    bomgate.configure(sources=[{"name": "hub", "kind": "vex", "location": str(path), "everyHours": 2}])
    clock = FakeClock(dt.datetime.now(dt.UTC))
    sources = Sources(load_settings(bomgate.config), clock)
    assert (sources.sets, sources.publish) == ([("hub", "VEX")], True)
    bomgate.ok("db", "upgrade")
    store = open_store(load_settings(bomgate.config).database, clock)
    schedule = sources.schedule(store)
    (state,) = schedule.states()
    assert (state.checked_at, state.records) == (None, 0)
    assert schedule.due() == {"hub"}
    bomgate.ok("vex", "update")
    schedule = sources.schedule(store)
    (state,) = schedule.states()
    assert state.checked_at is not None and abs((state.checked_at - clock.now()).total_seconds()) < 600
    assert state.records == 1
    clock.advance(3600.0)
    assert schedule.due() == frozenset()
    clock.advance(3 * 3600.0)
    assert schedule.due() == {"hub"}
    store.close()


def test_nobody_hands_a_document_in_alone_where_approvals_are_required(filled: Installation) -> None:
    path = write(filled, "a.json", about())
    filled.configure(requests={"required": True})
    ran = filled.run("vex", "add", path, "--author", "alice")
    assert ran.code == 2
    assert "Another person has to approve" in ran.err
    assert filled.run("vex", "remove", "1", "--author", "alice").code == 2
    assert finding(filled)["action"] == "deny"


def test_what_people_decided_is_exported_and_read_back(filled: Installation) -> None:
    filled.ok("assess", "CVE-2026-10001", "--type", "Ignore", "--author", "bob", "--comment", "no", "--yes")
    document = filled.ok("vex", "export", IMAGE, "--author", "alice").json
    (said,) = document["statements"]
    assert (said["vulnerability"]["name"], said["status"]) == ("CVE-2026-10001", "not_affected")
    every = filled.ok("vex", "export", "--all", "--author", "alice", "--status", "Ignore=fixed").json
    assert [entry["status"] for entry in every["statements"]] == ["fixed"]
    for wrong in (("export",), ("export", IMAGE, "--all"), ("export", IMAGE, "--status", "Ignore=odd")):
        assert filled.run("vex", *wrong, "--author", "alice").code == 2


@pytest.fixture(scope="module")
def govex() -> Path:
    """The program that reads with go-vex. For the module: while a test runs, HOME has no cache of what was built."""
    try:
        return build.ensure("govex") / "govex"
    except build.UnavailableError as reason:
        unavailable(reason)


def test_go_vex_reads_what_is_exported(filled: Installation, govex: Path) -> None:
    filled.ok("assess", "CVE-2026-10001", "--type", "Ignore", "--author", "bob", "--comment", "no", "--yes")
    filled.ok("assess", "CVE-2026-10002", "--type", "Blocked", "--author", "bob", "--comment", "no", "--yes")
    path = filled.write("export.json", filled.ok("vex", "export", IMAGE, "--author", "alice").out)
    image = f"pkg:oci/blocked@{digest('blocked').replace(':', '%3A')}"

    def asked(product: str, component: str) -> list[tuple[str, int]]:
        arguments = [govex, path, product, component, "CVE-2026-10001", "CVE-2026-10002", "CVE-2026-10004"]
        ran = subprocess.run(arguments, capture_output=True, check=True, text=True)
        return [(entry["status"], entry["statements"]) for entry in json.loads(ran.stdout)]

    assert asked(image, PARSER) == [("not_affected", 1), ("affected", 1), ("", 0)]
    assert asked(f"{image}&arch=amd64".replace("&", "?"), PARSER)[0] == ("not_affected", 1)
    assert asked(image, PARSER.replace("2.14.1", "2.15"))[0] == ("", 0)
    assert asked(image.replace("blocked", "other"), PARSER)[0] == ("", 0)
