"""Where advisories come from: archives, folders and mirrors, and those that lie."""

from __future__ import annotations

import datetime as dt
import io
import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.copies import replace
from tests.fakes import FakeClock
from tests.osv import openssl, publish, record, zipped
from webhook.clients.feeds import LIMITS
from webhook.clients.http.exchange import Exchange
from webhook.clients.osv import archives
from webhook.clients.osv.options import SourceRule, check_sources
from webhook.clients.osv.source import OsvSource
from webhook.errors import ConfigError, Final, Retryable, SourceError
from webhook.model.advisories import AdvisorySetInfo, FetchedSet

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def source(location: object, clock: FakeClock, **more: object) -> OsvSource:
    rule = SourceRule("osv", "osv", str(location), ("Debian",), plain_http=True, **more)
    return OsvSource(rule, Exchange(LIMITS, clock), clock)


def known(fetched: FetchedSet, advisories: int = 1) -> AdvisorySetInfo:
    return AdvisorySetInfo("osv", "Debian", fetched.digest, fetched.tag, NOW, NOW, advisories)


def ids(fetched: FetchedSet) -> list[str]:
    assert fetched.content is not None
    return [advisory.id for advisory in fetched.content.advisories]


def test_an_archive_is_read_once_and_then_known_by_its_digest(tmp_path: Path, clock: FakeClock) -> None:
    publish(tmp_path, "Debian", [openssl()])
    osv = source(tmp_path, clock)
    first = osv.fetch("Debian", None)
    assert ids(first) == ["DEBIAN-CVE-2023-0286"]
    assert osv.fetch("Debian", known(first)).content is None
    publish(tmp_path, "Debian", [openssl(), openssl() | {"id": "DEBIAN-CVE-2023-0001"}])
    assert len(ids(osv.fetch("Debian", known(first)))) == 2


def test_a_folder_of_files_is_read_like_an_archive_and_no_further(tmp_path: Path, clock: FakeClock) -> None:
    folder = tmp_path / "mirror" / "Debian" / "2023"
    folder.mkdir(parents=True)
    (folder / "a.json").write_text(json.dumps(openssl()))
    (folder / "b.json").write_text("{")
    (tmp_path / "secret.json").write_text(json.dumps(openssl() | {"id": "A"}))
    (folder / "c.json").symlink_to(tmp_path / "secret.json")
    osv = source(tmp_path / "mirror", clock)
    first = osv.fetch("Debian", None)
    assert ids(first) == ["DEBIAN-CVE-2023-0286"]
    assert first.content is not None
    assert first.content.counts == {"outside": 1, "unreadable": 1}
    assert osv.fetch("Debian", known(first)).content is None


def test_a_mounted_configmap_is_read_once(tmp_path: Path, clock: FakeClock) -> None:
    folder = tmp_path / "Debian"
    (folder / "..2026_11_24").mkdir(parents=True)
    (folder / "..2026_11_24" / "a.json").write_text(json.dumps(openssl()))
    (folder / "..data").symlink_to("..2026_11_24")
    (folder / "a.json").symlink_to("..data/a.json")
    found = source(tmp_path, clock).fetch("Debian", None)
    assert ids(found) == ["DEBIAN-CVE-2023-0286"]
    assert found.content is not None
    assert found.content.counts == {}, "not repeated"


def test_names_that_lead_out_of_an_archive_lead_nowhere(tmp_path: Path, clock: FakeClock) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("../../../../etc/x.json", json.dumps(openssl()))
        archive.writestr("/etc/passwd", "x")
    path = publish(tmp_path, "Debian", [])
    path.write_bytes(content.getvalue())
    before = sorted(tmp_path.rglob("*"))
    assert ids(source(tmp_path, clock).fetch("Debian", None)) == ["DEBIAN-CVE-2023-0286"]
    assert sorted(tmp_path.rglob("*")) == before


def test_a_record_that_unpacks_to_too_much_loses_no_other(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "LONGEST_RECORD", 10_000)
    publish(tmp_path, "Debian", [b" " * 50_000_000, openssl()])
    fetched = source(tmp_path, clock).fetch("Debian", None)
    assert ids(fetched) == ["DEBIAN-CVE-2023-0286"]
    assert fetched.content is not None
    assert fetched.content.counts == {"too-large": 1}


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path, clock: FakeClock) -> None:
    publish(tmp_path, "Debian", [b" " * 9_000_000])
    with pytest.raises(Final, match="more than 8388608 bytes"):
        source(tmp_path, clock, max_megabytes=1).fetch("Debian", None)


