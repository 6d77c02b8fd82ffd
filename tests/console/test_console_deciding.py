"""Decisions in the console: shown before they are recorded, safe for what others decided, and taken back as a whole."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.console.conftest import HOST, Console
from tests.console.world import LOG4J
from webhook.engines.assessing.targets import find_target
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.policy.decisions import Decision

FORM = {"type": "Ignore", "comment": "Not reachable.", "days": "10"}


def begun(console: Console, form: Any) -> str:
    """Begin a decision; the path of its page."""
    answer = console.post("/decide", form)
    assert answer.status_code == 303, answer.text
    location: str = answer.headers["Location"]
    return location


def previewed(console: Console, path: str, **form: str) -> str:
    answer = console.post(path, {**FORM, **form, "step": "preview"})
    assert answer.status_code == 303
    text: str = console.get(answer.headers["Location"]).text
    return text


def recorded(console: Console, path: str, **form: str) -> Any:
    return console.post(path, {**FORM, **form, "step": "record"})


def verdict(console: Console, identifier: str) -> tuple[str, list[str]]:
    (row,) = console.get(f"/api/v1/vulnerabilities?text={identifier}").json["items"]
    return row["action"], row["types"]


def test_a_preview_says_what_changes_and_records_nothing(console: Console) -> None:
    path = begun(console, {"tick": "CVE-2021-44228"})
    assert "Assess 1 vulnerability" in console.get(path).text
    text = previewed(console, path)
    assert "Deployment shop/web" in text and "act-deny" in text and "becomes" in text
    assert "<b>1</b> running workload in <b>1</b> namespace" in text
    assert "bomgate assess CVE-2021-44228 --type Ignore --comment &#39;Not reachable.&#39; --days 10" in text
    assert verdict(console, "CVE-2021-44228") == ("deny", ["Blocked"])
    assert console.get("/api/v1/audit").json["items"] == []


def test_what_was_previewed_is_recorded_with_its_audit_row_and_undone_as_a_whole(console: Console) -> None:
    path = begun(console, {"tick": ["CVE-2021-44228", "CVE-2020-14343"]})
    previewed(console, path)
    answer = recorded(console, path)
    batch = answer.headers["Location"].rpartition("/")[2]
    assert verdict(console, "CVE-2021-44228") == ("allow", ["Ignore"])
    assert verdict(console, "CVE-2020-14343") == ("allow", ["Ignore"])
    (row,) = console.get("/api/v1/audit").json["items"]
    assert (row["actor"], row["action"], row["batch"], row["detail"]["records"]) == ("ana", "assess", batch, "2")
    assert row["recorded_by"].startswith("console, ")
    (workload,) = [item for item in console.get("/api/v1/workloads").json["items"] if item["name"] == "web"]
    assert workload["action"] == "allow"
    page = console.get(f"/batches/{batch}").text
    assert "Undo the whole batch" in page and "act-deny" in page
    assert console.post(f"/batches/{batch}/undo").status_code == 303
    assert verdict(console, "CVE-2021-44228") == ("deny", ["Blocked"])
    assert [item["action"] for item in console.get("/api/v1/audit").json["items"]] == ["undo", "assess"]
    again = console.post(f"/batches/{batch}/undo")
    assert again.status_code == 400


def test_what_was_not_previewed_is_not_recorded(console: Console) -> None:
    path = begun(console, {"tick": "CVE-2021-44228"})
    assert "step=preview" in recorded(console, path).headers["Location"]
    previewed(console, path)
    changed = recorded(console, path, type="Caution")
    assert "step=preview" in changed.headers["Location"]
    assert verdict(console, "CVE-2021-44228") == ("deny", ["Blocked"])


def test_decisions_of_people_are_replaced_only_with_consent(console: Console) -> None:
    path = begun(console, {"tick": "EVIL-1"})
    text = previewed(console, path, type="Blocked")
    assert "1 decision of a person" in text and "mallory" in text
    refused = recorded(console, path, type="Blocked")
    assert refused.status_code == 400 and "consent" in refused.text
    previewed(console, path, type="Blocked")
    assert recorded(console, path, type="Blocked", override="1").status_code == 303
    assert verdict(console, "EVIL-1") == ("deny", ["Blocked"])


LOG4J_PACKAGE = LOG4J.partition("@")[0]
SHOP = "registry.example/shop/web"


@pytest.mark.parametrize(
    ("decided", "wanted"),
    [
        (Scope(LOG4J_PACKAGE, image=SHOP), Scope(LOG4J_PACKAGE, image=SHOP)),
        (Scope(LOG4J_PACKAGE), Scope(LOG4J_PACKAGE, image=SHOP)),
        (Scope(LOG4J_PACKAGE, image=SHOP), Scope(LOG4J_PACKAGE, image=SHOP, namespace="shop")),
        (Scope(LOG4J_PACKAGE, image=SHOP, namespace="shop"), Scope(LOG4J_PACKAGE, "<3", SHOP)),
        (Scope(image=SHOP), Scope(LOG4J_PACKAGE, "<3")),
        (Scope(namespace="shop"), Scope(LOG4J_PACKAGE, "<3")),
        (Scope(LOG4J_PACKAGE), Scope(LOG4J_PACKAGE, image="registry.example/not-yet-here/*")),
    ],
    ids=["the same", "an image", "an image in a namespace", "versions", "not the image", "not the namespace", "new"],
)
def test_a_decision_of_a_person_is_replaced_by_consent_however_either_is_narrowed(
    console: Console, decided: Scope, wanted: Scope
) -> None:
    parts, now = console.parts, console.parts.clock.now()
    other = Assessment("CVE-2021-44228", "Blocked", decided, AssessmentSource.MANUAL, "ben", "no", now, None, batch="b")
    parts.store.assessments.append([other])
    parts.refresher.refresh()
    body = {"vulnerabilities": ["CVE-2021-44228"], "type": "Ignore", "comment": "x", "package": wanted.package}
    body |= {"image": wanted.image, "namespace": wanted.namespace, "versions": wanted.version_range}
    refused = console.send("/api/v1/decisions", body)
    assert refused.status_code == 400 and "consent" in refused.json["remedy"]
    (told,) = console.send("/api/v1/decisions", {**body, "dryRun": True}).json["replaced"]
    assert "by ben" in told
    target = find_target(parts.store.vulnerabilities, "CVE-2021-44228", wanted, allow_unknown=False)
    records = parts.assessor.planned(Decision("Ignore", "ana", "x"), [target])
    (change,) = parts.assessor.impact(records)
    assert change.replaces is not None and change.replaces.author == "ben", "the command line finds the same"


def test_a_decision_that_a_narrower_one_outlives_replaces_nothing(console: Console) -> None:
    parts, now = console.parts, console.parts.clock.now()
    scope = Scope(LOG4J_PACKAGE, image=SHOP)
    other = Assessment("CVE-2021-44228", "Blocked", scope, AssessmentSource.MANUAL, "ben", "no", now, None, batch="b")
    parts.store.assessments.append([other])
    parts.refresher.refresh()
    body = {"vulnerabilities": ["CVE-2021-44228"], "type": "Ignore", "comment": "x", "package": LOG4J_PACKAGE}
    assert console.send("/api/v1/decisions", body).json["replaced"] == []


def test_who_decides_second_sees_that_somebody_has_decided(console: Console) -> None:
    path = begun(console, {"tick": "CVE-2021-44228"})
    previewed(console, path)
    now = console.parts.clock.now()
    other = Assessment("CVE-2021-44228", "Caution", Scope(), AssessmentSource.MANUAL, "ben", "mine", now, None)
    console.parts.store.assessments.append([other])
    answer = recorded(console, path)
    assert answer.status_code == 409 and "ben has decided" in answer.text
    assert verdict(console, "CVE-2021-44228") == ("warn", ["Caution"])
    kept = FORM["comment"]
    assert kept in answer.text and "1 decision of a person" in answer.text and "Caution by ben" in answer.text
    assert recorded(console, path).status_code == 400  # that decision is replaced by consent alone
    assert recorded(console, path, override="1").status_code == 303
    assert verdict(console, "CVE-2021-44228")[1] == [FORM["type"]]


def test_all_that_match_a_filter_are_decided_about_together(console: Console) -> None:
    path = begun(console, {"all": "1", "severity": "critical", "state": "assessed"})
    text = console.get(path).text
    assert "Assess 18 vulnerabilities" in text and "All that matched the filter" in text
    previewed(console, path, type="Caution")
    batch = recorded(console, path, type="Caution").headers["Location"].rpartition("/")[2]
    page = console.get(f"/api/v1/assessments?batch={batch}&limit=100").json
    assert len(page["items"]) == 18


def test_a_decision_for_a_namespace_changes_only_what_runs_there(console: Console) -> None:
    path = begun(console, {"tick": "CVE-2021-23337", "namespace": "shop"})
    assert 'name="namespace" list="namespaces" value="shop"' in console.get(path).text
    text = previewed(console, path, type="Blocked", namespace="shop")
    assert "Deployment shop/worker" in text and "<h3>Images</h3>" not in text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"comment": " "}, "needs a comment"),
        ({"type": "Huge"}, "is not an assessment type"),
        ({"days": "0"}, "days"),
        ({"days": "", "until": "2001-01-01"}, "expired already"),
        ({"package": "lodash"}, "lodash"),
        ({"namespace": "No Such"}, "not the name of a namespace"),
        ({"versions": "<2", "package": "pkg:npm/a@1"}, "range"),
    ],
)
def test_a_form_that_cannot_be_used_says_why_and_keeps_what_was_written(
    console: Console, form: dict[str, str], said: str
) -> None:
    path = begun(console, {"tick": "CVE-2021-44228"})
    text = previewed(console, path, **form)
    assert 'role="alert"' in text and said in text
    assert 'value="record"' not in text


def test_nothing_ticked_and_unknown_ids_are_refused(console: Console) -> None:
    assert 'role="alert"' in previewed(console, begun(console, {}))
    assert "Unknown vulnerability" in previewed(console, begun(console, {"tick": "CVE-0000-0"}))


def test_ten_thousand_ticked_rows_are_taken(console: Console) -> None:
    path = begun(console, {"tick": [f"CVE-2099-{n}" for n in range(10_000)]})
    assert "Assess 10000 vulnerabilities" in console.get(path).text


def test_more_ticked_rows_than_a_decision_takes_are_refused_and_not_kept(console: Console) -> None:
    for ids in ([f"CVE-2099-{n}" for n in range(10_001)], ["x" * 200 + str(n) for n in range(3_000)]):
        refused = console.post("/decide", {"tick": ids})
        assert refused.status_code in (400, 422) and "Location" not in refused.headers
    assert "Assess 1 vuln" in console.get(begun(console, {"tick": ["CVE-2021-44228"] * 10_001})).text


def test_of_the_drafts_of_a_session_the_newest_are_kept(console: Console) -> None:
    paths = [begun(console, {"tick": "CVE-2021-44228"}) for _ in range(6)]
    assert [console.get(path).status_code for path in paths] == [404, 200, 200, 200, 200, 200]


def test_a_draft_belongs_to_its_session(console: Console) -> None:
    path = begun(console, {"tick": "CVE-2021-44228"})
    console.client.delete_cookie("bomgate_session", domain="127.0.0.1")
    console.sign_in()
    assert console.get(path).status_code == 404


def test_the_api_decides_like_the_form(console: Console) -> None:
    body = {"vulnerabilities": ["CVE-2021-44228"], "type": "Ignore", "comment": "No.", "days": 5}
    rehearsed = console.send("/api/v1/decisions", {**body, "dryRun": True}).json
    assert (rehearsed["batch"], rehearsed["records"], rehearsed["namespaces"]) == ("", 1, ["shop"])
    assert rehearsed["workloads"] == [{"title": "Deployment shop/web", "before": "deny", "after": "allow"}]
    made = console.send("/api/v1/decisions", body).json
    assert made["batch"] and verdict(console, "CVE-2021-44228") == ("allow", ["Ignore"])
    refused = console.send("/api/v1/decisions", {**body, "type": "Caution"})
    assert (refused.status_code, refused.json["code"]) == (400, "invalid-input")
    assert console.send("/api/v1/decisions", {**body, "type": "Caution", "override": True}).status_code == 200
    undone = console.send(f"/api/v1/batches/{made['batch']}/undo", {"dryRun": True}).json
    assert (undone["records"], undone["decidedSince"]) == (2, 1), "what was decided since is stated again"
    by_filter = {"filter": {"severity": "high"}, "type": "Ignore", "comment": "x", "dryRun": True, "override": True}
    assert console.send("/api/v1/decisions", by_filter).json["records"] == 18
    assert console.send("/api/v1/decisions", {"filter": {"severity": "x"}}).status_code == 400
    assert console.send("/api/v1/decisions", [1]).status_code == 400


def test_an_end_that_passes_opens_again(console: Console) -> None:
    now = console.parts.clock.now()
    made = Assessment(
        "CVE-2020-14343",
        "Blocked",
        Scope(),
        AssessmentSource.MANUAL,
        "ben",
        "x",
        now - dt.timedelta(days=2),
        now - dt.timedelta(days=1),
    )
    console.parts.store.assessments.append([made])
    console.parts.refresher.refresh()
    (row,) = console.get("/api/v1/vulnerabilities?text=CVE-2020-14343").json["items"]
    assert (row["state"], row["action"]) == ("expired", "warn")


@pytest.mark.parametrize(
    "more",
    [
        {"namespace": ["shop"]},
        {"namespace": {"name": "shop"}},
        {"namespaces": "shop"},
        {"dryRun": "true"},
        {"dryRun": 1},
        {"dry_run": True},
        {"days": "²"},
        {"days": True},
        {"override": "no"},
        {"vulnerabilities": "CVE-2021-44228"},
        {"vulnerabilities": 5},
        {"vulnerabilities": [{"id": "CVE-2021-44228"}]},
        {"vulnerabilities": None, "filter": {"sevrity": "low"}},
        {"vulnerabilities": None, "filter": {"running": "maybe"}},
        {"vulnerabilities": None, "filter": {"severity": None}},
        {"filter": {"severity": "low"}},
        {"vulnerabilities": None, "filter": "severity=low"},
    ],
)
def test_what_the_api_does_not_understand_is_refused_and_not_overlooked(console: Console, more: Any) -> None:
    decision = {"vulnerabilities": ["CVE-2021-44228"], "type": "Ignore", "comment": "Not reachable.", **more}
    answer = console.send("/api/v1/decisions", decision)
    assert (answer.status_code, answer.json["code"]) == (400, "invalid-input")
    assert verdict(console, "CVE-2021-44228") == ("deny", ["Blocked"])
    assert console.get("/api/v1/audit").json["items"] == []


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ('{"dryRun": true}', "text/plain", 415),
        ('{"dryRun": "true"}', "application/json", 400),
        ("[]", "application/json", 400),
        ('{"dry', "application/json", 400),
    ],
)
def test_an_undo_that_is_not_understood_undoes_nothing(console: Console, body: str, kind: str, status: int) -> None:
    decision = {"vulnerabilities": ["CVE-2021-44228"], "type": "Ignore", "comment": "Not reachable."}
    batch = console.send("/api/v1/decisions", decision).json["batch"]
    headers = {"X-Form-Token": console.token, "Host": HOST, "Origin": f"http://{HOST}"}
    answer = console.client.post(f"/api/v1/batches/{batch}/undo", data=body, content_type=kind, headers=headers)
    assert answer.status_code == status
    assert verdict(console, "CVE-2021-44228") == ("allow", ["Ignore"])


def test_an_end_by_a_fix_is_offered_where_a_source_tells_fixed_versions(console: Console) -> None:
    path = begun(console, {"tick": "CVE-2021-44228"})
    assert "untilFixed" not in console.get(path).text
    assert "No source reports" in previewed(console, path, package=LOG4J.partition("@")[0], untilFixed="yes")
    console.parts.assessor.tells_fixes = console.parts.desk.reader.tells_fixes = True
    assert 'name="untilFixed"' in console.get(path).text
    assert "has to be about one package" in previewed(console, path, untilFixed="yes")
    shown = previewed(console, path, package=LOG4J.partition("@")[0], untilFixed="yes")
    assert "ends once a source tells a fixed version" in shown.lower() and "--until-fixed" in shown
    recorded(console, path, package=LOG4J.partition("@")[0], untilFixed="yes")
    row = console.get("/api/v1/assessments?vulnerability=CVE-2021-44228").json["items"][0]
    assert (row["type"], row["until_fixed"], row["fixed_in"]) == ("Ignore", True, "")
    assert "when fixed" in console.get("/assessments?vulnerability=CVE-2021-44228").text
    body = {"vulnerabilities": ["CVE-2021-44228"], "type": "Ignore", "comment": "c", "dryRun": True}
    for until_fixed, number in ((True, 1), (False, 0)):
        body |= {"package": LOG4J.partition("@")[0], "untilFixed": until_fixed}
        assert console.send("/api/v1/decisions", body).json["untilFixed"] == number
