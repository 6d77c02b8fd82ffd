"""Names in VEX statements that may mean a component: what restricts counts for them, what loosens does not."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from tests.vexdocuments import DIGEST, IMAGE, csaf, cyclonedx
from webhook.model.images import Digest, parse_image
from webhook.model.purls import Purl
from webhook.model.vex import KeptVex, VexOrigin, VexOriginKind
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.precedence import Place
from webhook.policy.vex import VexIndex
from webhook.policy.vexmatching import component_miss
from webhook.policy.vextrust import TrustedVex, VexTrust
from webhook.sboms.vex.parsing import parse_vex

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
PLACE = Place(parse_image("registry.corp/shop/orders:1"), Digest(DIGEST), "shop")
SOURCE = VexOrigin(VexOriginKind.SOURCE, "hub")
TRUST = VexTrust((TrustedVex(VexOriginKind.SOURCE, "hub"),))
LIBSSL = "pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12&upstream=openssl"


@pytest.mark.parametrize(
    ("name", "versions", "component", "may_be"),
    [
        ("pkg:npm/x", ("v2.5.0",), "pkg:npm/x@2.5.0", True),
        ("pkg:npm/x@2.5", (), "pkg:npm/x@2.5.0", True),
        ("pkg:npm/x@1.0.0", ("2.5.0",), "pkg:npm/x@2.5.0", True),
        ("pkg:npm/x@2.6.0", (), "pkg:npm/x@2.5.0", False),
        ("pkg:npm/y@2.5.0", (), "pkg:npm/x@2.5.0", False),
        ("pkg:nuget/X", ("1.0",), "pkg:nuget/x@1.0.0", True),
        ("pkg:golang/github.com/azure/x@v1.0.0", (), "pkg:golang/github.com/Azure/x@v1.0.0", True),
        ("pkg:pypi/t@2.0.1", (), "pkg:pypi/t@2.0.1%2Bcpu", True),
        ("pkg:pypi/t@2.0.1%2Bcpu", (), "pkg:pypi/t@2.0.1", True),
        ("pkg:pypi/t@no%2Bversion!", (), "pkg:pypi/t@2.0.1", True),
        ("pkg:maven/a/b@2.0.1", (), "pkg:maven/a/b@2.0.1.redhat-1", True),
        ("pkg:deb/debian/openssl@3.0.11-1?distro=debian-12", (), LIBSSL, True),
        ("pkg:deb/libssl3@3.0.11-1", (), LIBSSL, True),
        ("pkg:deb/debian/libssl3@3.0.11", (), LIBSSL, True),
        ("pkg:deb/debian/libssl3@1:3.0.11-1", (), LIBSSL, True),
        ("pkg:deb/ubuntu/libssl3@3.0.11-1", (), LIBSSL, False),
        ("pkg:deb/debian/zlib@3.0.11-1", (), LIBSSL, False),
        ("pkg:deb/debian/openssl@3.0.11-1?distro=debian-11", (), LIBSSL, False),
        ("pkg:deb/debian/zlib@3.0.11-1", (), LIBSSL.replace("=openssl", "=-"), True),
        ("pkg:rpm/redhat/openssl@1:3.0-1.el9", (), "pkg:rpm/redhat/openssl@3.0-1.el9?distro=redhat-9&epoch=2", False),
        ("?", (), "pkg:npm/x@2.5.0", True),
    ],
)
def test_a_name_in_another_spelling_restricts_and_does_not_loosen(
    name: str, versions: tuple[str, ...], component: str, may_be: bool
) -> None:
    found = component_miss([name], versions, Purl(component), unversioned=True, restricts=True)
    assert (found is None) is may_be
    assert component_miss([name], versions, Purl(component), unversioned=True) is not None  # nothing is loosened


def cyclonedx_about(state: str, at: str, serial: str, purl: str, ref: str = "pad", versions: Any = None) -> bytes:
    """A document in which one component, or none, has an analysis."""
    document = json.loads(cyclonedx(state, ref))
    document["serialNumber"] = serial
    document["metadata"]["timestamp"] = at
    document["components"][0]["purl"] = purl
    if versions is not None:
        document["vulnerabilities"][0]["affects"][0]["versions"] = versions
    if not ref:
        document["vulnerabilities"][0]["affects"] = []
    return json.dumps(document).encode()


def is_loosened(*documents: bytes) -> bool:
    kept = [KeptVex(parse_vex(document), SOURCE, NOW) for document in documents]
    found = Vulnerability("CVE-2026-1")
    return VexIndex(TRUST, kept).evidence(found, Purl("pkg:npm/x@2.5.0"), PLACE, NOW).claim is not None


LOOSENS = cyclonedx_about("not_affected", "2026-11-01T00:00:00Z", "urn:uuid:1", "pkg:npm/x@2.5.0")


@pytest.mark.parametrize(
    ("purl", "ref", "versions"),
    [
        ("pkg:npm/x", "pad", [{"version": "1.0.0"}, {"range": "vers:npm/>=2|<3"}]),
        ("pkg:npm/x@1.0.0", "pad", [{"range": "vers:npm/>=2|<3"}]),
        ("pkg:npm/x@1.0.0", "pad", [{"version": "2.5.0"}]),
        ("pkg:npm/y@1.0.0", "missing", None),
        ("pkg:npm/y@1.0.0", "", None),
    ],
)
def test_a_newer_exploitable_that_may_be_about_a_component_restricts(purl: str, ref: str, versions: Any) -> None:
    assert is_loosened(LOOSENS)
    newer = cyclonedx_about("exploitable", "2026-11-02T00:00:00Z", "urn:uuid:2", purl, ref, versions)
    assert not is_loosened(LOOSENS, newer)
    older = cyclonedx_about("exploitable", "2026-10-02T00:00:00Z", "urn:uuid:2", purl, ref, versions)
    assert is_loosened(LOOSENS, older)


@pytest.mark.parametrize("ref", ["missing", ""])
def test_a_statement_about_nothing_in_the_document_loosens_nothing(ref: str) -> None:
    assert not is_loosened(
        cyclonedx_about("not_affected", "2026-11-01T00:00:00Z", "urn:uuid:1", "pkg:npm/x@2.5.0", ref)
    )


def test_a_product_that_the_tree_of_a_csaf_document_lacks_may_be_any_component_of_its_images() -> None:
    document = json.loads(csaf("known_affected"))
    document["document"]["tracking"]["current_release_date"] = "2026-11-02T00:00:00Z"
    document["vulnerabilities"][0]["product_status"] = {"known_affected": ["missing"]}
    assert IMAGE in json.dumps(document)
    assert not is_loosened(LOOSENS, json.dumps(document).encode())
    document["vulnerabilities"][0]["product_status"] = {"known_not_affected": ["missing"]}
    assert not is_loosened(json.dumps(document).encode())
