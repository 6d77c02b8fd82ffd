"""Telling: a decision is recorded, and the cluster is told in an Event about each namespace that it is about."""

from __future__ import annotations

import logging

from webhook.console.face import ConsoleFace
from webhook.console.rights import origin, person
from webhook.engines.triage.deciding import Planned
from webhook.errors import BomgateError
from webhook.model.reports import EventType, ObjectEvent
from webhook.model.running import ObjectRef
from webhook.policy.plaintext import plain

log = logging.getLogger("bomgate.console")
_MOST_COMMENT = 300


def record(face: ConsoleFace, planned: Planned, *, override: bool) -> str:
    """Record what was planned, and tell it; the name of its batch.

    The row in the audit log is in the transaction of the decision. An Event cannot be: it lives in another store, for
    an hour, and a decision is not taken back for the want of it.

    Raises:
        InvalidInput: decisions of people would be replaced, and nobody has consented.
        ChangedMeanwhile: somebody has decided about the same since it was planned.
        StoreError: nothing was recorded.
    """
    batch = face.decider.record(planned, override=override, recorded_by=origin())
    who, records = person().name, planned.records
    log.info("decided", extra={"user": who, "batch": batch, "action": planned.action, "records": len(records)})
    if face.events is None:
        return batch
    did = f"{records[0].type} for {planned.subject}" if planned.action == "assess" else f"took back {planned.subject}"
    message = f"{who}: {did} (batch {batch}): {plain(records[0].comment, _MOST_COMMENT)}"
    for namespace in sorted({record.scope.namespace or face.home for record in records}):
        about = ObjectRef("", "v1", "Namespace", namespace, namespace, "")
        try:
            face.events.emit(ObjectEvent(about, "BomgateDecided", message, EventType.NORMAL, batch))
        except BomgateError as problem:
            log.warning("no event could be told", extra={"batch": batch, "error": problem.message})
    return batch
