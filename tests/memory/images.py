"""SBOMs, tags, sightings, and what read models are told."""

from __future__ import annotations

import datetime as dt
from array import array
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from tests.memory.facts import Facts, StoredDocument
from webhook.model.changes import START, UINT32, Changes, Position, StoredSbom
from webhook.model.components import ComponentState, Sbom, SkipReason
from webhook.model.images import Digest, ImageRef
from webhook.model.places import kept_finding
from webhook.model.purls import Purl
from webhook.model.records import (
    AdmittedImage,
    ControllerAccount,
    SbomRecord,
    Sighting,
)


class MemoryHotStart:
    """Keeps the last saved model in ``saved``."""

    def __init__(self) -> None:
        self.saved: Changes | None = None

    def load(self) -> Changes | None:
        return self.saved

    def save(self, changes: Changes) -> None:
        self.saved = replace(changes, complete=True)


class MemoryFeed:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def position(self) -> Position:
        return Position(self._facts.identity, self._facts.revision, self._mark(self._facts.revision))

    def _mark(self, revision: int) -> str:
        return f"{self._facts.identity[:8]}-{revision}"

    def changes(self, since: Position = START) -> Changes:
        facts, position = self._facts, self.position()
        complete = since.revision == 0 or not position.continues(since) or since.mark != self._mark(since.revision)
        after = -1 if complete else since.revision
        changed = [one for one in facts.components.values() if one.revision > after]
        vulnerable = [one for one in changed if one.state == ComponentState.VULNERABLE]
        return Changes(
            position=position,
            complete=complete,
            component_ids=array(UINT32, [one.id for one in changed]),
            states=bytes(one.state for one in changed),
            answered_at=array(UINT32, [one.answered_at for one in changed]),
            purls={one.id: one.purl for one in vulnerable},
            findings={one.id: one.findings for one in vulnerable},
            vulnerabilities=tuple(
                replace(known, description="")
                for _, (known, _, revision) in sorted(facts.vulnerabilities.items())
                if revision > after
            ),
            assessments=tuple(one for one in facts.assessments if one.revision > after),
            types=tuple(one for _, (one, revision) in sorted(facts.types.items()) if revision > after),
            sboms=tuple(row.stored for row in facts.sboms.values() if row.revision > after),
            tags={name: digest for name, (digest, revision) in facts.tags.items() if revision > after},
        )


