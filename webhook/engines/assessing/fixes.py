"""Fixed versions that are known already, before somebody records what is to last until one is."""

from __future__ import annotations

from collections.abc import Sequence

from webhook.model.assessments import Assessment
from webhook.policy.fixes import fix_known
from webhook.ports import VulnerabilityStore


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
