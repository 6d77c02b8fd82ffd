"""The pages: every list, single nouns, decisions, settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, render_template, request

from webhook.console.decision_pages import add_decision_pages, may_decide
from webhook.console.details import image_json, package_json, vulnerability_json
from webhook.console.face import ConsoleFace
from webhook.console.identity import Gate, RightsUnknown
from webhook.console.lists.base import ROOT, ListView, limit
from webhook.console.lists.every import every_list
from webhook.console.lists.telling import add_test_message
from webhook.console.problems import NotAllowed, NotFound
from webhook.console.rights import offers, require, visible
from webhook.console.ways import add_ways
from webhook.errors import BomgateError, InvalidInput, StoreError, TooBroad
from webhook.model.images import parse_digest
from webhook.model.purls import parse_purl
from webhook.model.requests import ExceptionRequest, Phase, RequestScan

_COMPONENTS = 100
_WAITING = 8
"""Requests that the overview names."""


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
    add_decision_pages(app, face, lists["vulnerabilities"], gate)

    @app.get("/")
    def overview() -> str:
        seen = visible(face, gate, "list", "vulnerabilities")
        sees_all = offers(gate, "get", "settings")
        checks = _worse(face) if sees_all else []
        return render_template(
            "overview.html",
            overview=seen.overviews.now(),
            waiting=_waiting(face, gate),
            checks=checks,
            token_ends=face.token_ends if sees_all else "",
            sees_runs=offers(gate, "list", "runs"),
        )

    @app.get("/settings")
    def settings() -> str:
        require(gate, "get", "settings")
        return render_template("settings.html", checks=face.checks(), settings=face.settings)


def _waiting(face: ConsoleFace, gate: Gate) -> Sequence[ExceptionRequest] | None:
    """The newest requests that wait; None where the person may see none, or nobody can tell."""
    try:
        desk = visible(face, gate, "list", "requests").desk
        return desk.page(RequestScan(Phase.WAITING), None, _WAITING).items
    except (NotAllowed, RightsUnknown, StoreError, TooBroad):
        return None


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
                may_decide=view.tick is not None and may_decide(face, gate),
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
        may_ask = offers(gate, "create", "requests", seen.boards.now().namespaces)
        return render_template("vulnerability.html", one=one, may_decide=may_decide(seen, gate), may_ask=may_ask)

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
