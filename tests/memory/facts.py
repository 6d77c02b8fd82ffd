"""The rows of the store in memory; each port of the fake is a view of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tests.copies import replace
from webhook.model.assessments import Assessment, StoredType
from webhook.model.changes import StoredSbom
from webhook.model.components import ComponentState, Sbom
from webhook.model.images import Digest
from webhook.model.leases import Lease
from webhook.model.looks import Departure, LookRecord, Presence
from webhook.model.purls import Purl
from webhook.model.records import (
    RunRecord,
    Sighting,
)
from webhook.model.vulnerabilities import Vulnerability
from webhook.ports import Clock


@dataclass
class Component:
    id: int
    purl: Purl
    state: ComponentState
    answered_at: int = 0
    asked_at: int = 0
    findings: tuple[str, ...] = ()
    revision: int = 0

    def asked_after(self, moment: dt.datetime) -> bool:
        return max(self.answered_at, self.asked_at) > int(moment.timestamp())


@dataclass
class StoredDocument:
    stored: StoredSbom
    sbom: Sbom
    added_at: dt.datetime
    revision: int


@dataclass
class Facts:
    """All rows; each port of the fake is a view of them."""

    clock: Clock
    identity: str
    revision: int = 0
    components: dict[Purl, Component] = field(default_factory=dict)
    sboms: dict[tuple[Digest, str], StoredDocument] = field(default_factory=dict)
    found: dict[Digest, list[Presence]] = field(default_factory=dict)
    seen_at: dict[tuple[Digest, tuple[str, str, str]], dt.datetime] = field(default_factory=dict)
    looks: dict[Digest, dict[str, tuple[LookRecord, int]]] = field(default_factory=dict)
    departures: list[tuple[Departure, int]] = field(default_factory=list)
    removed_images: list[tuple[Digest, int]] = field(default_factory=list)
    tags: dict[str, tuple[Digest, int]] = field(default_factory=dict)
    sightings: dict[tuple[str, Digest | None], Sighting] = field(default_factory=dict)
    vulnerabilities: dict[str, tuple[Vulnerability, dt.datetime, int]] = field(default_factory=dict)
    pairs: dict[tuple[str, str], Decimal | None] = field(default_factory=dict)
    spellings: dict[Purl, dict[Purl, int]] = field(default_factory=dict)
    forms: dict[tuple[Purl, Purl], int] = field(default_factory=dict)
    assessments: list[Assessment] = field(default_factory=list)
    types: dict[str, tuple[StoredType, int]] = field(default_factory=dict)
    runs: list[RunRecord] = field(default_factory=list)
    lease: Lease | None = None
    fence: int = 1

    def holds(self, lease: Lease) -> bool:
        held = self.lease
        if held is None or self.clock.now() >= held.until:
            return False
        return (held.holder, held.fence) == (lease.holder, lease.fence)

    def component(self, purl: Purl) -> Component:
        if purl not in self.components:
            state = ComponentState.UNKNOWN if purl.is_covered else ComponentState.NOT_COVERED
            self.components[purl] = Component(len(self.components), purl, state, revision=self.revision)
        return self.components[purl]

    def append(self, records: Sequence[Assessment]) -> None:
        for record in records:
            sequence = len(self.assessments) + 1
            self.assessments.append(replace(record, revision=self.revision, sequence=sequence))

    def repeats_group(self, purl: Purl) -> bool:
        return purl.type == "maven" and purl.namespace == purl.name

    def told(self) -> frozenset[str]:
        return frozenset(package for _, package in self.pairs)

    def names(self, digest: Digest) -> tuple[str, ...]:
        return tuple(sorted(name for name, (target, _) in self.tags.items() if target == digest))

    def images(self) -> dict[Digest, set[int]]:
        found: dict[Digest, set[int]] = {}
        for (digest, _), row in self.sboms.items():
            found.setdefault(digest, set()).update(row.stored.component_ids)
        return found
