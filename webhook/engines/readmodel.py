"""The read model: all that a decision needs, in memory, in a shape that costs little to hold and to walk.

Components are dense integers, in the columns of a :class:`ComponentTable`. An image is an array of component numbers. A
decision maps the image's numbers over the state bytes, so its cost depends on the image and not on how many components
there are.
"""

from __future__ import annotations

import datetime as dt
import threading
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from webhook.engines.componenttable import ComponentTable
from webhook.engines.countedimages import CountedImage, CountedImages, Question, count
from webhook.model.bases import Base
from webhook.model.changes import START, UINT32, Changes, ImageFacts, KnownAnswers, VulnerableComponent
from webhook.model.components import ComponentState
from webhook.model.imagesboms import ImageSboms, Looks, follow
from webhook.model.overlays import Overlay
from webhook.model.platforms import Coverage
from webhook.policy.matching import AssessmentIndex
from webhook.policy.vex import VexIndex
from webhook.policy.vextrust import NO_TRUST, VexTrust

if TYPE_CHECKING:
    from webhook.model.assessments import StoredType
    from webhook.model.images import Digest
    from webhook.model.purls import Purl
    from webhook.model.uncovered import Uncovered
    from webhook.model.vex import KeptVex
    from webhook.model.vulnerabilities import Vulnerability


class ReadModel:
    """What is known of images, components, vulnerabilities and assessments, as of one revision of one store.

    One thread applies changes while others ask; a lock held for microseconds keeps a reader from seeing half of a
    change. ``generation`` moves with every change that was applied, so that whoever caches an answer can tell;
    ``ground`` stays where only assessments and types have changed.

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
        self.generation = self.ground = 0

    def _clear(self) -> None:
        self.position = START
        self._components = ComponentTable()
        self._images: Overlay[Digest, ImageSboms] = Overlay()
        self._tags: Overlay[str, Digest] = Overlay()
        self._vex: dict[int, KeptVex] = {}
        self._counted = CountedImages()
        self._looks: dict[Looks, Looks] = {}  # one object for all images of one name

    def apply(self, changes: Changes) -> None:
        """Bring the model to the position of ``changes``.

        Older changes than the model has are ignored. So are those of another store, unless they are complete: their
        component numbers mean other components.
        """
        with self._lock:
            if not changes.complete and not changes.position.continues(self.position):
                return
            assessments, types = self.assessments, self.types
            is_ground = not changes.only_decide or changes.checked_at not in (None, self._components.checked_at)
            if changes.complete:
                self._clear()
                assessments, types = AssessmentIndex(), ()
            self._counted.follow(changes, self._components.apply(changes))
            assessments.add(changes.assessments)
            self._apply_vex(changes.vex, assessments)
            if changes.types:  # one new tuple for each change, so that readers can tell by its identity
                known = {stored.type.name: stored for stored in (*types, *changes.types)}
                types = tuple(known[name] for name in sorted(known))
            follow(self._images, changes, self._looks)
            for name in changes.removed_tags:
                self._tags.pop(name, None)
            self._tags.update(changes.tags)
            self.assessments, self.types = assessments, types
            self.position = changes.position
            self.generation += 1
            self.ground += is_ground
            self.loaded = True

    def _apply_vex(self, changed: Iterable[KeptVex], assessments: AssessmentIndex) -> None:
        for held in changed:
            if held.is_removed:
                self._vex.pop(held.number, None)
            else:
                self._vex[held.number] = held
        if changed:
            assessments.with_vex(VexIndex(self._trust, self._vex.values()))

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
            self._components = ComponentTable.on(base, is_walked=is_walked)
            self._images, self._tags, self._counted = Overlay(base.images), Overlay(base.tags), CountedImages()
            if is_walked:
                self._images.take_in()
                self._tags.take_in()
            self._vex = {held.number: held for held in base.vex}
            self.assessments, self.types = assessments, self.types if is_same else base.types
            self.position = base.position
            self.generation += not is_same
            self.ground += not is_same
            self.loaded = True

    def base(self) -> Base:
        """The whole model as a base."""
        with self._lock:
            return replace(
                self._components.base(),
                position=self.position,
                images=self._images.copy(),
                tags=self._tags.copy(),
                assessments=self.assessments.kept(),
                types=self.types,
                vex=tuple(self._vex.values()),
            )

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
            counted = None if image is None else image.counting(places)
            return None if counted is None else self._components.facts(*counted, stale_before)

    def counted(self, question: Question, stale_before: int = 0, *, keeps: bool = True) -> CountedImage | None:
        """Facts, coverage and trouble of an image under one name, from one look.

        Where answers do not age, and with ``keeps``, it is the same object as long as nothing of it changes.
        """
        with self._lock:
            if keeps and not stale_before:
                return self._counted.of(question, self._images, self._components)
            image = self._images.get(question[0])
            return None if image is None else count(image, question, self._components, stale_before)

    def facts_of(
        self,
        ids: Iterable[int],
        *,
        unknown: int,
        uncovered: Mapping[Uncovered, int],
        unusable: int,
        stale_before: int,
        not_in_image: int = 0,
    ) -> ImageFacts:
        """Facts about a loose set of components, such as an SBOM file that the store does not hold.

        Args:
            ids: numbers of the components that the store knows.
            unknown: how many further components it does not know.
            uncovered: how many further ones no source covers, by reason.
            unusable: how many cannot be looked up.
            stale_before: as for :meth:`facts`.
            not_in_image: how many entries are not in the image.
        """
        with self._lock:
            facts = self._components.facts(array(UINT32, ids), unusable, not_in_image, stale_before)
        return facts.joined(unknown, uncovered)

    def uncovered(self, ids: Iterable[int]) -> Mapping[int, Uncovered]:
        """Why components are not covered, for those of some that are not, by number."""
        with self._lock:
            return self._components.uncovered(ids)

    def vulnerable(self) -> Sequence[tuple[int, VulnerableComponent]]:
        """Every vulnerable component with its number."""
        with self._lock:
            return self._components.vulnerable()

    def contents(self) -> Sequence[tuple[Digest, array[int]]]:
        """Every image with the numbers of its components."""
        with self._lock:
            return [(digest, image.ids) for digest, image in self._images.items()]

    def answers(self) -> KnownAnswers:
        """What was answered about each component, as of now."""
        with self._lock:
            return self._components.known()

    def looks(self) -> Mapping[Digest, Looks]:
        """In which names each image was looked at; equal ones are one object."""
        with self._lock:
            return {digest: image.looks for digest, image in self._images.items()}

    def findings(self) -> Sequence[tuple[int, Purl, tuple[str, ...]]]:
        """Number, purl and vulnerability ids of every vulnerable component."""
        with self._lock:
            return self._components.findings()

    def vulnerability(self, identifier: str) -> Vulnerability | None:
        """A vulnerability by its id, without its description; None when it is not known."""
        return self._components.vulnerabilities.get(identifier)

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
            return self._components.counts()

    def uncovered_counts(self) -> Mapping[Uncovered, int]:
        """How many components no source covers, by reason."""
        with self._lock:
            return self._components.uncovered_counts()

    @property
    def images(self) -> int:
        """How many images have an SBOM."""
        return len(self._images)

    @property
    def newest_answer(self) -> dt.datetime | None:
        """When a source last said something of any component; None when it never did."""
        newest = self._components.newest_answer
        return dt.datetime.fromtimestamp(newest, dt.UTC) if newest else None
