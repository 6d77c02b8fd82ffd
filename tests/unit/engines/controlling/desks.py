"""A cluster with objects, and the duty that brings them into the store."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.copies import replace
from tests.fakes import NOON, FakeTicketGuard
from tests.memory.requests import MemoryRequests
from tests.worlds import LOG4J, LOG4SHELL, World
from webhook.engines.assessing.rules import StoreRules
from webhook.engines.controlling.approvals import AssessmentApprovals
from webhook.engines.controlling.provisioning import Provisioning, ProvisioningParts
from webhook.engines.requesting.desk import RequestDesk
from webhook.engines.requesting.options import RequestOptions
from webhook.engines.requesting.reader import RequestReader
from webhook.errors import Final, SourceError
from webhook.model.actions import Action
from webhook.model.assessments import AssessmentType, CvssRange, Scope
from webhook.model.purls import Purl
from webhook.model.resources import (
    AssessmentResource,
    Resource,
    ResourceKind,
    ResourceStatus,
    StatedAssessment,
    TypeResource,
)

DAY = dt.timedelta(days=1)
PACKAGE = Purl(LOG4J).package
SCOPE = Scope(package=PACKAGE)


@dataclass
class FakeResources:
    """A cluster with these objects; what is reported becomes their status, as in a real one."""

    stored_types: dict[str, TypeResource] | None = field(default_factory=dict)
    stored_assessments: dict[str, AssessmentResource] | None = field(default_factory=dict)
    reported: list[tuple[str, ResourceStatus]] = field(default_factory=list)
    failure: SourceError | None = None
    unwritable: set[str] = field(default_factory=set)

    def types(self) -> list[TypeResource] | None:
        if self.failure is not None:
            raise self.failure
        return None if self.stored_types is None else list(self.stored_types.values())

    def assessments(self) -> list[AssessmentResource] | None:
        return None if self.stored_assessments is None else list(self.stored_assessments.values())

    def report(self, resource: Resource, status: ResourceStatus) -> None:
        if resource.name in self.unwritable:
            raise Final(f"{resource.name} cannot be written")
        self.reported.append((resource.name, status))
        objects: dict[str, TypeResource] | dict[str, AssessmentResource] | None
        objects = self.stored_types if resource.kind is ResourceKind.TYPE else self.stored_assessments
        if objects is not None:
            objects[resource.name] = replace(objects[resource.name], resource=replace(resource, status=status))


class Desk:
    """A world with one vulnerable image, a cluster with objects, and the duty between the two."""

    def __init__(self, options: RequestOptions | None = None, *, tells_fixes: bool = False) -> None:
        self.tells_fixes = tells_fixes
        self.world, self.cluster = World(), FakeResources()
        self.options, self.records, self.guard = options or RequestOptions(), MemoryRequests(), FakeTicketGuard()
        self.digest = self.world.image("shop/web:1", LOG4J)
        self.world.answer(LOG4J, LOG4SHELL)
        self.published: dict[tuple[str, bool], int] = {}
        self.duty = self.new_duty()

    def new_duty(self) -> Provisioning:
        store = self.world.store
        rules = StoreRules(self.world.rules, store.types)
        clock = self.world.clock
        reader = RequestReader(store.vulnerabilities, rules, self.options, clock, tells_fixes=self.tells_fixes)
        self.requests = RequestDesk(self.records, reader, clock)
        parts = ProvisioningParts(
            resources=self.cluster,
            types=store.types,
            assessments=store.assessments,
            model=self.world.model,
            refresher=self.world.refresher,
            guard=self.guard,
            approvals=AssessmentApprovals(self.requests, self.world.clock),
            policy=self.world.rules.policy,
            vulnerabilities=store.vulnerabilities,
            tells_fixes=self.tells_fixes,
        )
        return Provisioning(parts, self.world.rules.types, self.world.clock, self._publish)

    def _publish(self, kind: str, valid: bool, number: int) -> None:
        self.published[kind, valid] = number

    def put_type(self, name: str, action: Action = Action.DENY, low: str = "", high: str = "", **more: Any) -> None:
        assert self.cluster.stored_types is not None
        band = CvssRange(Decimal(low), Decimal(high)) if low else None
        before = self.cluster.stored_types.get(name)
        resource = _next(before.resource if before else None, ResourceKind.TYPE, name, len(self.cluster.stored_types))
        self.cluster.stored_types[name] = TypeResource(resource, AssessmentType(name, action, band, **more))

    def put(
        self,
        name: str,
        kind: str = "Blocked",
        scope: Scope = SCOPE,
        until: dt.datetime | None = None,
        author: str = "",
        comment: str = "why",
        *,
        until_fixed: bool = False,
    ) -> None:
        assert self.cluster.stored_assessments is not None
        objects = self.cluster.stored_assessments
        before = objects.get(name)
        resource = _next(before.resource if before else None, ResourceKind.ASSESSMENT, name, len(objects))
        definition = StatedAssessment("CVE-2021-44228", kind, scope, comment, until, until_fixed)
        uid = f"uid-{name}" if before is None else before.uid
        objects[name] = AssessmentResource(resource, definition, author, uid, repr((definition, author)))

    def run(self) -> dict[str, ResourceStatus]:
        """One pass; what was reported in it."""
        self.cluster.reported.clear()
        self.duty.run()
        self.world.refresher.refresh()
        return dict(self.cluster.reported)

    def action(self, namespace: str = "") -> Action:
        """What the image gets."""
        return self.world.check("shop/web:1", namespace).action


def _next(before: Resource | None, kind: ResourceKind, name: str, age: int) -> Resource:
    if before is None:
        return Resource(kind, name, 1, NOON - DAY + dt.timedelta(minutes=age))
    return replace(before, generation=before.generation + 1)
