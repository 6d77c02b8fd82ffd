"""What a team looks for on a Monday: numbers that are whole, ways that lead on, and forms that lose nothing."""

from __future__ import annotations

import datetime as dt
import html

import pytest

from tests.console.conftest import Console, console_on
from tests.console.test_console_deciding import FORM, begun, previewed, recorded
from tests.console.test_console_requests import DEV, PACKAGE, allow
from tests.ports.samples import answer, digest, make_sbom, vulnerability
from webhook.console.showing import breakable, coded
from webhook.model.actions import Action
from webhook.model.assessments import Scope
from webhook.model.downloads import DownloadReport
from webhook.model.ecosystems import OSS_INDEX_TYPES
from webhook.model.inventory import InventoriedImage, InventoriedWorkload
from webhook.model.policies import Mode
from webhook.model.requests import Wish
from webhook.model.verdicts import SbomStatus


def test_what_a_run_did_is_told_in_whole_numbers(console: Console) -> None:
    store, now = console.parts.store, console.parts.clock.now()
    lease = store.runs.acquire("test", duration=dt.timedelta(minutes=1))
    report = DownloadReport(asked=6099, answered=6098, vulnerable=1234, new_vulnerabilities=1072)
    store.runs.finish(report, started=now, finished=now, lease=lease)
    store.runs.release(lease)
    for path in ("/runs", "/runs/2"):
        page = console.get(path).text
        assert "6,099" in page and "6,098" in page and "1,072" in page and "1,000+" not in page, path


def test_the_overview_counts_what_has_no_score(console: Console) -> None:
    console.parts.store.components.record(
        [answer("pkg:npm/left-pad@1.3.0", vulnerability("CVE-2026-7", None), at=console.parts.clock.now())],
        assess=lambda found, package: None,
        now=console.parts.clock.now(),
    )
    again = console_on(console.parts)
    again.sign_in()
    page = again.get("/").text
    assert '<a href="/vulnerabilities?state=unassessed&amp;severity=unscored"><b>1</b> unscored</a>' in page
    (row,) = again.get("/api/v1/vulnerabilities?state=unassessed&severity=unscored").json["items"]
    assert row["id"] == "CVE-2026-7"


def test_the_overview_leads_to_what_ends_and_what_waits(console: Console) -> None:
    page = console.get("/").text
    assert "/assessments?standing=in-force&amp;ends_within=7" in page and "None waits." in page
    wish = Wish(("CVE-2021-44228",), Scope(PACKAGE), "shop", "why", days=30)
    console.parts.desk.ask(wish, DEV, "test")
    page = console.get("/").text
    assert 'href="/requests/1"' in page and "None waits." not in page
    for label in ("Namespace", "Denied", "Warned of", "Allowed"):
        assert f'data-label="{label}"' in page, "a narrow window shows it beside the number"


def test_an_image_is_called_what_workloads_call_it(console: Console) -> None:
    store = console.parts.store
    store.sboms.add(digest(99), make_sbom("pkg:npm/left-pad@1.3.0"), place="imported")
    image = InventoriedImage(
        f"registry.corp/shop/cart:7@{digest(99)}", digest(99), ("cart",), Action.WARN, SbomStatus.FOUND
    )
    runs = InventoriedWorkload(
        "u", "shop", "apps/v1", "Deployment", "cart", 1, Mode.DENY, Action.WARN, "findings", (image,)
    )
    store.inventory.replace([runs], taken_at=console.parts.clock.now().replace(microsecond=1), revision=2)
    again = console_on(console.parts)
    again.sign_in()
    (row,) = again.get("/api/v1/images?name=*shop/cart*").json["items"]
    assert (row["title"], row["digest"], row["names"]) == (
        "registry.corp/shop/cart:7",
        str(digest(99)),
        ["registry.corp/shop/cart:7"],
    )
    assert '<h1 class="key">registry.corp/shop/cart:7' in again.get(f"/images/{digest(99)}").text
    narrow = again.triage.boards.within(frozenset({"shop"})).now()
    assert [known.title for known in narrow.images] == ["registry.corp/shop/cart:7"]
    elsewhere = again.triage.boards.within(frozenset({"lab"})).now()
    assert elsewhere.images == ()


def test_the_command_line_names_all_that_is_decided(console: Console) -> None:
    path = begun(console, {"all": "1", "text": "CVE-2025-10"})
    text = html.unescape(previewed(console, path))
    command = text.partition('<pre class="copy"')[2].partition("</pre>")[0]
    ids = {item["id"] for item in console.get("/api/v1/vulnerabilities?text=CVE-2025-10&limit=200").json["items"]}
    assert len(ids) > 50 and ids <= set(command.split())


def test_the_command_line_replaces_where_the_console_would(console: Console) -> None:
    path = begun(console, {"tick": "EVIL-1"})
    assert "--override --author ana" in previewed(console, path, type="Blocked")


