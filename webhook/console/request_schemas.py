"""What the API's description says of requests for exceptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_JSON = "application/json"
_TEXT, _MAYBE = {"type": "string"}, {"type": ["string", "null"]}
_WHO = {"name": _TEXT, "user": _TEXT, "issuer": _TEXT}
_REQUESTER = {
    "type": "object",
    "properties": {
        **_WHO,
        "reason": _TEXT,
        "at": _TEXT,
        "requestedFor": {"type": "string", "description": "A claim of a ServiceAccount, for whom it asks."},
        "left": {"type": "boolean"},
    },
    "required": ["name", "user", "issuer", "reason", "at", "requestedFor", "left"],
}
_ANSWERED = {
    "type": ["object", "null"],
    "properties": {
        **_WHO,
        "comment": _TEXT,
        "at": _TEXT,
        "coveredBy": {"type": ["integer", "null"]},
        "until": {"type": ["string", "null"], "description": "An earlier end that it gives; null: what was asked for."},
        "type": {"type": "string", "description": "The assessment type that it gives."},
    },
    "required": ["name", "user", "issuer", "comment", "at", "coveredBy", "until", "type"],
}
_REQUEST = {
    "number": {"type": "integer"},
    "phase": {"type": "string", "enum": ["waiting", "approved", "denied", "withdrawn", "lapsed"]},
    "version": {"type": "integer", "description": "Raised by each change of what is asked for."},
    "vulnerabilities": {"type": "array", "items": _TEXT},
    "package": _MAYBE,
    "versions": _MAYBE,
    "image": _MAYBE,
    "namespace": _MAYBE,
    "cluster": {"type": "string", "description": "At a hub, the member that it was made in; else empty."},
    "type": _TEXT,
    "until": _MAYBE,
    "created": _TEXT,
    "requesters": {"type": "array", "items": _REQUESTER},
    "answer": _ANSWERED,
    "object": {"type": "string", "description": "The custom resource that it stands for; possibly empty."},
    "batch": _TEXT,
    "untilFixed": {"type": "boolean", "description": "Whether it ends earlier, too: once a fixed version is known."},
    "fixedIn": {"type": "string", "description": "The fixed version that ended the exception; else empty."},
}
SCHEMAS: Mapping[str, Any] = {
    "Request": {
        "type": "object",
        "properties": {**_REQUEST, "effects": {"type": ["object", "null"], "description": "With `dryRun`."}},
        "required": list(_REQUEST),
    },
    "Wish": {
        "type": "object",
        "properties": {
            "vulnerabilities": {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": 20},
            **dict.fromkeys(("package", "versions", "image", "namespace", "reason", "until", "type"), _TEXT),
            "requestedFor": _TEXT,
            "days": {"type": "integer", "minimum": 1},
            "untilFixed": {
                "type": "boolean",
                "description": "End earlier, too; refused where no source tells fixed versions.",
            },
        },
        "required": ["vulnerabilities", "package", "namespace", "reason"],
    },
    "RequestAnswer": {
        "type": "object",
        "properties": {
            "comment": _TEXT,
            "version": {"type": "integer", "description": "Only if the request is still of this version."},
            "type": {"type": "string", "description": "Another assessment type; for approvals."},
            "until": {"type": "string", "description": "An earlier end; for approvals."},
            "dryRun": {"type": "boolean", "description": "For approvals."},
        },
        "required": ["comment"],
    },
}
_TOKEN = {"name": "X-Form-Token", "in": "header", "required": True, "schema": _TEXT}
_NUMBER = {"name": "number", "in": "path", "required": True, "schema": {"type": "integer"}}


def request_paths(problem: Mapping[str, Any]) -> dict[str, Any]:
    """The paths of single requests.

    Args:
        problem: the response for errors.
    """
    answer = {"$ref": "#/components/schemas/RequestAnswer"}
    reason = {"type": "object", "properties": {"reason": _TEXT}, "required": ["reason"]}
    read = {
        "operationId": "getRequest",
        "summary": "One request.",
        "parameters": [_NUMBER],
        "responses": _responses(problem),
    }
    return {
        "/requests/{number}": {"get": read},
        "/requests/{number}/join": _post("joinRequest", "Ask for the same.", reason, problem),
        "/requests/{number}/withdraw": _post("withdrawRequest", "Ask no longer.", None, problem),
        "/requests/{number}/approve": _post("approveRequest", "Approve somebody else's request.", answer, problem),
        "/requests/{number}/deny": _post("denyRequest", "Deny somebody else's request.", answer, problem),
    }


def asking(problem: Mapping[str, Any]) -> dict[str, Any]:
    """The operation that makes a request.

    Args:
        problem: the response for errors.
    """
    wish = {"$ref": "#/components/schemas/Wish"}
    made: dict[str, Any] = _post("createRequest", "Ask for an exception.", wish, problem)["post"]
    return {**made, "parameters": [_TOKEN]}


def _post(name: str, summary: str, schema: Mapping[str, Any] | None, problem: Mapping[str, Any]) -> dict[str, Any]:
    body = {} if schema is None else {"requestBody": {"required": True, "content": {_JSON: {"schema": schema}}}}
    return {
        "post": {
            "operationId": name,
            "summary": summary,
            "parameters": [_NUMBER, _TOKEN],
            "responses": _responses(problem),
            **body,
        }
    }


def _responses(problem: Mapping[str, Any]) -> dict[str, Any]:
    content = {_JSON: {"schema": {"$ref": "#/components/schemas/Request"}}}
    return {"200": {"description": "The request.", "content": content}, "default": dict(problem)}
