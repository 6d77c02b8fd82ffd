"""``bomgate vex`` and what it does to verdicts."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.installation import PARSER, Installation, digest
from tests.cli.vexcommands import IMAGE, LATER, PRODUCT, about, explained, finding, write
from tests.e2e.controlplane import build
from tests.parts import unavailable
from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, AssessmentType, Scope
from webhook.model.images import Digest, parse_image
from webhook.model.policies import Policy
from webhook.model.purls import parse_purl
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.evaluation import Judge, Rules
from webhook.policy.matching import AssessmentIndex
from webhook.policy.precedence import Place
from webhook.policy.typetable import TypeTable
from webhook.policy.vexexporting import ExportedImage, openvex_of

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


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


SCANNED = {
    "pkg:deb/debian/diffutils@1:3.7-3": (
        "pkg:deb/debian/diffutils@1%3A3.7-3?arch=amd64&distro=debian-11",
        "pkg:deb/debian/diffutils@3.7-3?arch=amd64&distro=debian-11.6&epoch=1",
    ),
    "pkg:rpm/alma/vim-minimal@8.2-20.el9": (
        "pkg:rpm/almalinux/vim-minimal@8.2-20.el9?arch=x86_64&distro=almalinux-9.3&epoch=2&upstream=vim-8.2-20.el9.src.rpm",
        "pkg:rpm/alma/vim-minimal@8.2-20.el9?arch=x86_64&distro=alma-9.3&epoch=2",
    ),
    "pkg:rpm/suse/curl@8.0.1-150400.5": (
        "pkg:rpm/sles/curl@8.0.1-150400.5?arch=x86_64&distro=sles-15.4&upstream=curl-8.0.1-150400.5.src.rpm",
        "pkg:rpm/suse/curl@8.0.1-150400.5?arch=x86_64&distro=sles-15.4",
    ),
    "pkg:golang/github.com/Azure/go-autorest@v14.2.0%2Bincompatible": (
        "pkg:golang/github.com/Azure/go-autorest@v14.2.0%2Bincompatible",
        "pkg:golang/github.com/azure/go-autorest@v14.2.0%2Bincompatible",
    ),
    "pkg:golang/stdlib@1.22.1": ("pkg:golang/stdlib@1.22.1", "pkg:golang/stdlib@v1.22.1"),
}
"""Keys, with what Syft and Grype, and Trivy, call the component."""


def test_go_vex_finds_components_as_scanners_call_them(tmp_path: Path, govex: Path) -> None:
    place = Place(parse_image(IMAGE), Digest(digest("blocked")), "shop")
    judge = Judge(
        Rules(TypeTable((AssessmentType("Ignore", Action.ALLOW),)), Policy()),
        AssessmentIndex.of([Assessment("CVE-1", "Ignore", Scope(), AssessmentSource.MANUAL, "bob", "no", NOW, None)]),
        NOW,
        place,
    )
    product, path = f"pkg:oci/blocked@{digest('blocked').replace(':', '%3A')}", tmp_path / "export.json"
    for key, called in SCANNED.items():
        finding = judge.finding(parse_purl(key), Vulnerability("CVE-1"))
        path.write_bytes(openvex_of([ExportedImage(place.digest, "shop/blocked", [finding])], "Shop", NOW, {}))

        def status(component: str) -> str:
            ran = subprocess.run([govex, path, product, component, "CVE-1"], capture_output=True, check=True)
            return str(json.loads(ran.stdout)[0]["status"])

        package, _, version = called[0].partition("@")
        assert [status(component) for component in called] == ["not_affected"] * 2, key
        assert [status(other) for other in (f"{package}@9{version}", f"{package}-x@{version}")] == ["", ""]