@pytest.mark.parametrize("spoil", [lambda data: data[: len(data) // 2], lambda data: b"<html>", lambda data: b""])
def test_what_is_cut_off_or_no_archive_is_refused_whole(
    tmp_path: Path, clock: FakeClock, spoil: Callable[[bytes], bytes]
) -> None:
    path = publish(tmp_path, "Debian", [openssl()])
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(Retryable, match="cannot be read"):
        source(tmp_path, clock).fetch("Debian", None)


def test_a_damaged_record_loses_no_other(tmp_path: Path, clock: FakeClock) -> None:
    path = publish(tmp_path, "Debian", [openssl(), record("A" * 40)])
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        info = archive.infolist()[1]
    place = info.header_offset + 30 + len(info.filename)
    data[place : place + info.compress_size] = bytes(info.compress_size)
    path.write_bytes(bytes(data))
    fetched = source(tmp_path, clock).fetch("Debian", None)
    assert ids(fetched) == ["DEBIAN-CVE-2023-0286"]


@pytest.mark.parametrize(("there", "before"), [([], 0), ([record("A")], 0), ([openssl()], 4)])
def test_a_set_that_has_lost_most_of_its_advisories_is_not_believed(
    tmp_path: Path, clock: FakeClock, there: list[dict[str, object]], before: int
) -> None:
    publish(tmp_path, "Debian", there)
    former = AdvisorySetInfo("osv", "Debian", "sha256:0", "", NOW, NOW, before) if before else None
    with pytest.raises(Final, match="usable advisories of Debian"):
        source(tmp_path, clock).fetch("Debian", former)


@pytest.mark.parametrize("modified", ["2025-06-01T00:00:00Z", "soon", "9999-12-31T00:00:00Z"])
def test_a_set_that_goes_back_in_time_is_not_believed(tmp_path: Path, clock: FakeClock, modified: str) -> None:
    publish(tmp_path, "Debian", [openssl()])
    osv = source(tmp_path, clock)
    first = osv.fetch("Debian", None)
    assert first.content is not None
    assert first.content.newest == "2026-01-01T00:00:00Z"
    publish(tmp_path, "Debian", [openssl() | {"modified": modified}])
    with pytest.raises(Final, match="older than what is here") as raised:
        osv.fetch("Debian", replace(known(first), newest=first.content.newest))
    assert "Bring the mirror up to date" in raised.value.remedy
    for unknown in ("", "soon", "9999-12-31T00:00:00Z"):
        assert osv.fetch("Debian", replace(known(first), newest=unknown)).content is not None


def test_fractions_of_a_second_make_a_set_no_older(tmp_path: Path, clock: FakeClock) -> None:
    publish(tmp_path, "Debian", [openssl() | {"modified": "2026-01-01T00:00:00.5Z"}])
    fetched = source(tmp_path, clock).fetch(
        "Debian", AdvisorySetInfo("osv", "Debian", "", "", NOW, NOW, 1, newest="2026-01-01T00:00:00Z")
    )
    assert fetched.content is not None


def test_a_missing_ecosystem_says_what_to_do(tmp_path: Path, clock: FakeClock) -> None:
    with pytest.raises(Final) as raised:
        source(tmp_path, clock).fetch("Debian", None)
    assert "all.zip" in raised.value.remedy


class Mirror:
    """A web server on loopback with one archive, with answers that a test sets."""

    def __init__(self) -> None:
        self.content, self.tag, self.status, self.asked = zipped([openssl()]), '"1"', 200, list[str]()
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self._answer()

            def do_GET(self) -> None:
                if self._answer() == 200:
                    self.wfile.write(mirror.content)

            def _answer(self) -> int:
                mirror.asked.append(f"{self.command} {self.path}")
                status = mirror.status if self.path.endswith("/all.zip") else 404
                self.send_response(status)
                self.send_header("ETag", mirror.tag)
                self.send_header("Content-Length", str(len(mirror.content) if status == 200 else 0))
                self.end_headers()
                return status

            def log_message(self, *args: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/osv"


@pytest.fixture(scope="module")
def web() -> Iterator[Mirror]:
    mirror = Mirror()
    thread = threading.Thread(target=mirror.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield mirror
    mirror.server.shutdown()
    mirror.server.server_close()
    thread.join()


def test_a_mirror_is_asked_whether_it_has_something_else(web: Mirror, clock: FakeClock) -> None:
    osv = source(web.url, clock)
    first = osv.fetch("Debian", None)
    assert ids(first) == ["DEBIAN-CVE-2023-0286"]
    web.asked.clear()
    assert osv.fetch("Debian", known(first)).content is None
    assert web.asked == ["HEAD /osv/Debian/modified_id.csv", "HEAD /osv/Debian/all.zip"]
    web.tag = '"2"'
    again = osv.fetch("Debian", known(first))  # another tag, and the same bytes
    assert (again.content, again.tag) == (None, '"2"')


@pytest.mark.parametrize(("status", "error"), [(503, Retryable), (429, Retryable), (404, Final), (403, Final)])
def test_a_mirror_that_does_not_answer_changes_nothing(
    web: Mirror, clock: FakeClock, status: int, error: type[SourceError]
) -> None:
    web.status = status
    try:
        with pytest.raises(error, match=f"status {status}"):
            source(web.url, clock).fetch("Debian", None)
    finally:
        web.status = 200


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (SourceRule("OSV", "osv", "/x", ("Debian",)), "is no name"),
        (SourceRule("osv", "nvd", "/x", ("Debian",)), "no known kind"),
        (SourceRule("osv", "osv", "/x", ()), "no ecosystems"),
        (SourceRule("osv", "osv", "/x", ("debian",)), "known are AlmaLinux"),
        (SourceRule("osv", "osv", "", ("Debian",)), "no location"),
        (SourceRule("osv", "osv", "http://m.example/osv", ("Debian",)), "not encrypted"),
        (SourceRule("osv", "osv", "https://u:p@m.example/osv", ("Debian",)), "plain web address"),
        (SourceRule("ossindex", "osv", "/x", ("Debian",)), "cannot be called ossindex"),
        (SourceRule("other", "ossindex"), "has to be called ossindex"),
    ],
)
def test_a_source_that_cannot_work_is_refused(rule: SourceRule, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        check_sources([rule])
