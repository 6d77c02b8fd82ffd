"""The composition root: settings become objects that fit together."""

from __future__ import annotations

import datetime as dt
import logging
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.copies import replace
from tests.doubles.kubeobjects import ObjectServer
from tests.e2e.processes import wait_until
from tests.fakes import NOON
from tests.vexdocuments import openvex
from tests.worlds import LEFTPAD, LOG4J, digest_of, sbom_of
from webhook.api.server import WorkerParts
from webhook.api.starting import StartBoard
from webhook.bootstrap import Parts, SystemClock, ThreadBackground, open_parts
from webhook.bootstrap.duties import matching
from webhook.bootstrap.parts import hot_start
from webhook.bootstrap.selfcheck import _sources
from webhook.bootstrap.server import certificates, leave_copy, prepare_store, worker_parts
from webhook.errors import ConfigError, StoreError
from webhook.model.actions import Action
from webhook.model.deadlines import Deadline
from webhook.model.downloads import DownloadReport
from webhook.model.images import parse_image
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability
from webhook.settings import Settings, load_settings
from webhook.telemetry.metrics import Metrics

RECORDING = b'[{"coordinates": "pkg:npm/left-pad@1.3.0", "vulnerabilities": []}]'


def settings_in(folder: Path, **groups: Any) -> Settings:
    """Settings with an SQLite file and a state directory in a folder."""
    basics = {
        "database": {"url": f"sqlite:///{folder / 'data' / 'bomgate.db'}"},
        "serve": {"stateDirectory": str(folder / "state"), "insecureHttp": True},
        "sbom": {"sources": ["directory"]},
    }
    path = folder / "bomgate.yaml"
    path.write_text(yaml.safe_dump({**basics, **groups}), encoding="utf-8")
    return load_settings(path, environment={"HOME": str(folder)})


def fill(parts: Parts) -> None:
    """An image with an SBOM, and an answer for its component."""
    image = parse_image("shop/web:1")
    parts.store.sboms.add(digest_of("web"), sbom_of(LEFTPAD), place="added", image=image)
    parts.downloader().run()


def test_parts_judge_an_image_from_what_the_store_has(tmp_path: Path) -> None:
    parts = open_parts(settings_in(tmp_path), recording=RECORDING)
    fill(parts)
    parts.refresher.refresh()
    verdict = parts.checker(ThreadBackground()).check_until(
        parse_image("shop/web:1"), "", Deadline(parts.clock.monotonic() + 5)
    )
    assert (verdict.action, verdict.counts.clean) == (Action.ALLOW, 1)
    assert parts.model is parts.model
    parts.store.close()


def test_an_sbom_that_is_not_stored_is_judged_by_the_same_facts(tmp_path: Path) -> None:
    parts = open_parts(settings_in(tmp_path), recording=RECORDING)
    fill(parts)
    image = parse_image("shop/other:1")
    verdict = parts.sbom_checker(parts.checker(ThreadBackground())).check(sbom_of(LEFTPAD, LOG4J), image)
    assert (verdict.counts.clean, verdict.counts.unknown, verdict.action) == (1, 1, Action.WARN)
    assert parts.store.feed.component_ids([Purl(LOG4J)]) == {}
    parts.store.close()


def test_a_place_that_there_is_not_is_a_settings_error(tmp_path: Path) -> None:
    parts = open_parts(settings_in(tmp_path, sbom={"sources": ["somewhere"]}))
    with pytest.raises(ConfigError, match=r"sbom\.sources"):
        parts.checker(ThreadBackground())


def test_an_sbom_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    name = f"{digest_of('web').replace(':', '-')}.json"
    (tmp_path / name).write_text("x" * 100, encoding="utf-8")
    parts = open_parts(settings_in(tmp_path, sbom={"maxBytes": 50}))
    (done,) = parts.importer().run(parts.documents(tmp_path), place="imported")
    assert "larger than 50 bytes" in done.reason
    parts.store.close()


def test_preparing_makes_the_database_and_provisions_the_assessments(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, assessments=[{"vulnerability": "X-1", "type": "Blocked"}])
    assert prepare_store(settings)
    parts = open_parts(settings, create=False)
    assert [assessment.vulnerability for assessment in parts.assessor.index()] == ["X-1"]
    parts.store.close()


