"""A member takes over what its hub tells: in order, whole or not at all, and nothing that a hub has lost loosens."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fleet.hubs import Hub
from tests.fleet.members import Member, content_of, documented
from webhook.clients.hub.keys import HubSigner, write_key
from webhook.errors import DocumentRefused
from webhook.model.actions import Action
from webhook.model.assessments import AssessmentSource
from webhook.policy.fleetdocuments import encode

ONE, TWO, THREE = "CVE-2026-10001", "CVE-2026-10002", "CVE-2026-10003"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Where the member's store is; empty: an SQLite file in its folder."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return Hub(tmp_path / "hub")


@pytest.fixture
def member(tmp_path: Path, hub: Hub, url: str) -> Iterator[Member]:
    made = Member(tmp_path / "member", hub, url)
    yield made
    made.parts.store.close()


def test_a_member_has_what_the_hub_has_and_what_it_withdraws_no_more(hub: Hub, member: Member) -> None:
    hub.record(ONE, "Blocked", package="pkg:npm/trim")
    hub.record(TWO, "Ignore", source=AssessmentSource.PROVISIONED)
    assert member.follow().records == 2
    assert member.in_force == {(ONE, "Blocked"), (TWO, "Ignore")}
    revision = member.parts.store.feed.position().revision
    assert member.follow().records == 0
    assert member.parts.store.feed.position().revision == revision, "nothing has changed, and a revision was used up"
    hub.record(ONE, None, package="pkg:npm/trim")
    hub.record(TWO, None)
    member.follow()
    assert member.in_force == {(TWO, "Ignore")}, "a record by hand withdrew one of the settings file"
    told = member.records[0]
    assert (told.source, told.author, told.batch, told.rule) == (AssessmentSource.FLEET, "alice", "b1", "the fleet")


def test_types_of_the_hub_come_and_go_with_it(hub: Hub, member: Member) -> None:
    member.follow()
    hub.ok("types", "add", "Risky", "--action", "deny")
    member.follow()
    types = member.parts.rules_now().types
    assert types.require("Risky").action is Action.DENY
    hub.ok("types", "edit", "Risky", "--action", "warn")
    member.follow()
    assert member.parts.rules_now().types.require("Risky").action is Action.WARN
    hub.ok("types", "remove", "Risky")
    member.follow()
    types = member.parts.rules_now().types
    assert types.get("Risky") is None
    assert types.retired("Risky") is not None


def test_changes_count_only_from_the_position_that_they_lead_on_from(hub: Hub, member: Member) -> None:
    member.follow()
    first = member.followed.position
    hub.record(ONE, "Blocked")
    second = documented(hub, first)
    hub.record(TWO, "Blocked")
    both = documented(hub, first)
    member.take(second)
    assert member.take(second).records == 0, "the same document once more, as when an answer was lost"
    with pytest.raises(DocumentRefused, match="lead on from revision"):
        member.take(both)
    member.follow()
    with pytest.raises(DocumentRefused, match="lead on from revision"):
        member.take(second)
    assert [record.vulnerability for record in member.records] == [ONE, TWO]


def test_an_older_snapshot_is_a_replay(hub: Hub, member: Member) -> None:
    old = documented(hub)
    hub.record(ONE, "Blocked")
    member.take(documented(hub))
    with pytest.raises(DocumentRefused, match="this member has revision"):
        member.take(old)
    assert member.in_force == {(ONE, "Blocked")}


def test_a_document_of_another_key_changes_nothing(tmp_path: Path, hub: Hub, member: Member) -> None:
    hub.record(ONE, "Blocked")
    write_key(tmp_path / "other.key")
    with pytest.raises(DocumentRefused):
        member.take(encode(content_of(hub), HubSigner(tmp_path / "other.key").sign))
    assert (member.records, member.followed.position.revision) == ([], 0)


def restored(hub: Hub) -> None:
    """Bring the hub's database back as it was at the copy."""
    shutil.copy(hub.folder / "copy.db", hub.folder / "hub.db")


