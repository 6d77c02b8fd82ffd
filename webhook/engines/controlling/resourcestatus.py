"""What the status of ``AssessmentType`` and ``Assessment`` objects says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from webhook.engines.controlling.approvals import ApprovalMissing, ApprovalWaits, AuthorUnknown
from webhook.errors import BomgateError, ConfigError
from webhook.model.assessments import Assessment
from webhook.model.resources import Resource, ResourceStatus, TypeResource
from webhook.policy.asking import RequestRefused
from webhook.policy.clusterassessments import DuplicateAssessment, UnknownType
from webhook.policy.clustertypes import OverlappingTypes, ShadowedType, TypeLoosens
from webhook.policy.conditions import conditions
from webhook.policy.fixes import NoFixTold
from webhook.policy.phrases import moment
from webhook.policy.plaintext import plain

REASONS: Mapping[type[BomgateError], str] = {
    ShadowedType: "Shadowed",
    OverlappingTypes: "Overlaps",
    DuplicateAssessment: "Duplicate",
    UnknownType: "UnknownType",
    ApprovalWaits: "ApprovalWaits",
    ApprovalMissing: "ApprovalMissing",
    AuthorUnknown: "AuthorUnknown",
    RequestRefused: "ApprovalRefused",
    TypeLoosens: "Loosens",
    NoFixTold: "NoFixTold",
}


def loaded(one: TypeResource) -> ResourceStatus:
    """Of a type that is in force."""
    held = [] if one.type is None else [f"CVSS {text}" if text[:1].isdigit() else text for text in conditions(one.type)]
    effect = f"vulnerabilities get it by themselves: {', '.join(held)}" if held else "it can be given"
    return ResourceStatus(one.resource.generation, True, "Loaded", f"In force: {effect}.")


def provisioned(resource: Resource, record: Assessment | None, now: dt.datetime, approval: str) -> ResourceStatus:
    """Of an assessment that is in the store, with who approved it; possibly nobody."""
    if record is not None and record.fixed_in:
        text = f"It ended, as a fixed version is known: {plain(record.fixed_in, 200)}."
        return ResourceStatus(resource.generation, True, "Fixed", text)
    if record is not None and record.until is not None and record.expired(now):
        text = f"It expired on {moment(record.until)} and has no effect."
        return ResourceStatus(resource.generation, True, "Expired", text)
    text = f"In force: {approval}." if approval else "In force."
    return ResourceStatus(resource.generation, True, "Provisioned", text)


def refused(resource: Resource, problem: BomgateError, stays: str) -> ResourceStatus:
    """Of an object that does not count as it is, with what stays in force."""
    reason = REASONS.get(type(problem), "BadDefinition")
    words = [problem.message, stays]
    if problem.remedy != ConfigError.default_remedy:
        words.append(problem.remedy)
    return ResourceStatus(resource.generation, False, reason, " ".join(word for word in words if word))
