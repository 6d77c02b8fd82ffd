"""What a read model knows, as one complete change: equal models give equal ones."""

from __future__ import annotations

from array import array

from webhook.engines.readmodel import ReadModel
from webhook.model.bases import Base
from webhook.model.changes import UINT32, Changes
from webhook.model.looks import StoredLook
from webhook.policy.matching import AssessmentIndex


def exported(model: ReadModel | Base) -> Changes:
    """The whole model."""
    base = model.base() if isinstance(model, ReadModel) else model
    answered_at = array(UINT32)
    answered_at.frombytes(bytes(base.answered_at[: 4 * base.size]))
    findings = sorted(base.findings.items())
    return Changes(
        position=base.position,
        complete=True,
        component_ids=array(UINT32, range(base.size)),
        states=bytes(base.states[: base.size]),
        answered_at=answered_at,
        ecosystems=bytes(base.ecosystems[: base.size]) if base.checked_at else b"",
        checked_at=base.checked_at or None,
        purls={number: found.purl for number, found in findings},
        findings={number: found.vulnerabilities for number, found in findings},
        fixed={number: dict(found.fixed) for number, found in findings if found.fixed},
        vulnerabilities=tuple(base.vulnerabilities[key] for key in sorted(base.vulnerabilities)),
        assessments=tuple(AssessmentIndex.on(base.assessments)),
        types=base.types,
        sboms=tuple(sbom for digest in sorted(base.images) for sbom in base.images[digest].sboms.values()),
        looks=tuple(
            StoredLook(digest, origin, trouble)
            for digest in sorted(base.images)
            for origin, trouble in base.images[digest].looks
        ),
        tags=dict(base.tags),
        doubtful=dict(base.doubtful),
        told=base.told,
        vex=base.vex,
    )


def told(changes: Changes) -> Changes:
    """The same for what a feed tells, which is in the order of the store."""
    model = ReadModel()
    model.apply(changes)
    return exported(model)
