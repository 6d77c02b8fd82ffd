"""SBOMs, tags, sightings, and what read models are told."""

from __future__ import annotations

import datetime as dt
from array import array
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from tests.copies import replace
from tests.memory.facts import Facts, StoredDocument
from webhook.model.bases import Base
from webhook.model.changes import START, UINT32, Changes, Position, StoredSbom
from webhook.model.components import ComponentState, Sbom, SkipReason
from webhook.model.images import Digest, ImageRef
from webhook.model.looks import Departure, Look, LookRecord, Presence, StoredLook, kept_origin
from webhook.model.purls import Purl
from webhook.model.records import (
    AdmittedImage,
    ControllerAccount,
    SbomRecord,
    Sighting,
)
from webhook.policy.admissions import later
from webhook.policy.presence import added, adopted, can_remove, gone, kept_trouble, most_trusted, seen


class MemoryHotStart:
    """Keeps the last saved model in ``saved``."""

    def __init__(self) -> None:
        self.saved: Base | None = None

    def load(self) -> Base | None:
        return self.saved

    def position(self) -> Position | None:
        return None if self.saved is None else self.saved.position

    def save(self, base: Base) -> bool:
        self.saved = base
        return True


class MemoryFeed:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def position(self) -> Position:
        return Position(self._facts.identity, self._facts.revision, self._mark(self._facts.revision))

    def size(self) -> int:
        return len(self._facts.components)

    def _mark(self, revision: int) -> str:
        return f"{self._facts.identity[:8]}-{revision}"

    def component_ids(self, purls: Sequence[Purl]) -> Mapping[Purl, int]:
        return {purl: self._facts.components[purl].id for purl in purls if purl in self._facts.components}

    def changes(self, since: Position = START) -> Changes:
        facts, position = self._facts, self.position()
        complete = since.revision == 0 or not position.continues(since) or since.mark != self._mark(since.revision)
        after = -1 if complete else since.revision
        changed = [component for component in facts.components.values() if component.revision > after]
        vulnerable = [component for component in changed if component.state == ComponentState.VULNERABLE]
        doubtful = {component.id: component.purl for component in changed if facts.repeats_group(component.purl)}
        return Changes(
            position=position,
            complete=complete,
            component_ids=array(UINT32, [component.id for component in changed]),
            states=bytes(component.state for component in changed),
            answered_at=array(UINT32, [component.answered_at for component in changed]),
            checked_at=None if since == position and since.revision > 0 else {},
            purls={component.id: component.purl for component in vulnerable},
            findings={component.id: component.findings for component in vulnerable},
            vulnerabilities=tuple(
                replace(known, description="")
                for _, (known, _, revision) in sorted(facts.vulnerabilities.items())
                if revision > after
            ),
            assessments=tuple(assessment for assessment in facts.assessments if assessment.revision > after),
            types=tuple(stored for _, (stored, revision) in sorted(facts.types.items()) if revision > after),
            removed=tuple(
                (departure.digest, departure.document_digest)
                for departure, at in facts.departures
                if not complete and at > after
            ),
            looks=tuple(
                StoredLook(digest, origin, record.trouble)
                for digest, looks in facts.looks.items()
                for origin, (record, revision) in looks.items()
                if revision > after
            ),
            sboms=tuple(row.stored for row in facts.sboms.values() if row.revision > after),
            tags={name: digest for name, (digest, revision) in facts.tags.items() if revision > after},
            doubtful=doubtful,
            told=frozenset(purl.package for purl in doubtful.values()) & facts.told(),
            removed_images=tuple(
                dict.fromkeys(digest for digest, at in facts.removed_images if not complete and at > after)
            ),
        )


