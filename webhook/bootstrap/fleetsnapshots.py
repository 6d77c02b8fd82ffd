"""Snapshots of a hub: joins what exports and imports them, as a file or by way of a registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from webhook.bootstrap.parts import Parts
from webhook.clients.hub.keys import HubKeys, HubSigner
from webhook.engines.fleet.importing import DocumentTaker
from webhook.engines.fleet.publishing import all_types
from webhook.policy.fleetdocuments import encode

if TYPE_CHECKING:
    from webhook.clients.hub.artifacts import FleetArtifact


def taker(parts: Parts, refused: Callable[[], None] = lambda: None) -> DocumentTaker:
    """Verifies documents of the hub, and takes them over.

    Raises:
        ConfigError: a key cannot be read, or none is named.
    """
    options = parts.settings.hub_client
    options.check()
    return DocumentTaker(parts.store.following, HubKeys(options.hub_keys).verify, parts.clock, refused)


def exported(parts: Parts, key: Path) -> bytes:
    """A signed snapshot of this hub.

    Args:
        parts: of the process.
        key: of the hub.

    Raises:
        ConfigError: the key cannot be used.
        StoreError: the store does not answer.
    """
    signer, feed, now = HubSigner(key), parts.store.hub_feed, parts.clock.now()
    feed.keep_types(all_types(parts.rules_now()), now)
    return encode(feed.snapshot(now), signer.sign)


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
