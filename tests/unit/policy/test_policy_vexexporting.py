"""Assessments as OpenVEX: what is stated, of what, and in which spellings."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from tests.vexdocuments import DIGEST
from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, AssessmentType, Scope
from webhook.model.images import Digest, parse_image
from webhook.model.policies import Policy
from webhook.model.purls import Purl, parse_purl
from webhook.model.vex import KeptVex, VexOrigin, VexOriginKind, VexStatus
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.evaluation import Rules
from webhook.policy.judge import Judge
from webhook.policy.matching import AssessmentIndex
from webhook.policy.precedence import Place
from webhook.policy.typetable import TypeTable
from webhook.policy.vex import VexIndex
from webhook.policy.vexexporting import ExportedImage, openvex_of
from webhook.policy.vexspellings import spellings_of
from webhook.policy.vextrust import NO_TRUST
from webhook.sboms.vex import parse_vex

SPELLINGS = {
    "pkg:npm/left-pad@1.2.3": ("pkg:npm/left-pad@1.2.3",),
    "pkg:deb/debian/diffutils@1:3.7-3": (
        "pkg:deb/debian/diffutils@1:3.7-3",
        "pkg:deb/debian/diffutils@3.7-3?epoch=1",
    ),
    "pkg:rpm/alma/curl@7.76.1-2.el9?distro=alma-9": (
        "pkg:rpm/alma/curl@7.76.1-2.el9",
        "pkg:rpm/almalinux/curl@7.76.1-2.el9",
    ),
    "pkg:golang/stdlib@1.22.1": ("pkg:golang/stdlib@1.22.1", "pkg:golang/stdlib@v1.22.1"),
}
"""Keys, and what Syft and Trivy write."""
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
EARLIER = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
LIBSSL = Purl("pkg:deb/debian/libssl3@3.0.7-1?distro=debian-12&upstream=openssl")
PAD = Purl("pkg:npm/left-pad@1.2.3")
PLACE = Place(parse_image("registry.corp/shop/orders:1"), Digest(DIGEST), "shop")
TYPES = TypeTable((AssessmentType("Ignore", Action.ALLOW), AssessmentType("Blocked", Action.DENY)))
DIFF = Purl("pkg:deb/debian/diffutils@1:3.7-3?distro=debian-11")
FOUND = {"CVE-1": PAD, "CVE-2": LIBSSL, "CVE-3": PAD, "CVE-4": PAD, "CVE-5": DIFF}


def assessed(name: str, kind: str, source: AssessmentSource = AssessmentSource.MANUAL) -> Assessment:
    return Assessment(name, kind, Scope(FOUND[name].package), source, "alice", "never called", EARLIER, None)


RECORDS = (
    assessed("CVE-1", "Ignore"),
    assessed("CVE-2", "Ignore"),
    assessed("CVE-3", "Blocked"),
    assessed("CVE-4", "Ignore", AssessmentSource.AUTO),
    assessed("CVE-5", "Ignore"),
)


def judged(index: AssessmentIndex) -> ExportedImage:
    judge = Judge(Rules(TYPES, Policy()), index, NOW, PLACE)
    findings = [judge.finding(purl, Vulnerability(name, aliases=(f"GHSA-{name}",))) for name, purl in FOUND.items()]
    return ExportedImage(Digest(DIGEST), "registry.corp/shop/orders", findings)


def exported(**statuses: VexStatus) -> bytes:
    return openvex_of(
        [judged(AssessmentIndex.of(RECORDS))], "Shop", NOW, {k.casefold(): v for k, v in statuses.items()}
    )


def test_what_people_decided_is_stated_of_the_image_by_its_digest_and_of_components_without_qualifiers():
    document = json.loads(exported())
    said = [(entry["vulnerability"]["name"], entry["status"], entry["timestamp"]) for entry in document["statements"]]
    assert said == [
        ("CVE-1", "not_affected", "2026-11-20T09:30:00Z"),
        ("CVE-2", "not_affected", "2026-11-20T09:30:00Z"),
        ("CVE-3", "affected", "2026-11-20T09:30:00Z"),
        ("CVE-5", "not_affected", "2026-11-20T09:30:00Z"),
    ]
    first, second, third, fourth = document["statements"]
    (product,) = first["products"]
    assert product["@id"] == f"pkg:oci/orders@{DIGEST.replace(':', '%3A')}"
    assert second["products"][0]["subcomponents"][0]["@id"] == "pkg:deb/debian/libssl3@3.0.7-1"
    assert [part["@id"] for part in fourth["products"][0]["subcomponents"]] == [
        "pkg:deb/debian/diffutils@1:3.7-3",
        "pkg:deb/debian/diffutils@3.7-3?epoch=1",
    ]
    assert first["impact_statement"] == third["action_statement"].replace("Blocked", "Ignore")
    assert "alice: never called" in first["impact_statement"]
    assert first["vulnerability"]["aliases"] == ["GHSA-CVE-1"]


def test_a_type_may_mean_something_else():
    assert json.loads(exported(Ignore=VexStatus.FIXED))["statements"][0]["status"] == "fixed"


def test_an_export_is_replaced_by_a_later_one_and_says_the_same_twice():
    assert exported() == exported()
    later = openvex_of([judged(AssessmentIndex.of(RECORDS[:1]))], "Shop", NOW + dt.timedelta(days=1), {})
    assert parse_vex(later).id == parse_vex(exported()).id


def test_what_is_exported_means_the_same_when_it_is_read_back():
    kept = KeptVex(parse_vex(exported()), VexOrigin(VexOriginKind.ADDED, "bob"), NOW)
    assert not [entry.flaw for entry in kept.document.statements if entry.flaw]
    again = judged(AssessmentIndex().with_vex(VexIndex(NO_TRUST, [kept])))
    read = {finding.vulnerability.id: finding.assessment is not None for finding in again.findings}
    assert read == {"CVE-1": True, "CVE-2": True, "CVE-3": False, "CVE-4": False, "CVE-5": True}


def test_what_a_source_calls_by_its_cve_is_named_by_that():
    vulnerability = Vulnerability("osv:CVE-2026-1", aliases=("CVE-2026-1", "GHSA-1"))
    record = Assessment(
        "CVE-2026-1", "Ignore", Scope(PAD.package), AssessmentSource.MANUAL, "alice", "never called", EARLIER, None
    )
    judge = Judge(Rules(TYPES, Policy()), AssessmentIndex.of([record]), NOW, PLACE)
    image = ExportedImage(Digest(DIGEST), "registry.corp/shop/orders", [judge.finding(PAD, vulnerability)])
    (said,) = json.loads(openvex_of([image], "Shop", NOW, {}))["statements"]
    assert said["vulnerability"] == {"name": "CVE-2026-1", "aliases": ["GHSA-1"]}


@pytest.mark.parametrize("key", [*SPELLINGS])
def test_a_component_has_the_spellings_of_scanners(key: str):
    assert spellings_of(parse_purl(key)) == SPELLINGS[key]
    assert {parse_purl(spelling).coordinates for spelling in SPELLINGS[key]} == {parse_purl(key).coordinates}
