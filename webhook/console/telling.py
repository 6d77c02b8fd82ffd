"""Recording a decision, or a change of a type, and publishing it as Events about namespaces at once.

The controller tells every row of the audit log, too. The Event of a decision has one name for both, so there is one.
"""

from __future__ import annotations

import logging

from webhook.console.face import ConsoleFace
from webhook.console.rights import origin, person
from webhook.engines.triage.plans import Planned
from webhook.engines.triage.typeediting import PlannedType
from webhook.errors import BomgateError
from webhook.model.reports import EventType, ObjectEvent
from webhook.model.running import ObjectRef
from webhook.policy.plaintext import plain

log = logging.getLogger("bomgate.console")
_MOST_COMMENT = 300


def record_type(face: ConsoleFace, planned: PlannedType, *, consent: bool) -> None:
    """Record a change of a type; the controller tells it in an Event.

    Raises:
        InvalidInput: something would be judged otherwise, and nobody has consented.
        ChangedMeanwhile: some type was changed since it was planned.
        StoreError: nothing was recorded.
    """
    who, name, action = person().name, planned.type.name, planned.action
    face.type_editor.record(planned, author=who, recorded_by=origin(), consent=consent)
    log.info("type changed", extra={"user": who, "action": action, "type": name})


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
    did = f"{records[0].type} for {planned.subject}" if planned.action == "assess" else f"took back {planned.subject}"
    message = f"{who}: {did} (batch {batch}): {plain(records[0].comment, _MOST_COMMENT)}"
    for namespace in sorted({record.scope.namespace or face.home for record in records}):
        _tell(face, namespace, message, batch)
    return batch


def _tell(face: ConsoleFace, namespace: str, message: str, key: str) -> None:
    if face.events is None:
        return
    about = ObjectRef("", "v1", "Namespace", namespace, namespace, "")
    try:
        face.events.emit(ObjectEvent(about, "BomgateDecided", message, EventType.NORMAL, key, once=True))
    except BomgateError as problem:
        log.warning("no event could be told", extra={"key": key, "error": problem.message})
