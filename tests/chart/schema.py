"""values.schema.json of the chart, made from values.yaml: Helm refuses values that it does not allow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.chart.settings_schema import settings_schema
from tests.chart.values import Value

_TYPES = {str: "string", int: "integer", bool: "boolean", list: "array", dict: "object"}


def values_schema(values: Iterable[Value]) -> dict[str, Any]:
    """The schema of the chart's values: no key that is not there, no value of another type."""
    schema: dict[str, Any] = {"$schema": "http://json-schema.org/draft-07/schema#", **_closed()}
    # Helm passes it to every chart that is a part of another one.
    schema["properties"]["global"] = {"type": "object"}
    for value in values:
        place = schema
        *parents, name = value.path.split(".")
        for parent in parents:
            place = place["properties"].setdefault(parent, _closed())
        place["properties"][name] = {"description": value.help, **_schema(value)}
    return schema


def _closed() -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": {}}


def _schema(value: Value) -> dict[str, Any]:
    if value.path == "config":
        return settings_schema()
    return {"type": _TYPES[type(value.default)], **value.schema}
