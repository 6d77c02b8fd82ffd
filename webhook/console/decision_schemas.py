"""What the API's description says of decisions, of what takes them back, and of test messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_CHANGE = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "before": {"$ref": "#/components/schemas/Action"},
        "after": {"$ref": "#/components/schemas/Action"},
    },
    "required": ["title", "before", "after"],
}
_PLANNED: Mapping[str, Any] = {
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
_DECISION: Mapping[str, Any] = {
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
        "override": {"type": "boolean", "description": "Consent to replace decisions by people."},
        "dryRun": {"type": "boolean"},
    },
    "required": ["type", "comment"],
}
DECISION_SCHEMAS: Mapping[str, Any] = {"Planned": _PLANNED, "Decision": _DECISION}


def decision_paths(problem: Mapping[str, Any]) -> dict[str, Any]:
    """The paths of decisions and of test messages.

    Args:
        problem: the response for errors.
    """
    planned = {"application/json": {"schema": {"$ref": "#/components/schemas/Planned"}}}
    changed = {"description": "What was, or would be, changed.", "content": planned}
    token = {"name": "X-Form-Token", "in": "header", "required": True, "schema": {"type": "string"}}
    decision = {"application/json": {"schema": {"$ref": "#/components/schemas/Decision"}}}
    rehearsal = {"application/json": {"schema": {"type": "object", "properties": {"dryRun": {"type": "boolean"}}}}}
    named = {"type": "object", "properties": {"destination": {"type": "string"}}, "required": ["destination"]}
    destination = {"application/json": {"schema": named}}
    batch = {"name": "batch", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "/decisions": {
            "post": {
                "operationId": "decide",
                "summary": "Assess vulnerabilities, or say what that would change.",
                "parameters": [token],
                "requestBody": {"required": True, "content": decision},
                "responses": {"200": changed, "default": dict(problem)},
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
                    "default": dict(problem),
                },
            }
        },
        "/batches/{batch}/undo": {
            "post": {
                "operationId": "undo",
                "summary": "Take back all that one decision recorded, or say what that would change.",
                "parameters": [batch, token],
                "requestBody": {"content": rehearsal},
                "responses": {"200": changed, "default": dict(problem)},
            }
        },
    }
