"""Answers of the API."""

from __future__ import annotations

import msgspec
from flask import Response

from webhook.policy.plaintext import escaped


def json_text(value: object) -> str:
    """JSON; strings are exact, with hidden characters escaped."""
    return escaped(msgspec.json.encode(value).decode())


def json_answer(value: object, status: int = 200) -> Response:
    """An answer of JSON."""
    return Response(json_text(value), status, mimetype="application/json")
