"""The API ``/api/v1``: every list as JSON and CSV, single nouns, decisions, and the document that describes it."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, request

from webhook.console.answers import json_answer, json_text
from webhook.console.deciding import decision_of, decision_request, is_rehearsal, planned_json, rehearsed_json, scope_of
from webhook.console.details import image_json, package_json, vulnerability_json
from webhook.console.face import ConsoleFace
from webhook.console.identity import Gate
from webhook.console.lists.base import ROOT, ListView, limit
from webhook.console.lists.every import every_list
from webhook.console.lists.findings import vulnerability_filter
from webhook.console.openapi import document
from webhook.console.problems import NotFound
from webhook.console.rights import person, require, require_for, visible
from webhook.console.telling import record
from webhook.errors import InvalidInput
from webhook.model.images import parse_digest
from webhook.model.purls import parse_purl
from webhook.policy.plaintext import plain, spreadsheet_cell


def add_api(app: Flask, face: ConsoleFace, lists: Mapping[str, ListView[Any]], gate: Gate) -> None:
    """Add the routes of the API.

    Args:
        app: where to.
        face: what it gives.
        lists: by name.
        gate: what a person may do.
    """
    for view in lists.values():
        _add_list(app, face, view, gate)
    described = json_text(document(lists, face.version))

    @app.get(f"{ROOT}/openapi.json")
    def api_openapi() -> Response:
        return Response(described, mimetype="application/json")

    @app.get(f"{ROOT}/vulnerabilities/<path:identifier>")
    def api_one_vulnerability(identifier: str) -> Response:
        return json_answer(vulnerability_json(visible(face, gate, "get", "vulnerabilities"), identifier))

    @app.get(f"{ROOT}/package")
    def api_one_package() -> Response:
        seen = visible(face, gate, "get", "packages")
        return json_answer(package_json(seen, parse_purl(request.args.get("purl", "")).package))

    @app.get(f"{ROOT}/images/<digest>")
    def api_one_image(digest: str) -> Response:
        return json_answer(image_json(visible(face, gate, "get", "images"), parse_digest(digest)))

    _add_decisions(app, face, lists["vulnerabilities"], gate)


def _add_decisions(app: Flask, face: ConsoleFace, listed: ListView[Any], gate: Gate) -> None:
    @app.post(f"{ROOT}/decisions")
    def api_decide() -> Response:
        body = decision_request(request.get_json())
        values = {name: str(value) for name, value in body.items() if isinstance(value, str | int)}
        scope = scope_of(values)
        require(gate, "create", "assessments", scope.namespace or "")
        if "filter" in body and "vulnerabilities" in body:
            raise InvalidInput("Both vulnerabilities and a filter are given.", remedy="Give one of them.")
        seen = visible(face, gate, "list", "vulnerabilities")
        if "filter" in body:
            view = listed if seen is face else every_list(seen)["vulnerabilities"]
            given = view.read(_filters(body["filter"], view), face.clock.now())
            ids = seen.decider.matching(vulnerability_filter(given))
        else:
            ids = _identifiers(body.get("vulnerabilities", []))
        planned = seen.decider.plan(seen.decider.select(ids, scope), decision_of(values, person().name))
        if body.get("dryRun"):
            return json_answer(rehearsed_json(seen, planned))
        override = bool(body.get("override"))
        require_for(gate, "create", planned.records)
        if override:
            require_for(gate, "create", planned.records, "assessments/override")
        batch = record(seen, planned, override=override)
        return json_answer({**planned_json(planned), "batch": batch})

    @app.post(f"{ROOT}/batches/<batch>/undo")
    def api_undo(batch: str) -> Response:
        rehearsal = bool(request.get_data()) and is_rehearsal(request.get_json())
        planned = face.decider.plan_undo(batch, person().name)
        require_for(gate, "delete", planned.records)
        if rehearsal:
            return json_answer(rehearsed_json(face, planned))
        made = record(face, planned, override=True)
        return json_answer({**planned_json(planned), "batch": made})


def _add_list(app: Flask, face: ConsoleFace, view: ListView[Any], gate: Gate) -> None:
    def read() -> tuple[list[dict[str, Any]], str | None]:
        seen = visible(face, gate, "list", view.resource)
        shown = view if seen is face else every_list(seen)[view.name]
        values = shown.read(request.args, face.clock.now())
        cursor = face.cursors.read(request.args.get("cursor", ""), shown.keys(values))
        page = shown.page(values, cursor, limit(request.args.get("limit", "")))
        return [view.record(row) for row in page.items], face.cursors.of(page.after)

    def as_json() -> Response:
        items, after = read()
        return _paged(json_answer({"items": items, "next": after}), after)

    def as_csv() -> Response:
        items, after = read()
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow([column.name for column in view.columns])
        for item in items:
            writer.writerow([_cell(item[column.name]) for column in view.columns])
        response = Response(out.getvalue(), mimetype="text/csv")
        response.headers["Content-Disposition"] = f'attachment; filename="{view.name}.csv"'
        return _paged(response, after)

    app.add_url_rule(f"{ROOT}/{view.name}", f"api_{view.name}", as_json)
    app.add_url_rule(f"{ROOT}/{view.name}.csv", f"csv_{view.name}", as_csv)


def not_found(what: str) -> NotFound:
    """The error for a noun that there is not."""
    return NotFound(f"There is no {what}.")


def _paged(response: Response, after: str | None) -> Response:
    if after is not None:
        rest = {**request.args.to_dict(), "cursor": after}
        response.headers["Link"] = f'<{request.path}?{urlencode(rest)}>; rel="next"'
    return response


def _filters(given: Mapping[str, object], view: ListView[Any]) -> dict[str, str]:
    """The filters of a decision; a list overlooks what it does not know, and here that would mean all rows."""
    known = {rule.name for rule in view.filters}
    for name, value in given.items():
        if name not in known or not isinstance(value, str | int):
            raise InvalidInput(
                f"The filter {plain(name, 60)!r} cannot be used.", remedy='Write it as {"severity": "critical"}.'
            )
    return {name: str(value) for name, value in given.items()}


def _identifiers(given: Sequence[object]) -> tuple[str, ...]:
    found = tuple(name for name in given if isinstance(name, str))
    if len(found) < len(given):
        raise InvalidInput(
            "vulnerabilities has an item that is not a string.", remedy='Write it as ["CVE-2021-44228"].'
        )
    return found


def _cell(value: object) -> str:
    """A value for a spreadsheet, which must not take it for a formula."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime | bool | int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, list) and all(isinstance(element, str) for element in value):
        text = " ".join(value)
    else:
        text = value if isinstance(value, str) else json_text(value)
    return spreadsheet_cell(plain(text))
