"""What the assessments of a settings file would change, with nothing recorded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace

from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.policy.decisions import PROVISIONER, Definition, provisioned
from webhook.policy.matching import AssessmentIndex
from webhook.policy.scopes import canonical_identifier, canonical_scope
from webhook.policy.typetable import TypeTable


def rehearsed(
    index: AssessmentIndex, definitions: Iterable[Definition], types: TypeTable, now: dt.datetime
) -> tuple[Assessment, ...]:
    """The records by which an index would come to say what a settings file states.

    Args:
        index: what is in force.
        definitions: all that the file states; what an earlier file stated besides is withdrawn.
        types: the table of types.
        now: UTC, aware.

    Raises:
        InvalidInput: a type is not known, or a part of a scope cannot be read.
    """
    records = list(index)
    last = max((record.sequence for record in records), default=0)
    there: dict[tuple[str, Scope], Assessment] = {}
    for record in records:
        if record.source is AssessmentSource.PROVISIONED and record.author == PROVISIONER:
            there[record.vulnerability.casefold(), record.scope] = record
    before = {key: assessment for key, assessment in there.items() if assessment.type is not None}
    made: dict[tuple[str, Scope], Assessment] = {}
    for definition in definitions:
        key = (canonical_identifier(definition.vulnerability).casefold(), canonical_scope(definition.scope))
        made[key] = provisioned(definition, types, now, before.get(key))
    gone = [
        replace(assessment, type=None, until=None, assessed_at=now)
        for key, assessment in before.items()
        if key not in made
    ]
    return tuple(
        replace(assessment, sequence=last + number)
        for number, assessment in enumerate((*gone, *made.values()), start=1)
    )
