"""Problems: why a request got no complete answer, as an error with a remedy.

The libraries' own texts may quote addresses with secrets in them, so they are not shown.
"""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import urllib3

from webhook.clients.http.messages import Request
from webhook.errors import DeadlineExceeded, Final, Retryable, SourceError, UnusableAnswer

_TIMEOUTS = (urllib3.exceptions.TimeoutError, TimeoutError)


class NoAnswer(Retryable):
    """No connection, no answer in time, or one that was cut off: the server may be down."""


def origin(url: str) -> str:
    """Scheme, host and port, for people; never user, path or query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _named(request: Request) -> tuple[str, str, str]:
    """The server, the same at the start of a sentence, and what was asked of it, for people."""
    asked = f" when asked for {request.what}" if request.what else ""
    name = request.destination.name
    return name or origin(request.url), f"{name[:1].upper()}{name[1:]}" or origin(request.url), asked


def out_of_time(request: Request) -> DeadlineExceeded:
    """The error for an answer that did not come in the time left."""
    _, server, asked = _named(request)
    return DeadlineExceeded(f"{server} did not answer within the time left{asked}.")


def too_large(request: Request, limit: int) -> UnusableAnswer:
    """The error for a body that is not read to its end."""
    _, server, asked = _named(request)
    remedy = request.destination.remedies.size
    return UnusableAnswer(
        f"{server} answered with more than the {limit} bytes that were expected{asked}.", remedy=remedy
    )


def no_answer(problem: Exception, request: Request, read_seconds: float, *, began: bool) -> SourceError:
    """The error for a request that got no complete answer.

    Args:
        problem: as ``requests`` or ``urllib3`` raised it.
        request: what was asked.
        read_seconds: how long the wait for bytes was.
        began: whether the answer had begun.
    """
    server, at_start, asked = _named(request)
    remedies, causes = request.destination.remedies, _causes(problem)
    if any(isinstance(cause, _TIMEOUTS) for cause in causes):
        return NoAnswer(f"{at_start} did not answer within {read_seconds:.3g} s{asked}.")
    if isinstance(problem, urllib3.exceptions.SSLError):
        if "certificate" in str(problem).lower():
            return Final(f"The certificate of {server} is not trusted.", remedy=remedies.certificate)
        return Final(f"{at_start} does not speak TLS as expected.", remedy=remedies.tls)
    if isinstance(problem, urllib3.exceptions.ProxyError):
        remedy = "Check HTTPS_PROXY and NO_PROXY in the environment."
        return NoAnswer(f"The proxy on the way to {server} refused or did not answer.", remedy=remedy)
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return NoAnswer(f"The name of {server} is not known.", remedy="Check the address, and the DNS.")
    if began and isinstance(problem, urllib3.exceptions.HTTPError):
        return NoAnswer(f"The answer of {server} was cut off.", remedy="Try again; then look for a proxy in between.")
    if isinstance(problem, (urllib3.exceptions.HTTPError, OSError)) and not isinstance(problem, ValueError):
        said = next((cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror), "")
        return NoAnswer(f"{at_start} cannot be reached{f' ({said})' if said else ''}.", remedy=remedies.unreachable)
    return Final(f"The request to {server} is not valid ({type(problem).__name__}).", remedy="Check the address.")


def _causes(problem: BaseException) -> list[object]:
    """The problem and all that is wrapped in it; the libraries nest the operating system's word deep."""
    seen: list[object] = [problem]
    for cause in seen:
        if isinstance(cause, BaseException) and len(seen) < 30:
            seen += [*cause.args, cause.__cause__, getattr(cause, "reason", None)]
    return seen
