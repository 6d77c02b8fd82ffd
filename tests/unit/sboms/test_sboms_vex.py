from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from tests.vexdocuments import COMPONENT, DIGEST, IMAGE, csaf, cyclonedx, openvex, stated
from webhook.errors import InvalidInput
from webhook.model.vex import VexProduct, VexStanding, VexStatus
from webhook.sboms.vex import csaf as csaf_reader
from webhook.sboms.vex import is_vex, parse_vex
from webhook.sboms.vex.building import Allowance

AT = dt.datetime(2026, 11, 1, 10, tzinfo=dt.UTC)
LATER = dt.datetime(2026, 11, 9, 10, tzinfo=dt.UTC)


@pytest.mark.parametrize("data", [openvex(), cyclonedx(), csaf()], ids=["openvex", "cyclonedx", "csaf"])
def test_the_three_formats_say_the_same_of_a_component_in_an_image(data):
    found = parse_vex(data)
    (statement,) = found.statements
    assert is_vex(data)
    assert found.author == "Supplier PSIRT"
    assert found.issued_at == statement.at == AT
    assert statement.vulnerabilities == ("CVE-2026-1", "GHSA-aaaa")
    assert statement.status is VexStatus.NOT_AFFECTED
    assert statement.justification
    assert not statement.flaw
    assert statement.products == (VexProduct((IMAGE,), (DIGEST,), (COMPONENT,)),)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("resolved", VexStatus.FIXED),
        ("resolved_with_pedigree", VexStatus.FIXED),
        ("false_positive", VexStatus.NOT_AFFECTED),
        ("exploitable", VexStatus.AFFECTED),
        ("in_triage", VexStatus.UNDER_INVESTIGATION),
    ],
)
def test_states_of_cyclonedx_are_statuses(state, status):
    assert parse_vex(cyclonedx(state)).statements[0].status is status


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("fixed", VexStatus.FIXED),
        ("first_fixed", VexStatus.FIXED),
        ("known_affected", VexStatus.AFFECTED),
        ("under_investigation", VexStatus.UNDER_INVESTIGATION),
        ("unknown", VexStatus.UNDER_INVESTIGATION),
        ("known_afected", VexStatus.AFFECTED),
    ],
)
def test_lists_of_csaf_are_statuses(word, status):
    assert parse_vex(csaf(word)).statements[0].status is status


def test_what_csaf_recommends_is_no_statement():
    assert parse_vex(csaf("recommended")).statements == ()


def test_what_loosens_inherits_the_first_time_of_its_document_and_what_restricts_the_last():
    data = openvex(stated(), stated("affected"), last_updated="2026-11-09T10:00:00Z")
    loosening, restricting = parse_vex(data).statements
    assert (loosening.at, restricting.at) == (AT, LATER)
    own = parse_vex(openvex(stated(last_updated="2026-11-09T10:00:00Z"))).statements[0]
    assert own.at == LATER


def test_the_older_shapes_of_openvex_are_read():
    data = openvex(stated(vulnerability="CVE-2026-1", products=[IMAGE], subcomponents=[COMPONENT]))
    (statement,) = parse_vex(data).statements
    assert statement.vulnerabilities == ("CVE-2026-1",)
    assert statement.products == (VexProduct((IMAGE,), (DIGEST,), (COMPONENT,)),)


@pytest.mark.parametrize(
    "product",
    [
        {"@id": f"registry.corp/shop/orders@{DIGEST}"},
        {"@id": DIGEST},
        {"@id": "orders", "hashes": {"sha-256": DIGEST.removeprefix("sha256:")}},
        {"@id": "orders", "identifiers": {"purl": IMAGE}},
    ],
    ids=["reference", "digest", "hash", "identifier"],
)
def test_a_product_names_an_image_by_its_digest_in_any_way(product):
    (found,) = parse_vex(openvex(stated(products=[product]))).statements[0].products
    assert found.digests == (DIGEST,)


@pytest.mark.parametrize(
    ("members", "flaw"),
    [
        ({"justification": None}, "does not say why"),
        ({"status": "harmless"}, "'harmless'"),
        ({"vulnerability": {}}, "names no vulnerability"),
        ({"timestamp": "yesterday"}, "'yesterday'"),
        ({"timestamp": "2026-11-01T10:00:00"}, "no time zone"),
        ({"timestamp": "9999-11-01T10:00:00Z"}, "cannot be"),
    ],
)
def test_a_statement_that_nobody_may_believe_has_a_flaw(members, flaw):
    (found,) = parse_vex(openvex(stated(**members))).statements
    assert flaw in found.flaw


def test_an_unknown_component_or_affected_versions_are_flaws_in_cyclonedx():
    assert "no component" in parse_vex(cyclonedx(ref="nobody")).statements[0].flaw
    listed = json.loads(cyclonedx())
    listed["vulnerabilities"][0]["affects"][0]["versions"] = [{"range": "vers:npm/<2", "status": "affected"}]
    assert "affected" in parse_vex(json.dumps(listed).encode()).statements[0].flaw


def test_a_link_into_another_bom_names_a_component_and_no_image():
    link = "urn:cdx:9f2c1c2e-0000-4000-8000-000000000000/1#" + COMPONENT.replace("@", "%40").replace("/", "%2F")
    (found,) = parse_vex(cyclonedx(ref=link)).statements[0].products
    assert found == VexProduct(components=(COMPONENT,))


