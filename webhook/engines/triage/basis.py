"""The basis of a board: the inputs of its verdicts, so that the next board judges only what has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from itertools import chain

from webhook.engines.judging.images import ImageChecker
from webhook.engines.readmodel import ReadModel
from webhook.engines.triage.catalog import Catalog
from webhook.engines.triage.whereabouts import Whereabouts
from webhook.model.changes import KnownAnswers
from webhook.model.images import Digest

_SLICE = 4096
"""Bytes that are compared at once; only slices that differ are looked into."""


@dataclass(frozen=True, slots=True)
class Basis:
    """One moment of what verdicts about images without a namespace depend on, apart from the time.

    Attributes:
        catalog: vulnerabilities with what was decided about them.
        where: which images contain a component.
        names: the tagged names of each image, sorted.
        looks: what kept the places of an image from answering, by digest; equal ones are one object.
        answers: what was answered about each component.
        wanted: the platforms for which an SBOM has to be there; another object when these have changed.
        vex: the statements of VEX documents, likewise.
        ages_count: whether clean answers that are too old count as unknown.
    """

    catalog: Catalog
    where: Whereabouts
    names: Mapping[Digest, tuple[str, ...]]
    looks: Mapping[Digest, object]
    answers: KnownAnswers
    wanted: object
    vex: object = None
    ages_count: bool = True

    @classmethod
    def of(cls, model: ReadModel, catalog: Catalog, checker: ImageChecker, before: Basis | None) -> Basis:
        """The basis as of now; what still holds of a former one is used again."""
        if before is not None and before.catalog.ground == catalog.ground and before.wanted is checker.wanted:
            return replace(before, catalog=catalog, ages_count=checker.stale_before > 0)
        answers, contents = model.answers(), model.contents()
        where = before.where if before is not None and before.where.is_of(contents) else Whereabouts(contents)
        names = {digest: tuple(sorted(known)) for digest, known in model.names().items()}
        ages_count = checker.stale_before > 0
        return cls(catalog, where, names, model.looks(), answers, checker.wanted, model.assessments.vex, ages_count)

    def is_about_the_same(self, before: Basis) -> bool:
        """Whether the images, what is in them and what affects that are those of a former one."""
        return (
            self.where is before.where
            and self.names is before.names
            and self.catalog.affected is before.catalog.affected
        )

    def changed_since(self, before: Basis | None) -> set[Digest] | None:
        """The images whose verdict may not be the former one; None means any."""
        if (
            before is None
            or before.catalog.rules is not self.catalog.rules
            or before.wanted is not self.wanted
            or before.vex is not self.vex
            or before.answers.guessed != self.answers.guessed
        ):
            return None
        if before.where is self.where and before.answers is self.answers:
            numbers = _numbers_of(self.catalog.judged_since(before.catalog), self.catalog)
            return {self.where.digests[place] for place in self.where.places(numbers)}
        numbers = chain(
            _numbers_of(self.catalog.judged_since(before.catalog), before.catalog, self.catalog),
            _differing(before.answers.states, self.answers.states, 1),
            _differing(before.answers.answered_at, self.answers.answered_at, 4),
            _differing(before.answers.ecosystems, self.answers.ecosystems, 1),
            self._checked_otherwise(before.answers.checked_at) if self.ages_count else (),
        )
        places = self.where.places(numbers)
        return {self.where.digests[place] for place in places} | set(self._known_otherwise(before))

    def _checked_otherwise(self, before: Mapping[int, int]) -> Iterator[int]:
        """Numbers of the components whose advisories were checked at another time."""
        now = self.answers.checked_at
        other = {ecosystem for ecosystem in before.keys() | now.keys() if before.get(ecosystem) != now.get(ecosystem)}
        if other:
            yield from (number for number, ecosystem in enumerate(self.answers.ecosystems) if ecosystem in other)

    def _known_otherwise(self, before: Basis) -> Iterator[Digest]:
        """Images with other SBOMs, names or troubles."""
        was, is_now = before.where.components, self.where.components
        yield from was.keys() - is_now.keys()
        for digest, numbers in is_now.items():
            if (
                was.get(digest) is not numbers
                or before.names.get(digest) != self.names.get(digest)
                or before.looks.get(digest) is not self.looks.get(digest)
            ):
                yield digest


def _numbers_of(keys: Set[str], *catalogs: Catalog) -> Iterator[int]:
    """Numbers of the components that some vulnerabilities affect."""
    for affected in {id(catalog.affected): catalog.affected for catalog in catalogs}.values():
        for number, _, _ in affected.affecting_by(keys):
            yield number


def _differing(before: bytes, now: bytes, width: int) -> Iterator[int]:
    """Places of the numbers, each of some bytes, that are not the same in two arrays; what only one has is left out."""
    end = min(len(before), len(now))
    for start in range(0, end, _SLICE):
        was, is_now = before[start : start + _SLICE], now[start : start + _SLICE]
        if was != is_now:
            for place in range(0, min(len(was), len(is_now)), width):
                if was[place : place + width] != is_now[place : place + width]:
                    yield (start + place) // width
