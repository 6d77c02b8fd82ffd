"""Schemas of single nouns in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webhook.console.lists.base import ACTION, MAYBE_TEXT, MOMENT, NUMBER, TEXT, TEXTS
from webhook.console.lists.findings import EXPLOITATION, VERSION
from webhook.console.vex import VEX_SCHEMA
from webhook.console.ways import PATH_SCHEMA

_HOLDER = {
    "type": "object",
    "properties": {"title": TEXT, "namespace": TEXT, "name": TEXT, "action": ACTION},
    "required": ["title", "namespace", "name", "action"],
}
_MEMBERS_HOLDER = {"type": "object", "properties": {"title": TEXT, "action": ACTION}, "required": ["title", "action"]}
_IMAGE = {
    "type": "object",
    "properties": {"digest": TEXT, "title": TEXT, "verdict": ACTION},
    "required": ["digest", "title", "verdict"],
}
_ASSESSMENT = {
    "type": ["object", "null"],
    "properties": {
        "type": MAYBE_TEXT,
        "scope": TEXT,
        "source": TEXT,
        "author": TEXT,
        "comment": TEXT,
        "rule": TEXT,
        "assessed_at": MOMENT,
        "until": MOMENT,
        "until_fixed": {"type": "boolean"},
        "fixed_in": TEXT,
        "batch": TEXT,
    },
}
_FINDING = {
    "type": "object",
    "properties": {
        "purl": TEXT,
        "vulnerability": TEXT,
        "severity": TEXT,
        "score": MAYBE_TEXT,
        "title": TEXT,
        "state": TEXT,
        "action": ACTION,
        "note": TEXT,
        "fix": {**TEXT, "description": "What is known of a fix, in words; empty where no source tells of fixes."},
        "assessment": _ASSESSMENT,
    },
    "required": ["purl", "vulnerability", "state", "action", "note", "fix", "assessment"],
}
_VULNERABILITY: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": TEXT,
        "aliases": TEXTS,
        "title": TEXT,
        "description": TEXT,
        "severity": TEXT,
        "score": MAYBE_TEXT,
        "vector": MAYBE_TEXT,
        "score_origin": TEXT,
        "cwe": MAYBE_TEXT,
        "reference": TEXT,
        "references": TEXTS,
        "source": TEXT,
        "rejected": {"type": "boolean"},
        "exploitation": EXPLOITATION,
        "first_seen": MOMENT,
        "findings": {"type": "array", "items": _FINDING},
        "images": {"type": "array", "items": _IMAGE},
        "workloads": {"type": "array", "items": _HOLDER},
        "history": {"type": "array", "items": {**_ASSESSMENT, "type": "object"}},
        "vex": VEX_SCHEMA,
    },
    "required": ["id", "title", "description", "first_seen", "findings", "images", "workloads", "history", "vex"],
}
_PACKAGE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "package": TEXT,
        "versions": {
            "type": "array",
            "items": {**VERSION, "properties": {**VERSION["properties"], "images": NUMBER}},
        },
        "images": {"type": "array", "items": _IMAGE},
        "workloads": {"type": "array", "items": _HOLDER},
        "clusters": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "cluster": TEXT,
                    "images": NUMBER,
                    "workloads": {"type": "array", "items": _MEMBERS_HOLDER},
                },
                "required": ["cluster", "images", "workloads"],
            },
            "description": "Clusters of members in which it runs; of all their workloads at most 200 are named.",
        },
    },
    "required": ["package", "versions", "images", "workloads", "clusters"],
}
_IMAGE_DETAILS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "digest": TEXT,
        "names": TEXTS,
        "verdict": ACTION,
        "counts": {"type": "object", "additionalProperties": NUMBER},
        "findings": {"type": "array", "items": _FINDING, "description": "The worst, at most 1,000."},
        "findings_total": {"type": "integer", "description": "How many there are."},
        "reasons": TEXTS,
        "sboms": {"type": "array", "items": {"type": "object"}},
        "workloads": {"type": "array", "items": _HOLDER},
        "vex": VEX_SCHEMA,
    },
    "required": [
        "digest",
        "names",
        "verdict",
        "counts",
        "findings",
        "findings_total",
        "reasons",
        "sboms",
        "workloads",
        "vex",
    ],
}
DETAIL_SCHEMAS: Mapping[str, Any] = {
    "Vulnerability": _VULNERABILITY,
    "Package": _PACKAGE,
    "Image": _IMAGE_DETAILS,
    "Path": PATH_SCHEMA,
}


def detail_paths(problem: Mapping[str, Any]) -> dict[str, Any]:
    """The paths of single nouns, and of the way of a component into an image.

    Args:
        problem: the response for errors.
    """

    def get(name: str, where: str, parameter: str, schema: str) -> dict[str, Any]:
        given = {"name": parameter, "in": where, "required": True, "schema": {"type": "string"}}
        return {
            "get": {
                "operationId": f"get{schema}",
                "summary": f"One {name}.",
                "parameters": [given],
                "responses": _response(f"The {name}.", schema, problem),
            }
        }

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
                "responses": _response("The shortest way.", "Path", problem),
            }
        },
    }


def _response(text: str, schema: str, problem: Mapping[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"200": {"description": text, "content": content}, "default": dict(problem)}