@pytest.mark.parametrize(
    ("heading", "standing"),
    [
        ({"category": "csaf_withdrawn"}, VexStanding.WITHDRAWN),
        ({"category": "csaf_superseded"}, VexStanding.SUPERSEDED),
        ({"tracking": {"id": "a", "status": "draft", "current_release_date": "2026-11-01T10:00:00Z"}}, "draft"),
    ],
)
def test_csaf_says_that_a_document_is_not_valid(heading, standing):
    document = json.loads(csaf())
    document["document"].update(heading)
    assert parse_vex(json.dumps(document).encode()).standing == standing


def changed(**tree: Any) -> bytes:
    document = json.loads(csaf())
    document["product_tree"].update(tree)
    return json.dumps(document).encode()


def relationship(identifier: str, part: str, whole: str) -> dict[str, Any]:
    return {
        "category": "installed_on",
        "product_reference": part,
        "relates_to_product_reference": whole,
        "full_product_name": {"product_id": identifier, "name": identifier},
    }


DEEP = b'{"branches":[' * 5000 + b"]}" * 5000


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not valid JSON"),
        (b"[]", "shape of its format"),
        (b"{}", "no known VEX format"),
        (b'{"bomFormat": "CycloneDX", "components": []}', "no known VEX format"),
        (b"<bom/>", "not valid JSON"),
        (openvex(timestamp=None), "no timestamp"),
        (openvex(timestamp="soon"), "no time"),
        (openvex()[:-30], "not valid JSON"),
        (openvex().replace(b'"status"', b'"status": "fixed", "status"'), "repeats the key"),
        (openvex(stated(products=7)), "shape of its format"),
        (csaf().replace(b'"branches": [', b'"branches": [' + DEEP + b",", 1), "nested too deeply"),
        (changed(relationships=[relationship("orders:pad", "b", "b"), relationship("b", "orders:pad", "b")]), "circle"),
        (changed(full_product_names=[{"product_id": "pad", "name": "twice"}]), "two products"),
        (
            cyclonedx(components=[{"bom-ref": "pad", "purl": purl} for purl in ("pkg:npm/a@1.0.0", "pkg:npm/b@1.0.0")]),
            "two",
        ),
        (b'{"@context": "https://openvex.dev/ns", "x": [' + b"{}," * 2_000_000 + b"{}]}", "JSON objects"),
        (openvex() + b" " * 34_000_000, "larger than"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_refused_in_a_sentence(data, said):
    with pytest.raises(InvalidInput, match=said):
        parse_vex(data)


def test_short_texts_that_name_each_other_do_not_make_long_ones():
    names = [f"p{number}" for number in range(200)]
    document = json.loads(csaf())
    document["product_tree"] = {"full_product_names": [{"product_id": name, "name": name} for name in names]}
    entry = {"cve": "CVE-1", "product_status": {"known_affected": names}}
    document["vulnerabilities"] = [entry] * 60
    with pytest.raises(InvalidInput, match="more than"):
        csaf_reader.read(csaf_reader.DECODER.decode(json.dumps(document).encode()), "", Allowance(names=5_000))
    with pytest.raises(InvalidInput, match="more than"):
        csaf_reader.read(csaf_reader.DECODER.decode(json.dumps(document).encode()), "", Allowance(statements=50))


def test_a_subject_of_cyclonedx_that_is_a_package_stays_one():
    name = "pkg:maven/com.corp/app@1.0"
    subject = {"type": "application", "name": "app", "bom-ref": "app", "purl": name}
    metadata = {"timestamp": "2026-11-01T10:00:00Z", "component": subject}
    (stated,) = parse_vex(cyclonedx(ref="app", metadata=metadata)).statements
    assert stated.products == (VexProduct((name,)),)


def test_a_short_document_cannot_make_a_long_one_by_naming_the_same_part_again_and_again():
    name = "pkg:npm/left-pad@1.2.3?x=" + "a" * 4000
    few = stated(products=["pkg:npm/x@1.0.0"] * 200, subcomponents=[name])
    assert len(parse_vex(openvex(few)).statements[0].products) == 200
    with pytest.raises(InvalidInput, match="bytes"):
        parse_vex(openvex(stated(products=["pkg:npm/x@1.0.0"] * 14_000, subcomponents=[name])))
    with pytest.raises(InvalidInput, match="letters"):
        parse_vex(openvex(stated(products=["pkg:npm/x@1.0.0"] * 200, subcomponents=[name + "a" * 20_000])))


@pytest.mark.parametrize("of", ["orders:pad", "pad"])
@pytest.mark.parametrize(
    ("word", "loosens"), [("known_not_affected", True), ("fixed", True), ("known_affected", False)]
)
def test_a_range_of_versions_of_csaf_loosens_nothing(of, word, loosens):
    document = json.loads(csaf(word))
    branch = document["product_tree"]["branches"][0]["branches"][0]
    branch.update(category="product_version_range", name="vers:npm/<1.2.3")
    branch["product"]["product_identification_helper"]["purl"] = "pkg:npm/left-pad"
    document["vulnerabilities"][0]["product_status"] = {word: [of]}
    (said,) = parse_vex(json.dumps(document).encode()).statements
    assert ("it is about a range of versions" in said.flaw) is loosens