def test_who_records_without_consent_keeps_the_form(console: Console) -> None:
    path = begun(console, {"tick": "EVIL-1"})
    previewed(console, path, type="Blocked", comment="exploited here")
    refused = recorded(console, path, type="Blocked", comment="exploited here")
    assert refused.status_code == 400 and 'role="alert"' in refused.text
    assert "1 decision by people" in refused.text
    assert ">exploited here</textarea>" in refused.text and 'name="override"' in refused.text
    done = recorded(console, path, type="Blocked", comment="exploited here", override="1")
    assert done.headers["Location"].startswith("/batches/")


def test_a_form_that_was_changed_after_its_preview_says_so(console: Console) -> None:
    path = begun(console, {"tick": "CVE-2021-44228"})
    assert "changed after its preview" not in previewed(console, path)
    changed = console.post(path, {**FORM, "type": "Caution", "step": "record"})
    page = console.get(changed.headers["Location"]).text
    assert "changed after its preview" in page and "What this changes" in page


@pytest.mark.parametrize("kind", [*sorted(OSS_INDEX_TYPES), "hex", "pub", "bitnami", "dhi"])
def test_packages_of_every_ecosystem_can_be_looked_for(shown: Console, kind: str) -> None:
    assert shown.get(f"/api/v1/packages?type={kind}").status_code == 200


@pytest.mark.parametrize("action", ["add-vex", "remove-vex"])
def test_the_audit_log_can_be_filtered_by_what_is_done_to_vex(console: Console, action: str) -> None:
    assert console.get(f"/api/v1/audit?action={action}").json["items"] == []


def test_a_request_says_what_was_given_and_not_only_what_was_asked_for(console: Console) -> None:
    allow(console)
    desk = console.parts.desk
    number = desk.ask(Wish(("CVE-2021-44228",), Scope(PACKAGE), "shop", "why", days=60), DEV, "test").number
    asked_for = console.get(f"/api/v1/requests/{number}").json["until"]
    end = f"{desk.named(number).created + dt.timedelta(days=5):%Y-%m-%d}"
    form = {"comment": "a few days", "until": end, "type": "Caution", "version": "1"}
    assert console.post(f"/requests/{number}/approve", form).status_code == 303
    one = console.get(f"/api/v1/requests/{number}").json
    assert (one["until"], one["answer"]["until"], one["answer"]["type"]) == (asked_for, f"{end}T00:00:00Z", "Caution")
    (row,) = console.get("/api/v1/requests?phase=approved").json["items"]
    (made,) = console.get(f"/api/v1/assessments?batch=request-{number}").json["items"]
    assert (row["until"], made["until"], made["type"]) == (f"{end}T00:00:00Z",) * 2 + ("Caution",)
    page = console.get(f"/requests/{number}").text
    assert "Asked until" in page and end in page and "type-caution" in page


def test_who_may_ask_finds_the_way_from_a_vulnerability(shown: Console) -> None:
    assert 'href="/requests/new?vulnerability=CVE-2021-44228"' in shown.get("/vulnerabilities/CVE-2021-44228").text


def test_workloads_are_links_to_themselves(shown: Console) -> None:
    page = shown.get("/vulnerabilities/CVE-2021-44228").text
    assert 'href="/workloads?namespace=shop&amp;name=web"' in page
    (row,) = shown.get("/api/v1/workloads?namespace=shop&name=web").json["items"]
    assert row["title"] == "Deployment shop/web"


def test_a_workload_says_how_many_findings_its_image_has(shown: Console) -> None:
    page = shown.get("/workloads?namespace=shop&name=web").text
    assert "2 findings" in page


def test_commands_in_sentences_are_shown_as_code(shown: Console) -> None:
    page = shown.get("/images?name=nothing-like-this").text
    assert "<code>bomgate sbom add</code>" in page and "`" not in page.partition('class="empty"')[2]
    assert coded("run `a <b>` now") == "run <code>a &lt;b&gt;</code> now"
    assert coded("one ` alone <i>") == "one ` alone &lt;i&gt;"


def test_a_long_list_leads_to_more_rows_as_csv(shown: Console) -> None:
    page = html.unescape(shown.get("/vulnerabilities?sort=newest").text)
    assert 'href="/api/v1/vulnerabilities.csv?sort=newest&limit=1000"' in page
    assert shown.get("/api/v1/vulnerabilities.csv?sort=newest").text.count("\n") == 51
    assert shown.get("/api/v1/vulnerabilities.csv?sort=newest&limit=1000").text.count("\n") == 75
    assert "limit=1000" not in shown.get("/types").text


def test_long_names_break_behind_a_slash_and_hostile_ones_stay_text() -> None:
    assert breakable("pkg:npm/a<script>/b") == "pkg:npm/<wbr>a&lt;script&gt;/<wbr>b"
