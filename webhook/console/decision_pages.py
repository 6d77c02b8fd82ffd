"""The pages of decisions: drafts with their previews, and batches with the way back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, g, redirect, render_template, request

from webhook.console.clusterdeciding import cluster_command, cluster_plan_json, plan_for, record_plan
from webhook.console.deciding import SCOPE, command, decision_of, planned_json, scope_of
from webhook.console.drafts import Draft, Preview, new_draft
from webhook.console.face import ConsoleFace
from webhook.console.identity import Gate
from webhook.console.lists.base import ListView
from webhook.console.lists.every import every_list
from webhook.console.lists.findings import vulnerability_filter
from webhook.console.problems import NotFound, problem_of
from webhook.console.rights import offers, person, require, require_for, visible
from webhook.console.sessions import Session
from webhook.console.telling import record
from webhook.engines.triage.assessments import AssessmentFilter
from webhook.engines.triage.clusterdeciding import ClusterPlan
from webhook.errors import BomgateError, ChangedMeanwhile, InvalidInput
from webhook.model.triage import AssessmentScan

_FIELDS = (*SCOPE, "cluster", "type", "comment", "until", "days", "untilFixed")


def add_decision_pages(app: Flask, face: ConsoleFace, view: ListView[Any], gate: Gate) -> None:
    """Add the routes.

    Args:
        app: where to.
        face: what they show.
        view: the list of vulnerabilities, in which some are ticked.
        gate: what a person may do.
    """
    _add_drafts(app, face, view, gate)
    _add_batches(app, face, gate)


def _add_drafts(app: Flask, face: ConsoleFace, view: ListView[Any], gate: Gate) -> None:
    @app.post("/decide")
    def begin() -> Response:
        seen = visible(face, gate, "list", "vulnerabilities")
        if not may_decide(seen, gate):
            require(gate, "create", "assessments")
        shown = view if seen is face else every_list(seen)[view.name]
        wanted = vulnerability_filter(shown.read(request.form, face.clock.now()))
        chosen = request.form.getlist("tick")
        ids = seen.decider.matching(wanted) if request.form.get("all") else chosen
        limits = seen.boards.now().limits
        namespace = next(iter(limits)) if limits is not None and len(limits) == 1 else ""
        draft = new_draft(ids, request.form, namespace, is_filter=bool(request.form.get("all")))
        response = redirect(f"/decide/{_session().keep(draft)}", 303)
        assert isinstance(response, Response)
        return response

    @app.get("/decide/<name>")
    def draft_page(name: str) -> str:
        return _draft_page(face, name, _draft(name), gate)

    @app.post("/decide/<name>")
    def save(name: str) -> Any:
        draft = _draft(name)
        values = {key: request.form.get(key, "") for key in _FIELDS}
        require(gate, "create", "assessments", _place(values))
        draft.values, preview = values, draft.preview
        if request.form.get("step") != "record":
            return redirect(f"/decide/{name}?step=preview", 303)
        if preview is None or preview.values != values:
            return redirect(f"/decide/{name}?step=preview&changed=1", 303)
        try:
            recorded = _recorded(face, gate, preview, override=bool(request.form.get("override")))
        except ChangedMeanwhile as overtaken:
            face.refresh()  # so that the preview holds what the other person has decided
            return _draft_page(face, name, draft, gate, overtaken), problem_of(overtaken)[0]
        except InvalidInput as refused:
            return _draft_page(face, name, draft, gate, refused), problem_of(refused)[0]
        _session().drafts.pop(name, None)
        return redirect(recorded, 303)


def _add_batches(app: Flask, face: ConsoleFace, gate: Gate) -> None:
    @app.get("/batches/<batch>")
    def batch_page(batch: str) -> str:
        seen = visible(face, gate, "list", "assessments")
        rows = seen.assessments.page(AssessmentFilter(scan=AssessmentScan(batch=batch)), None, 200)
        if not rows.items:
            raise NotFound("There is no such batch.")
        undo = None
        problem = ""
        try:
            planned = seen.decider.plan_undo(batch, person().name)
            undo = planned_json(planned)
            seen.decider.check_approval(planned)
        except InvalidInput as found:
            problem = found.message
        return render_template("batch.html", batch=batch, rows=rows, undo=undo, problem=problem)

    @app.post("/batches/<batch>/undo")
    def undo_batch(batch: str) -> Any:
        planned = face.decider.plan_undo(batch, person().name)
        require_for(gate, "delete", planned.records)
        made = record(face, planned, override=True)
        return redirect(f"/batches/{made}", 303)


def _recorded(face: ConsoleFace, gate: Gate, preview: Preview, *, override: bool) -> str:
    """Record what was previewed; the page of its batch."""
    planned = preview.planned
    if isinstance(planned, ClusterPlan):
        return f"/clusters/{planned.cluster}/batches/{record_plan(face, gate, planned, override=override)}"
    require_for(gate, "create", planned.records)
    if override:
        require_for(gate, "create", planned.records, "assessments/override")
    return f"/batches/{record(face, planned, override=override)}"


def _draft_page(face: ConsoleFace, name: str, draft: Draft, gate: Gate, refused: BomgateError | None = None) -> str:
    """The page of a draft.

    Args:
        face: what it shows.
        name: of the draft.
        draft: what is decided.
        gate: what a person may do.
        refused: why what was previewed was not recorded; it is previewed again.
    """
    shown: dict[str, Any] | None = None
    problem = refused
    draft.preview, values = None, draft.values
    seen = visible(face, gate, "list", "vulnerabilities")
    if refused is not None or request.args.get("step") == "preview":
        try:
            require(gate, "create", "assessments", _place(values))
            shown = _previewed(seen, draft)
            _check_approval(seen, draft)
        except InvalidInput as found:
            problem = found
    return render_template(
        "decide.html",
        name=name,
        draft=draft,
        values=values,
        was_changed=bool(request.args.get("changed")) and shown is not None,
        planned=shown,
        problem=problem,
        types=list(face.rules().types),
        namespaces=seen.boards.now().namespaces,
        tells_fixes=face.desk.reader.tells_fixes,
        command=_command(draft, override=bool(shown["replaced"])) if shown else "",
        clusters=seen.clusters.names() if seen.clusters is not None and offers(gate, "create", "assessments") else (),
    )


def _previewed(seen: ConsoleFace, draft: Draft) -> dict[str, Any]:
    """Plan a draft, and keep that for its record; what the page shows of it.

    Raises:
        InvalidInput: a part of it cannot be used.
        StoreError: the store did not answer.
    """
    values, cluster = draft.values, draft.values.get("cluster", "")
    if cluster:
        plan = plan_for(seen, draft.ids, values, cluster)
        draft.preview = Preview(plan, values)
        return cluster_plan_json(plan)
    planned = seen.decider.plan(seen.decider.select(draft.ids, scope_of(values)), decision_of(values, person().name))
    draft.preview = Preview(planned, values)
    return planned_json(planned)


def _check_approval(seen: ConsoleFace, draft: Draft) -> None:
    """Refuse what was previewed where it takes another person.

    Raises:
        ApprovalNeeded: it does.
        StoreError: the store did not answer.
    """
    planned = None if draft.preview is None else draft.preview.planned
    if isinstance(planned, ClusterPlan) and seen.cluster_decider is not None:
        seen.cluster_decider.desk.check_approval(planned.records)
    elif planned is not None and not isinstance(planned, ClusterPlan):
        seen.decider.check_approval(planned)


def _command(draft: Draft, *, override: bool) -> str:
    cluster, author = draft.values.get("cluster", ""), person().name
    if cluster:
        return cluster_command(draft.ids, draft.values, author, cluster, override=override)
    return command(draft.ids, draft.values, author, override=override)


def _place(values: Mapping[str, str]) -> str:
    """The namespace in which a form takes the right to decide; empty for the whole cluster, as for one of a hub."""
    return "" if values.get("cluster") else values.get("namespace", "").strip()


def may_decide(face: ConsoleFace, gate: Gate) -> bool:
    """Whether the person may decide anything about what they see."""
    return offers(gate, "create", "assessments", face.boards.now().namespaces)


def _draft(name: str) -> Draft:
    found = _session().drafts.get(name)
    if not isinstance(found, Draft):
        raise NotFound(
            "This decision was already recorded, or the form has expired.", remedy="Select again from the list."
        )
    return found


def _session() -> Session:
    session: Session = g.session
    return session
