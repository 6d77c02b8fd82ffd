"""Every list as a page, as JSON and as CSV: filters stand in the address, and a cursor leads through all of it."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import re
from typing import Any

import pytest

from tests.console.conftest import Console
from tests.console.world import EVIL, HOSTILE
from tests.ports.samples import digest, make_sbom
from webhook.model.exploitation import ExploitKind, ExploitSet, FetchedExploits
from webhook.model.images import parse_image
from webhook.model.purls import Purl
from webhook.policy.plaintext import is_plain
from webhook.policy.typetable import default_types

LISTS = (
    "vulnerabilities",
    "packages",
    "images",
    "workloads",
    "assessments",
    "requests",
    "types",
    "runs",
    "notifications",
    "audit",
)


def items(shown: Console, path: str, **given: str) -> list[dict[str, Any]]:
    answer = shown.get(f"/api/v1/{path}", query_string=given)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json["items"]
    return found


def ids(shown: Console, **given: str) -> list[str]:
    return [item["id"] for item in items(shown, "vulnerabilities", limit="1000", **given)]


def test_the_description_is_valid_and_every_route_is_in_it(shown_on_any: Console) -> None:
    from openapi_spec_validator import OpenAPIV31SpecValidator  # takes seconds, also to processes that only collect

    document = shown_on_any.get("/api/v1/openapi.json").json
    OpenAPIV31SpecValidator(document).validate()
    app = shown_on_any.client.application
    served = {
        rule.rule.replace("<path:identifier>", "{id}")
        .replace("<path:", "<")
        .replace("<int:", "<")
        .replace("<", "{")
        .replace(">", "}")
        .removeprefix("/api/v1")
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
    }
    assert set(document["paths"]) == served - {"/openapi.json"}


def check(answer: Any, described: dict[str, Any], document: dict[str, Any]) -> None:
    """An answer is as a part of the document describes it."""
    from jsonschema import Draft202012Validator  # takes seconds, also to processes that only collect

    Draft202012Validator({**described, "components": document["components"]}).validate(answer)


def check_named(answer: Any, name: str, document: dict[str, Any]) -> None:
    check(answer, {"$ref": f"#/components/schemas/{name}"}, document)


def test_answers_are_what_the_description_says(shown_on_any: Console) -> None:
    document = shown_on_any.get("/api/v1/openapi.json").json
    for name in LISTS:
        operation = document["paths"][f"/{name}"]["get"]
        content = operation["responses"]["200"]["content"]["application/json"]["schema"]
        answer = shown_on_any.get(f"/api/v1/{name}").json
        check(answer, content, document)
    check_named(shown_on_any.get("/api/v1/vulnerabilities/CVE-2021-44228").json, "Vulnerability", document)
    check_named(shown_on_any.get("/api/v1/package?purl=pkg:npm/lodash").json, "Package", document)
    check_named(shown_on_any.get(f"/api/v1/images/{digest(1)}").json, "Image", document)
    check_named(shown_on_any.get("/api/v1/vulnerabilities?severity=huge").json, "Problem", document)


@pytest.mark.parametrize("order", ["score", "newest", "id"])
def test_a_cursor_leads_through_all_of_a_list_once(shown_on_any: Console, order: str) -> None:
    found: list[str] = []
    cursor = ""
    while True:
        answer = shown_on_any.get(f"/api/v1/vulnerabilities?sort={order}&limit=9&cursor={cursor}")
        found += [item["id"] for item in answer.json["items"]]
        cursor = answer.json["next"]
        if cursor is None:
            break
        assert f"cursor={cursor}" in answer.headers["Link"]
    assert len(found) == len(set(found)) == 74
    assert found == ids(shown_on_any, sort=order)


@pytest.mark.parametrize("name", ["packages", "images", "workloads", "assessments"])
def test_pages_of_other_lists_hold_each_row_once(shown: Console, name: str) -> None:
    rows: list[str] = []
    cursor = ""
    while cursor is not None:
        answer = shown.get(f"/api/v1/{name}?limit=7&cursor={cursor}").json
        rows += [repr(item) for item in answer["items"]]
        cursor = answer["next"]
    assert len(rows) == len(set(rows)) and sorted(rows) == sorted(map(repr, items(shown, name, limit="1000")))


@pytest.mark.parametrize("cursor", ["x", "WzFd", "e30", "WyJhIiwxXQ", "W" * 5000, "WzFlOTk5LCJhIl0", "W1tbMV1dLCJhIl0"])
def test_a_cursor_that_is_none_is_refused(shown_on_any: Console, cursor: str) -> None:
    answer = shown_on_any.get(f"/api/v1/vulnerabilities?cursor={cursor}")
    assert (answer.status_code, answer.json["code"]) == (400, "invalid-input")


def test_filters_of_vulnerabilities(shown_on_any: Console) -> None:
    assert ids(shown_on_any, text="lookups") == ["CVE-2021-44228"]
    assert ids(shown_on_any, package="lodash") == ["CVE-2021-23337"]
    assert ids(shown_on_any, namespace="shop") == ["CVE-2021-44228", "CVE-2021-23337", "CVE-2020-14343"]
    assert ids(shown_on_any, namespace="shop", state="unassessed") == ["CVE-2020-14343"]
    assert ids(shown_on_any, ends_within="6") == ["CVE-2021-23337", "EVIL-1"]
    assert ids(shown_on_any, image=digest(1)) == ["CVE-2021-44228", "CVE-2021-23337"]
    assert len(ids(shown_on_any, running="1")) == 34
    assert len(ids(shown_on_any, type="Blocked")) == 18
    assert ids(shown_on_any, since="2030-01-01") == []
    assert len(ids(shown_on_any, since="1d")) == 74


@pytest.mark.parametrize(
    "query",
    [
        "since=yesterday",
        "severity=huge",
        "ends_within=0",
        "ends_within=x",
        "limit=0",
        "limit=9999999",
        "image=1",
        "namespace=nowhere",
        "sort=random",
        f"text={'x' * 300}",
    ],
)
def test_a_filter_that_cannot_be_used_is_refused_with_a_remedy(shown: Console, query: str) -> None:
    answer = shown.get(f"/api/v1/vulnerabilities?{query}")
    assert answer.status_code == 400 and answer.json["code"] == "invalid-input" and answer.json["message"]
    page = shown.get(f"/vulnerabilities?{query}")
    assert page.status_code == 400 and 'role="alert"' in page.text


def test_filters_of_the_other_lists(shown: Console) -> None:
    assert [item["package"] for item in items(shown, "packages", name="log4j*")] == [
        "pkg:maven/org.apache.logging.log4j/log4j-core"
    ]
    (web,) = items(shown, "images", name="*shop/web*")
    assert (web["verdict"], web["worst"], web["workloads"]) == ("deny", "Critical", 1)
    assert {item["verdict"] for item in items(shown, "images", verdict="deny")} == {"deny"}
    (shop, worker) = items(shown, "workloads", namespace="shop")
    assert (shop["title"], shop["action"], worker["action"]) == ("Deployment shop/web", "deny", "warn")
    assert len(items(shown, "workloads", image=digest(1))) == 1
    (by_ana,) = items(shown, "assessments", author="ana")
    assert (by_ana["standing"], by_ana["batch"]) == ("in force", "20261128-aaaaaa")
    assert len(items(shown, "assessments", by_hand="1")) == 2
    assert [item["vulnerability"] for item in items(shown, "assessments", ends_within="6", by_hand="1")] == [
        "CVE-2021-23337",
        "EVIL-1",
    ]


def test_a_spreadsheet_gets_no_formula(shown: Console) -> None:
    answer = shown.get("/api/v1/assessments.csv?by_hand=1")
    assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {row["author"] for row in rows} == {"ana", "mallory"}
    from webhook.console.api import _cell

    assert _cell("=HYPERLINK(1)") == "'=HYPERLINK(1)" and _cell(["@x", "y"]) == "'@x y" and _cell(-1) == "-1"


PAGES = (
    "/",
    *(f"/{name}" for name in LISTS),
    "/settings",
    "/vulnerabilities/EVIL-1",
    f"/images/{digest(3)}",
    f"/package?purl={EVIL.replace('%', '%25')}",
    "/assessments?author=mallory",
    "/vulnerabilities?text=%3Cscript%3E",
    "/vulnerabilities?severity=%3Cscript%3E",
    "/nothing/%3Cscript%3E",
    "/batches/%3Cscript%3E",
    "/requests/new?vulnerability=%3Cscript%3E&package=%3Cscript%3E",
)


@pytest.mark.parametrize("path", PAGES)
def test_hostile_text_is_text_on_every_page(shown: Console, path: str) -> None:
    page = shown.get(path)
    assert (
        "<script" not in page.text
        and "<img" not in page.text
        and "onerror=alert" not in page.text.replace("&lt;img src=x onerror=alert", "")
    )
    assert "\u202e" not in page.text and "\x1b" not in page.text
    assert "49" not in page.text.partition("alert(2)")[2][:20]  # what looks like a template is none
    assert HOSTILE not in page.text
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("name", LISTS)
def test_json_is_exact_and_neither_it_nor_csv_hides_anything(shown: Console, name: str) -> None:
    written = shown.get(f"/api/v1/{name}?limit=1000")
    assert is_plain(written.text)
    assert is_plain(shown.get(f"/api/v1/{name}.csv?limit=1000").text.replace("\r\n", ""))
    exact = {"vulnerabilities": "title", "assessments": "comment"}.get(name)
    assert exact is None or HOSTILE in [item[exact] for item in written.json["items"]]


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/type?name=Blocked", "Types"),
        (f"/package?purl={EVIL.replace('%', '%25')}", "Packages"),
        ("/batches/20261128-aaaaaa", "Assessments"),
        (f"/images/{digest(1)}", "Images"),
        ("/packages", "Packages"),
    ],
)
def test_the_navigation_says_where_a_page_belongs(shown: Console, path: str, title: str) -> None:
    assert re.findall(r'aria-current="page">([^<]+)<', shown.get(path).text) == [title]


def test_no_page_names_another_host(shown: Console) -> None:
    for path in PAGES:
        text = shown.get(path).text
        assert 'src="http' not in text and 'href="http' not in text and "<style" not in text and " style=" not in text


def test_a_list_page_is_small(shown: Console) -> None:
    for name in LISTS:
        assert len(shown.get(f"/{name}").data) < 60_000, name


def test_a_page_is_compressed_for_who_takes_it(shown: Console) -> None:
    plain, packed = shown.get("/settings"), shown.get("/settings", headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers and packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data).decode() == plain.text and len(packed.data) * 3 < len(plain.data)


def test_a_page_of_a_noun_that_there_is_not_says_so(shown: Console) -> None:
    for path in ("/vulnerabilities/CVE-1", "/package?purl=pkg:npm/nobody", f"/images/{digest(999)}", "/batches/none"):
        page = shown.get(path)
        assert page.status_code == 404 and 'role="alert"' in page.text, path
    assert shown.get("/images/latest").status_code == 400


def test_an_image_with_many_findings_gives_the_worst_and_their_number(
    shown: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = shown.get(f"/api/v1/images/{digest(1)}").json
    assert every["findings_total"] == len(every["findings"]) > 1
    monkeypatch.setattr("webhook.console.details._MOST_FINDINGS", 1)
    some = shown.get(f"/api/v1/images/{digest(1)}").json
    assert (some["findings"], some["findings_total"]) == (every["findings"][:1], every["findings_total"])
    assert f"Findings ({every['findings_total']})" in shown.get(f"/images/{digest(1)}").text


def test_the_document_of_an_sbom_can_be_downloaded(shown: Console) -> None:
    (sbom,) = shown.get(f"/api/v1/images/{digest(1)}").json["sboms"]
    answer = shown.get(f"/images/{digest(1)}/documents/{sbom['document']}")
    assert answer.status_code == 404  # the samples have no bytes
    assert shown.get(f"/images/{digest(1)}/documents/sha256:{'0' * 64}").status_code == 404


def test_why_a_component_is_not_covered_is_on_its_pages(console: Console) -> None:
    purl, number = Purl("pkg:generic/tool@1.0"), 77
    console.parts.store.sboms.add(digest(number), make_sbom(purl), place="added", image=parse_image("shop/tool:1"))
    console.parts.refresher.refresh()
    console.triage.boards.refresh()
    (item,) = items(console, "packages", name="tool")
    assert [version["not_covered_because"] for version in item["versions"]] == ["no-source"]
    for path in (f"/package?purl={purl.package}", f"/images/{digest(number)}"):
        assert "no source has data on it" in console.get(path).text


def test_requests_are_counted(shown: Console) -> None:
    shown.get("/vulnerabilities")
    text = shown.get("/metrics").text
    assert 'bomgate_console_requests_total{asked="page",status="2xx"}' in text


def test_what_is_known_to_be_exploited_is_shown_and_can_be_filtered(console: Console) -> None:
    day = dt.date(2026, 11, 29)
    entries = ExploitSet(ExploitKind.KEV, day, {"cve-2021-44228": dt.date(2021, 12, 10).toordinal()})
    parts, now = console.parts, console.parts.clock.now()
    parts.store.exploits.keep(
        FetchedExploits("kev", ExploitKind.KEV, "sha256:1", "", entries), "", default_types(), now
    )
    parts.refresher.refresh()
    console.triage.boards.refresh()
    rows = console.get("/api/v1/vulnerabilities?kev=1").json["items"]
    assert [(row["id"], row["attacks"]) for row in rows] == [("CVE-2021-44228", "KEV")]
    page = console.get("/vulnerabilities/CVE-2021-44228").text
    assert "since 2021-12-10, says the list of 2026-11-29" in page
    one = console.get("/api/v1/vulnerabilities/CVE-2021-44228").json
    assert one["exploitation"] == {"kev": "2021-12-10", "kev_as_of": "2026-11-29", "epss": None, "epss_as_of": None}
    assert "known exploited, KEV of 2026-11-29" in {finding["note"] for finding in one["findings"]}
