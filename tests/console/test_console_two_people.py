"""With ``requests.required`` nobody loosens alone, through whatever door, and everybody may tighten."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.installation import invoke
from tests.console.conftest import Console, console_on
from tests.copies import replace
from webhook.bootstrap.parts import open_parts
from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, AssessmentType, Scope
from webhook.model.records import AssessmentQuery
from webhook.model.triage import AuditNote
from webhook.policy.scores import make_range
from webhook.settings import load_settings

DENIED, WARNED, IGNORED = "CVE-2021-44228", "CVE-2020-14343", "CVE-2021-23337"
BLOCKED = "20261128-bbbbbb"
"""A batch by which people denied what nobody had assessed."""


@pytest.fixture
def strict(filled_file: Path, tmp_path: Path) -> Iterator[Console]:
    """A console where what loosens takes two people; a type of people, a block by hand, and a type that is gone."""
    shutil.copy(filled_file, tmp_path / "b.db")
    url = f"sqlite:///{tmp_path}/b.db"
    settings = {"database": {"url": url}, "requests": {"required": True, "allowSelf": True}}
    (tmp_path / "strict.yaml").write_text(json.dumps(settings), encoding="utf-8")
    parts = open_parts(load_settings(tmp_path / "strict.yaml", environment={}))
    now, store = parts.clock.now(), parts.store
    blocked = Assessment(WARNED, "Blocked", Scope(), AssessmentSource.MANUAL, "ben", "no", now, None, batch=BLOCKED)
    former = replace(blocked, vulnerability=DENIED, type="Former", scope=Scope("pkg:npm/gone"), batch="")
    store.assessments.append([blocked, former])
    mine = AssessmentType("Mine", Action.DENY, make_range("6.0", "6.2"), 30)
    note = AuditNote("ben", "test", "create-type", "assessment type Mine", {})
    store.types.edit(mine, retired=False, note=note, at=now, since=store.feed.position().revision)
    made = console_on(parts)
    made.sign_in()
    yield made
    made.parts.store.close()


def page(identifier: str, **form: str) -> Callable[[Console], Any]:
    def decide(console: Console) -> Any:
        form_of = {"type": "Ignore", "comment": "why", "days": "10", **form}
        path = console.post("/decide", {"tick": identifier}).headers["Location"]
        console.get(console.post(path, {**form_of, "step": "preview"}).headers["Location"])
        return console.post(path, {**form_of, "step": "record"})

    return decide


def type_page(step: str, **form: str) -> Callable[[Console], Any]:
    def change(console: Console) -> Any:
        shown = console.post("/type", {**form, "step": "retire" if step == "retire" else "preview"})
        seen = re.findall(r'name="seen" value="([^"]+)"', shown.text)[0]
        return console.post("/type", {**form, "seen": seen, "step": step, "consent": "1"})

    return change


def api(method: str, path: str, **body: Any) -> Callable[[Console], Any]:
    return lambda console: console.put(f"/api/v1/{path}", body, method)


def command(*arguments: str) -> Callable[[Console], Any]:
    def run(console: Console) -> Any:
        file = Path(console.parts.settings.database.url.removeprefix("sqlite:///")).with_name("strict.yaml")
        return invoke(*arguments, "--config", str(file))

    return run


def decision(identifier: str, kind: str, **more: Any) -> Callable[[Console], Any]:
    return api("POST", "decisions", vulnerabilities=[identifier], type=kind, comment="why", **more)


WHY = ("--comment", "why", "--author", "ana")
LOOSER = {
    "page: add": page(DENIED),
    "page: add, milder than a denial": page(DENIED, type="Caution"),
    "page: replace": page(WARNED, override="1"),
    "page: undo": lambda console: console.post(f"/batches/{BLOCKED}/undo"),
    "page: type edit": type_page("record", name="Mine", action="warn", days="30", cvss_min="6.0", cvss_max="6.2"),
    "page: type retire": type_page("retire", name="Mine"),
    "page: type add": type_page("record", new="1", name="New", action="allow", cvss_min="6.4", cvss_max="6.5"),
    "page: type of a name that records carry": type_page("record", new="1", name="former", action="allow"),
    "api: type of a name that records carry": api("POST", "types", name="Former", action="warn", consent=True),
    "command: type of a name that records carry": command(
        "types", "add", "FORMER", "--action", "allow", "--yes", "--author", "ana"
    ),
    "api: add": decision(DENIED, "Ignore"),
    "api: add in one namespace": decision(DENIED, "Ignore", namespace="shop"),
    "api: replace": decision(WARNED, "Ignore", override=True),
    "api: undo": api("POST", f"batches/{BLOCKED}/undo"),
    "api: type edit": api("PUT", "types/Mine", action="allow", cvssMin="6.0", cvssMax="6.2", consent=True),
    "api: type edit, assessed again": api(
        "PUT",
        "types/Mine",
        action="deny",
        cvssMin="6.0",
        cvssMax="6.2",
        expiresAfterDays=30,
        onExpiry="reassess",
        consent=True,
    ),
    "api: type retire": api("DELETE", "types/Mine", consent=True),
    "api: type add": api("POST", "types", name="New", action="warn", cvssMin="6.4", cvssMax="6.5", consent=True),
    "command: add": command("assess", DENIED, "--type", "Ignore", *WHY),
    "command: add in bulk": command("assess", "--cvss", "9.0-10.0", "--type", "Ignore", "--yes", *WHY),
    "command: replace": command("assess", WARNED, "--type", "Ignore", "--override", *WHY),
    "command: end": command("assess", WARNED, "--clear", "--author", "ana"),
    "command: undo": command("assess", "--undo", BLOCKED, "--yes", "--author", "ana"),
    "command: type edit": command("types", "edit", "Mine", "--action", "allow", "--yes", "--author", "ana"),
    "command: type edit, shorter": command("types", "edit", "Mine", "--days", "2", "--yes", "--author", "ana"),
    "command: type retire": command("types", "remove", "Mine", "--yes", "--author", "ana"),
}
STRICTER = {
    "page: add": page(DENIED, type="Blocked"),
    "page: undo": lambda console: console.post("/batches/20261128-aaaaaa/undo"),
    "page: type edit": type_page("record", name="Mine", action="deny", days="60", cvss_min="6.0", cvss_max="6.3"),
    "api: replace": decision(IGNORED, "Blocked", override=True),
    "api: add for some days": decision(DENIED, "Blocked", days=2),
    "api: type add": api("POST", "types", name="New", action="deny", cvssMin="6.4", cvssMax="6.5", consent=True),
    "api: type of a name that records carry": api("POST", "types", name="Former", action="deny", consent=True),
    "command: end": command("assess", IGNORED, "--clear", "--package", "pkg:npm/lodash", "--author", "ana"),
    "command: milder than no denial": command(
        "assess", IGNORED, "--package", "pkg:npm/lodash", "--type", "Caution", "--override", "--days", "2", *WHY
    ),
    "command: by the ranges": command("assess", "--existing", "--yes"),
    "command: type edit": command("types", "edit", "Mine", "--no-days", "--yes", "--author", "ana"),
}


def state(console: Console) -> tuple[object, ...]:
    store = console.parts.store
    return (len(store.assessments.find(AssessmentQuery())), [repr(each) for each in store.types.list()])


@pytest.mark.parametrize("door", LOOSER)
def test_nobody_loosens_alone(strict: Console, door: str) -> None:
    before = state(strict)
    answer = LOOSER[door](strict)
    if door.startswith("command"):
        assert answer.code == 2 and "Error (approval-needed)" in answer.err, answer.err
    else:
        assert answer.status_code in (400, 403), answer.text
        assert "requests.required" in answer.text
        if door.startswith("api"):
            assert (answer.status_code, answer.json["code"]) == (403, "approval-needed")
    assert state(strict) == before, "nothing was recorded"
    assert strict.get("/api/v1/audit").json["items"][1:] == []


@pytest.mark.parametrize("door", STRICTER)
def test_everybody_may_tighten(strict: Console, door: str) -> None:
    before = state(strict)
    answer = STRICTER[door](strict)
    assert answer.code == 0 if door.startswith("command") else answer.status_code in (200, 303), answer
    assert door == "command: by the ranges" or state(strict) != before


def test_the_settings_file_may_take_a_name_that_records_carry(strict: Console) -> None:
    file = Path(strict.parts.settings.database.url.removeprefix("sqlite:///")).with_name("strict.yaml")
    settings = json.loads(file.read_text(encoding="utf-8"))
    settings["assessmentTypes"] = [{"name": "Former", "action": "allow"}]
    file.with_name("above.yaml").write_text(json.dumps(settings), encoding="utf-8")
    parts = open_parts(load_settings(file.with_name("above.yaml"), environment={}))
    kind = parts.rules.types.get("Former")
    parts.store.close()
    assert kind is not None and kind.action is Action.ALLOW


def test_a_dry_run_says_that_another_person_has_to_approve(strict: Console) -> None:
    before, body = state(strict), {"vulnerabilities": [DENIED], "comment": "why", "dryRun": True}
    looser = strict.send("/api/v1/decisions", {**body, "type": "Ignore"}).json
    assert "requests.required" in looser["approval"] and "Ask for an exception" in looser["approval"]
    assert looser["records"] == 1 and looser["batch"] == ""
    assert strict.send("/api/v1/decisions", {**body, "type": "Blocked"}).json["approval"] == ""
    undo = strict.send(f"/api/v1/batches/{BLOCKED}/undo", {"dryRun": True}).json
    assert "ends what denies or warns" in undo["approval"]
    assert state(strict) == before


def test_a_preview_says_it_and_leads_to_the_form_that_asks(strict: Console) -> None:
    path = strict.post("/decide", {"tick": DENIED, "namespace": "shop"}).headers["Location"]
    form = {"type": "Ignore", "comment": "why", "days": "10", "namespace": "shop", "step": "preview"}
    shown = strict.get(strict.post(path, form).headers["Location"]).text
    assert "Another person has to approve this (requests.required)" in shown and "What this changes" in shown
    asked = f"/requests/new?vulnerability={DENIED}&amp;package=&amp;namespace=shop"
    assert f'href="{asked}"' in shown
    assert f'value="{DENIED}"' in strict.get(asked.replace("&amp;", "&")).text
    undone = strict.get(f"/batches/{BLOCKED}").text
    assert "Another person has to approve this" in undone
    assert "Another person" not in strict.get("/batches/20261128-aaaaaa").text
