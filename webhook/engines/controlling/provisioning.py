"""Provisioning: the duty ``resources``, which brings the cluster's objects into the store and writes their status.

Objects are read whole, never in part, so that what is not listed is really gone. A kind that the cluster does not know
changes nothing: whoever removes the definitions by mistake must not open what was denied.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from msgspec.structs import replace

from webhook.engines.assessing.impact import touched
from webhook.engines.assessing.targets import known_vulnerabilities
from webhook.engines.controlling.approvals import (
    AssessmentApprovals,
)
from webhook.engines.controlling.resourcestatus import loaded, provisioned, refused
from webhook.engines.readmodel import ReadModel
from webhook.engines.refresher import Refresher
from webhook.errors import ConfigError, Final, SourceError
from webhook.model.assessments import CLUSTER, Assessment, AssessmentSource
from webhook.model.deadlines import Deadline
from webhook.model.policies import Policy
from webhook.model.records import AssessmentQuery
from webhook.model.resources import AssessmentResource, Resource, ResourceKind, ResourceStatus, TypeResource
from webhook.policy.clusterassessments import Harmlessness, stated
from webhook.policy.clustertypes import (
    Candidate,
    by_name,
    made_by_people,
    settle,
    strict,
    with_stored,
)
from webhook.policy.conditions import conditions
from webhook.policy.evaluation import Rules
from webhook.policy.fixes import ended_last
from webhook.policy.precedence import same_scope
from webhook.policy.typetable import TypeTable
from webhook.ports import AssessmentStore, Clock, TicketGuard, TypeStore, VulnerabilityStore
from webhook.ports.decisions import DecisionResources

log = logging.getLogger("bomgate.resources")

_GUARD_SECONDS = 10.0
_COUNT_SECONDS = 60.0
"""Seconds between two counts of the images that assessments touch, which walk over all images."""
Status = tuple[Resource, ResourceStatus]


@dataclass(frozen=True, slots=True)
class ProvisioningParts:
    """What provisioning works with.

    Attributes:
        resources: the objects.
        types: where types go.
        assessments: where assessments go.
        model: what is known of images.
        refresher: keeps the model up to date.
        guard: what makes sure who wrote an assessment.
        approvals: those that assessments need.
        policy: what is not assessed gets.
        vulnerabilities: what is known of them.
        tells_fixes: whether a source that tells fixed versions is configured.
    """

    resources: DecisionResources
    types: TypeStore
    assessments: AssessmentStore
    model: ReadModel
    refresher: Refresher
    guard: TicketGuard
    approvals: AssessmentApprovals
    policy: Policy
    vulnerabilities: VulnerabilityStore
    tells_fixes: bool = False


class Provisioning:
    """Makes the store equal to the objects of the cluster, and writes their status; implements ``Duty``.

    Args:
        parts: what it works with.
        own: the types of the settings file, which always count; those of the console count before the cluster's, too.
        clock: time.
        publish: told how many objects there are, by kind and by whether they count.
        interval_seconds: between two passes.
    """

    name = "resources"

    def __init__(
        self,
        parts: ProvisioningParts,
        own: TypeTable,
        clock: Clock,
        publish: Callable[[str, bool, int], None],
        interval_seconds: float = 10.0,
    ) -> None:
        self._parts, self._own, self._clock, self._publish = parts, own, clock, publish
        self.interval_seconds = interval_seconds
        self._touched = _Touched(parts.model, clock)
        self._lacking = False
        self._kept: dict[ResourceKind, frozenset[str]] = {}

    def run(self) -> None:
        """One pass.

        Raises:
            SourceError: the API server did not answer, or refused to; the store is as it was, or as the objects say.
            StoreError: the store did not answer.
        """
        types, assessments = self._parts.resources.types(), self._parts.resources.assessments()
        self._say_what_lacks(types is None or assessments is None)
        statuses: list[Status] = []
        if types is not None:
            statuses += self._provision_types(types)
        if assessments is not None:
            statuses += self._provision_assessments(assessments)
        for kind in ResourceKind:
            mine = [status.ready for resource, status in statuses if resource.kind is kind]
            self._publish(kind.value, True, mine.count(True))
            self._publish(kind.value, False, mine.count(False) + len(self._kept.get(kind, ())))
        self._report(statuses)

    # -- into the store ---------------------------------------------------------------------------------------------

    def _provision_types(self, resources: Sequence[TypeResource]) -> Iterator[Status]:
        stored = self._parts.types.list()
        formers = by_name(stored)
        ordered = sorted(resources, key=lambda resource: (resource.resource.created, resource.resource.name))
        candidates = {
            resource.resource.name: Candidate(resource.type, formers.get(resource.resource.name))
            for resource in ordered
        }
        held: Mapping[str, ConfigError] = {}
        if self._parts.approvals.required:
            self._parts.refresher.refresh()
            candidates, held = strict(self._own, candidates, stored, self._parts.policy, self._carries)
        settled = settle(with_stored(self._own, made_by_people(stored)), candidates)
        self._say_what_stays(ResourceKind.TYPE, set(settled.loaded) - {each.resource.name for each in ordered})
        changed = self._parts.types.provision(list(settled.loaded.values()))
        if changed:
            log.info("assessment types of the cluster changed", extra={"types": changed})
        for type_resource in ordered:
            name, resource = type_resource.resource.name, type_resource.resource
            problem = held.get(name) or settled.refused.get(name) or resource.problem
            stays = "The definition that was loaded before stays in force." if name in settled.loaded else ""
            status = refused(resource, problem, stays) if problem else loaded(type_resource)
            automatic = () if type_resource.type is None else conditions(type_resource.type)
            yield resource, replace(status, range=", ".join(automatic))

    def _carries(self, name: str) -> bool:
        """Whether a record carries the name of a type that the settings file does not have."""
        return self._own.get(name) is None and self._parts.model.assessments.carries(name)

    def _provision_assessments(self, resources: Sequence[AssessmentResource]) -> Iterator[Status]:
        store, now = self._parts.assessments, self._clock.now()
        types = with_stored(self._own, self._parts.types.list())
        before = store.find(AssessmentQuery(source=AssessmentSource.PROVISIONED.value))
        guarded = self._guarded()
        held = self._parts.approvals.held(resources, types, guarded, self._harmless(before, types, now))
        tells = self._parts.tells_fixes
        made = stated(resources, before, types, now, guarded=guarded, held=held, tells_fixes=tells)
        changed = store.provision([*made.records.values(), *made.kept], author=CLUSTER, now=now)
        self._say_what_stays(ResourceKind.ASSESSMENT, {f"{kept.rule}: {kept.vulnerability}" for kept in made.kept})
        if changed:
            log.info("assessments of the cluster changed", extra={"records": changed})
        self._parts.refresher.refresh()
        images = self._touched.count(made.records)
        if changed:
            before = store.find(AssessmentQuery(source=AssessmentSource.PROVISIONED.value))
        over = ended_last(before)
        for assessment_resource in resources:
            name, resource = assessment_resource.resource.name, assessment_resource.resource
            record, problem = made.records.get(name), made.refused.get(name)
            if record is not None:
                record = over.get(same_scope(record), record)
            stays = "What it stated before stays in force." if record is not None else ""
            approval = self._parts.approvals.approval(name)
            status = refused(resource, problem, stays) if problem else provisioned(resource, record, now, approval)
            until = None if record is None or record.until is None else record.until.replace(microsecond=0)
            expired = record is not None and record.expired(now)
            yield resource, replace(status, images=images.get(name, 0), until=until, expired=expired)

    def _harmless(
        self, before: Sequence[Assessment], types: TypeTable, now: dt.datetime
    ) -> Callable[[AssessmentResource], bool]:
        """Says whether what an object states makes nothing milder."""
        self._parts.refresher.refresh()
        model, store = self._parts.model, self._parts.vulnerabilities
        rules = Rules(types, self._parts.policy)
        known = partial(known_vulnerabilities, store)
        return Harmlessness(before, model.assessments, rules, now, known).of

    def _guarded(self) -> dt.datetime | None:
        """Since when the API server makes sure who wrote an assessment; None while it does not, or nobody may look."""
        try:
            return self._parts.guard.since(Deadline(self._clock.monotonic() + _GUARD_SECONDS))
        except Final as problem:
            log.debug("it is not known who writes assessments", extra={"error": problem.message})
            return None

    # -- back to the objects ----------------------------------------------------------------------------------------

    def _report(self, statuses: Iterable[Status]) -> None:
        """Write what has changed; one that cannot be written keeps none of the others from it."""
        failure: SourceError | None = None
        for resource, status in statuses:
            before = resource.status
            if before is not None and replace(before, since=None) == status:
                continue
            same = before is not None and before.ready == status.ready and before.since is not None
            since = before.since if before is not None and same else self._clock.now().replace(microsecond=0)
            try:
                self._parts.resources.report(resource, replace(status, since=since))
            except Final as problem:
                failure = problem
                continue
            if not same or (before is not None and before.message != status.message):
                level = logging.INFO if status.ready else logging.WARNING
                log.log(level, "%s: %s", resource, status.message, extra={"reason": status.reason})
        if failure is not None:
            raise failure

    def _say_what_stays(self, kind: ResourceKind, names: Iterable[str]) -> None:
        """Say what stays in force without an object, as nobody has approved that it ends."""
        kept = frozenset(names)
        if new := sorted(kept - self._kept.get(kind, frozenset())):
            log.warning(
                "what is gone from the cluster stays in force, as ending it loosens",
                extra={
                    "kind": kind.value,
                    "names": ", ".join(new[:20]),
                    "remedy": "Make the object again; what ends it needs an approval.",
                },
            )
        self._kept[kind] = kept

    def _say_what_lacks(self, lacking: bool) -> None:
        if lacking and not self._lacking:
            log.warning(
                "the cluster does not know bomgate's custom resources; what they stated before stays as it is",
                extra={"remedy": "Install the custom resource definitions that the chart brings."},
            )
        self._lacking = lacking


class _Touched:
    """Counts the images that assessments touch, when the assessments changed, else once in a while."""

    def __init__(self, model: ReadModel, clock: Clock) -> None:
        self._model, self._clock = model, clock
        self._of: Mapping[str, object] = {}
        self._generation, self._next = -1, 0.0
        self._counts: Mapping[str, int] = {}

    def count(self, records: Mapping[str, Assessment]) -> Mapping[str, int]:
        about = {name: (record.vulnerability, record.scope) for name, record in records.items()}
        is_due = self._generation != self._model.generation and self._clock.monotonic() >= self._next
        if is_due or about != self._of:
            self._of, self._generation = about, self._model.generation
            self._next = self._clock.monotonic() + _COUNT_SECONDS
            self._counts = dict(zip(records, touched(self._model, list(records.values())), strict=True))
        return self._counts