class MemorySboms:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def add_all(self, digest: Digest, found: Sequence[Sbom], *, place: str, image: ImageRef | None = None) -> None:
        for sbom in found:
            self.add(digest, sbom, place=place, image=image)

    def add(self, digest: Digest, sbom: Sbom, *, place: str, image: ImageRef | None = None) -> StoredSbom:
        facts, key = self._facts, (digest, sbom.document_digest)
        tag = image.tagged if image is not None and image.tag else None
        moved = tag is not None and facts.tags.get(tag, ("", 0))[0] != digest
        stored = facts.sboms[key].stored if key in facts.sboms else None
        known = None if stored is None else (stored.place, stored.coverage)
        kept = None if known is None else kept_finding(known, (place, sbom.coverage))
        better = kept != known
        if key in facts.sboms and not moved and not better:
            return facts.sboms[key].stored
        facts.revision += 1
        if kept is not None and better:
            row = facts.sboms[key]
            renewed = replace(row.stored, place=kept[0], coverage=kept[1])
            facts.sboms[key] = replace(row, stored=renewed, revision=facts.revision)
        if tag is not None and moved:
            facts.tags[tag] = (digest, facts.revision)
        if key not in facts.sboms:
            before = set(facts.components)
            ids = sorted({facts.component(purl).id for purl in sbom.components})
            for purl in sbom.components:
                self._note_spellings(purl, sbom.spellings.get(purl), existed=purl in before)
            skipped: dict[SkipReason, int] = dict(Counter(one.reason for one in sbom.skipped))
            stored = StoredSbom(
                digest, sbom.document_digest, array(UINT32, ids), skipped, place, sbom.format, sbom.coverage
            )
            facts.sboms[key] = StoredDocument(stored, sbom, facts.clock.now(), facts.revision)
        return facts.sboms[key].stored

    def _note_spellings(self, purl: Purl, written: Sequence[Purl] | None, *, existed: bool) -> None:
        facts = self._facts
        known = facts.spellings.get(purl)
        if written is None and known is None:
            return
        wanted = [*(written or (purl,)), *([purl] if known is None and existed else [])]
        fresh = [one for one in dict.fromkeys(wanted) if one not in (known or {})]
        row, there = facts.component(purl), facts.spellings.setdefault(purl, {})
        if row.state == ComponentState.VULNERABLE:
            fresh = fresh[: max(0, 8 - len(there))]
        there.update(dict.fromkeys(fresh, facts.revision))
        for gone in sorted(there, key=lambda one: (there[one], one))[: max(0, len(there) - 8)]:
            del there[gone]
        if row.state == ComponentState.CLEAN and any((purl, one) not in facts.forms for one in fresh):
            row.state, row.answered_at, row.asked_at = ComponentState.UNKNOWN, 0, 0
            row.revision = facts.revision

    def point(self, image: ImageRef, digest: Digest) -> None:
        facts = self._facts
        if image.tag and facts.tags.get(image.tagged, ("", 0))[0] != digest:
            facts.revision += 1
            facts.tags[image.tagged] = (digest, facts.revision)

    def component_ids(self, purls: Sequence[Purl]) -> Mapping[Purl, int]:
        return {purl: self._facts.components[purl].id for purl in purls if purl in self._facts.components}

    def list(self) -> Sequence[SbomRecord]:
        return [self._record(row) for row in reversed(self._facts.sboms.values())]

    def show(self, digest: Digest) -> Sequence[SbomRecord]:
        rows = [row for row in reversed(self._facts.sboms.values()) if row.stored.digest == digest]
        by_id = {one.id: one for one in self._facts.components.values()}
        return [
            replace(
                self._record(row),
                contents=tuple(sorted((by_id[one].purl, by_id[one].state) for one in row.stored.component_ids)),
                skipped_components=row.sbom.skipped[:200],
            )
            for row in rows
        ]

    def _record(self, row: StoredDocument) -> SbomRecord:
        sbom, stored = row.sbom, row.stored
        return SbomRecord(
            stored.digest,
            self._facts.names(stored.digest),
            stored.document_digest,
            sbom.format,
            sbom.version,
            sbom.tool,
            stored.place,
            row.added_at,
            len(stored.component_ids),
            {reason.value: count for reason, count in stored.skipped.items()},
        )


class MemoryAdmissions:
    def __init__(self) -> None:
        self.noted: dict[tuple[str, str, Digest], AdmittedImage] = {}

    def record(self, images: Sequence[AdmittedImage]) -> None:
        for one in images:
            key = (one.uid, one.name, one.digest)
            self.noted[key] = max(one, self.noted.get(key, one), key=lambda one: one.at)

    def find(self, uids: Collection[str], names: Collection[str]) -> Sequence[AdmittedImage]:
        there = (one for one in self.noted.values() if one.uid in uids and one.name in names)
        return sorted(there, key=lambda one: (one.at, one.digest))

    def prune(self, before: dt.datetime) -> int:
        old = [key for key, one in self.noted.items() if one.at < before]
        for key in old:
            del self.noted[key]
        return len(old)


class MemoryAccounts:
    def __init__(self) -> None:
        self.seen: dict[str, ControllerAccount] = {}

    def record(self, accounts: Sequence[ControllerAccount]) -> None:
        for one in accounts:
            self.seen[one.user] = max(one, self.seen.get(one.user, one), key=lambda one: one.at)
        if accounts:
            oldest = max(one.at for one in accounts) - dt.timedelta(days=30)
            self.seen = {user: one for user, one in self.seen.items() if one.at >= oldest}

    def list(self) -> Sequence[ControllerAccount]:
        return sorted(self.seen.values(), key=lambda one: (-one.at.timestamp(), one.user))[:100]


class MemorySightings:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def record(self, sightings: Sequence[Sighting]) -> None:
        self._facts.sightings.update({(one.name, one.digest): one for one in sightings})
