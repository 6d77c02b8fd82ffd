"""Types in the console and in the API: made, changed and retired, with what that changes seen before."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.console.conftest import Console
from tests.console.world import HOSTILE
from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, AssessmentType, Scope, StoredType, TypeOrigin

NEW = {
    "new": "1",
    "name": "Accepted risk",
    "action": "allow",
    "days": "90",
    "color": "#ffff00",
    "description": "signed",
}
BODY = {"name": "Accepted risk", "action": "allow", "expiresAfterDays": 90, "color": "blue"}


def seen(page: Any) -> dict[str, str]:
    return {"seen": re.findall(r'name="seen" value="([^"]+)"', page.text)[0]}


def previewed(console: Console, form: Any) -> Any:
    answer = console.post("/type", {**form, "step": "preview"})
    assert answer.status_code == 200, answer.text
    return answer


def recorded(console: Console, form: Any, step: str = "record", **more: str) -> Any:
    shown = console.post("/type", {**form, "step": "retire" if step == "retire" else "preview"})
    return console.post("/type", {**form, **seen(shown), "step": step, **more})


@pytest.fixture
def made(console: Console) -> Console:
    """A console with a type that people made, which allows one vulnerability that would be denied."""
    assert recorded(console, NEW).status_code == 303
    now = console.parts.clock.now()
    given = Assessment("CVE-2021-44228", "Accepted risk", Scope(), AssessmentSource.MANUAL, "ana", "ok", now, None)
    console.parts.store.assessments.append([given])
    console.parts.refresher.refresh()
    console.triage.boards.refresh()
    assert action(console) == "allow"
    return console


def action(console: Console) -> str:
    (row,) = console.get("/api/v1/vulnerabilities?text=CVE-2021-44228").json["items"]
    word: str = row["action"]
    return word


def rows(console: Console) -> dict[str, Any]:
    return {row["name"]: row for row in console.get("/api/v1/types").json["items"]}


def test_a_type_is_made_and_can_be_given(console: Console) -> None:
    page = previewed(console, NEW)
    assert "No finding asks for something else" in page.text
    command = "bomgate types add &#39;Accepted risk&#39; --action allow --days 90 --on-expiry unassessed"
    assert command in page.text
    assert "Accepted risk" not in rows(console)
    assert recorded(console, NEW).headers["Location"] == "/type?name=Accepted+risk"
    row = rows(console)["Accepted risk"]
    assert (row["action"], row["origin"], row["change_in"], row["retired"]) == ("allow", "console", "", False)
    assert "Accepted risk" in console.get("/vulnerabilities").text or row["in_force"] == 0
    assert ".type-accepted-risk{" in console.get("/types.css").text
    (line,) = console.get("/api/v1/audit").json["items"]
    assert (line["actor"], line["action"], line["subject"]) == ("ana", "create-type", "assessment type Accepted risk")
    assert line["detail"]["action"] == "allow" and line["recorded_by"].startswith("console, ")


def test_a_change_that_judges_otherwise_is_shown_and_needs_consent(made: Console) -> None:
    form = {**NEW, "action": "deny"}
    form.pop("new")
    page = previewed(made, form)
    assert "<b>1</b> finding" in page.text and "Deployment shop/web" in page.text and "act-deny" in page.text
    refused = made.post("/type", {**form, **seen(page), "step": "record"})
    assert refused.status_code == 400 and "consent" in refused.text
    assert action(made) == "allow"
    assert made.post("/type", {**form, **seen(page), "step": "record", "consent": "1"}).status_code == 303
    assert action(made) == "deny"
    line = made.get("/api/v1/audit").json["items"][0]
    assert (line["action"], line["detail"]["action"], line["detail"]["findings"]) == (
        "edit-type",
        "allow → deny",
        "1 allow → deny",
    )


def test_only_what_was_seen_is_recorded(made: Console) -> None:
    form = {**NEW, "action": "deny"}
    form.pop("new")
    shown = seen(previewed(made, form))
    answer = made.post("/type", {**form, "action": "warn", **shown, "step": "record", "consent": "1"})
    assert answer.status_code == 200 and "What this changes" in answer.text
    assert action(made) == "allow"


def test_a_retired_type_leaves_what_it_gave_unassessed_and_comes_back(made: Console) -> None:
    answer = recorded(made, {"name": "Accepted risk"}, "retire", consent="1")
    assert answer.status_code == 303
    assert action(made) == "warn"
    row = rows(made)["Accepted risk"]
    assert row["retired"] and row["in_force"] == 1
    assert "Bring it back" in made.get("/type?name=accepted+risk").text
    assert made.get("/assessments?type=Accepted+risk").status_code == 200
    form = {**NEW}
    form.pop("new")
    assert recorded(made, form, consent="1").status_code == 303
    assert action(made) == "allow"
    assert [line["action"] for line in made.get("/api/v1/audit").json["items"]] == [
        "create-type",
        "retire-type",
        "create-type",
    ]


@pytest.mark.parametrize("name", ["Blocked", "signed-off"])
def test_a_type_that_is_defined_elsewhere_is_not_changed_here(console: Console, name: str) -> None:
    console.parts.store.types.provision([AssessmentType("signed-off", Action.ALLOW)])
    console.parts.refresher.refresh()
    page = console.get(f"/type?name={name}").text
    assert "It cannot be changed here. Change it in" in page and 'name="action"' not in page
    answer = console.post("/type", {"name": name, "action": "allow", "step": "preview"})
    assert answer.status_code == 400 and "is not defined in the console" in answer.text
    assert console.put(f"/api/v1/types/{name}", {"action": "allow"}).json["code"] == "type-defined-elsewhere"
    assert console.put(f"/api/v1/types/{name}", {}, "DELETE").status_code == 400


def test_who_comes_second_is_told(made: Console) -> None:
    form = {**NEW, "action": "deny", "consent": "1"}
    form.pop("new")
    shown = seen(previewed(made, form))
    other = StoredType(AssessmentType("Other"), origin=TypeOrigin.CONSOLE)
    made.parts.store.types.provision([other.type])
    answer = made.post("/type", {**form, **shown, "step": "record"})
    assert answer.status_code == 409 and "changed after you loaded it" in answer.text


def test_the_api_makes_changes_and_retires(console: Console) -> None:
    rehearsal = console.send("/api/v1/types", {**BODY, "dryRun": True}).json
    assert (rehearsal["recorded"], rehearsal["action"], rehearsal["moves"]) == (False, "create-type", [])
    assert console.get("/api/v1/types/Accepted%20risk").status_code == 404
    assert console.send("/api/v1/types", BODY).json["recorded"]
    assert console.send("/api/v1/types", BODY).status_code == 400
    one = console.get("/api/v1/types/accepted%20risk").json
    assert (one["name"], one["expires_after_days"], one["color"]) == ("Accepted risk", 90, "blue")
    changed = {"action": "warn", "cvssMin": "4.0", "cvssMax": "6.9", "kev": True, "epssMin": "0.1"}
    assert console.put("/api/v1/types/Accepted%20risk", changed).json["action"] == "edit-type"
    one = console.get("/api/v1/types/Accepted%20risk").json
    assert (one["cvss_min"], one["cvss_max"], one["expires_after_days"]) == ("4.0", "6.9", None)
    assert (one["kev"], one["epss_min"], one["auto_assess"]) == (True, "0.1", "4.0–6.9, KEV, EPSS ≥ 0.1")
    assert "4.0–6.9, KEV, EPSS ≥ 0.1" in console.get("/type?name=Accepted%20risk").text
    assert console.put("/api/v1/types/Accepted%20risk", {"name": "Else", "action": "warn"}).status_code == 400
    assert console.put("/api/v1/types/Accepted%20risk", {}, "DELETE").json["action"] == "retire-type"
    assert console.get("/api/v1/types/Accepted%20risk").json["retired"]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x"},
        {"name": "x", "action": "block"},
        {"name": "x", "action": "deny", "cvssMin": "7.0"},
        {"name": "x", "action": "deny", "cvssMin": "7.5", "cvssMax": "8.0"},
        {"name": "x", "action": "deny", "cvssMin": "7.55", "cvssMax": "8.0"},
        {"name": "x", "action": "deny", "epssMin": "2"},
        {"name": "x", "action": "deny", "kev": "yes"},
        {"name": "x", "action": "deny", "color": "javascript:alert(1)"},
        {"name": "x", "action": "deny", "expiresAfterDays": "30"},
        {"name": "x", "action": "deny", "onExpiry": "never"},
        {"name": HOSTILE, "action": "deny"},
        {"name": "", "action": "deny"},
        {"name": "x", "action": "deny", "extra": "1"},
    ],
)
def test_what_cannot_be_a_type_is_refused_with_a_remedy(shown: Console, body: Any) -> None:
    answer = shown.send("/api/v1/types", body)
    assert answer.status_code == 400, answer.text
    assert answer.json["message"]


def test_traps_are_told(console: Console) -> None:
    codes = [trap["code"] for trap in console.get("/api/v1/traps").json["items"]]
    assert "opens-by-itself" in codes and "never-given" not in codes
    console.send("/api/v1/types", BODY)
    assert "never-given" in [trap["code"] for trap in console.get("/api/v1/traps").json["items"]]
    assert "Nothing is assessed as Accepted risk" in console.get("/types").text
