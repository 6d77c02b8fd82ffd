"""The pages: every list, single nouns, decisions, settings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, g, redirect, render_template, request

from webhook.console.deciding import SCOPE, command, decision_of, planned_json, scope_of
from webhook.console.details import image_json, package_json, vulnerability_json
from webhook.console.drafts import Draft, Preview, new_draft
from webhook.console.face import ConsoleFace
from webhook.console.identity import Gate
from webhook.console.lists.base import ROOT, ListView, limit
from webhook.console.lists.every import every_list
from webhook.console.lists.findings import vulnerability_filter
from webhook.console.lists.telling import add_test_message
from webhook.console.problems import NotFound
from webhook.console.rights import offers, person, require, require_for, visible
from webhook.console.sessions import Session
from webhook.console.telling import record
from webhook.console.ways import add_ways
from webhook.engines.triage.assessments import AssessmentFilter
from webhook.errors import BomgateError, InvalidInput, TooBroad
from webhook.model.images import parse_digest
from webhook.model.purls import parse_purl
from webhook.model.triage import AssessmentScan

_COMPONENTS = 100


def add_pages(app: Flask, face: ConsoleFace, lists: Mapping[str, ListView[Any]], gate: Gate) -> None:
    """Add the routes of the pages.

    Args:
        app: where to.
        face: what they show.
        lists: by name.
        gate: what a person may do.
    """
    for view in lists.values():
        app.add_url_rule(f"/{view.name}", f"page_{view.name}", _list_page(face, view, gate))
    _add_nouns(app, face, gate)
    add_test_message(app, face, gate)
    add_ways(app, face, gate, ROOT)
    _add_decisions(app, face, lists["vulnerabilities"], gate)

    @app.get("/")
    def overview() -> str:
        seen = visible(face, gate, "list", "vulnerabilities")
        sees_all = offers(gate, "get", "settings")
        checks = _worse(face) if sees_all else []
        return render_template(
            "overview.html",
            overview=seen.overviews.now(),
            checks=checks,
            token_ends=face.token_ends if sees_all else "",
        )

    @app.get("/settings")
    def settings() -> str:
        require(gate, "get", "settings")
        return render_template("settings.html", checks=face.checks(), settings=face.settings)


def _worse(face: ConsoleFace) -> list[Any]:
    return [check for check in face.kept_checks() if check.level == "bad"]


def _list_page(whole: ConsoleFace, listed: ListView[Any], gate: Gate) -> Any:
    def show() -> tuple[str, int]:
        face = visible(whole, gate, "list", listed.resource)
        view = listed if face is whole else every_list(face)[listed.name]
        problem: BomgateError | None = None
        rows, after, status = [], None, 200
        try:
            values = view.read(request.args, face.clock.now())
            cursor = face.cursors.read(request.args.get("cursor", ""), view.keys(values))
            page = view.page(values, cursor, limit(request.args.get("limit", "")))
            rows = [(view.record(row), _links(view, row)) for row in page.items]
            after = face.cursors.of(page.after)
        except (InvalidInput, TooBroad) as found:
            problem, status = found, 422 if isinstance(found, TooBroad) else 400
        given = {rule.name: request.args[rule.name] for rule in view.filters if request.args.get(rule.name)}
        rest = {name: value for name, value in request.args.items() if name not in ("cursor", "form_token")}
        return (
            render_template(
                view.template,
                view=view,
                rows=rows,
                given=given,
                problem=problem,
                first=f"/{view.name}?{urlencode(given)}" if request.args.get("cursor") else "",
                following=f"/{view.name}?{urlencode({**rest, 'cursor': after})}" if after else "",
                query=urlencode(given),
                traps=face.types.traps() if view.name == "types" else (),
                may_decide=view.tick is not None and _may_decide(face, gate),
                may=partial(offers, gate),
                running=whole.runs.current,
            ),
            status,
        )

    return show


def _links(view: ListView[Any], row: Any) -> dict[str, str]:
    found = {column.name: column.link(row) for column in view.columns if column.link is not None}
    if view.tick is not None:
        found["tick"] = view.tick(row)
    return {name: link for name, link in found.items() if link}


def _add_nouns(app: Flask, face: ConsoleFace, gate: Gate) -> None:
    @app.get("/vulnerabilities/<path:identifier>")
    def one_vulnerability(identifier: str) -> str:
        seen = visible(face, gate, "get", "vulnerabilities")
        one = vulnerability_json(seen, identifier)
        return render_template("vulnerability.html", one=one, may_decide=_may_decide(seen, gate))

    @app.get("/package")
    def one_package() -> str:
        seen = visible(face, gate, "get", "packages")
        return render_template("package.html", one=package_json(seen, parse_purl(request.args.get("purl", "")).package))

    @app.get("/images/<digest>")
    def one_image(digest: str) -> str:
        found = parse_digest(digest)
        one = image_json(visible(face, gate, "get", "images"), found)
        contents = face.packages.contents(found, _after(), _COMPONENTS)
        following = "" if contents.after is None else f"/images/{digest}?{urlencode({'after': contents.after[0]})}"
        return render_template("image.html", one=one, contents=contents.items, following=following)

    @app.get("/images/<digest>/documents/<document>")
    def one_document(digest: str, document: str) -> Response:
        found = parse_digest(digest)
        is_there = found in visible(face, gate, "get", "sbomdocuments").boards.now().by_digest
        if not is_there or all(sbom.document_digest != document for sbom in face.sboms.show(found)):
            raise NotFound("The image has no such document.")
        kept = face.documents.find(document)
        if kept is None or kept.data is None:
            raise NotFound("The document is not kept.", remedy="Look for it in the place that it was found in.")
        response = Response(kept.data, mimetype="application/octet-stream")
        name = document.replace(":", "-")[:80]
        response.headers["Content-Disposition"] = f'attachment; filename="{name}.sbom"'
        return response


def _after() -> tuple[str] | None:
    given = request.args.get("after", "")
    return (given,) if given else None


def _add_decisions(app: Flask, face: ConsoleFace, view: ListView[Any], gate: Gate) -> None:
    @app.post("/decide")
    def begin() -> Response:
        seen = visible(face, gate, "list", "vulnerabilities")
        if not _may_decide(seen, gate):
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
        values = {key: request.form.get(key, "") for key in (*SCOPE, "type", "comment", "until", "days", "untilFixed")}
        require(gate, "create", "assessments", values["namespace"].strip())
        draft.values, preview = values, draft.preview
        if request.form.get("step") != "record" or preview is None or preview.values != values:
            return redirect(f"/decide/{name}?step=preview", 303)
        override, records = bool(request.form.get("override")), preview.planned.records
        require_for(gate, "create", records)
        if override:
            require_for(gate, "create", records, "assessments/override")
        batch = record(face, preview.planned, override=override)
        _session().drafts.pop(name, None)
        return redirect(f"/batches/{batch}", 303)

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


def _draft_page(face: ConsoleFace, name: str, draft: Draft, gate: Gate) -> str:
    shown: dict[str, Any] | None = None
    problem: BomgateError | None = None
    draft.preview, values = None, draft.values
    seen = visible(face, gate, "list", "vulnerabilities")
    if request.args.get("step") == "preview":
        try:
            require(gate, "create", "assessments", values.get("namespace", "").strip())
            selected = seen.decider.select(draft.ids, scope_of(values))
            planned = seen.decider.plan(selected, decision_of(values, person().name))
            draft.preview = Preview(planned, values)
            shown = planned_json(planned)
            seen.decider.check_approval(planned)
        except InvalidInput as found:
            problem = found
    return render_template(
        "decide.html",
        name=name,
        draft=draft,
        values=values,
        planned=shown,
        problem=problem,
        types=list(face.rules().types),
        namespaces=seen.boards.now().namespaces,
        tells_fixes=face.desk.reader.tells_fixes,
        command=command(draft.ids, values, person().name) if shown else "",
    )


def _may_decide(face: ConsoleFace, gate: Gate) -> bool:
    """Whether the person may decide anything about what they see."""
    return offers(gate, "create", "assessments", face.boards.now().namespaces)


def _draft(name: str) -> Draft:
    found = _session().drafts.get(name)
    if not isinstance(found, Draft):
        raise NotFound("This decision was recorded, or was begun too long ago.", remedy="Select again from the list.")
    return found


def _session() -> Session:
    session: Session = g.session
    return session
