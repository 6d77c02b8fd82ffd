"""What went wrong: from the client's exceptions and the API server's answers to errors with remedies."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import urllib3

from webhook.errors import DeadlineExceeded, Final, Retryable, SourceError, UnusableAnswer

_MAX_SHOWN = 300
_LONGEST_PAUSE = 600.0
_REACH = "Check that the API server runs, and the network policy."


class _Status(msgspec.Struct):
    """The API's ``Status`` object (meta/v1)."""

    message: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One object that is asked for, or a list of them.

    Attributes:
        resource: plural name with its API group, as RBAC and kubectl write it, such as ``secrets``.
        name: of the object; empty for a list.
        namespace: empty for what belongs to the whole cluster.
        does: what is done to it, as RBAC writes it; empty for reading.
    """

    resource: str
    name: str
    namespace: str = ""
    does: str = ""

    @property
    def verb(self) -> str:
        """What has to be allowed, as RBAC writes it."""
        return self.does or ("get" if self.name else "list")

    @property
    def place(self) -> str:
        """Where the right to read it is given, for people."""
        return f"in namespace {self.namespace}" if self.namespace else "in the cluster"

    def __str__(self) -> str:
        return f"{self.resource}/{self.name} {self.place}" if self.name else f"the {self.resource} {self.place}"


class Conflict(Final):
    """Somebody else changed the object meanwhile, or has made one of that name (409)."""

    code = "kube-conflict"
    default_remedy = "Read it again; nothing was changed."


class Expired(Retryable):
    """What the list or the watch went on from is not kept any more (410)."""

    code = "kube-expired"


def out_of_time(wanted: Wanted) -> DeadlineExceeded:
    """The error for an answer that did not come in the time left."""
    return DeadlineExceeded(f"The API server did not say {wanted} in the time that was left for it.")


def refusal(status: int, body: str, headers: Mapping[str, str], wanted: Wanted) -> SourceError:
    """The error for a status that is no answer to what was asked.

    Args:
        status: HTTP status; 0 when there was none, because TLS failed.
        body: of the answer.
        headers: of the answer.
        wanted: what was asked for.
    """
    said = _said(body)
    if status == 403:
        kind = "Role" if wanted.namespace else "ClusterRole"
        group = wanted.resource.partition(".")[2]
        return Final(
            f"The API server does not let bomgate {wanted.verb} {wanted.resource} {wanted.place}{said}.",
            remedy=f"Grant it: a {kind} {wanted.place} with the verb {wanted.verb} on the resource "
            f"{wanted.resource.partition('.')[0]} of the API group {group!r}, bound to bomgate's ServiceAccount; or "
            "switch off what needs it.",
        )
    if status == 401:
        return Final(
            f"The API server does not know who asks for {wanted}{said}.",
            remedy="Check the ServiceAccount's token that the Pod mounts, or the credentials in kube.kubeconfig.",
        )
    if status == 0:
        return _no_tls()
    text = f"The API server answered {status} when asked to {wanted.verb} {wanted}{said}."
    if status == 409:
        return Conflict(text)
    if status == 410:
        return Expired(text)
    if status in (408, 429) or status >= 500:
        stated = headers.get("Retry-After", "")
        wait = min(float(stated), _LONGEST_PAUSE) if stated.isascii() and stated.isdigit() else None
        return Retryable(text, remedy="Look at the API server; try again.", retry_after=wait)
    # What is asked for follows from objects that users write, so a question that was not understood is no refusal.
    return UnusableAnswer(text, remedy="Check kube.kubeconfig, and the version of the API server.")


def connection_trouble(problem: Exception, wanted: Wanted) -> SourceError:
    """The error for a question that got no complete answer; the library's text names addresses, so it is not shown."""
    causes = _causes(problem)
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return _no_tls()
    said = next((cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror), "")
    if said:
        return Retryable(f"The API server cannot be reached ({said}).", remedy=_REACH)
    if any(isinstance(cause, (urllib3.exceptions.TimeoutError, TimeoutError)) for cause in causes):
        return Retryable(f"The API server did not say {wanted} in time.", remedy=_REACH)
    return Retryable(f"The answer of the API server on {wanted} was cut off.", remedy=_REACH)


def too_large(wanted: Wanted, limit: int) -> UnusableAnswer:
    """The error for an object that is not read to its end."""
    return UnusableAnswer(f"{wanted}: more than {limit} bytes.", remedy="If this is meant, raise kube.maxReportBytes.")


def _no_tls() -> Final:
    return Final(
        "The API server does not speak TLS as expected, or its certificate is not trusted.",
        remedy="Check the address and the certificate authority in kube.kubeconfig.",
    )


def _said(body: str) -> str:
    try:
        message = msgspec.json.decode(body.encode(), type=_Status).message
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ""
    shown = "".join(char if char.isprintable() else " " for char in message[:_MAX_SHOWN])
    return f" (it says: {shown})" if shown else ""


def _causes(problem: BaseException) -> list[object]:
    seen: list[object] = [problem]
    for one in seen:
        if isinstance(one, BaseException) and len(seen) < 30:
            seen += [*one.args, one.__cause__, getattr(one, "reason", None)]
    return seen
