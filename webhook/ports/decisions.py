"""Decisions, and the components and vulnerabilities that they are about, in the store and in the cluster."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability

if TYPE_CHECKING:
    from webhook.model.assessments import Assessment, AssessmentType, StoredType
    from webhook.model.downloads import Names, RecordResult, WantedComponent
    from webhook.model.leases import Lease
    from webhook.model.purls import Purl
    from webhook.model.records import (
        AssessmentQuery,
        VulnerabilityQuery,
        VulnerabilityRecord,
    )
    from webhook.model.resources import AssessmentResource, Resource, ResourceStatus, TypeResource
    from webhook.model.triage import AuditNote


AutoAssess = Callable[[Vulnerability, str], "Assessment | None"]
"""The auto-assessment rule: (vulnerability, package purl) → the assessment to append, or None when no range matches."""


class ComponentStore(Protocol):
    """Components and what a source said about them."""

    def wanted(self, *, now: dt.datetime, ttl: dt.timedelta) -> Sequence[WantedComponent]:
        """Covered components whose answer is missing or older than ``ttl``, in the order of work.

        Components of images seen running or refused first, then the most used; never asked before stale.
        """

    def fresh(self, purls: Sequence[Purl], *, now: dt.datetime, ttl: dt.timedelta) -> frozenset[Purl]:
        """Those of some components that are covered and not :meth:`wanted`, whatever the number of all."""

    def names(self, purls: Sequence[Purl], *, settled_after: dt.datetime) -> Mapping[Purl, Names]:
        """What helps a source to ask for these components, for those of which there is anything."""

    def covered(self) -> int:
        """How many components a source covers, whether or not they are wanted."""

    def not_covered(self) -> Mapping[str, int]:
        """How many components no source covers, by purl type."""

    def record(
        self,
        answers: Sequence[ComponentAnswer],
        *,
        unanswered: Sequence[Purl] = (),
        assess: AutoAssess,
        now: dt.datetime,
        settled: Sequence[tuple[Purl, Purl]] = (),
        reassess_on_score_change: bool = False,
        lease: Lease | None = None,
    ) -> RecordResult:
        """Commit a batch with its automatic assessments and one revision, or nothing at all.

        Components named that the store does not know are added. ``assess`` applies today's ranges to each
        (vulnerability, package) that is new, or that first scores into one (``policy.automatic.assessments_by_score``).
        An incomplete answer only adds to what is known; one that would make a component clean is dropped when a
        spelling came after it was asked for. Of a run whose ``lease`` has ended nothing is kept (LeaseLost).
        """

    def unassessed_pairs(self) -> Iterable[tuple[Vulnerability, str]]:
        """Every (vulnerability, package) that is affected now, for ``assess --existing``."""


class AssessmentStore(Protocol):
    """Assessments, append-only."""

    def append(
        self, assessments: Sequence[Assessment], *, note: AuditNote | None = None, since: int | None = None
    ) -> int:
        """Add records in one transaction, with a row in the audit log if there is a note; the new revision.

        An empty sequence changes nothing. With ``since``, nothing is added (ChangedMeanwhile) when somebody has decided
        by hand about one of the vulnerabilities after that revision.
        """

    def provision(self, assessments: Sequence[Assessment], *, author: str, now: dt.datetime) -> int:
        """Make the records that ``author`` provisioned equal to ``assessments``: add the new, withdraw the rest.

        Those that other authors provisioned stay as they are, so that the settings file and the cluster do not undo
        each other.
        Withdrawing appends a record with type None; a record that is there already in the same words is left alone.
        Returns how many records were appended.
        """

    def find(self, query: AssessmentQuery) -> Sequence[Assessment]:
        """Records in order of their sequence, the history included."""


class TypeStore(Protocol):
    """Assessment types that the cluster names or people made; those of the settings file are not here."""

    def list(self) -> Sequence[StoredType]:
        """All of them, the retired ones too, in order of their names."""

    def provision(self, types: Sequence[AssessmentType]) -> int:
        """Make the cluster's types that are not retired equal to ``types``; no longer named ones are retired.

        Types that people made stay as they are. Returns how many changed. Nothing is written when none did.
        """

    def edit(self, one: AssessmentType, *, retired: bool, note: AuditNote, at: dt.datetime, since: int) -> int:
        """Keep a type that people made, or changed, with a row in the audit log; the new revision.

        Nothing is kept (ChangedMeanwhile) when some type was changed after revision ``since``.
        """


class VulnerabilityStore(Protocol):
    """Vulnerabilities with what they affect, for people."""

    def find(self, query: VulnerabilityQuery) -> Sequence[VulnerabilityRecord]:
        """Vulnerabilities that affect a known component now, worst score first."""

    def knows_image(self, image: str) -> bool:
        """Whether an SBOM of this image, named by digest or by tag, is in the store."""

    def knows_package(self, package: str) -> bool:
        """Whether a component of this package (a purl; with a version, of this version) is in the store."""

    def show(self, identifier: str) -> VulnerabilityRecord | None:
        """One vulnerability by id or alias."""

    def fixed_in(self, records: Sequence[Assessment]) -> Sequence[str]:
        """For each record the fixed versions that sources tell for what it is about; empty where none does."""

    def same(self, names: Collection[str]) -> Mapping[str, Sequence[Vulnerability]]:
        """What sources say of vulnerabilities that affect a known component, by their names in lower case.

        What shares a name in any case is the same vulnerability; a name that is left out is not known.
        """


class DecisionResources(Protocol):
    """``AssessmentType`` and ``Assessment`` objects."""

    def types(self) -> Sequence[TypeResource] | None:
        """All of them, in no order; None when the cluster does not know the kind.

        Raises:
            SourceError: the API server did not answer, or refused to; a part of a list is never given.
        """

    def assessments(self) -> Sequence[AssessmentResource] | None:
        """All of them, in no order; None when the cluster does not know the kind.

        Raises:
            SourceError: the API server did not answer, or refused to; a part of a list is never given.
        """

    def report(self, resource: Resource, status: ResourceStatus) -> None:
        """Write the status of an object; harmless when the object is gone.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
