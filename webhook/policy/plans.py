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
from webhook.policy.automatic import auto_assessment, is_stricter
from webhook.policy.conditions import exploited
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

    What was assessed automatically alone is assessed again where the vulnerability is exploited, and that is stricter.

    Args:
        pairs: vulnerabilities with the packages (canonical purls without version) that they affect.
        index: all assessments that can still matter.
        types: the table of types.
        now: UTC, aware.
    """
    made, assessed, expired, unmatched = list[Assessment](), 0, 0, 0
    for vulnerability, package in pairs:
        effective = index.effective(vulnerability, Purl(package), ANYWHERE, now)
        new = auto_assessment(types, vulnerability, package, now)
        if effective.assessment is not None:
            if new is not None and _is_exploited_more(types, vulnerability, effective.assessment):
                made.append(new)
            else:
                assessed += 1
        elif effective.expired is not None:
            expired += 1
        elif new is None:
            unmatched += 1
        else:
            made.append(new)
    return Plan(tuple(made), assessed, expired, unmatched)


def _is_exploited_more(types: TypeTable, vulnerability: Vulnerability, last: Assessment) -> bool:
    """Whether a condition about attacks gives a stricter type than was given automatically."""
    found = types.automatic(vulnerability)
    if found is None or last.by_hand or not exploited(found.type, vulnerability.exploitation):
        return False
    return is_stricter(types, found, last)


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
        made[key] = provisioned(definition, types, now, before.get(key))
    gone = [
        structs.replace(item, type=None, until=None, assessed_at=now) for key, item in before.items() if key not in made
    ]
    return tuple(
        structs.replace(item, sequence=last + number) for number, item in enumerate((*gone, *made.values()), start=1)
    )
