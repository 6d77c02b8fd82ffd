"""The two kinds of policy reports, as custom resources with the fields that their real definitions have.

Source: kubernetes-sigs/wg-policy-prototypes (wgpolicyk8s.io/v1alpha2) and openreports/reports-api
(openreports.io/v1alpha1), the Go types: names of fields, which of them are required, and the words that are allowed.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_TEXTS: Schema = {"type": "object", "additionalProperties": _TEXT}
_COUNT: Schema = {"type": "integer"}
_STATUSES = ["pass", "fail", "warn", "error", "skip"]


def _object(required: list[str] | None = None, **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


_REFERENCE = _object(
    **dict.fromkeys(("apiVersion", "kind", "name", "namespace", "uid", "fieldPath", "resourceVersion"), _TEXT)
)
_TIMESTAMP = _object(
    ["seconds", "nanos"],
    seconds={"type": "integer", "format": "int64"},
    nanos={"type": "integer", "format": "int32"},
)
_RESULT = _object(
    ["policy"],
    policy=_TEXT,
    rule=_TEXT,
    source=_TEXT,
    category=_TEXT,
    message=_TEXT,
    severity={"type": "string", "enum": ["critical", "high", "medium", "low", "info"]},
    result={"type": "string", "enum": _STATUSES},
    scored={"type": "boolean"},
    timestamp=_TIMESTAMP,
    properties=_TEXTS,
    resources={"type": "array", "items": _REFERENCE},
)
_COMMON = {
    "scope": _REFERENCE,
    "summary": _object(**dict.fromkeys(_STATUSES, _COUNT)),
    "results": {"type": "array", "items": _RESULT},
}


def _definition(group: str, version: str, kind: str, schema: Schema, short: str) -> dict[str, Any]:
    plural = f"{kind.lower()}s"
    served = {"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        # Groups below k8s.io may be defined only with a word about who approved them.
        "metadata": {"name": f"{plural}.{group}", "annotations": {"api-approved.kubernetes.io": "unapproved, a test"}},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower(), "shortNames": [short]},
            "versions": [served],
        },
    }


POLICY_REPORTS = _definition("wgpolicyk8s.io", "v1alpha2", "PolicyReport", _object(**_COMMON), "polr")
REPORTS = _definition("openreports.io", "v1alpha1", "Report", _object(**_COMMON, source=_TEXT), "reps")
