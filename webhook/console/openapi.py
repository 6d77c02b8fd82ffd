"""The document that describes the API: OpenAPI 3.1, made of the lists' own filters and columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webhook.console.detail_schemas import IMAGE_SCHEMA, PACKAGE_SCHEMA, VULNERABILITY_SCHEMA
from webhook.console.lists.base import MOST_PAGE, PAGE, ListView
from webhook.console.request_schemas import SCHEMAS, asking, request_paths
from webhook.console.run_schemas import RUN_SCHEMAS, beginning, run_paths
from webhook.console.type_schemas import TYPE_SCHEMAS, making, type_paths
from webhook.console.ways import PATH_SCHEMA

_PROBLEM = {
    "type": "object",
    "properties": {"code": {"type": "string"}, "message": {"type": "string"}, "remedy": {"type": "string"}},
    "required": ["code", "message", "remedy"],
}
_CHANGE = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "before": {"$ref": "#/components/schemas/Action"},
        "after": {"$ref": "#/components/schemas/Action"},
    },
    "required": ["title", "before", "after"],
}
_PLANNED = {
    "type": "object",
    "properties": {
        "batch": {"type": "string", "description": "By which it can be undone; empty after a dry run."},
        "records": {"type": "integer"},
        "findings": {"type": "integer"},
        "touched": {"type": "integer"},
        "images": {"type": "array", "items": _CHANGE},
        "workloads": {"type": "array", "items": _CHANGE},
        "namespaces": {"type": "array", "items": {"type": "string"}},
        "replaced": {"type": "array", "items": {"type": "string"}},
        "decidedSince": {"type": "integer"},
        "untilFixed": {"type": "integer", "description": "How many of the records end once a fixed version is known."},
        "approval": {
            "type": "string",
            "description": "Of a dry run: why another person has to approve it, and how to ask; empty where nobody "
            "has to.",
        },
    },
    "required": ["batch", "records", "findings", "touched", "images", "workloads", "namespaces", "replaced"],
}
_DECISION = {
    "type": "object",
    "properties": {
        "vulnerabilities": {"type": "array", "items": {"type": "string"}, "maxItems": 10_000},
        "filter": {"type": "object", "additionalProperties": {"type": "string"}},
        "type": {"type": "string"},
        "comment": {"type": "string"},
        "package": {"type": "string"},
        "versions": {"type": "string"},
        "image": {"type": "string"},
        "namespace": {"type": "string"},
        "until": {"type": "string"},
        "days": {"type": "integer"},
        "untilFixed": {
            "type": "boolean",
            "description": "End earlier, too: once a source tells a fixed version. Refused where none is configured.",
        },
        "override": {"type": "boolean", "description": "Consent to replace decisions of people."},
        "dryRun": {"type": "boolean"},
    },
    "required": ["type", "comment"],
}


def document(lists: Mapping[str, ListView[Any]], version: str) -> dict[str, Any]:
    """The document.

    Args:
        lists: by name.
        version: of bomgate.
    """
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {
        "Problem": _PROBLEM,
        "Action": {"type": "string", "enum": ["allow", "warn", "deny"]},
        "Planned": _PLANNED,
        "Decision": _DECISION,
        "Vulnerability": VULNERABILITY_SCHEMA,
        "Package": PACKAGE_SCHEMA,
        "Image": IMAGE_SCHEMA,
        **SCHEMAS,
        **TYPE_SCHEMAS,
        **RUN_SCHEMAS,
        "Path": PATH_SCHEMA,
    }
    for view in lists.values():
        name = f"{view.name.title()}Row"
        schemas[name] = {
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
    problem = {"$ref": "#/components/responses/Problem"}
    paths |= {**_single(), **request_paths(problem), **type_paths(problem), **run_paths(problem)}
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
            "schemas": schemas,
            "responses": {
                "Problem": {
                    "description": "An error with its code, a sentence and a remedy.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
            },
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": "bomgate_session"}},
        },
    }


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
        "operationId": f"list{view.name.title()}{suffix}",
        "summary": view.summary,
        "parameters": parameters,
        "responses": _responses("A page.", content),
    }


def _responses(text: str, content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "200": {"description": text, "content": dict(content)},
        "default": {"$ref": "#/components/responses/Problem"},
    }


def _single() -> dict[str, Any]:
    def get(name: str, where: str, parameter: str, schema: str) -> dict[str, Any]:
        given = {"name": parameter, "in": where, "required": True, "schema": {"type": "string"}}
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
        return {
            "get": {
                "operationId": f"get{schema}",
                "summary": f"One {name}.",
                "parameters": [given],
                "responses": _responses(f"The {name}.", content),
            }
        }

    planned = {"application/json": {"schema": {"$ref": "#/components/schemas/Planned"}}}
    token = {"name": "X-Form-Token", "in": "header", "required": True, "schema": {"type": "string"}}
    decision = {"application/json": {"schema": {"$ref": "#/components/schemas/Decision"}}}
    rehearsal = {"application/json": {"schema": {"type": "object", "properties": {"dryRun": {"type": "boolean"}}}}}
    named = {"type": "object", "properties": {"destination": {"type": "string"}}, "required": ["destination"]}
    destination = {"application/json": {"schema": named}}
    batch = {"name": "batch", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "/vulnerabilities/{id}": get("vulnerability", "path", "id", "Vulnerability"),
        "/package": get("package and who has it", "query", "purl", "Package"),
        "/images/{digest}": get("image", "path", "digest", "Image"),
        "/images/{digest}/path": {
            "get": {
                "operationId": "getPath",
                "summary": "What brings a component into an image.",
                "parameters": [
                    {"name": "digest", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "purl", "in": "query", "required": True, "schema": {"type": "string"}},
                ],
                "responses": _responses(
                    "The shortest way.", {"application/json": {"schema": {"$ref": "#/components/schemas/Path"}}}
                ),
            }
        },
        "/decisions": {
            "post": {
                "operationId": "decide",
                "summary": "Assess vulnerabilities, or say what that would change.",
                "parameters": [token],
                "requestBody": {"required": True, "content": decision},
                "responses": _responses("What was, or would be, changed.", planned),
            }
        },
        "/notifications/test": {
            "post": {
                "operationId": "testNotification",
                "summary": "Leave a test message to one destination; the list of notifications says what became of it.",
                "parameters": [token],
                "requestBody": {"required": True, "content": destination},
                "responses": {
                    "202": {"description": "It will be sent."},
                    "default": {"$ref": "#/components/responses/Problem"},
                },
            }
        },
        "/batches/{batch}/undo": {
            "post": {
                "operationId": "undo",
                "summary": "Take back all that one decision recorded, or say what that would change.",
                "parameters": [batch, token],
                "requestBody": {"content": rehearsal},
                "responses": _responses("What was, or would be, changed.", planned),
            }
        },
    }
