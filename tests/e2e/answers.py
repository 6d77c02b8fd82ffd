"""What the API server answered to a call of the official client, with the warnings that the library does not show."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kubernetes.client import ApiException

_WARNING = re.compile(r'299 - "((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Answer:
    """An answer of the API server.

    Attributes:
        status: HTTP status code.
        message: of the Status that says why something was refused; empty otherwise.
        reason: of that Status.
        warnings: the texts of the Warning headers, in order.
        data: the object that the library made of the body.
    """

    status: int
    message: str
    reason: str
    warnings: tuple[str, ...]
    data: Any

    @property
    def allowed(self) -> bool:
        return self.status < 300

    @property
    def denied(self) -> bool:
        """Whether an admission webhook said no, which is another thing than that it could not be asked."""
        return self.status == 403 and "denied the request: " in self.message

    @property
    def text(self) -> str:
        """The webhook's own words of a denial."""
        return self.message.partition("denied the request: ")[2]


def call(method: Callable[..., Any], *arguments: Any, **options: Any) -> Answer:
    """Call a ``…_with_http_info`` method of the library; a refusal is an answer too."""
    try:
        data, status_code, headers = method(*arguments, **options)
    except ApiException as problem:
        status = json.loads(problem.body) if problem.body else {}
        warnings = _warnings(problem.headers)
        return Answer(problem.status, status.get("message", ""), status.get("reason", ""), warnings, None)
    return Answer(status_code, "", "", _warnings(headers), data)


def _warnings(headers: Any) -> tuple[str, ...]:
    values = headers.getlist("Warning")
    # The API server sends UTF-8 where the HTTP library expects Latin-1.
    text = ", ".join(values).encode("latin-1").decode("utf-8")
    return tuple(re.sub(r"\\(.)", r"\1", quoted) for quoted in _WARNING.findall(text))
