"""What the API's description says of single runs of the downloader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_JSON = "application/json"
_TEXT: Mapping[str, Any] = {"type": "string"}
_NUMBER = {"type": "integer"}
_DECIMAL = {"type": ["number", "null"]}
_MOMENT = {"type": ["string", "null"], "format": "date-time"}
_LOG = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"number": _NUMBER, "at": _MOMENT, "text": _TEXT},
        "required": ["number", "at", "text"],
    },
}
_LIVE = {
    "holder": {"type": "string", "description": "The process that runs it."},
    "started": _MOMENT,
    "seen_at": {**_MOMENT, "description": "When it last said how far it is."},
    "cancelled_by": _TEXT,
    "total": {"type": ["integer", "null"], "description": "Null while it finds out what to ask for."},
    **dict.fromkeys(("done", "answered", "vulnerable", "unknown", "failed"), _NUMBER),
    **dict.fromkeys(("credits_used", "credits_remaining"), _DECIMAL),
}
_ESTIMATE = {
    "components": _NUMBER,
    "coordinates": {"type": "integer", "description": "Each can cost a credit."},
    "is_whole": {"type": "boolean", "description": "Whether all coordinates were counted; else there are more."},
    "over_budget": _NUMBER,
    "credits_remaining": _DECIMAL,
    "credits_at": _MOMENT,
    "sets": {"type": "array", "items": _TEXT, "description": "Brought up to date, too, such as `osv: Debian`."},
}
RUN_SCHEMAS: Mapping[str, Any] = {
    "RunLog": {
        "allOf": [
            {"$ref": "#/components/schemas/RunsRow"},
            {"type": "object", "properties": {"log": _LOG}, "required": ["log"]},
        ]
    },
    "RunNow": {
        "type": "object",
        "properties": {
            "run": {"type": ["object", "null"], "properties": _LIVE, "required": list(_LIVE)},
            "log": _LOG,
        },
        "required": ["run", "log"],
    },
    "RunEstimate": {"type": "object", "properties": _ESTIMATE, "required": list(_ESTIMATE)},
}
_TOKEN = {"name": "X-Form-Token", "in": "header", "required": True, "schema": _TEXT}
_WHICH = {"name": "number", "in": "path", "required": True, "schema": _NUMBER}
_AFTER = {"name": "after", "in": "query", "description": "Only lines behind this one.", "schema": _NUMBER}


def run_paths(problem: Mapping[str, Any]) -> dict[str, Any]:
    """The paths of single runs.

    Args:
        problem: the response for errors.
    """
    return {
        "/runs/{number}": {"get": _operation("getRun", "One run with its log.", [_WHICH], "RunLog", problem)},
        "/runs/now": {
            "get": _operation("getRunNow", "The run that goes on, and its log.", [_AFTER], "RunNow", problem),
            "delete": _operation("cancelRun", "Let it end after the batch on its way.", [_TOKEN], "RunNow", problem),
        },
        "/runs/estimate": {
            "get": _operation("estimateRun", "What a run would ask for now.", [], "RunEstimate", problem)
        },
    }


def beginning(problem: Mapping[str, Any]) -> dict[str, Any]:
    """The operation that begins a run.

    Args:
        problem: the response for errors.
    """
    started = {"type": "object", "properties": {"started": _TEXT}, "required": ["started"]}
    return {
        "operationId": "beginRun",
        "summary": "Begin a run: as a Job, or in the process of the console.",
        "parameters": [_TOKEN],
        "responses": {
            "202": {"description": "It begins soon.", "content": {_JSON: {"schema": started}}},
            "default": dict(problem),
        },
    }


def _operation(
    name: str, summary: str, parameters: list[Mapping[str, Any]], schema: str, problem: Mapping[str, Any]
) -> dict[str, Any]:
    content = {_JSON: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {
        "operationId": name,
        "summary": summary,
        "parameters": parameters,
        "responses": {"200": {"description": "As it is.", "content": content}, "default": dict(problem)},
    }
