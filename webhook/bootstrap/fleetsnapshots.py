"""Snapshots of a hub: joins what exports and imports them, as a file or by way of a registry."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from webhook.bootstrap.parts import Parts
from webhook.clients.hub.keys import HubKeys, HubSigner
from webhook.engines.fleet.importing import DocumentTaker
from webhook.engines.fleet.members import hash_token
from webhook.engines.fleet.publishing import all_types
from webhook.errors import InvalidInput
from webhook.policy.fleetdocuments import decode, decode_bodies, encode

if TYPE_CHECKING:
    from webhook.clients.hub.artifacts import FleetArtifact
    from webhook.engines.matching.updates import SetUpdate
    from webhook.model.downloads import DownloadReport


_MOST_REPORTS, _MOST_REPORT_BYTES = 500_000, 160 * 1024 * 1024
"""Of a snapshot; its rest has room in what a member unpacks."""
_AT_ONCE = 1000


class Exported(NamedTuple):
    """A snapshot as it leaves the hub.

    Attributes:
        document: its bytes.
        reports: how many answers of OSS Index it has.
        is_whole: whether these are all that the hub has.
    """

    document: bytes
    reports: int
    is_whole: bool


def taker(parts: Parts, refused: Callable[[], None] = lambda: None) -> DocumentTaker:
    """Verifies documents of the hub, and takes them over.

    Raises:
        ConfigError: a key cannot be read, or none is named.
    """
    options = parts.settings.hub_client
    options.check()
    own = hash_token(options.token) if options.token else ""
    return DocumentTaker(parts.store.following, HubKeys(options.hub_keys).verify, parts.clock, own, refused)


def exported(parts: Parts, key: Path, cluster: str = "") -> Exported:
    """A signed snapshot of this hub, with its sets and with what OSS Index said.

    Args:
        parts: of the process.
        key: of the hub.
        cluster: the member that it is for, with what was decided for it alone; empty: for all.

    Raises:
        InvalidInput: there is no such member.
        ConfigError: the key cannot be used.
        StoreError: the store does not answer.
    """
    from webhook.clients.ossindex.forms import asked_by_key
    from webhook.engines.fleet.offering import SetOffers

    signer, feed, now = HubSigner(key), parts.store.hub_feed, parts.clock.now()
    feed.keep_types(all_types(parts.rules_now()), now)
    offers = SetOffers(parts.store.fleet_sets)
    found = [(offer, body) for offer in offers.listed() if (body := offers.body(offer.digest)) is not None]
    reports, is_whole = parts.store.fleet_reports.answers(asked_by_key, _MOST_REPORTS, _MOST_REPORT_BYTES)
    content = msgspec.structs.replace(
        feed.snapshot(now, cluster),
        sets=tuple(offer for offer, _ in found),
        reports=tuple(reports),
        addressee=member_hash(parts, cluster) if cluster else "",
    )
    return Exported(encode(content, signer.sign, [body for _, body in found]), len(reports), is_whole)


def member_hash(parts: Parts, name: str) -> str:
    """The hash of the token of a member.

    Raises:
        InvalidInput: there is no such member.
        StoreError: the store does not answer.
    """
    tokens = {member: token_hash for token_hash, member in parts.store.fleet_members.tokens().items()}
    if name not in tokens:
        known = ", ".join(sorted(tokens)) or "none"
        raise InvalidInput(f"There is no member {name[:80]!r}.", remedy=f"The members are: {known[:1000]}.")
    return tokens[name]


def take_sets(parts: Parts, document: bytes) -> Sequence[SetUpdate]:
    """Bring the sets of a member up to date with those of a snapshot, and match its components with them.

    Only sets that the member's settings take from the hub are.

    Args:
        parts: of the process.
        document: a snapshot that was taken over.

    Raises:
        ConfigError: a setting cannot work.
        DocumentRefused: bodies are missing.
        StoreError: the database does not answer; what was written before stays.
    """
    from webhook.clients.hub.sets import ImportedLibrary

    verify = HubKeys(parts.settings.hub_client.hub_keys).verify
    content = decode(document, verify)
    rules = [rule for rule in parts.settings.sources or () if rule.hub_source]
    if not content.sets or not rules:
        return ()
    parts.sources.imported = ImportedLibrary(content.sets, decode_bodies(document, content, verify))
    names: Collection[str] = {rule.name for rule in rules}
    updates = parts.exploits.update(names)
    report = parts.matcher.update(names)
    parts.exploits.refresh()
    return (*report.updates, *updates)


def take_reports(parts: Parts, document: bytes) -> DownloadReport | None:
    """Take over what OSS Index said of this member's components, as far as a snapshot tells it.

    An older answer than the member has changes nothing, and what the snapshot lacks stays as it is.

    Args:
        parts: of the process.
        document: a snapshot that was taken over.

    Returns:
        What was recorded; None where nothing was to be asked for.

    Raises:
        ConfigError: a setting cannot work.
        DownloadRunningError: a run of the downloader is going on.
        StoreError: the database does not answer; what was written before stays.
    """
    content = decode(document, HubKeys(parts.settings.hub_client.hub_keys).verify)
    if not content.reports or not parts.sources.asks:
        return None
    from webhook.clients.hub.reports import ImportedReports
    from webhook.engines.downloading.aside import aside
    from webhook.model.downloads import WantedComponent
    from webhook.model.purls import Purl

    pending, chosen = parts.store.fleet_pending, dict[Purl, None]()
    coordinates = [str(report.coordinates) for report in content.reports]
    for start in range(0, len(coordinates), _AT_ONCE):
        chosen |= dict.fromkeys(pending.components(coordinates[start : start + _AT_ONCE]))
    if not chosen:
        return None
    downloader = replace(parts.downloader(), source=ImportedReports(content.reports, parts.clock))
    wanted = [WantedComponent(purl, never_asked=False, seen=True, images=0) for purl in chosen]
    return aside(downloader, wanted).run()


def pushed(parts: Parts, name: str, document: bytes) -> str:
    """Push a snapshot to a registry, with the credentials of the settings; where it is then.

    Raises:
        InvalidInput: the name cannot be read.
        SourceError: the registry did not answer, or refused to.
    """
    return _artifact(parts, name).push(document)


def pulled(parts: Parts, name: str) -> bytes:
    """Pull a snapshot from a registry, with the credentials of the settings.

    Raises:
        InvalidInput: the name cannot be read.
        SourceError: there is none, or the registry did not answer.
    """
    return _artifact(parts, name).pull()


def _artifact(parts: Parts, name: str) -> FleetArtifact:
    from webhook.clients.hub.artifacts import MOST_BYTES, FleetArtifact
    from webhook.clients.registry.client import RegistryClient
    from webhook.clients.registry.credentials import FileKeychain
    from webhook.clients.registry.locations import Locations
    from webhook.clients.registry.providers import ProviderKeychain

    settings = parts.settings
    options = replace(settings.registry, max_blob_bytes=MOST_BYTES)
    keychains = (FileKeychain(), ProviderKeychain(settings.providers, settings.environment, parts.clock))
    client = RegistryClient(options, keychains, parts.clock)
    return FleetArtifact(name, client, Locations(settings.registries, options), parts.clock)
