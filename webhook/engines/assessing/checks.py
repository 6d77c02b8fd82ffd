"""Checks of records before they are recorded, by what the stores have."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from webhook.engines.assessing.targets import known_vulnerabilities
from webhook.model.assessments import Assessment
from webhook.model.records import AssessmentQuery
from webhook.policy.evaluation import Rules
from webhook.policy.fixes import fix_known
from webhook.policy.loosening import check_assessments, is_plain_denial
from webhook.ports import AssessmentStore, VulnerabilityStore


def check_by_stores(
    records: Sequence[Assessment],
    assessments: AssessmentStore,
    vulnerabilities: VulnerabilityStore,
    rules: Rules,
    now: dt.datetime,
) -> None:
    """Refuse what loosens.

    Of a known vulnerability only the records under its names are read, so that one further record costs little however
    many others there are. One that nobody knows may be any.

    Args:
        records: that a person wants recorded.
        assessments: what was decided.
        vulnerabilities: what is known of vulnerabilities.
        rules: types and policy.
        now: UTC, aware.

    Raises:
        ApprovalNeeded: one of them loosens.
        StoreError: a store did not answer.
    """
    weighed = [record for record in records if not is_plain_denial(record, rules.types)]
    if not weighed:
        return
    known = known_vulnerabilities(vulnerabilities, weighed)
    is_known = all(record.vulnerability.casefold() in known for record in weighed)
    names = frozenset(record.vulnerability for record in records) if is_known else None
    check_assessments(records, assessments.find(AssessmentQuery(about=names)), rules, now, known)


def refuse_fixed(vulnerabilities: VulnerabilityStore, records: Sequence[Assessment]) -> None:
    """Refuse records that are to last until a fixed version is known where one is.

    The store refuses them, too; this tells before anything is recorded.

    Raises:
        FixKnown: it is, for one of them.
        StoreError: the store did not answer.
    """
    waiting = [record for record in records if record.until_fixed]
    if not waiting:
        return
    versions = vulnerabilities.fixed_in(waiting)
    known = [(record, version) for record, version in zip(waiting, versions, strict=True) if version]
    if known:
        raise fix_known(known)
