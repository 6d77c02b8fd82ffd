"""``bomgate assess --cluster``: decisions of a hub for one member alone."""

from __future__ import annotations

from collections.abc import Sequence

from webhook.bootstrap import Parts
from webhook.bootstrap.fleet import cluster_desk
from webhook.bootstrap.triage import cluster_decider
from webhook.cli.assess_plan import Request
from webhook.cli.decision_shapes import AssessedShape, RecordedAssessmentShape
from webhook.cli.identity import Actor
from webhook.cli.output import note, print_json, say
from webhook.cli.triaging import loaded_triage
from webhook.errors import InvalidInput
from webhook.model.assessments import Assessment
from webhook.policy.phrases import count, decided, end_of
from webhook.policy.scopes import described

_SHOWN = 10


def assess_for_cluster(request: Request, parts: Parts, who: Actor, *, is_json: bool) -> None:
    """Record a decision for one member, or show it.

    Raises:
        InvalidInput: a part cannot be used, or there is no such member.
        NotAllowed: the user may not decide for the whole cluster.
        ApprovalNeeded: it may loosen, and that takes two people.
        ChangedMeanwhile: somebody has decided about the same while this was checked.
    """
    cluster, author = request.cluster or "", who.person.name
    who.require("delete" if request.clear or request.undo else "create", "assessments")
    desk, undoes = cluster_desk(parts), request.undo or ""
    if undoes:
        records = desk.undo(cluster, undoes, author=author).records
    elif request.clear:
        records = desk.clear(cluster, request.ids, request.scope, author=author, comment=request.comment or "")
    else:
        records = desk.assess(cluster, request.ids, request.scope, request.decision(author))
    batch, replaced = "", desk.replaced(cluster, records)
    if not request.dry_run:
        _check_consent(request, replaced, author)
        records = desk.record(cluster, records, replaced=replaced, recorded_by=who.recorded_by, undoes=undoes)
        batch = records[0].batch
    if is_json:
        print_json(
            AssessedShape(
                assessments=tuple(map(RecordedAssessmentShape.of, records)),
                images=(),
                dry_run=request.dry_run,
                left_alone={},
                changes=(),
                kept=(),
                batch=batch,
                effects=None,
            )
        )
        return
    for record in records:
        say(f"{'Would record' if request.dry_run else 'Recorded'} for {cluster}: {_told(record)}")
    if request.dry_run:
        _show_workloads(parts, cluster, records)
    for record in replaced:
        note(f"In place of: {record.type} {decided(record)}.")
    if batch:
        note(f"To undo: bomgate assess --undo {batch} --cluster {cluster}")


def _check_consent(request: Request, replaced: Sequence[Assessment], author: str) -> None:
    """Refuse to replace what others have decided, unless that is asked for.

    Raises:
        InvalidInput: see above.
    """
    others = [record for record in replaced if record.author != author]
    if others and not (request.override or request.clear or request.undo):
        raise InvalidInput(
            f"This would replace {count(len(others), 'decision')} of others for {request.cluster}, such as "
            f"{others[0].type} for {others[0].vulnerability} {decided(others[0])}.",
            remedy="Add --override.",
        )


def _show_workloads(parts: Parts, cluster: str, records: Sequence[Assessment]) -> None:
    """Say what runs there that records are about; what it would get, the member alone knows."""
    decider = cluster_decider(parts, loaded_triage(parts))
    workloads = () if decider is None else decider.workloads(cluster, records)
    note(f"{count(len(workloads), 'running workload')} in {cluster} with an affected component, as last reported.")
    for running in (line.workload for line in workloads[:_SHOWN]):
        note(f"{running.action} now: {running.kind} {running.namespace}/{running.name}", indent=2)
    if len(workloads) > _SHOWN:
        note(f"and {len(workloads) - _SHOWN} more", indent=2)


def _told(record: Assessment) -> str:
    what = "withdrawn" if record.type is None else f"{record.type}, ends: {end_of(record)}"
    return f"{record.vulnerability} for {described(record.scope)}: {what}."
