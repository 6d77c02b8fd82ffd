"""Decisions of a hub for one of its members: their pages, the API, and how both show them."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Flask, Response, redirect, render_template, request

from webhook.console.answers import json_answer
from webhook.console.deciding import command, decision_of, decision_request, is_rehearsal, scope_of
from webhook.console.face import ConsoleFace
from webhook.console.identity import Gate
from webhook.console.lists.base import ROOT
from webhook.console.problems import NotFound
from webhook.console.rights import origin, person, require
from webhook.engines.triage.clusterdeciding import ClusterDecider, ClusterPlan
from webhook.errors import InvalidInput
from webhook.policy.loosening import ApprovalNeeded
from webhook.policy.phrases import decided
from webhook.policy.scopes import described

log = logging.getLogger("bomgate.console")

CLUSTER_PLAN: dict[str, Any] = {
    "type": "object",
    "properties": {
        "cluster": {"type": "string"},
        "batch": {"type": "string", "description": "By which it can be undone; empty after a dry run."},
        "records": {"type": "integer"},
        "workloads": {
            "type": "array",
            "description": "What runs there with an affected component, as the member last reported; at most 200.",
            "items": {
                "type": "object",
                "properties": {
                    "title": {"type": "string"},
                    "action": {"type": "string", "description": "What its own audit gave it."},
                },
                "required": ["title", "action"],
            },
        },
        "replaced": {"type": "array", "items": {"type": "string"}},
        "decidedSince": {"type": "integer"},
        "approval": {"type": "string", "description": "Of a dry run: why it cannot be decided here; else empty."},
    },
    "required": ["cluster", "batch", "records", "workloads", "replaced", "decidedSince"],
}


def cluster_decider(face: ConsoleFace) -> ClusterDecider:
    """Who decides for single members.

    Raises:
        InvalidInput: this is no hub.
    """
    if face.cluster_decider is None:
        raise InvalidInput("This installation is not a hub, so it has no members.", remedy="Leave the cluster out.")
    return face.cluster_decider


def plan_for(face: ConsoleFace, ids: Sequence[str], values: Mapping[str, str], cluster: str) -> ClusterPlan:
    """What a form, or JSON, decides for one member.

    Raises:
        InvalidInput: a part of it cannot be used.
        StoreError: the store did not answer.
    """
    return cluster_decider(face).plan(cluster, ids, scope_of(values), decision_of(values, person().name))


def record_plan(face: ConsoleFace, gate: Gate, plan: ClusterPlan, *, override: bool) -> str:
    """Record a plan, if the person may; the name of its batch.

    Raises:
        NotAllowed: they may not decide for the whole cluster of the hub.
        InvalidInput: see :meth:`ClusterDecider.record`.
        StoreError: nothing was recorded.
    """
    require(gate, "delete" if plan.undoes else "create", "assessments")
    if override and plan.replaced and not plan.undoes:
        require(gate, "create", "assessments/override")
    batch = cluster_decider(face).record(plan, override=override, recorded_by=origin())
    log.info("decided", extra={"user": person().name, "batch": batch, "cluster": plan.cluster})
    return batch


def cluster_plan_json(plan: ClusterPlan, batch: str = "") -> dict[str, Any]:
    """What a decision for one member would record, or has recorded."""
    return {
        "cluster": plan.cluster,
        "batch": batch,
        "records": len(plan.records),
        "workloads": [
            {"title": f"{running.kind} {running.namespace}/{running.name}", "action": running.action}
            for running in (line.workload for line in plan.workloads)
        ],
        "replaced": [
            f"{given.vulnerability} for {described(given.scope, 0)}: {given.type} {decided(given)}"
            for given in plan.replaced
        ],
        "decidedSince": plan.decided_since,
    }


def cluster_command(ids: Sequence[str], values: Mapping[str, str], author: str, cluster: str, *, override: bool) -> str:
    """The command line that does the same; empty for more vulnerabilities than one can name."""
    line = command(ids, values, author, override=override)
    return f"{line} --cluster {shlex.quote(cluster)}" if line else ""


def add_cluster_decisions(app: Flask, face: ConsoleFace, gate: Gate) -> None:
    """Add the page of a batch, and the routes of the API.

    Args:
        app: where to.
        face: what they work with.
        gate: what a person may do.
    """

    @app.get("/clusters/<cluster>/batches/<batch>")
    def cluster_batch_page(cluster: str, batch: str) -> str:
        require(gate, "list", "clusters")
        return _batch_page(cluster_decider(face), cluster, batch)

    @app.post("/clusters/<cluster>/batches/<batch>/undo")
    def cluster_undo(cluster: str, batch: str) -> Any:
        require(gate, "delete", "assessments")
        plan = cluster_decider(face).plan_undo(cluster, batch, person().name)
        return redirect(f"/clusters/{cluster}/batches/{record_plan(face, gate, plan, override=True)}", 303)

    @app.post(f"{ROOT}/clusters/<cluster>/decisions")
    def api_cluster_decide(cluster: str) -> Response:
        require(gate, "create", "assessments")
        body = decision_request(request.get_json())
        if "filter" in body:
            raise InvalidInput("A filter cannot be decided for one cluster.", remedy="Name the vulnerabilities.")
        ids = body.get("vulnerabilities", [])
        if not ids or not all(isinstance(name, str) for name in ids):
            raise InvalidInput("No vulnerability was given.", remedy='Write vulnerabilities as ["CVE-2021-44228"].')
        values = {name: str(value) for name, value in body.items() if isinstance(value, str | int)}
        plan = plan_for(face, ids, values, cluster)
        return _answer(face, gate, plan, rehearses=bool(body.get("dryRun")), override=bool(body.get("override")))

    @app.post(f"{ROOT}/clusters/<cluster>/batches/<batch>/undo")
    def api_cluster_undo(cluster: str, batch: str) -> Response:
        require(gate, "delete", "assessments")
        rehearses = bool(request.get_data()) and is_rehearsal(request.get_json())
        plan = cluster_decider(face).plan_undo(cluster, batch, person().name)
        return _answer(face, gate, plan, rehearses=rehearses, override=True)


def _batch_page(decider: ClusterDecider, cluster: str, batch: str) -> str:
    rows = decider.batch(cluster, batch)
    if not rows:
        raise NotFound("There is no such batch.")
    undo, problem = None, ""
    try:
        plan = decider.plan_undo(cluster, batch, person().name)
        undo = cluster_plan_json(plan)
        decider.desk.check_approval(plan.records)
    except InvalidInput as found:
        problem = found.message
    return render_template("cluster_batch.html", cluster=cluster, batch=batch, rows=rows, undo=undo, problem=problem)


def _answer(face: ConsoleFace, gate: Gate, plan: ClusterPlan, *, rehearses: bool, override: bool) -> Response:
    if not rehearses:
        shown = cluster_plan_json(plan, record_plan(face, gate, plan, override=override))
        return json_answer(shown)
    approval = ""
    try:
        cluster_decider(face).desk.check_approval(plan.records)
    except ApprovalNeeded as problem:
        approval = f"{problem.message} {problem.remedy}"
    return json_answer({**cluster_plan_json(plan), "approval": approval})


def cluster_decision_paths(problem: Mapping[str, Any]) -> dict[str, Any]:
    """The paths of decisions for single members, for the API's description.

    Args:
        problem: the response for errors.
    """

    def given(name: str) -> dict[str, Any]:
        return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}

    token = {"name": "X-Form-Token", "in": "header", "required": True, "schema": {"type": "string"}}
    made = {"application/json": {"schema": CLUSTER_PLAN}}
    responses = {"200": {"description": "What was, or would be, recorded.", "content": made}, "default": dict(problem)}
    decision = {"application/json": {"schema": {"$ref": "#/components/schemas/Decision"}}}
    rehearsal = {"application/json": {"schema": {"type": "object", "properties": {"dryRun": {"type": "boolean"}}}}}
    return {
        "/clusters/{cluster}/decisions": {
            "post": {
                "operationId": "decideForCluster",
                "summary": "Assess vulnerabilities for one member alone, or say what that is about there.",
                "parameters": [given("cluster"), token],
                "requestBody": {"required": True, "content": decision},
                "responses": responses,
            }
        },
        "/clusters/{cluster}/batches/{batch}/undo": {
            "post": {
                "operationId": "undoForCluster",
                "summary": "Take back all that one decision recorded for a member, or say what that is about.",
                "parameters": [given("cluster"), given("batch"), token],
                "requestBody": {"content": rehearsal},
                "responses": responses,
            }
        },
    }