class MemorySboms:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def add(self, digest: Digest, sbom: Sbom, *, place: str, image: ImageRef | None = None) -> StoredSbom:
        facts, revision = self._facts, self._facts.revision
        facts.revision += 1
        origin = kept_origin(place, "" if image is None else image.name)
        found = Presence(sbom.document_digest, place, origin, sbom.coverage)
        changed = self._find(digest, sbom, added(found, facts.found.get(digest, [])))
        changed = self._settle(digest, {sbom.document_digest}) or changed
        if not (self._point(image, digest) or changed):
            facts.revision = revision
        return facts.sboms[digest, sbom.document_digest].stored

    def record(self, digest: Digest, look: Look, *, image: ImageRef | None = None) -> Sequence[Departure]:
        facts, revision, now = self._facts, self._facts.revision, self._facts.clock.now()
        before, changed = list(facts.found.get(digest, [])), False
        if not before and not any(look.found.values()):
            return ()
        facts.revision += 1
        renamed = adopted(before, look)
        facts.found[digest] = [presence for presence in before if presence not in renamed]
        sboms = [sbom for documents_there in look.found.values() for sbom in documents_there]
        for sbom, presence in zip(sboms, seen(look), strict=True):
            changed |= self._find(digest, sbom, presence)
        newer = {
            presence.key
            for presence in before
            if look.begun is not None and facts.seen_at[digest, presence.key] > look.begun
        }
        left, documents = gone(before, look, newer), {sbom.document_digest for sbom in sboms}
        changed |= self._leave(digest, left, documents, look.author, "gone from its place")
        known = facts.looks.get(digest, {}).get(look.origin)
        if facts.found.get(digest):
            trouble = kept_trouble(look, *((None, None) if known is None else (known[0].trouble, known[0].at)))
            is_news = known is None or known[0].trouble != trouble
            at = facts.revision if is_news or known is None else known[1]
            facts.looks.setdefault(digest, {})[look.origin] = (LookRecord(look.origin, now, trouble), at)
            changed |= is_news
        if not (self._point(image, digest) or changed):
            facts.revision = revision
        return [departure for departure, _ in facts.departures[len(facts.departures) - len(left) :]] if left else []

    def remove(
        self, digest: Digest, *, document: str | None = None, author: str, why: str = ""
    ) -> tuple[Sequence[Departure], Sequence[Departure]]:
        facts, now = self._facts, self._facts.clock.now()
        mine = [presence for presence in facts.found.get(digest, []) if document in (None, presence.document_digest)]
        left = [presence for presence in mine if can_remove(presence)]
        if left:
            facts.revision += 1
            self._leave(digest, left, set(), author, why or "taken out")
        stays = [presence for presence in mine if presence not in left]
        gone = [departure for departure, _ in facts.departures[len(facts.departures) - len(left) :]] if left else []
        return gone, [Departure(digest, *stay.key, now, author, "") for stay in stays]

    def looks(self, digests: Sequence[Digest]) -> Mapping[Digest, Sequence[LookRecord]]:
        looks = self._facts.looks
        return {digest: [record for record, _ in looks[digest].values()] for digest in digests if digest in looks}

    def departures(self, digest: Digest | None = None) -> Sequence[Departure]:
        return [departure for departure, _ in reversed(self._facts.departures) if digest in (None, departure.digest)]

    def _find(self, digest: Digest, sbom: Sbom, found: Presence) -> bool:
        """Note a document in a place; whether it is new."""
        facts, key = self._facts, (digest, sbom.document_digest)
        rest = [presence for presence in facts.found.get(digest, []) if presence.key != found.key]
        facts.found[digest] = [*rest, found]
        facts.seen_at[digest, found.key] = facts.clock.now()
        if key in facts.sboms:
            return False
        known = set(facts.components)
        ids = sorted({facts.component(purl).id for purl in sbom.components})
        for purl in sbom.components:
            self._note_spellings(purl, sbom.spellings.get(purl), existed=purl in known)
        skipped: dict[SkipReason, int] = dict(Counter(skipped.reason for skipped in sbom.skipped))
        stored = StoredSbom(
            digest,
            sbom.document_digest,
            array(UINT32, ids),
            skipped,
            found.place,
            sbom.format,
            sbom.coverage,
            sbom.not_in_image,
        )
        facts.sboms[key] = StoredDocument(stored, sbom, facts.clock.now(), facts.revision)
        return True

    def _leave(self, digest: Digest, left: Sequence[Presence], also: set[str], author: str, why: str) -> bool:
        facts, now = self._facts, self._facts.clock.now()
        facts.found[digest] = [presence for presence in facts.found.get(digest, []) if presence not in left]
        changed = self._settle(digest, {presence.document_digest for presence in left} | also)
        counting = {presence.document_digest for presence in facts.found[digest]}
        for presence in left:
            revision = 0 if presence.document_digest in counting else facts.revision
            facts.departures.append((Departure(digest, *presence.key, now, author, why), revision))
        if not facts.found[digest] and facts.looks.pop(digest, None) is not None:
            facts.removed_images.append((digest, facts.revision))
            changed = True
        return changed

    def _settle(self, digest: Digest, documents: set[str]) -> bool:
        facts, changed = self._facts, False
        for document in documents:
            kept, key = most_trusted(document, facts.found.get(digest, [])), (digest, document)
            if kept is None:
                changed |= facts.sboms.pop(key, None) is not None
                continue
            row = facts.sboms[key]
            if (row.stored.place, row.stored.coverage) != kept:
                renewed = replace(row.stored, place=kept[0], coverage=kept[1])
                facts.sboms[key] = replace(row, stored=renewed, revision=facts.revision)
                changed = True
        return changed

    def _point(self, image: ImageRef | None, digest: Digest) -> bool:
        facts = self._facts
        if image is None or not image.tag or facts.tags.get(image.tagged, ("", 0))[0] == digest:
            return False
        facts.tags[image.tagged] = (digest, facts.revision)
        return True

    def _note_spellings(self, purl: Purl, written: Sequence[Purl] | None, *, existed: bool) -> None:
        facts = self._facts
        known = facts.spellings.get(purl)
        if written is None and known is None:
            return
        wanted = [*(written or (purl,)), *([purl] if known is None and existed else [])]
        fresh = [character for character in dict.fromkeys(wanted) if character not in (known or {})]
        row, there = facts.component(purl), facts.spellings.setdefault(purl, {})
        if row.state == ComponentState.VULNERABLE:
            fresh = fresh[: max(0, 8 - len(there))]
        there.update(dict.fromkeys(fresh, facts.revision))
        for dropped in sorted(there, key=lambda purl: (there[purl], purl))[: max(0, len(there) - 8)]:
            del there[dropped]
        if row.state == ComponentState.CLEAN and any((purl, other_purl) not in facts.forms for other_purl in fresh):
            row.state, row.answered_at, row.asked_at = ComponentState.UNKNOWN, 0, 0
            row.revision = facts.revision

    def point(self, image: ImageRef, digest: Digest) -> None:
        facts = self._facts
        if image.tag and facts.tags.get(image.tagged, ("", 0))[0] != digest:
            facts.revision += 1
            facts.tags[image.tagged] = (digest, facts.revision)

    def list(self) -> Sequence[SbomRecord]:
        return [self._record(row) for row in reversed(self._facts.sboms.values())]

    def show(self, digest: Digest) -> Sequence[SbomRecord]:
        rows = [row for row in reversed(self._facts.sboms.values()) if row.stored.digest == digest]
        by_id = {component.id: component for component in self._facts.components.values()}
        return [
            replace(
                self._record(row),
                contents=tuple(
                    sorted((by_id[number].purl, by_id[number].state) for number in row.stored.component_ids)
                ),
                skipped_components=row.sbom.skipped[:200],
                guessed=frozenset(
                    component.purl
                    for component in map(by_id.__getitem__, row.stored.component_ids)
                    if component.state == ComponentState.CLEAN
                    and self._facts.repeats_group(component.purl)
                    and component.purl.package not in self._facts.told()
                ),
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
            sbom.reader,
            bool(sbom.document),
            not_in_image=sbom.not_in_image,
        )


class MemoryAdmissions:
    def __init__(self) -> None:
        self.noted: dict[tuple[str, str, Digest], AdmittedImage] = {}

    def record(self, images: Sequence[AdmittedImage]) -> None:
        for image in images:
            key = (image.uid, image.name, image.digest)
            self.noted[key] = later(self.noted.get(key, image), image)

    def find(self, uids: Collection[str], names: Collection[str]) -> Sequence[AdmittedImage]:
        there = (image for image in self.noted.values() if image.uid in uids and image.name in names)
        return sorted(there, key=lambda image: (image.at, image.digest))

    def prune(self, before: dt.datetime) -> int:
        old = [key for key, image in self.noted.items() if image.at < before]
        for key in old:
            del self.noted[key]
        return len(old)


class MemoryAccounts:
    def __init__(self) -> None:
        self.seen: dict[str, ControllerAccount] = {}

    def record(self, accounts: Sequence[ControllerAccount]) -> None:
        for account in accounts:
            self.seen[account.user] = max(account, self.seen.get(account.user, account), key=lambda account: account.at)
        if accounts:
            oldest = max(account.at for account in accounts) - dt.timedelta(days=30)
            self.seen = {user: account for user, account in self.seen.items() if account.at >= oldest}

    def list(self) -> Sequence[ControllerAccount]:
        return sorted(self.seen.values(), key=lambda account: (-account.at.timestamp(), account.user))[:100]


class MemoryCursors:
    def __init__(self) -> None:
        self.positions: dict[str, int] = {}

    def position(self, name: str) -> int | None:
        return self.positions.get(name)

    def advance(self, name: str, position: int) -> None:
        self.positions[name] = max(position, self.positions.get(name, position))


class MemorySightings:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def record(self, sightings: Sequence[Sighting]) -> None:
        self._facts.sightings.update({(sighting.name, sighting.digest): sighting for sighting in sightings})
