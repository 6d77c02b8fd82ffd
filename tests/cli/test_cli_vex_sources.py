"""Sources of VEX documents: what they have counts, what is gone does not, and what cannot be read any more stays."""

from __future__ import annotations

import datetime as dt
import zipfile

from tests.cli.installation import Installation
from tests.cli.vexcommands import LATER, about, explained, finding, write
from tests.fakes import FakeClock
from tests.vexdocuments import openvex
from webhook.bootstrap import open_parts
from webhook.bootstrap.selfcheck import _sources
from webhook.bootstrap.sources import Sources
from webhook.engines.vexintake import VexIntake, vex_cursor
from webhook.settings import load_settings
from webhook.store.repositories import open_store


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


def test_a_file_that_cannot_be_read_any_more_weakens_nothing_and_denies_nothing(filled: Installation) -> None:
    write(filled, "hub/safe.json", about())
    newer = about("affected", timestamp=LATER)
    worse = write(filled, "hub/worse.json", newer, timestamp=LATER, **{"@id": "https://supplier.example/vex/2"})
    hub = {"name": "hub", "kind": "vex", "location": str(filled.folder / "hub")}
    filled.configure(sources=[{"name": "ossindex", "kind": "ossindex"}, hub], vex={"trust": [{"source": "hub"}]})
    filled.ok("vex", "update")
    assert finding(filled)["action"] == "deny"
    whole = worse.read_bytes()
    worse.write_bytes(whole[:100])
    ran = filled.run("vex", "update", "--output", "json")
    assert (ran.code, ran.json["sources"][0]["kept"]) == (3, 1)
    assert finding(filled)["action"] == "deny", "what restricted was cut off"
    assert filled.run("vex", "update").code == 3
    worse.unlink()
    filled.ok("vex", "update")
    assert finding(filled)["action"] == "allow", "somebody took it back"
    safe = filled.folder / "hub" / "safe.json"
    whole = safe.read_bytes()
    safe.write_text("<html>sign in</html>")
    filled.run("vex", "update")
    write(filled, "hub/other.json", about("affected", vulnerability="CVE-2026-10004"))
    ran = filled.run("vex", "update")
    assert "hub: 1 document of files that cannot be read any more stay" in ran.err
    assert finding(filled)["action"] == "allow", "an outage is no denial"
    (document, _) = filled.ok("vex", "list", "--output", "json").json["documents"]
    assert (document["place"], document["trouble"][:10]) == ("safe.json", "safe.json:")
    assert filled.run("download", "--output", "json").json["complete"] is False
    assert [line.split()[1] for line in filled.run("download").out.splitlines() if "Complete:" in line] == ["no"]
    assert "Repair these files" in filled.run("source", "check").out
    safe.write_bytes(whole)
    filled.ok("vex", "update")
    assert {entry["trouble"] for entry in filled.ok("vex", "list", "--output", "json").json["documents"]} == {""}


def test_a_damaged_part_of_an_archive_takes_nothing_away(filled: Installation) -> None:
    archive = filled.folder / "hub.zip"
    hub = {"name": "hub", "kind": "vex", "location": str(archive)}
    filled.configure(sources=[{"name": "ossindex", "kind": "ossindex"}, hub], vex={"trust": [{"source": "hub"}]})
    content = openvex(about())
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a/vex.json", content)
        file.writestr("b/vex.json", openvex(about(), **{"@id": "b"}))
    filled.ok("vex", "update")
    archive.write_bytes(archive.read_bytes().replace(content[:40], content[:39] + b"x", 1))
    ran = filled.run("vex", "update", "--output", "json")
    assert (ran.code, ran.json["sources"][0]["documents"], ran.json["sources"][0]["kept"]) == (3, 1, 1)
    assert "a/vex.json" in ran.json["sources"][0]["problems"][0]


def test_the_age_of_a_source_is_that_of_what_counts(bomgate: Installation) -> None:
    path = write(bomgate, "hub/a.json", about())
    write(bomgate, "hub/b.json", about(), **{"@id": "b"})
    bomgate.configure(sources=[{"name": "hub", "kind": "vex", "location": str(path.parent)}])
    bomgate.ok("vex", "update")
    parts = open_parts(load_settings(bomgate.config))
    before = parts.store.cursors.position(vex_cursor("hub"))
    assert before is not None
    clock = FakeClock(dt.datetime.now(dt.UTC) + dt.timedelta(hours=50))
    intake = VexIntake(parts.store.vex, parts.vex.sources, clock, cursors=parts.store.cursors)
    path.write_text("{")
    (done,) = intake.update()
    assert (done.documents, done.kept, done.is_whole) == (1, 1, False)
    assert parts.store.cursors.position(vex_cursor("hub")) == before
    (line,) = _sources(parts)
    assert (line.level, line.sentence) == (
        "bad",
        "1 document there cannot be read any more. What was read before stays.",
    )
    path.unlink()
    assert [done.is_whole for done in intake.update()] == [True]
    assert parts.store.cursors.position(vex_cursor("hub")) > before
    parts.store.close()


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
