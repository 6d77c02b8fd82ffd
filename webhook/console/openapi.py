"""The document that describes the API: OpenAPI 3.1, made of the lists' own filters and columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from webhook.console.clusterdeciding import cluster_decision_paths
from webhook.console.decision_schemas import DECISION_SCHEMAS, decision_paths
from webhook.console.detail_schemas import DETAIL_SCHEMAS, detail_paths
from webhook.console.lists.base import MOST_PAGE, PAGE, ListView
from webhook.console.request_schemas import SCHEMAS, asking, request_paths
from webhook.console.run_schemas import RUN_SCHEMAS, beginning, run_paths
from webhook.console.type_schemas import TYPE_SCHEMAS, making, type_paths

_PROBLEM = {
    "type": "object",
    "properties": {"code": {"type": "string"}, "message": {"type": "string"}, "remedy": {"type": "string"}},
    "required": ["code", "message", "remedy"],
}
_SCHEMAS: Mapping[str, Any] = {
    "Problem": _PROBLEM,
    "Action": {"type": "string", "enum": ["allow", "warn", "deny"]},
    **DECISION_SCHEMAS,
    **DETAIL_SCHEMAS,
    **SCHEMAS,
    **TYPE_SCHEMAS,
    **RUN_SCHEMAS,
}


def document(lists: Mapping[str, ListView[Any]], version: str) -> dict[str, Any]:
    """The document.

    Args:
        lists: by name.
        version: of bomgate.
    """
    rows, paths = _lists(lists.values())
    problem = {"$ref": "#/components/responses/Problem"}
    for further in (detail_paths, decision_paths, request_paths, type_paths, run_paths):
        paths |= further(problem)
    if "clusters" in lists:
        paths |= cluster_decision_paths(problem)
    paths["/requests"]["post"] = asking(problem)
    paths["/types"]["post"] = making(problem)
    paths["/runs"]["post"] = beginning(problem)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "bomgate",
            "version": version,
            "description": "Everything that the console shows and does. Lists are read page by page: `next` is the "
            "cursor of the following page. A list that takes longer than a second is refused as `too-broad`.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"session": []}],
        "paths": paths,
        "components": {
            "schemas": {**_SCHEMAS, **rows},
            "responses": {
                "Problem": {
                    "description": "An error with its code, a sentence and a remedy.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
            },
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": "bomgate_session"}},
        },
    }


def _called(name: str) -> str:
    return name.title().replace("-", "")


def _lists(views: Iterable[ListView[Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The schemas of rows, and the paths, of lists."""
    rows: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    for view in views:
        name = f"{_called(view.name)}Row"
        rows[name] = {
            "type": "object",
            "properties": {column.name: dict(column.schema) for column in view.columns},
            "required": [column.name for column in view.columns],
        }
        page = {
            "type": "object",
            "properties": {
                "items": {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}},
                "next": {"type": ["string", "null"], "description": "Cursor of the next page."},
            },
            "required": ["items", "next"],
        }
        paths[f"/{view.name}"] = {"get": _listing(view, {"application/json": {"schema": page}}, "")}
        paths[f"/{view.name}.csv"] = {"get": _listing(view, {"text/csv": {"schema": {"type": "string"}}}, "Csv")}
    return rows, paths


def _listing(view: ListView[Any], content: Mapping[str, Any], suffix: str) -> dict[str, Any]:
    parameters = [
        {
            "name": rule.name,
            "in": "query",
            "description": rule.help or rule.label,
            "schema": rule.schema,
        }
        for rule in view.filters
    ]
    parameters.append({"name": "cursor", "in": "query", "schema": {"type": "string"}})
    size = {"type": "integer", "minimum": 1, "maximum": MOST_PAGE, "default": PAGE}
    parameters.append({"name": "limit", "in": "query", "schema": size})
    return {
        "operationId": f"list{_called(view.name)}{suffix}",
        "summary": view.summary,
        "parameters": parameters,
        "responses": _responses("A page.", content),
    }


def _responses(text: str, content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "200": {"description": text, "content": dict(content)},
        "default": {"$ref": "#/components/responses/Problem"},
    }