def test_a_hub_that_was_restored_from_an_older_backup_loosens_nothing_until_that_is_accepted(
    hub: Hub, member: Member
) -> None:
    hub.record(ONE, "Ignore")
    member.follow()
    shutil.copy(hub.folder / "hub.db", hub.folder / "copy.db")
    hub.record(ONE, "Blocked")
    hub.record(TWO, "Caution")
    hub.record(THREE, "Ignore")
    member.follow()
    assert member.in_force == {(ONE, "Blocked"), (TWO, "Caution"), (THREE, "Ignore")}
    restored(hub)
    member.follow()
    assert member.in_force == {(ONE, "Blocked"), (TWO, "Caution")}, "what restricts stays, what allows goes"
    held = {(record.vulnerability, record.type) for record in member.followed.held}
    assert held == {(ONE, "Blocked"), (TWO, "Caution")}
    hub.record(THREE, "Blocked")
    member.follow()
    assert (THREE, "Blocked") in member.in_force, "the hub's changes lead on from its new history"
    assert member.followed.held_count == 2
    member.ok("fleet", "accept")
    member.take(documented(hub))
    assert member.in_force == {(ONE, "Ignore"), (THREE, "Blocked")}
    assert member.followed.held_count == 0
    member.take(documented(hub))
    assert member.in_force == {(ONE, "Ignore"), (THREE, "Blocked")}


@pytest.mark.parametrize("before", ["Ignore", "Caution", None])
def test_a_hub_whose_clock_was_set_back_is_followed_in_its_order(hub: Hub, member: Member, before: str | None) -> None:
    """Snapshots are all that a member without a network gets."""
    hub.record(ONE, "Ignore", ahead=dt.timedelta(days=1))
    hub.record(ONE, before, ahead=dt.timedelta(days=2))
    member.take(documented(hub))
    hub.record(ONE, "Blocked")
    member.take(documented(hub))
    assert member.in_force == {(ONE, "Blocked")}
    assert member.followed.held_count == 0
    hub.record(ONE, "Ignore", ahead=dt.timedelta(hours=1))
    member.take(documented(hub))
    assert member.in_force == {(ONE, "Ignore")}


def test_what_a_restored_hub_denies_counts_though_a_member_had_something_milder_since(hub: Hub, member: Member) -> None:
    hub.record(ONE, "Caution", ahead=dt.timedelta(days=1))
    member.take(documented(hub))
    other = Hub(hub.folder.parent / "other")
    shutil.copy(hub.key, other.key)
    other.record(ONE, "Blocked")
    other.record(TWO, "Ignore")
    member.take(documented(other))
    assert member.in_force == {(ONE, "Blocked"), (TWO, "Ignore")}


def test_a_withdrawal_that_a_restored_hub_has_lost_stays(hub: Hub, member: Member) -> None:
    hub.record(ONE, "Ignore")
    member.follow()
    shutil.copy(hub.folder / "hub.db", hub.folder / "copy.db")
    hub.record(ONE, None)
    member.follow()
    assert member.in_force == set()
    restored(hub)
    member.follow()
    assert member.in_force == set()
    assert [record.type for record in member.followed.held] == [None]
    member.ok("fleet", "accept")
    member.take(documented(hub))
    assert member.in_force == {(ONE, "Ignore")}


def test_another_hub_with_the_same_key_loosens_nothing_either(tmp_path: Path, hub: Hub, member: Member) -> None:
    hub.ok("types", "add", "Risky", "--action", "deny")
    hub.record(ONE, "Risky")
    member.follow()
    other = Hub(tmp_path / "other")
    shutil.copy(hub.key, other.key)
    other.ok("types", "add", "Risky", "--action", "allow")
    member.take(documented(other))
    assert member.in_force == {(ONE, "Risky")}
    assert member.parts.rules_now().types.require("Risky").action is Action.DENY
    assert (member.followed.types_held, member.followed.held_count) == (True, 1)
    member.ok("fleet", "accept")
    member.take(documented(other))
    assert member.in_force == set()
    assert member.parts.rules_now().types.require("Risky").action is Action.ALLOW


def test_a_member_with_a_wrong_clock_follows_and_ends_are_judged_by_its_clock(hub: Hub, member: Member) -> None:
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    hub.record(ONE, "Blocked", until=soon)
    content = content_of(hub)
    for days in (-400, 400):
        now = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
        applied = member.parts.store.following.apply(content, now, days * 86400.0)
        assert applied.followed.skew_seconds == days * 86400.0
    assert member.in_force == {(ONE, "Blocked")}
    [record] = member.records
    assert (record.expired(soon - dt.timedelta(days=400)), record.expired(soon + dt.timedelta(days=400))) == (
        False,
        True,
    )
