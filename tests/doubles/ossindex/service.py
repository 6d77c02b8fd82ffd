"""The service without HTTP: a request in, a reply out, with credentials, credits and a journal."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from urllib.parse import unquote

from packageurl import PackageURL

from tests.doubles.ossindex.advisories import entry
from tests.doubles.ossindex.behaviour import Behaviour
from tests.doubles.ossindex.faults import NONE, Fault

REPORT_PATHS = ("/api/v3/component-report", "/api/v3/authorized/component-report")
_REPORT_TYPE = "application/vnd.ossindex.component-report.v1+json"


@dataclass(frozen=True)
class Asked:
    """One request, for the journal.

    Attributes:
        scheme: ``Bearer``, ``Basic`` or empty; the secret itself is not kept.
        coordinates: of a report request that could be read.
        fault: what was played.
        status: of the reply; 0 when the connection was cut.
    """

    method: str
    path: str
    scheme: str
    user_agent: str
    coordinates: tuple[str, ...]
    fault: str
    status: int


@dataclass
class Reply:
    """What to send."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class _RefusedError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.reply = Reply(status, _json({"code": status, "message": message}))


class Service:
    """Answers requests by the behaviour of the moment."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.journal: list[Asked] = []
        self.charged: dict[str, set[str]] = {}
        self.spent = Decimal(0)
        self._lock = threading.Lock()

    @property
    def coordinates(self) -> list[str]:
        """All coordinates of requests that were answered with 200, in order."""
        return [coordinate for asked in self.journal if asked.status == 200 for coordinate in asked.coordinates]

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[Fault, Reply]:
        """The reply, and what shall go wrong while it is sent."""
        report = path.startswith(REPORT_PATHS)
        with self._lock:
            fault = self.behaviour.faults.pop(0) if report and self.behaviour.faults else NONE
        coordinates: tuple[str, ...] = ()
        try:
            if report and self.behaviour.require_auth:
                self._sign_in(headers.get("Authorization") or "")
            if method == "POST" and path in REPORT_PATHS:
                coordinates = _coordinates(body)
                reply = self._faulty(fault) or self._reports(coordinates, headers)
            elif method == "GET" and path.startswith(REPORT_PATHS):
                coordinates = (unquote(path.partition("component-report/")[2]),)
                reply = self._faulty(fault) or self._one_report(coordinates, headers)
            elif method == "GET" and path == "/api/v3/version":
                reply = self._version()
            else:
                raise _RefusedError(404, "Not found")
        except _RefusedError as refused:
            reply = refused.reply
        scheme = (headers.get("Authorization") or "").partition(" ")[0]
        user_agent = headers.get("User-Agent") or ""
        status = 0 if fault.kind == "cut" else reply.status
        with self._lock:
            self.journal.append(Asked(method, path, scheme, user_agent, coordinates, fault.kind, status))
        return fault, reply

    def _sign_in(self, authorization: str) -> None:
        scheme, _, value = authorization.partition(" ")
        if scheme == "Bearer" and value in self.behaviour.pats:
            return
        if scheme == "Basic":
            try:
                user, _, token = base64.b64decode(value, validate=True).decode().partition(":")
            except ValueError:
                raise _RefusedError(401, "Malformed credentials") from None
            if self.behaviour.accounts.get(user) == token:
                return
        raise _RefusedError(401, "Credentials are required" if not authorization else "Invalid credentials")

    def _faulty(self, fault: Fault) -> Reply | None:
        if fault.kind == "status":
            body = (
                _json({"code": fault.status, "message": f"Status {fault.status}"}) if fault.body is None else fault.body
            )
            return Reply(fault.status, body, dict(fault.headers))
        if fault.kind == "body":
            return Reply(fault.status, fault.body or b"", dict(fault.headers))
        return None

    def _reports(self, coordinates: tuple[str, ...], headers: Mapping[str, str]) -> Reply:
        behaviour = self.behaviour
        if not coordinates:
            raise _RefusedError(400, "One or more coordinates required")
        if len(coordinates) > behaviour.most:
            raise _RefusedError(400, f"Request for more than {behaviour.most} components")
        purls = {text: self._parsed(text) for text in coordinates}
        known = [text for text in purls if text not in behaviour.unknown]
        credit_headers = self._charge(known)
        tracking = _tracking(headers.get("User-Agent") or "")
        shown = list(purls) if behaviour.unknown_as == "empty" else known
        entries = [entry(purls[text], text, behaviour, tracking) for text in shown]
        entries += [{"coordinates": text, "vulnerabilities": []} for text in behaviour.foreign]
        if behaviour.shuffle:
            entries.reverse()
        batch = {"X-Batch-Size": str(len(purls)), "X-Batch-Found": str(len(known))}
        return Reply(200, _json(entries), {"Content-Type": _REPORT_TYPE, **batch, **credit_headers})

    def _one_report(self, coordinates: tuple[str, ...], headers: Mapping[str, str]) -> Reply:
        reply = self._reports(coordinates, headers)
        entries = json.loads(reply.body)
        if not entries:
            raise _RefusedError(404, "Component not found")
        reply.body = _json(entries[0])
        return reply

    def _parsed(self, text: str) -> PackageURL:
        if text in self.behaviour.refused:
            raise _RefusedError(400, "Invalid request - missing coordinates or invalid PURL format")
        full = text if text.startswith("pkg:") else f"pkg:{text.replace(':', '/', 1)}"
        try:
            purl = _parsed(full)
        except ValueError:
            raise _RefusedError(400, "Invalid request - missing coordinates or invalid PURL format") from None
        if not purl.version:
            raise _RefusedError(400, "Missing coordinates version")
        if purl.type == "npm" and "/@" in full.rpartition("@")[0]:
            raise _RefusedError(400, "Invalid request - missing coordinates or invalid PURL format")
        return purl

    def _charge(self, known: list[str]) -> dict[str, str]:
        behaviour = self.behaviour
        with self._lock:
            if behaviour.credits is not None and behaviour.credits <= 0:
                raise _RefusedError(402, "Payment required - insufficient credits")
            today = self.charged.setdefault(behaviour.day, set())
            price = behaviour.credit_price * len(set(known) - today)
            today.update(known)
            self.spent += price
            headers = {"X-Credits-Used": str(price)}
            if behaviour.credits is not None:
                behaviour.credits = max(Decimal(0), behaviour.credits - price)
                headers["X-Credits-Remaining"] = str(behaviour.credits)
            return headers

    def _version(self) -> Reply:
        if self.behaviour.era == "guide":
            return Reply(200, _json("202608"))
        legacy = {"version": "1.0", "buildTimestamp": "2024", "buildTag": "double", "buildNotes": ""}
        return Reply(200, _json(legacy), {"Content-Type": "application/vnd.ossindex.version.v1+json"})


_parsed = lru_cache(maxsize=2**16)(PackageURL.from_string)


def _coordinates(body: bytes) -> tuple[str, ...]:
    try:
        content = json.loads(body)
        coordinates = content["coordinates"]
    except (ValueError, KeyError, TypeError):
        raise _RefusedError(400, "Invalid request body") from None
    if not isinstance(coordinates, list) or not all(isinstance(coordinate, str) for coordinate in coordinates):
        raise _RefusedError(400, "Invalid request - missing coordinates or invalid PURL format")
    return tuple(coordinates)


def _tracking(user_agent: str) -> str:
    tokens = [*(part for part in re.split(r"[/ ]", user_agent) if part), "", ""]
    return f"utm_source={tokens[0].lower()}&utm_medium=integration&utm_content={tokens[1]}"


def _json(content: object) -> bytes:
    return json.dumps(content).encode()
