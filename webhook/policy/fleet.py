"""The fleet: how a record of the hub is told to its members."""

from __future__ import annotations

from msgspec import structs

from webhook.model.assessments import Assessment, AssessmentSource


def as_told(assessment: Assessment) -> Assessment:
    """A record of the hub as members get it.

    It keeps its author, time, end, comment and batch. What it was recorded by stays at the hub, which names accounts
    and machines; in its place stands what stated it, so that a withdrawal there withdraws no other record here.
    """
    stated_by = " ".join(filter(None, (assessment.source.value, assessment.provisioner)))
    return structs.replace(
        assessment, source=AssessmentSource.FLEET, recorded_by=stated_by, revision=0, sequence=0, rule=""
    )