def test_preparing_reports_what_the_settings_file_assesses_and_nobody_knows(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stated = [{"vulnerability": literal, "type": "Blocked"} for literal in ("CVE-2021-44228", "CVE-2021-4428")]
    settings = settings_in(tmp_path, assessments=stated)
    caplog.set_level(logging.WARNING, "bomgate.start")
    prepare_store(settings)
    assert "unknown vulnerabilities" not in caplog.text  # the source was never asked
    parts = open_parts(settings)
    found = ComponentAnswer(Purl(LOG4J), (Vulnerability("CVE-2021-44228"),), NOON)
    parts.store.components.record([found], assess=lambda *_: None, now=NOON)
    lease = parts.store.runs.acquire("run", duration=dt.timedelta(minutes=1))
    parts.store.runs.finish(DownloadReport(), started=NOON, finished=NOON, lease=lease)
    parts.store.close()
    prepare_store(settings)
    (record,) = [record for record in caplog.records if "unknown vulnerabilities" in record.message]
    assert record.__dict__["identifiers"] == ["CVE-2021-4428"]


def worker_of(settings: Settings, *, provision: bool = False) -> WorkerParts:
    """What the only process of a server runs."""
    return worker_parts(settings, settings.serve, StartBoard(1), provision=provision)


def serve_once(settings: Settings) -> None:
    """Run a worker's threads until the read model is on disk."""
    worker = worker_of(settings)
    worker.start()
    worker.stop()


def test_a_database_that_is_away_is_no_reason_not_to_start_when_there_is_a_copy(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_in(tmp_path)
    parts = open_parts(settings, recording=RECORDING)
    fill(parts)
    parts.refresher.tick()
    parts.store.close()
    (tmp_path / "data").rename(tmp_path / "away")
    with caplog.at_level(logging.WARNING, "bomgate.start"):
        assert not prepare_store(settings)
    assert "deciding with the copy of the read model" in caplog.text
    assert not (tmp_path / "data").exists()
    serve_once(settings)
    assert not (tmp_path / "data").exists()


def test_a_large_model_is_loaded_once_by_a_process_that_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhook.bootstrap.server._LARGE", 1)
    settings = settings_in(tmp_path)
    parts = open_parts(settings, recording=RECORDING)
    fill(parts)
    position = parts.store.feed.position()
    parts.store.close()
    leave_copy(settings)
    saved = hot_start(settings)
    assert saved is not None
    assert saved.position() == position
    (copy,) = (tmp_path / "state").glob("read-model-*")
    inode = copy.stat().st_ino
    leave_copy(settings)
    assert copy.stat().st_ino == inode


def test_the_copy_of_another_database_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhook.bootstrap.server._LARGE", 1)
    one = settings_in(tmp_path)
    parts = open_parts(one, recording=RECORDING)
    fill(parts)
    parts.store.close()
    leave_copy(one)
    other = replace(one, database=replace(one.database, url=f"sqlite:///{tmp_path / 'other.db'}"))
    again = replace(one, database=replace(one.database, url=f"{one.database.url}?timeout=5"))
    saved = [hot_start(settings) for settings in (one, other, again)]
    assert [file is not None and file.load() is not None for file in saved] == [True, False, True]


def test_a_small_model_is_left_to_the_workers(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    parts = open_parts(settings, recording=RECORDING)
    fill(parts)
    parts.store.close()
    leave_copy(settings)
    assert not (tmp_path / "state").exists()


def test_a_database_that_goes_away_before_the_first_copy_is_left_to_the_workers(tmp_path: Path) -> None:
    leave_copy(settings_in(tmp_path, database={"url": "postgresql://u@127.0.0.1:1/x"}))
    assert not (tmp_path / "state").exists()


def test_the_server_does_not_wait_for_ever_for_the_first_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhook.bootstrap.server._LARGE", 1)
    monkeypatch.setattr("webhook.bootstrap.server._COPY_SECONDS", 0.5)
    monkeypatch.setattr("webhook.engines.refresher.Refresher.tick", lambda _: time.sleep(5))
    settings = settings_in(tmp_path)
    parts = open_parts(settings, recording=RECORDING)
    fill(parts)
    parts.store.close()
    leave_copy(settings)
    assert os.waitpid(-1, os.WNOHANG) == (0, 0)  # it goes on behind
    os.wait()


def test_a_server_that_does_not_answer_is_waited_for_without_a_copy(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "bomgate.start"):
        assert not prepare_store(settings_in(tmp_path, database={"url": "postgresql://u@127.0.0.1:1/x"}))
    assert "not ready until it does" in caplog.text


def test_a_file_that_cannot_be_opened_is_a_reason_when_there_is_no_copy(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    (tmp_path / "data" / "bomgate.db").mkdir(parents=True)
    with pytest.raises(StoreError):
        prepare_store(settings)


def test_a_file_that_is_no_database_is_a_reason_whatever_else_there_is(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "bomgate.db").write_text("not a database" * 200, encoding="utf-8")
    with pytest.raises(StoreError, match="is not an SQLite database"):
        prepare_store(settings)


def test_what_could_not_be_provisioned_at_start_is_provisioned_when_the_database_is_back(tmp_path: Path) -> None:
    settings = settings_in(
        tmp_path, assessments=[{"vulnerability": "X-1", "type": "Blocked"}], refresh={"intervalSeconds": 0.01}
    )
    open_parts(settings).store.admin.upgrade()
    worker = worker_of(settings, provision=True)
    worker.start()
    parts = open_parts(settings)
    deadline = parts.clock.monotonic() + 20
    while not list(parts.assessor.index()) and parts.clock.monotonic() < deadline:
        parts.clock.sleep(0.02)
    worker.stop()
    assert [assessment.vulnerability for assessment in parts.assessor.index()] == ["X-1"]
    parts.store.close()


def test_plain_http_needs_no_certificate_and_a_bad_one_is_refused(tmp_path: Path) -> None:
    assert certificates(settings_in(tmp_path), SystemClock()) is None
    (tmp_path / "tls.crt").write_text("no certificate", encoding="utf-8")
    files = {"tlsCert": str(tmp_path / "tls.crt"), "tlsKey": str(tmp_path / "tls.crt")}
    with pytest.raises(ConfigError, match="cannot be used"):
        certificates(settings_in(tmp_path, serve=files), SystemClock())


def test_the_clock_of_the_machine_knows_its_zone_and_goes_on() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    clock.sleep(0.001)
    assert clock.monotonic() > before
    assert clock.now().utcoffset() == dt.timedelta(0)


def test_background_work_can_be_waited_for_and_raises_what_it_raised() -> None:
    background, go = ThreadBackground(), threading.Event()

    def work() -> None:
        go.wait(20)

    task = background.start(work)
    assert not background.wait(task, 0.01)
    go.set()
    assert background.wait(task, 20)

    def fail() -> None:
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        background.wait(background.start(fail), 20)


def test_in_a_cluster_a_worker_follows_the_namespaces_and_denials_name_break_glass(tmp_path: Path) -> None:
    with ObjectServer() as server:
        server.namespace("shop", enforce="warn")
        kube = {"cluster": True, "kubeconfig": str(server.kubeconfig(tmp_path / "kubeconfig"))}
        settings = settings_in(tmp_path, kube=kube)
        prepare_store(settings)
        worker = worker_of(settings)
        worker.start()
        wait_until(lambda: "/api/v1/namespaces" in server.paths("WATCH"), 20, "the watch of the namespaces")
        worker.stop()
        server.changes.put(None)
        parts = open_parts(settings)
        assert parts.hints.break_glass
        assert parts.cluster.namespace_labels.known("shop") is None, "each process has its own"
        parts.store.close()


def test_outside_of_a_cluster_denials_do_not_name_what_does_not_count(tmp_path: Path) -> None:
    parts = open_parts(settings_in(tmp_path))
    assert not parts.hints.break_glass
    parts.store.close()


def test_sets_are_expected_of_sources_that_publish_them_alone(tmp_path: Path) -> None:
    content = {
        "database": {"url": f"sqlite:///{tmp_path}/b.db"},
        "sources": [
            {"name": "ossindex", "kind": "ossindex"},
            {"name": "osv", "kind": "osv", "location": "oci://registry.corp/osv:1", "ecosystems": ["Go", "npm"]},
            {"name": "kev", "kind": "kev", "location": str(tmp_path), "everyHours": 6},
            {"name": "hub", "kind": "vex", "location": str(tmp_path)},
        ],
    }
    (tmp_path / "bomgate.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    parts = open_parts(load_settings(tmp_path / "bomgate.yaml", environment={}))
    assert parts.sources.sets == [("osv", "Go"), ("osv", "npm"), ("kev", "KEV"), ("hub", "VEX")]
    assert [source.name for source in parts.sources.advisories] == ["osv"]
    parts.store.prepare()
    assert parts.sources.schedule(parts.store).due() == {"kev"}
    parts.store.close()


def test_a_source_of_vex_documents_with_an_interval_is_read_and_its_age_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(openvex())
    source = {"name": "hub", "kind": "vex", "location": str(tmp_path / "a.json"), "everyHours": 6}
    content = {"database": {"url": f"sqlite:///{tmp_path}/b.db"}, "sources": [source]}
    (tmp_path / "bomgate.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    parts, metrics = open_parts(load_settings(tmp_path / "bomgate.yaml", environment={})), Metrics()
    parts.store.prepare()
    assert parts.vex.unscheduled == frozenset(), "no other duty reads it"
    assert [health.level for health in _sources(parts)] == ["bad"]
    matching(parts, metrics).run()
    assert len(parts.store.vex.find()) == 1
    (health,) = _sources(parts)
    assert (health.name, health.level) == ("Source hub", "good")
    assert "VEX with 1 records" in health.sentence
    labels = {"source": "hub", "set": "VEX"}
    read_at = metrics.registry.get_sample_value("bomgate_source_checked_timestamp_seconds", labels)
    assert read_at is not None and read_at > 0
    parts.store.close()
