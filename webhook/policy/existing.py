"""The CVSS ranges applied to vulnerabilities that are in the store already."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from webhook.model.assessments import Assessment
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.automatic import auto_assessment
from webhook.policy.matching import ANYWHERE, AssessmentIndex
from webhook.policy.typetable import TypeTable


@dataclass(frozen=True, slots=True)
class Plan:
    """What applying the CVSS ranges to what is already there gives.

    Attributes:
        assessments: what is (or would be) recorded.
        assessed: how many pairs of vulnerability and package are left alone because an assessment is in force.
        expired: how many because theirs has expired: a lapsed decision is for people to renew.
        unmatched: how many because no range holds their score.
    """

    assessments: tuple[Assessment, ...]
    assessed: int = 0
    expired: int = 0
    unmatched: int = 0


def plan_existing(
    pairs: Iterable[tuple[Vulnerability, str]], index: AssessmentIndex, types: TypeTable, now: dt.datetime
) -> Plan:
    """What the CVSS ranges give to vulnerabilities that were never assessed.

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
            assessed += 1
        elif effective.expired is not None:
            expired += 1
        elif new is None:
            unmatched += 1
        else:
            made.append(new)
    return Plan(tuple(made), assessed, expired, unmatched)
