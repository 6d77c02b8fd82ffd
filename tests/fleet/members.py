"""A member for tests, which takes documents of a hub over in this process."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from tests.cli.installation import Ran, invoke
from tests.fleet.hubs import Hub
from webhook.bootstrap import Parts, open_parts
from webhook.clients.hub.keys import HubKeys, HubSigner
from webhook.engines.fleet.importing import DocumentTaker
from webhook.engines.fleet.members import hash_token
from webhook.model.assessments import Assessment, AssessmentSource
from webhook.model.changes import Position
from webhook.model.fleet import Applied, FleetContent, Followed
from webhook.model.records import AssessmentQuery
from webhook.policy.fleetdocuments import encode
from webhook.policy.matching import AssessmentIndex
from webhook.settings import load_settings


class Member:
    """A member of a hub.

    Args:
        folder: for its settings file and its database.
        hub: that it follows.
        url: of its database; an SQLite file in the folder when left out.
        fleet: further settings of the fleet.
        settings: further groups.
    """

    def __init__(
        self, folder: Path, hub: Hub, url: str = "", fleet: Mapping[str, Any] | None = None, **settings: Any
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.hub, self.config = folder, hub, folder / "member.yaml"
        own = {"mode": "member", "hubKeys": [str(hub.public)], **(fleet or {})}
        content = {"database": {"url": url or f"sqlite:///{folder}/member.db"}, "fleet": own, **settings}
        self.config.write_text(yaml.safe_dump(content))
        self.parts: Parts = open_parts(load_settings(self.config, environment={}))
        if url:
            self.ok("db", "upgrade")

    def ok(self, *arguments: str) -> Ran:
        """Run a command at the member that has to succeed."""
        ran = invoke(*arguments, "--config", str(self.config))
        assert ran.code == 0, f"{arguments} exits with {ran.code}: {ran.err}"
        return ran

    @cached_property
    def taker(self) -> DocumentTaker:
        """Takes documents over."""
        token = self.parts.settings.hub_client.token
        own = hash_token(token) if token else ""
        return DocumentTaker(self.parts.store.following, HubKeys([self.hub.public]).verify, self.parts.clock, own)

    @property
    def followed(self) -> Followed:
        """How far it is."""
        return self.parts.store.following.followed()

    @property
    def records(self) -> list[Assessment]:
        """The hub's records that it keeps, oldest first."""
        return list(self.parts.store.assessments.find(AssessmentQuery(source=AssessmentSource.FLEET.value)))

    @property
    def in_force(self) -> set[tuple[str, str | None]]:
        """Vulnerability and type of the hub's records that can still matter."""
        index = AssessmentIndex.of(self.records)
        return {(record.vulnerability, record.type) for record in index if record.type is not None}

    def take(self, document: bytes) -> Applied:
        """Take a document over."""
        return self.taker.take(document)

    def follow(self) -> Applied:
        """Take over all that the hub has for it now."""
        return self.take(documented(self.hub, self.followed.position))


def content_of(hub: Hub, since: Position | None = None, at: dt.datetime | None = None) -> FleetContent:
    """What a hub would tell now: changes after a position, or a snapshot."""
    parts = hub.parts()
    try:
        now = at or parts.clock.now()
        from webhook.engines.fleet.publishing import all_types

        parts.store.hub_feed.keep_types(all_types(parts.rules_now()), now)
        changes = None if since is None or not since.revision else parts.store.hub_feed.changes(since, now)
        return parts.store.hub_feed.snapshot(now) if changes is None else changes
    finally:
        parts.store.close()


def documented(hub: Hub, since: Position | None = None, at: dt.datetime | None = None) -> bytes:
    """The same, signed."""
    return encode(content_of(hub, since, at), HubSigner(hub.key).sign)
