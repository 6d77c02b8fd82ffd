"""Plans: what the CVSS ranges, or a settings file, would record, with nothing recorded yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from msgspec import structs

from webhook.model.assessments import PROVISIONER, Assessment, Scope
from webhook.model.purls import Purl
from webhook.model.resources import StatedAssessment
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.answeredpairs import AnsweredPair, by_name
from webhook.policy.automatic import assessment_by_exploitation, auto_assessment
from webhook.policy.decisions import provisioned
from webhook.policy.matching import AssessmentIndex
from webhook.policy.precedence import ANYWHERE
from webhook.policy.scopes import canonical_identifier, canonical_scope
from webhook.policy.typetable import TypeTable


@dataclass(frozen=True, slots=True)
class Plan:
    """The result of applying the conditions of types to existing vulnerabilities.

    Attributes:
        assessments: what is (or would be) recorded.
        assessed: how many pairs of vulnerability and package are left alone because an assessment is in force.
        expired: how many because theirs has expired: a lapsed decision is for people to renew.
        unmatched: how many because no condition of a type holds.
    """

    assessments: tuple[Assessment, ...]
    assessed: int = 0
    expired: int = 0
    unmatched: int = 0


def plan_existing(
    pairs: Iterable[tuple[Vulnerability, str]], index: AssessmentIndex, types: TypeTable, now: dt.datetime
) -> Plan:
    """Apply the conditions of types to vulnerabilities that were never assessed.

    What was assessed automatically alone is assessed again by what is known of attacks, by the rule of
    :func:`~webhook.policy.automatic.assessment_by_exploitation`.

    Args:
        pairs: vulnerabilities with the packages (canonical purls without version) that they affect.
        index: all assessments that can still matter.
        types: the table of types.
        now: UTC, aware.
    """
    made, assessed, expired, unmatched = list[Assessment](), 0, 0, 0
    known = by_name(index)
    for vulnerability, package in pairs:
        effective = index.effective(vulnerability, Purl(package), ANYWHERE, now)
        if effective.assessment is not None:
            pair = AnsweredPair(vulnerability, package, is_new=False)
            by_hand = effective.assessment.by_hand
            again = None if by_hand else assessment_by_exploitation(types, pair, known, now)
            assessed += again is None
            made += [] if again is None else [again]
        elif effective.expired is not None:
            expired += 1
        else:
            new = auto_assessment(types, vulnerability, package, now)
            unmatched += new is None
            made += [] if new is None else [new]
    return Plan(tuple(made), assessed, expired, unmatched)


def rehearsed(
    index: AssessmentIndex, definitions: Iterable[StatedAssessment], types: TypeTable, now: dt.datetime
) -> tuple[Assessment, ...]:
    """The records that would bring an index in line with a settings file.

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
        if record.provisioner == PROVISIONER:
            there[record.vulnerability.casefold(), record.scope] = record
    before = {key: item for key, item in there.items() if item.type is not None}
    made: dict[tuple[str, Scope], Assessment] = {}
    for definition in definitions:
        key = (canonical_identifier(definition.vulnerability).casefold(), canonical_scope(definition.scope))
        former = before.get(key)
        if former is not None and former.fixed_in and definition.until_fixed and former.comment == definition.comment:
            made[key] = former  # a fixed version has ended it
        else:
            made[key] = provisioned(definition, types, now, former)
    gone = [
        structs.replace(item, type=None, until=None, assessed_at=now) for key, item in before.items() if key not in made
    ]
    return tuple(
        structs.replace(item, sequence=last + number) for number, item in enumerate((*gone, *made.values()), start=1)
    )
