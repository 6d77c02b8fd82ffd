"""The read model: all that a decision needs, in memory, in a shape that costs little to hold and to walk.

Components are dense integers. One byte each says their state, four say when a source that is asked last answered, and
one names the ecosystem whose advisories are about them, which were all checked at one time; only vulnerable ones have
objects. An image is an array of component numbers. A decision maps the image's numbers over the state bytes, so its
cost depends on the image and not on how many components there are.
"""

from __future__ import annotations

import datetime as dt
import threading
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from msgspec import structs

from webhook.model.bases import Base, ComponentFindings
from webhook.model.changes import START, UINT32, Changes, ImageFacts, KnownAnswers, VulnerableComponent
from webhook.model.components import ComponentState
from webhook.model.imagesboms import ImageSboms, Looks
from webhook.model.overlays import Overlay
from webhook.model.platforms import Coverage
from webhook.policy.matching import AssessmentIndex
from webhook.policy.vex import NO_TRUST, VexIndex, VexTrust

if TYPE_CHECKING:
    import mmap

    from webhook.model.assessments import StoredType
    from webhook.model.images import Digest
    from webhook.model.purls import Purl
    from webhook.model.vex import KeptVex
    from webhook.model.vulnerabilities import Vulnerability


_MOST_MET = 4096
_NO_ROW = ComponentState.UNUSABLE
"""The state of an id whose component was deleted, and that no other one gets. No SBOM names it; if one did, it would
count as unknown."""


