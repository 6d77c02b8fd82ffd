"""A member follows a real hub: at once, again after an outage, and by files and registries without a network."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.installation import invoke
from tests.fleet.hubs import Hub
from tests.fleet.members import Member
from tests.parts import unavailable
from tests.registries.build import UnavailableError
from tests.registries.running import referrers_registry
from webhook.bootstrap.fleet import following
from webhook.engines.controlling.fleet import FleetDuty
from webhook.errors import BomgateError, Final, SourceError
from webhook.telemetry.metrics import Metrics, exposition

ONE, TWO = "CVE-2026-10001", "CVE-2026-10002"


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return Hub(tmp_path / "hub")


def member_of(hub: Hub, folder: Path) -> Member:
    """A member that reaches its hub."""
    return Member(folder, hub, fleet={"hub": hub.url, "token": hub.token(folder.name)})


def passes(duty: FleetDuty, until: object) -> None:
    """Run passes of the duty until something holds."""
    assert callable(until)
    for _ in range(30):
        try:
            duty.run()
        except BomgateError:
            duty._clock.sleep(0.3)  # the hub reads its members' tokens every second
        if until():
            return
    raise AssertionError("it never came to hold")


def test_a_member_follows_its_hub_and_decides_alone_while_it_is_away(hub: Hub, tmp_path: Path) -> None:
    metrics = Metrics()
    with hub.serving():
        member = member_of(hub, tmp_path / "berlin")
        duty = following(member.parts, metrics)
        passes(duty, lambda: member.followed.position.revision > 0)
        waiting = threading.Thread(target=duty.run)
        waiting.start()
        hub.record(ONE, "Blocked")
        waiting.join(20)
        assert member.in_force == {(ONE, "Blocked")}
        port = hub.url.rpartition(":")[2]
    for _ in range(3):
        with pytest.raises(SourceError):
            duty.run()
    assert duty.interval_seconds > 1, "it asks as often while the hub is away"
    assert member.in_force == {(ONE, "Blocked")}
    hub.record(ONE, None)
    hub.record(TWO, "Ignore")
    with Hub(hub.folder, fleet={"listen": f"127.0.0.1:{port}"}).serving():
        passes(duty, lambda: member.in_force == {(TWO, "Ignore")})
        assert duty.interval_seconds < 1
        hub.ok("fleet", "remove", "berlin")
        with pytest.raises(Final, match="does not know this member's token"):
            for _ in range(20):
                duty.run()
    assert member.in_force == {(TWO, "Ignore")}
    text = exposition(metrics.registry)[0].decode()
    assert f"bomgate_fleet_applied_revision {float(member.followed.position.revision)}" in text
    assert "bomgate_fleet_held_records 0.0" in text
    member.parts.store.close()


@pytest.fixture
def offline(hub: Hub, tmp_path: Path) -> Iterator[Member]:
    made = Member(tmp_path / "offline", hub)
    yield made
    made.parts.store.close()


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """A real registry; its host."""
    with ExitStack() as stack:
        try:
            host = stack.enter_context(referrers_registry(tmp_path))
        except UnavailableError as reason:
            unavailable(reason)
        yield host


def test_a_snapshot_goes_over_as_a_file(hub: Hub, offline: Member, tmp_path: Path) -> None:
    hub.record(ONE, "Blocked")
    file = tmp_path / "fleet.bomgate"
    hub.ok("fleet", "export", str(file))
    ran = offline.ok("fleet", "import", str(file), "--output", "json")
    assert (json.loads(ran.out)["records"], offline.in_force) == (1, {(ONE, "Blocked")})
    older = file.read_bytes()
    hub.record(TWO, "Blocked")
    hub.ok("fleet", "export", str(file))
    offline.ok("fleet", "import", str(file))
    file.write_bytes(older)
    ran = invoke("fleet", "import", str(file), "--config", str(offline.config))
    assert (ran.code, "this member has revision" in ran.err) == (2, True)
    file.write_bytes(older[:-5])
    ran = invoke("fleet", "import", str(file), "--config", str(offline.config))
    assert (ran.code, "document-refused" in ran.err) == (2, True)
    assert offline.in_force == {(ONE, "Blocked"), (TWO, "Blocked")}


def test_the_status_names_what_a_restored_hub_has_lost(hub: Hub, offline: Member, tmp_path: Path) -> None:
    file = tmp_path / "fleet.bomgate"
    hub.record(TWO, "Blocked")
    shutil.copy(hub.folder / "hub.db", tmp_path / "copy.db")
    hub.record(ONE, "Blocked", package="pkg:npm/trim")
    hub.ok("fleet", "export", str(file))
    offline.ok("fleet", "import", str(file))
    shutil.copy(tmp_path / "copy.db", hub.folder / "hub.db")
    hub.ok("fleet", "export", str(file))
    offline.ok("fleet", "import", str(file))
    ran = invoke("fleet", "status", "--config", str(offline.config))
    assert (ran.code, ONE in ran.out, "pkg:npm/trim" in ran.out) == (3, True, True)
    offline.ok("fleet", "import", str(file), "--accept")
    assert offline.in_force == {(TWO, "Blocked")}
    assert invoke("fleet", "status", "--config", str(offline.config)).code == 0


def test_an_import_that_is_refused_leaves_no_older_snapshot_accepted(hub: Hub, offline: Member, tmp_path: Path) -> None:
    file, older = tmp_path / "fleet.bomgate", tmp_path / "older.bomgate"
    hub.record(TWO, "Blocked")
    hub.ok("fleet", "export", str(older))
    hub.record(ONE, "Blocked", package="pkg:npm/trim")
    hub.ok("fleet", "export", str(file))
    offline.ok("fleet", "import", str(file))
    file.write_bytes(file.read_bytes()[:-5])
    ran = invoke("fleet", "import", str(file), "--accept", "--config", str(offline.config))
    assert (ran.code, "document-refused" in ran.err) == (2, True)
    ran = invoke("fleet", "import", str(older), "--config", str(offline.config))
    assert (ran.code, offline.in_force) == (2, {(ONE, "Blocked"), (TWO, "Blocked")})


def test_where_two_people_are_needed_nobody_accepts_alone_what_a_hub_has_lost(hub: Hub, tmp_path: Path) -> None:
    member = Member(tmp_path / "strict", hub, requests={"required": True})
    older, newer = tmp_path / "older.bomgate", tmp_path / "newer.bomgate"
    hub.record(TWO, "Blocked")
    hub.ok("fleet", "export", str(older))
    hub.record(ONE, "Blocked", package="pkg:npm/trim")
    hub.ok("fleet", "export", str(newer))
    member.ok("fleet", "import", str(newer))
    for arguments in (["import", str(older), "--accept"], ["accept"]):
        ran = invoke("fleet", *arguments, "--config", str(member.config))
        assert (ran.code, "approval-needed" in ran.err) == (2, True)
    assert invoke("fleet", "import", str(older), "--config", str(member.config)).code == 2
    assert member.in_force == {(ONE, "Blocked"), (TWO, "Blocked")}
    member.parts.store.close()


@pytest.mark.e2e
def test_a_snapshot_goes_over_by_a_registry(tmp_path: Path, registry: str) -> None:
    reach = [{"prefix": registry, "allowPrivate": True, "plainHttp": True}]
    hub = Hub(tmp_path / "hub", registries=reach)
    offline = Member(tmp_path / "offline", hub, registries=reach)
    hub.record(ONE, "Blocked")
    target = f"oci:{registry}/bomgate/fleet:latest"
    hub.ok("fleet", "export", target)
    offline.ok("fleet", "import", target)
    assert offline.in_force == {(ONE, "Blocked")}
    ran = invoke("fleet", "import", f"oci:{registry}/bomgate/other:latest", "--config", str(offline.config))
    assert (ran.code, "There is no snapshot of a hub" in ran.err) == (3, True)
    offline.parts.store.close()
