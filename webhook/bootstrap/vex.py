"""VEX: whose documents count, as the settings say, and who takes them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from webhook.model.policies import LocalRule
from webhook.model.vex import VexOriginKind
from webhook.policy.imagenames import parse_pattern
from webhook.policy.vex import VexIndex
from webhook.policy.vextrust import TrustedVex, VexTrust
from webhook.settings import Settings

if TYPE_CHECKING:
    from webhook.clients.registry.signatures import PublicKey
    from webhook.clients.vex.source import VexFiles
    from webhook.engines.vexintake import VexIntake
    from webhook.model.images import Digest
    from webhook.model.vex import VexLook
    from webhook.ports import Clock
    from webhook.store.repositories import Store


@dataclass
class Vex:
    """VEX documents, as the settings have them.

    Attributes:
        settings: all settings.
        clock: time.
        store: the database.
    """

    settings: Settings
    clock: Clock
    store: Store

    @cached_property
    def keys(self) -> Mapping[Path, PublicKey]:
        """The keys of signers that count, by their files.

        Raises:
            ConfigError: one cannot be read.
        """
        paths = [rule.signer for rule in self.settings.vex.trust if rule.signer is not None]
        if not paths:
            return {}
        from webhook.clients.registry.signatures import read_public_key

        return {path: read_public_key(path) for path in paths}

    @cached_property
    def trust(self) -> VexTrust:
        """Whose documents count, and where.

        Raises:
            ConfigError: a key cannot be read.
        """
        options = self.settings.vex
        entries = []
        for rule in options.trust:
            kind, name, label = VexOriginKind.SOURCE, rule.source, rule.source
            if rule.signer is not None:
                key = self.keys[rule.signer]
                kind, name, label = VexOriginKind.ATTESTATION, key.fingerprint, key.name
            entries.append(TrustedVex(kind, name, label, rule.namespaces, tuple(map(parse_pattern, rule.images))))
        # What people of a member hand in would loosen past its hub.
        takes_added = self.settings.policy.local_rule is not LocalRule.TIGHTENS
        return VexTrust(tuple(entries), options.allow_unversioned, takes_added)

    @cached_property
    def sources(self) -> Sequence[VexFiles]:
        """The sources of documents."""
        from webhook.clients.http.exchange import Exchange
        from webhook.clients.osv.options import VEX
        from webhook.clients.vex.source import LIMITS, VexFiles

        rules = [rule for rule in self.settings.sources or () if rule.kind == VEX]
        exchange = Exchange(LIMITS, self.clock)
        return [VexFiles(rule, exchange, self.clock) for rule in rules]

    @cached_property
    def unscheduled(self) -> frozenset[str]:
        """The sources of documents that have no interval."""
        rules = self.settings.sources or ()
        return frozenset(rule.name for rule in rules if rule.kind == "vex" and rule.every_hours is None)

    @cached_property
    def has_sources(self) -> bool:
        """Whether there is a source of documents."""
        return any(rule.kind == "vex" for rule in self.settings.sources or ())

    def intake(self) -> VexIntake:
        """Takes documents in."""
        from webhook.engines.vexintake import VexIntake

        by_two = self.settings.requests.required
        return VexIntake(self.store.vex, self.sources, self.clock, by_two=by_two, cursors=self.store.cursors)

    def keep_attached(self, digest: Digest, place: str, look: VexLook) -> None:
        """Keep the documents that are attached to an image.

        Raises:
            StoreError: nothing was changed.
        """
        self.intake().attached(str(digest), place, look)

    def index(self) -> VexIndex:
        """What the documents of the database state now.

        Raises:
            StoreError: the database does not answer.
        """
        return VexIndex(self.trust, self.store.vex.find())
