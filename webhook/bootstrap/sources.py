"""Sources: who is asked about components, whose advisories they are matched with, and what that covers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from webhook.errors import ConfigError
from webhook.model.fleet import FleetMode
from webhook.settings import Settings

if TYPE_CHECKING:
    from decimal import Decimal

    from webhook.clients.artifacts import ArtifactFeed
    from webhook.clients.exploits.source import ExploitFileSource
    from webhook.clients.http.exchange import Exchange
    from webhook.clients.hub.client import HubHttpClient
    from webhook.clients.hub.reports import HubSource
    from webhook.clients.hub.sets import HubAdvisories, HubExploits, HubLibrary
    from webhook.clients.osv.options import SourceRule
    from webhook.clients.osv.source import OsvSource
    from webhook.engines.matching.sources import SourceSchedule
    from webhook.model.purls import Purl
    from webhook.ports import Clock, VulnerabilitySource
    from webhook.store.repositories import Store

_HUB_HOURS = 1.0
"""After so many hours without a check at the hub, its list of sets is looked at again."""


@dataclass
class Sources:
    """The sources of the settings; without any, OSS Index is the only one.

    Attributes:
        recording: component reports to answer with instead of asking OSS Index; None asks it.
        imported: sets of the hub that came as a file; None asks the hub.
    """

    settings: Settings
    clock: Clock
    recording: bytes | None = None
    imported: HubLibrary | None = None

    @property
    def lists_oss_index(self) -> bool:
        """Whether OSS Index is among them."""
        from webhook.clients.osv.options import asks_oss_index

        return asks_oss_index(self.settings.sources)

    @property
    def asks_hub(self) -> bool:
        """Whether a hub answers in place of OSS Index."""
        fleet = self.settings.fleet
        return fleet.mode is FleetMode.MEMBER and bool(self.settings.hub_client.hub) and self.recording is None

    @property
    def imports(self) -> bool:
        """Whether answers come with snapshots of a hub alone: a member without a way to it, and without an account."""
        fleet, has_hub = self.settings.fleet, bool(self.settings.hub_client.hub)
        has_account = bool(self.settings.ossindex.token) or self.recording is not None
        return fleet.mode is FleetMode.MEMBER and not has_hub and not has_account and self.lists_oss_index

    @property
    def asks(self) -> bool:
        """Whether OSS Index is asked; listed among others, it covers nothing without credentials."""
        if self.asks_hub or self.imports:
            return True
        has_credentials = bool(self.settings.ossindex.token) or self.recording is not None
        return self.lists_oss_index and (self.settings.sources is None or has_credentials)

    @property
    def matches(self) -> bool:
        """Whether there is a source of advisories."""
        return any(rule.kind == "osv" for rule in self.settings.sources or ())

    @property
    def publish(self) -> bool:
        """Whether there is a source of sets: of advisories, of data about attacks, or of VEX documents."""
        return bool(self.sets)

    @property
    def sets(self) -> Sequence[tuple[str, str]]:
        """Every source and set that the settings ask for, in their order."""
        rules = [rule for rule in self.settings.sources or () if rule.kind in ("osv", "kev", "epss", "vex")]
        return [(rule.name, name) for rule in rules for name in rule.ecosystems or (rule.kind.upper(),)]

    def schedule(self, store: Store) -> SourceSchedule:
        """Knows how old the sets are, and which sources are due.

        Args:
            store: where they are kept.
        """
        from webhook.engines.matching.sources import SetState, SourceSchedule
        from webhook.engines.vexintake import vex_cursor

        rules = self.settings.sources or ()
        names = [rule.name for rule in rules if rule.kind == "vex"]

        def vex() -> Iterator[SetState]:
            documents = store.vex.of_sources() if names else {}
            for name in names:
                read = store.cursors.position(vex_cursor(name))
                checked = None if read is None else dt.datetime.fromtimestamp(read, dt.UTC)
                every, kept = documents.get(name, (0, 0))
                yield SetState(name, "VEX", every, checked, kept=kept)

        hours = {rule.name: rule.every_hours for rule in rules if rule.every_hours is not None}
        if self.asks_hub:  # its list is small
            hours = {rule.name: _HUB_HOURS for rule in rules if rule.hub_source} | hours
        return SourceSchedule(self.sets, hours, store.advisories, store.exploits, self.clock, vex)

    @cached_property
    def asked(self) -> VulnerabilitySource:
        """OSS Index, or a recording of it."""
        if self.recording is not None:
            from webhook.clients.ossindex.recorded import RecordedReports

            return RecordedReports(self.recording, self.clock)
        if self.asks_hub:
            return self.hub_source()
        if self.imports:
            from webhook.clients.hub.reports import ImportedReports

            return ImportedReports((), self.clock)
        from webhook.clients.ossindex.source import OssIndexSource

        return OssIndexSource(self.settings.ossindex, self.clock)

    def hub_source(self, *, is_running: bool = False) -> HubSource:
        """The hub, in place of OSS Index.

        Args:
            is_running: whether what is asked for runs, so that the hub asks for it first.
        """
        from webhook.clients.hub.keys import HubKeys
        from webhook.clients.hub.reports import HubSource

        options = self.settings.hub_client
        options.check()
        verify = HubKeys(options.hub_keys).verify
        return HubSource(self.hub_client(), verify, self.clock, options.hub, is_running=is_running)

    def hub_client(self) -> HubHttpClient:
        """The way to the hub."""
        from webhook.clients.http.exchange import Exchange
        from webhook.clients.hub.client import LIMITS, HubHttpClient

        return HubHttpClient(self.settings.hub_client, Exchange(LIMITS, self.clock), self.clock)

    @cached_property
    def verbatim(self) -> VulnerabilitySource:
        """OSS Index, asked in the forms that members have made."""
        from webhook.clients.ossindex.source import OssIndexSource

        return OssIndexSource(self.settings.ossindex, self.clock, verbatim=True)

    @cached_property
    def advisories(self) -> Sequence[OsvSource | HubAdvisories]:
        """Sources of advisories.

        Raises:
            ConfigError: one is the hub's, and this is no member.
        """
        from webhook.clients.osv.options import OSV

        return [self._advisories(rule) for rule in self.settings.sources or () if rule.kind == OSV]

    def _advisories(self, rule: SourceRule) -> OsvSource | HubAdvisories:
        if rule.hub_source:
            from webhook.clients.hub.sets import HubAdvisories

            return HubAdvisories(rule, self._hub_library)
        from webhook.clients.osv.source import OsvSource

        return OsvSource(rule, self._exchange, self.clock, self._artifact(rule))

    @cached_property
    def exploits(self) -> Sequence[ExploitFileSource | HubExploits]:
        """Sources of data about attacks.

        Raises:
            ConfigError: one is the hub's, and this is no member.
        """
        from webhook.clients.osv.options import EXPLOITS

        return [self._exploits(rule) for rule in self.settings.sources or () if rule.kind in EXPLOITS]

    def _exploits(self, rule: SourceRule) -> ExploitFileSource | HubExploits:
        if rule.hub_source:
            from webhook.clients.hub.sets import HubExploits

            return HubExploits(rule, self._hub_library)
        from webhook.clients.exploits.source import ExploitFileSource

        return ExploitFileSource(rule, self._exchange, self.clock, self._artifact(rule))

    @cached_property
    def _hub_library(self) -> HubLibrary | None:
        """Where the hub's sets are; None at a member without a network to it."""
        if self.settings.fleet.mode is not FleetMode.MEMBER:
            raise ConfigError(
                "sources: one has the location hub:, and this installation is not a member of a fleet.",
                remedy="Set fleet.mode to member, or name where the source publishes.",
            )
        if self.imported is not None or not self.settings.hub_client.hub:
            return self.imported
        from webhook.clients.hub.keys import HubKeys
        from webhook.clients.hub.sets import HubHttpLibrary

        options = self.settings.hub_client
        options.check()
        return HubHttpLibrary(self.hub_client(), HubKeys(options.hub_keys).verify, self.clock)

    def _artifact(self, rule: SourceRule) -> ArtifactFeed | None:
        """What reads the artefact that a location names, with the credentials of the settings."""
        if not rule.artifact:
            return None
        from webhook.clients.artifacts import ArtifactFeed
        from webhook.clients.registry.artifactsignatures import ArtifactSignatures
        from webhook.clients.registry.client import RegistryClient
        from webhook.clients.registry.credentials import FileKeychain
        from webhook.clients.registry.listings import Listings
        from webhook.clients.registry.locations import Locations
        from webhook.clients.registry.options import AttachmentOptions
        from webhook.clients.registry.providers import ProviderKeychain
        from webhook.clients.registry.signatures import read_public_key

        settings = self.settings
        keychains = (FileKeychain(), ProviderKeychain(settings.providers, settings.environment, self.clock))
        options = replace(settings.registry, max_blob_bytes=rule.max_bytes)
        client = RegistryClient(options, keychains, self.clock)
        signatures = None
        if rule.public_key_file is not None:
            listings = Listings(client, AttachmentOptions(), self.clock)
            signatures = ArtifactSignatures(client, listings, read_public_key(rule.public_key_file.expanduser()))
        return ArtifactFeed(rule, client, Locations(settings.registries, options), self.clock, signatures)

    @cached_property
    def _exchange(self) -> Exchange:
        from webhook.clients.feeds import LIMITS
        from webhook.clients.http.exchange import Exchange

        return Exchange(LIMITS, self.clock)

    @property
    def words(self) -> Mapping[str, Mapping[str, Decimal]]:
        """The scores of severity words, by name of the source."""
        from webhook.policy.severitywords import severity_words

        return {rule.name: severity_words(rule.severity_words) for rule in self.settings.sources or ()}

    def asks_about(self, purl: Purl) -> bool:
        """Whether OSS Index is asked, and covers a component."""
        return purl.is_covered and self.asks

    def covers(self, purl: Purl) -> bool:
        """Whether one of them covers a component."""
        if self.asks_about(purl):
            return True
        if not self.matches:
            return False
        from webhook.policy.advisorykeys import covers

        return covers(purl, {name for rule in self.settings.sources or () for name in rule.ecosystems})