class ReadModel:
    """What is known of images, components, vulnerabilities and assessments, as of one revision of one store.

    One thread applies changes while others ask; a lock held for microseconds keeps a reader from seeing half of a
    change. ``generation`` moves with every change that was applied, so that whoever caches an answer can tell.

    Args:
        trust: whose VEX documents count.
    """

    def __init__(self, trust: VexTrust = NO_TRUST) -> None:
        self._trust = trust
        self._lock = threading.Lock()
        # These two are read without the lock: another store's take their place when they are whole, never empty ones.
        self.assessments = AssessmentIndex()
        self.types: tuple[StoredType, ...] = ()
        self._clear()
        self.loaded = False
        self.generation = 0

    def _clear(self) -> None:
        self.position = START
        self._size = 0
        self._states: bytearray | mmap.mmap = bytearray()
        self._answered_at: array[int] | memoryview = array(UINT32)
        self._newest_answer = 0
        self._ecosystems: bytearray | mmap.mmap = bytearray()
        self._checked_at: Mapping[int, int] = {}
        self._findings: Overlay[int, ComponentFindings] = Overlay()
        self._doubtful: dict[int, Purl] = {}
        self._told: frozenset[str] = frozenset()
        self._vulnerabilities: Overlay[str, Vulnerability] = Overlay()
        self._images: Overlay[Digest, ImageSboms] = Overlay()
        self._tags: Overlay[str, Digest] = Overlay()
        self._vex: dict[int, KeptVex] = {}
        self._looks: dict[Looks, Looks] = {}  # one object for all images of one name
        self._met: dict[int, VulnerableComponent] = {}  # those that were asked for last

    # -- changing -------------------------------------------------------------------------------------------------

    def apply(self, changes: Changes) -> None:
        """Bring the model to the position of ``changes``.

        Older changes than the model has are ignored. So are those of another store, unless they are complete: their
        component numbers mean other components.
        """
        with self._lock:
            if not changes.complete and not changes.position.continues(self.position):
                return
            assessments, types = self.assessments, self.types
            if changes.complete:
                self._clear()
                assessments, types = AssessmentIndex(), ()
            self._met = {}
            self._remove(changes)
            for vulnerability in changes.vulnerabilities:
                self._vulnerabilities[vulnerability.id] = vulnerability
            self._apply_components(changes)
            assessments.add(changes.assessments)
            self._apply_vex(changes.vex, assessments)
            if changes.types:  # one new tuple for each change, so that readers can tell by its identity
                known = {stored.type.name: stored for stored in (*types, *changes.types)}
                types = tuple(known[name] for name in sorted(known))
            self._apply_images(changes)
            self._tags.update(changes.tags)
            self.assessments, self.types = assessments, types
            self.position = changes.position
            self.generation += 1
            self.loaded = True

    def _apply_vex(self, changed: Iterable[KeptVex], assessments: AssessmentIndex) -> None:
        for held in changed:
            if held.is_removed:
                self._vex.pop(held.number, None)
            else:
                self._vex[held.number] = held
        if changed:
            assessments.with_vex(VexIndex(self._trust, self._vex.values()))

    def _apply_images(self, changes: Changes) -> None:
        images = self._images
        for digest, document in changes.removed:
            if (image := images.get(digest)) is not None:
                images[digest] = image.without(document)
        for sbom in changes.sboms:
            images[sbom.digest] = images.get(sbom.digest, _NO_SBOMS).added(sbom)
        for digest, _ in changes.removed:
            if (image := images.get(digest)) is not None and not image.sboms:
                del images[digest]
        for look in changes.looks:
            if (image := images.get(look.digest)) is not None:
                there = tuple(sorted({**dict(image.looks), look.origin: look.trouble}.items()))
                images[look.digest] = replace(image, looks=self._looks.setdefault(there, there))

    def _remove(self, changes: Changes) -> None:
        """Drop what was deleted; what came back since then follows in the same changes."""
        for digest in changes.removed_images:
            if (image := self._images.get(digest)) is not None:
                self._images[digest] = replace(image, looks=())
        for name in changes.removed_tags:
            self._tags.pop(name, None)
        ids = [number for number in changes.removed_components if number < self._size]
        if not ids:
            return
        newest = max(self._answered_at[number] for number in ids)
        has_doubtful = not self._doubtful.keys().isdisjoint(ids)
        for number in ids:
            self._states[number], self._answered_at[number], self._ecosystems[number] = _NO_ROW, 0, 0
            self._findings.pop(number, None)
            self._doubtful.pop(number, None)
        if has_doubtful:
            self._told &= {purl.package for purl in self._doubtful.values()}
        if newest and newest == self._newest_answer:
            self._newest_answer = max(self._answered_at[: self._size])

    def _apply_components(self, changes: Changes) -> None:
        if changes.checked_at is not None and changes.checked_at != self._checked_at:
            self._checked_at = changes.checked_at
        ids = changes.component_ids
        if not ids:
            return
        ecosystems = changes.ecosystems or bytes(len(ids))
        if changes.complete and _is_dense(ids):
            self._states, self._answered_at = bytearray(changes.states), array(UINT32, changes.answered_at)
            self._ecosystems, self._size = bytearray(ecosystems), len(ids)
        else:
            self._make_room(max(ids) + 1)
            for number, state, answered, ecosystem in zip(
                ids, changes.states, changes.answered_at, ecosystems, strict=True
            ):
                self._states[number] = state
                self._answered_at[number] = answered
                self._ecosystems[number] = ecosystem
                if state != ComponentState.VULNERABLE:
                    self._findings.pop(number, None)
        self._newest_answer = max(self._newest_answer, max(changes.answered_at))
        for number, found in changes.findings.items():
            self._findings[number] = ComponentFindings(changes.purls[number], found, changes.fixed.get(number, {}))
        self._doubtful.update(changes.doubtful)
        self._told |= changes.told

    def _make_room(self, size: int) -> None:
        """Make room for components up to a number; what is mapped is copied when there is none left behind it."""
        if size > len(self._states):
            more = size - len(self._states)
            answered_at = array(UINT32)
            answered_at.frombytes(memoryview(self._answered_at).cast("B"))
            answered_at.extend(array(UINT32, bytes(4 * more)))
            self._states, self._answered_at = bytearray(self._states) + bytes(more), answered_at
            self._ecosystems = bytearray(self._ecosystems) + bytes(more)
        if size > self._size:
            self._states[self._size : size] = bytes([_NO_ROW]) * (size - self._size)
            self._size = size

    def stand_on(self, base: Base, *, is_walked: bool = False) -> None:
        """Replace the whole model by a base. Where that is of the model's own position, nobody notices.

        Args:
            base: a whole model.
            is_walked: whether this process often walks all of it, and not only looks things up. Then everything is
                taken into its own memory.
        """
        is_same = self.loaded and base.position == self.position
        assessments = AssessmentIndex.on(base.assessments)
        if is_walked:
            assessments = AssessmentIndex.of(assessments)
        assessments.with_vex(self.assessments.vex if is_same else VexIndex(self._trust, base.vex))
        with self._lock:
            self._size, self._newest_answer = base.size, base.newest_answer
            self._states = _writable(base.states)
            self._answered_at = memoryview(_writable(base.answered_at)).cast(UINT32)
            self._ecosystems, self._checked_at = _writable(base.ecosystems), base.checked_at
            self._findings, self._vulnerabilities = Overlay(base.findings), Overlay(base.vulnerabilities)
            self._images, self._tags = Overlay(base.images), Overlay(base.tags)
            if is_walked:
                for table in (self._findings, self._vulnerabilities, self._images, self._tags):
                    table.take_in()
            self._doubtful, self._told, self._met = dict(base.doubtful), base.told, {}
            self._vex = {held.number: held for held in base.vex}
            self.assessments, self.types = assessments, self.types if is_same else base.types
            self.position = base.position
            self.generation += not is_same
            self.loaded = True

    def base(self) -> Base:
        """The whole model as a base."""
        with self._lock:
            return Base(
                position=self.position,
                size=self._size,
                states=bytes(self._states[: self._size]),
                answered_at=bytes(memoryview(self._answered_at)[: self._size].cast("B")),
                newest_answer=self._newest_answer,
                ecosystems=bytes(self._ecosystems[: self._size]),
                checked_at=self._checked_at,
                images=self._images.copy(),
                findings=self._findings.copy(),
                vulnerabilities=self._vulnerabilities.copy(),
                tags=self._tags.copy(),
                assessments=self.assessments.kept(),
                types=self.types,
                doubtful=dict(self._doubtful),
                told=self._told,
                vex=tuple(self._vex.values()),
            )

    # -- asking ---------------------------------------------------------------------------------------------------

    @property
    def revision(self) -> int:
        """The newest revision of the store that the model has."""
        return self.position.revision

    def digest_of(self, tagged: str) -> Digest | None:
        """The digest that a tagged name, such as ``docker.io/library/nginx:1.27``, was last known to point at."""
        return self._tags.get(tagged)

    def knows(self, digest: Digest, places: frozenset[str] | None = None) -> bool:
        """Whether an SBOM of this image is known (from one of these places, if any are named)."""
        image = self._images.get(digest)
        return image is not None and (places is None or any(sbom.place in places for sbom in image.sboms.values()))

    def coverage(self, digest: Digest, places: frozenset[str] | None = None) -> Coverage | None:
        """What of an image its SBOMs describe (from one of these places, if any are named).

        None when nothing is known of that: no SBOM, or one that an older program has found.
        """
        image = self._images.get(digest)
        return None if image is None else image.coverage(places)

    def trouble(self, digest: Digest, name: str) -> str | None:
        """Why not all SBOMs of an image are known; empty when they are.

        Args:
            digest: of the image.
            name: in which it is named. An image may have been looked at in another name only, such as that of a copy;
                what is attached to it here is not known then, and the answer is None.
        """
        image = self._images.get(digest)
        return None if image is None else image.trouble(name)

    def facts(
        self, digest: Digest, *, stale_before: int = 0, places: frozenset[str] | None = None
    ) -> ImageFacts | None:
        """What is known of the components of an image; None when no SBOM of it is known.

        Args:
            digest: of the image.
            places: only SBOMs found there count; None means any.
            stale_before: clean answers given before this moment (seconds since 1970) count as unknown. A vulnerable
                component stays vulnerable however old the answer is: age must not open what was closed.
        """
        with self._lock:
            image = self._images.get(digest)
            if image is None:
                return None
            counted = (image.ids, image.unusable, image.not_in_image) if places is None else image.of(places)
            return None if counted is None else self._facts(*counted, stale_before)

    def facts_of(
        self,
        ids: Iterable[int],
        *,
        unknown: int,
        not_covered: int,
        unusable: int,
        stale_before: int,
        not_in_image: int = 0,
    ) -> ImageFacts:
        """Facts about a loose set of components, such as an SBOM file that the store does not hold.

        Args:
            ids: numbers of the components that the store knows.
            unknown: how many further components it does not know.
            not_covered: how many further ones no source covers.
            unusable: how many cannot be looked up.
            stale_before: as for :meth:`facts`.
            not_in_image: how many entries are not in the image.
        """
        with self._lock:
            facts = self._facts(array(UINT32, ids), unusable, not_in_image, stale_before)
        return ImageFacts(
            total=facts.total + unknown + not_covered,
            clean=facts.clean,
            unknown=facts.unknown + unknown,
            not_covered=facts.not_covered + not_covered,
            unusable=facts.unusable,
            vulnerable=facts.vulnerable,
            answered_at=facts.answered_at,
            guessed=facts.guessed,
            not_in_image=not_in_image,
        )

    def _facts(self, ids: array[int], unusable: int, not_in_image: int, stale_before: int) -> ImageFacts:
        states = bytes(map(self._states.__getitem__, ids))
        vulnerable: tuple[VulnerableComponent, ...] = ()
        if ComponentState.VULNERABLE in states:
            pairs = zip(ids, states, strict=True)
            vulnerable = tuple(self._component(number) for number, state in pairs if state == ComponentState.VULNERABLE)
        clean, oldest = states.count(ComponentState.CLEAN), None
        if stale_before and clean:
            pairs = zip(ids, states, strict=True)
            answers = [self._said_at(number) for number, state in pairs if state == ComponentState.CLEAN]
            fresh = [answer for answer in answers if answer >= stale_before]
            clean, oldest = len(fresh), min(fresh, default=None)
        not_covered = states.count(ComponentState.NOT_COVERED)
        return ImageFacts(
            total=len(ids) + unusable,
            clean=clean,
            unknown=len(ids) - len(vulnerable) - clean - not_covered,
            not_covered=not_covered,
            unusable=unusable,
            vulnerable=vulnerable,
            answered_at=None if oldest is None else dt.datetime.fromtimestamp(oldest, dt.UTC),
            guessed=self._guessed(ids, stale_before) if clean and self._doubtful else (),
            not_in_image=not_in_image,
        )

    def _guessed(self, ids: array[int], stale_before: int) -> tuple[Purl, ...]:
        """Those of the components that are clean, perhaps only because their group was guessed."""
        fresh = (
            self._doubtful[number]
            for number in self._doubtful.keys() & set(ids)
            if self._states[number] == ComponentState.CLEAN and self._said_at(number) >= stale_before
        )
        return tuple(sorted(purl for purl in fresh if purl.package not in self._told))

    def _said_at(self, number: int) -> int:
        """As of when all sources together say something of a component, seconds; 0 when they never did."""
        answered_at, ecosystem = self._answered_at[number], self._ecosystems[number]
        if not ecosystem:
            return answered_at
        checked_at = self._checked_at.get(ecosystem, 0)
        return min(answered_at, checked_at) if answered_at else checked_at

    def _component(self, number: int) -> VulnerableComponent:
        if (met := self._met.get(number)) is not None:
            return met
        purl, identifiers, fixed = self._findings[number]
        found = tuple(self._vulnerabilities[identifier] for identifier in identifiers)
        if fixed:
            found = tuple(structs.replace(each, fixed=fixed[each.id]) if each.id in fixed else each for each in found)
        component = VulnerableComponent(purl, found)
        if len(self._met) >= _MOST_MET:
            self._met = {}
        self._met[number] = component
        return component

    def vulnerable(self) -> Sequence[tuple[int, VulnerableComponent]]:
        """Every vulnerable component with its number."""
        with self._lock:
            return [(number, self._component(number)) for number in self._findings]

    def contents(self) -> Sequence[tuple[Digest, array[int]]]:
        """Every image with the numbers of its components."""
        with self._lock:
            return [(digest, image.ids) for digest, image in self._images.items()]

    def answers(self) -> KnownAnswers:
        """What was answered about each component, as of now."""
        with self._lock:
            guessed = (len(self._doubtful), self._told)
            answered = bytes(memoryview(self._answered_at)[: self._size].cast("B"))
            states, ecosystems = bytes(self._states[: self._size]), bytes(self._ecosystems[: self._size])
            return KnownAnswers(states, answered, ecosystems, self._checked_at, guessed)

    def looks(self) -> Mapping[Digest, Looks]:
        """In which names each image was looked at; equal ones are one object."""
        with self._lock:
            return {digest: image.looks for digest, image in self._images.items()}

    def findings(self) -> Sequence[tuple[int, Purl, tuple[str, ...]]]:
        """Number, purl and vulnerability ids of every vulnerable component."""
        with self._lock:
            return [(number, found.purl, found.vulnerabilities) for number, found in self._findings.items()]

    def vulnerability(self, identifier: str) -> Vulnerability | None:
        """A vulnerability by its id, without its description; None when it is not known."""
        return self._vulnerabilities.get(identifier)

    def components_of(self, digest: Digest) -> array[int] | None:
        """The numbers of the components of an image; None when no SBOM of it is known."""
        with self._lock:
            image = self._images.get(digest)
            return None if image is None else image.ids

    def names(self) -> Mapping[Digest, Sequence[str]]:
        """The tagged names that were last known to point at each digest."""
        with self._lock:
            tags = list(self._tags.items())
        found: dict[Digest, list[str]] = {}
        for name, digest in tags:
            found.setdefault(digest, []).append(name)
        return found

    def counts(self) -> Mapping[ComponentState, int]:
        """How many components are in each state that has a row."""
        with self._lock:
            states = bytes(self._states[: self._size])
        return {state: states.count(state) for state in ComponentState if state != ComponentState.UNUSABLE}

    @property
    def images(self) -> int:
        """How many images have an SBOM."""
        return len(self._images)

    @property
    def newest_answer(self) -> dt.datetime | None:
        """When a source last said something of any component; None when it never did."""
        newest = max(self._newest_answer, *self._checked_at.values(), 0)
        return dt.datetime.fromtimestamp(newest, dt.UTC) if newest else None


_NO_SBOMS = ImageSboms()


def _writable(memory: bytes | bytearray | mmap.mmap) -> bytearray | mmap.mmap:
    return bytearray(memory) if isinstance(memory, bytes) else memory


def _is_dense(ids: array[int]) -> bool:
    return ids[0] == 0 and ids[-1] == len(ids) - 1
