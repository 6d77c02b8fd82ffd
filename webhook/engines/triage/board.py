"""The board: every known image and every running workload with its verdict now, judged as at admission."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from webhook.engines.triage.basis import Basis
from webhook.engines.triage.catalog import Catalog
from webhook.engines.triage.judged import (
    JudgedWorkload,
    Judging,
    KnownImage,
    narrowed_image,
)
from webhook.engines.triage.whereabouts import Whereabouts
from webhook.model.actions import Action
from webhook.model.images import Digest
from webhook.model.inventory import workload_names
from webhook.model.purls import Purl
from webhook.model.records import AssessmentState
from webhook.policy.scores import SEVERITIES, STEP, UNSCORED, severity

_WITHOUT_VERDICTS = ("running", "called", "namespaces", "affected_there", "_vulnerable")
"""What a board remembers that no verdict changes."""


@dataclass(frozen=True)
class Board:
    """One moment.

    Attributes:
        generation: of the read model.
        taken_at: when the cluster was last audited; None without a cluster.
        basis: what the verdicts came from.
        images: sorted by title and digest.
        workloads: sorted by namespace, kind and name.
        valid_until: when time alone changes a verdict; None means never.
        limits: the namespaces that it is about; None: the whole cluster, and what does not run.
    """

    generation: int
    taken_at: dt.datetime | None
    basis: Basis
    images: tuple[KnownImage, ...]
    workloads: tuple[JudgedWorkload, ...]
    valid_until: dt.datetime | None = None
    limits: frozenset[str] | None = None

    @property
    def where(self) -> Whereabouts:
        """Which images contain a component."""
        return self.basis.where

    @property
    def catalog(self) -> Catalog:
        """The vulnerabilities."""
        return self.basis.catalog

    @cached_property
    def by_digest(self) -> Mapping[Digest, KnownImage]:
        """The images by digest."""
        return {image.digest: image for image in self.images}

    @cached_property
    def running(self) -> Mapping[Digest, tuple[int, ...]]:
        """The places of the workloads that run an image, by its digest."""
        found: dict[Digest, list[int]] = {}
        for place, workload in enumerate(self.workloads):
            for digest in {image.image.digest for image in workload.images if image.image.digest is not None}:
                found.setdefault(digest, []).append(place)
        return {digest: tuple(places) for digest, places in found.items()}

    @cached_property
    def called(self) -> Mapping[Digest, tuple[str, ...]]:
        """What workloads call an image, without the digest, sorted; by its digest."""
        return workload_names(workload.workload for workload in self.workloads)

    @cached_property
    def namespaces(self) -> tuple[str, ...]:
        """Namespaces in which something runs, sorted."""
        return tuple(
            sorted({workload.workload.namespace for workload in self.workloads if workload.workload.namespace})
        )

    def vulnerable_in(self, namespace: str | None = None) -> frozenset[int]:
        """Numbers of the vulnerable components that run, in one namespace or in any; remembered."""
        known = self._vulnerable.get(namespace)
        if known is None:
            digests = self.digests_in(namespace)
            places = {place for place, digest in enumerate(self.where.digests) if digest in digests}
            known = self._vulnerable[namespace] = frozenset(self.where.in_some(self.catalog.affected.found, places))
        return known

    @cached_property
    def _vulnerable(self) -> dict[str | None, frozenset[int]]:
        return {}

    @cached_property
    def affected_there(self) -> Mapping[str, tuple[tuple[int, Purl], ...]]:
        """Number and purl of the vulnerable components that run, by the id of each vulnerability that affects them."""
        inside, found = self.vulnerable_in(), dict[str, list[tuple[int, Purl]]]()
        for number, purl, keys in self.catalog.affected.affecting:
            if number in inside:
                for key in keys:
                    found.setdefault(key, []).append((number, purl))
        return {key: tuple(held) for key, held in found.items()}

    @cached_property
    def by_namespace(self) -> Mapping[str, Mapping[Action, int]]:
        """How many judged workloads run in each namespace, by what a new Pod of each would get."""
        found: dict[str, dict[Action, int]] = {}
        for workload in self.workloads:
            if workload.workload.is_judged:
                counts = found.setdefault(workload.workload.namespace, dict.fromkeys(Action, 0))
                counts[workload.action] += 1
        return found

    @cached_property
    def by_action(self) -> Mapping[Action, int]:
        """How many images would get what, as for no namespace."""
        counts = Counter(int(image.verdict.action) for image in self.images)  # far faster to hash than the action
        return {action: counts[action.value] for action in Action}

    @cached_property
    def open(self) -> Mapping[str, int]:
        """How many vulnerabilities with an unassessed finding may be seen, by severity, the worst first."""
        ids, counts = self.catalog.in_state(AssessmentState.UNASSESSED), Counter[str]()
        if self.limits is not None:
            ids &= self.catalog.affected.affected_by(self.vulnerable_in())
        for rank, number in self.catalog.affected.count_by_rank(ids).items():
            counts[severity(Decimal(rank) * STEP)] += number
        return {name.lower(): counts[name] for name in (*reversed(SEVERITIES), UNSCORED) if counts[name]}

    def completed(self, images: Sequence[KnownImage], former: Board | None = None) -> Board:
        """The same board with its images.

        Args:
            images: sorted by title and digest.
            former: a board of the same images, components and workloads, of which only verdicts were others; what it
                has found about these is not looked for again.
        """
        verdicts = [image.verdict for image in images]
        verdicts += [
            image.verdict for workload in self.workloads for image in workload.images if image.verdict is not None
        ]
        moments = (verdict.valid_until for verdict in verdicts if verdict.valid_until is not None)
        made = replace(self, images=tuple(images), valid_until=min(moments, default=None))
        known = vars(self) if former is None else vars(former)
        vars(made).update({name: known[name] for name in _WITHOUT_VERDICTS if name in known})
        return made

    def warm(self) -> Board:
        """Count now what the overview shows, so that nobody waits for it."""
        len(self.by_namespace)
        len(self.by_action)
        len(self.open)
        len(self.by_digest)
        return self

    @property
    def seen(self) -> frozenset[int] | None:
        """Numbers of the vulnerable components that it is about; None where it is about all."""
        return None if self.limits is None else self.vulnerable_in()

    def within(self, namespaces: frozenset[str], judge: Judging) -> Board:
        """What is left of it for those who may see some namespaces only: what runs there, counts included.

        Args:
            namespaces: that may be seen.
            judge: judges images by another name, where theirs may not be seen.
        """
        workloads = tuple(each for each in self.workloads if each.workload.namespace in namespaces)
        left = replace(self, workloads=workloads, images=(), limits=namespaces)
        digests = left.digests_in()
        images = [
            narrowed_image(image, left.running[image.digest], left.called.get(image.digest, ()), judge)
            for image in self.images
            if image.digest in digests
        ]
        images.sort(key=by_title)
        basis = replace(self.basis, where=self.where.among(digests))
        return replace(left, images=tuple(images), basis=basis)

    def digests_in(self, namespace: str | None = None) -> set[Digest]:
        """The images that run, in one namespace or in any."""
        return {
            image.image.digest
            for workload in self.workloads
            if namespace is None or workload.workload.namespace == namespace
            for image in workload.images
            if image.image.digest is not None
        }


def by_title(image: KnownImage) -> tuple[str, Digest]:
    """Sort key of images."""
    return (image.title, image.digest)
