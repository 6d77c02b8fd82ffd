"""What the API's description says of single assessment types and of traps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_JSON = "application/json"
_TEXT: Mapping[str, Any] = {"type": "string"}
_ACTION = {"$ref": "#/components/schemas/Action"}
_CHANGE = {
    "type": "object",
    "properties": {"title": _TEXT, "before": _ACTION, "after": _ACTION},
    "required": ["title", "before", "after"],
}
_MOVE = {
    "type": "object",
    "properties": {"before": _ACTION, "after": _ACTION, "findings": {"type": "integer"}},
    "required": ["before", "after", "findings"],
}
_CONSENT = {"type": "boolean", "description": "To findings that are judged otherwise; refused without it."}
TYPE_SCHEMAS: Mapping[str, Any] = {
    "TypeDefinition": {
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 60},
            "action": _ACTION,
            "cvssMin": {"type": "string", "description": "Such as 9.0; with cvssMax."},
            "cvssMax": {"type": "string"},
            "kev": {"type": "boolean", "description": "Given to what is known to be exploited."},
            "epssMin": {
                "type": "string",
                "description": "Given from this EPSS score on, such as 0.1.",
            },
            "expiresAfterDays": {"type": "integer", "minimum": 1, "maximum": 36_500},
            "onExpiry": {"type": "string", "enum": ["unassessed", "reassess"]},
            "color": {"type": "string", "description": "A name such as red, or #c62828."},
            "description": {"type": "string", "maxLength": 300},
            "consent": _CONSENT,
            "dryRun": {"type": "boolean"},
        },
        "required": ["action"],
    },
    "ChangedType": {
        "type": "object",
        "properties": {
            "name": _TEXT,
            "action": {"type": "string", "enum": ["create-type", "edit-type", "retire-type"]},
            "moves": {"type": "array", "items": _MOVE, "description": "Findings, each once."},
            "images": {"type": "array", "items": _CHANGE},
            "workloads": {"type": "array", "items": _CHANGE},
            "needsConsent": {"type": "boolean"},
            "recorded": {"type": "boolean"},
        },
        "required": ["name", "action", "moves", "images", "workloads", "needsConsent", "recorded"],
    },
    "Traps": {
        "type": "object",
        "properties": {
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "code": _TEXT,
                        "level": {"type": "string", "enum": ["warning", "note"]},
                        "sentence": _TEXT,
                        "remedy": _TEXT,
                    },
                    "required": ["code", "level", "sentence", "remedy"],
                },
            }
        },
        "required": ["items"],
    },
}
_TOKEN = {"name": "X-Form-Token", "in": "header", "required": True, "schema": _TEXT}
_NAME = {"name": "name", "in": "path", "required": True, "schema": _TEXT}


def type_paths(problem: Mapping[str, Any]) -> dict[str, Any]:
    """The paths of single types and of traps.

    Args:
        problem: the response for errors.
    """
    definition = {"$ref": "#/components/schemas/TypeDefinition"}
    leave = {"type": "object", "properties": {"consent": _CONSENT, "dryRun": {"type": "boolean"}}}
    return {
        "/types/{name}": {
            "get": _operation("getType", "One assessment type.", [_NAME], "TypesRow", problem),
            "put": _operation(
                "changeType",
                "Change a type that people made, or say what that would change.",
                [_NAME, _TOKEN],
                "ChangedType",
                problem,
                definition,
            ),
            "delete": _operation(
                "retireType",
                "Retire a type that people made, or say what that would change.",
                [_NAME, _TOKEN],
                "ChangedType",
                problem,
                leave,
            ),
        },
        "/traps": {
            "get": _operation("listTraps", "Types and settings that do not do what they seem to.", [], "Traps", problem)
        },
    }


def making(problem: Mapping[str, Any]) -> dict[str, Any]:
    """The operation that makes a type.

    Args:
        problem: the response for errors.
    """
    definition = {"$ref": "#/components/schemas/TypeDefinition"}
    summary = "Make a type, or bring a retired one back; or say what that would change."
    return _operation("createType", summary, [_TOKEN], "ChangedType", problem, definition)


def _operation(
    name: str,
    summary: str,
    parameters: list[Mapping[str, Any]],
    schema: str,
    problem: Mapping[str, Any],
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    content = {_JSON: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    is_needed = name != "retireType"
    given = {} if body is None else {"requestBody": {"required": is_needed, "content": {_JSON: {"schema": body}}}}
    return {
        "operationId": name,
        "summary": summary,
        "parameters": parameters,
        "responses": {"200": {"description": "As it is, or would be.", "content": content}, "default": dict(problem)},
        **given,
    }
