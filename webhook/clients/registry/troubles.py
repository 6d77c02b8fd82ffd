"""What went wrong: from the libraries' exceptions and a registry's answers to errors with remedies."""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec
import requests
import urllib3

from webhook.clients.headers import retry_after
from webhook.clients.registry.locations import Repository
from webhook.errors import DeadlineExceeded, Final, Retryable, SourceError

PASSING = frozenset([429, 500, 502, 503, 504])
"""Statuses that may be gone at the next try."""


class _Error(msgspec.Struct):
    code: str = ""
    message: str = ""


class _Errors(msgspec.Struct):
    errors: list[_Error] = []


def origin(url: str) -> str:
    """Scheme, host and port, for people; never user, path or query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def out_of_time(url: str) -> DeadlineExceeded:
    """The error for an answer that did not come in the time left."""
    return DeadlineExceeded(f"{origin(url)} did not answer in the time that was left for it.")


def connection_trouble(problem: Exception, url: str, read_seconds: float) -> SourceError:
    """The error for a request that got no complete answer.

    Args:
        problem: as ``requests`` or ``urllib3`` raised it; their texts may quote addresses with secrets.
        url: what was asked.
        read_seconds: how long the wait for bytes was.
    """
    where, causes = origin(url), _causes(problem)
    timeouts = (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)
    if any(isinstance(cause, timeouts) for cause in causes):
        return Retryable(f"{where} did not answer within {read_seconds:.3g} s.")
    if isinstance(problem, requests.exceptions.SSLError):
        if "certificate" in str(problem).lower():
            remedy = "Name its certificate authority as caFile under registries."
            return Final(f"The certificate of {where} is not trusted.", remedy=remedy)
        remedy = "If it speaks plain HTTP, set plainHttp for it under registries."
        return Final(f"{where} does not speak TLS as expected.", remedy=remedy)
    if isinstance(problem, requests.exceptions.ProxyError):
        remedy = "Check HTTPS_PROXY and NO_PROXY in the environment."
        return Retryable(f"The proxy on the way to {where} refused or did not answer.", remedy=remedy)
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return Retryable(f"The name of {where} is not known.", remedy="Check the image's registry, and the DNS.")
    cut = (requests.exceptions.ChunkedEncodingError, urllib3.exceptions.IncompleteRead)
    if any(isinstance(cause, cut) for cause in causes) or isinstance(problem, urllib3.exceptions.HTTPError):
        return Retryable(f"The answer of {where} was cut off.", remedy="Try again; then look for a proxy in between.")
    if isinstance(problem, (requests.ConnectionError, OSError)) and not isinstance(problem, ValueError):
        said = next((cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror), "")
        remedy = "Check that the registry runs, the network policy, and HTTPS_PROXY."
        return Retryable(f"{where} cannot be reached{f' ({said})' if said else ''}.", remedy=remedy)
    return Final(f"No request can be made to {where} ({type(problem).__name__}).", remedy="Check the image's registry.")


def status_trouble(status: int, headers: Mapping[str, str], body: bytes, what: str, now: dt.datetime) -> SourceError:
    """The error for a status that is no answer to what was asked.

    Args:
        status: HTTP status.
        headers: of the answer.
        body: of the answer; its first error code is quoted.
        what: host and what was asked of it, for people.
        now: what a date in ``Retry-After`` counts from.
    """
    said = error_code(body)
    text = f"{what} answered {status}{f' ({said})' if said else ''}"
    wait = retry_after(headers, now)
    if status == 429:
        remedy = "The registry limits requests: give credentials, use a mirror, or wait."
        return Retryable(f"{text}: too many requests.", remedy=remedy, retry_after=wait)
    if status in PASSING:
        return Retryable(f"{text}: it is in trouble.", remedy="Look at the registry; try again.", retry_after=wait)
    return Final(f"{text}.", remedy="Check that the address is a registry, and the image's name.")


def denied(repository: Repository, status: int, body: bytes, has_credentials: bool, note: str) -> Final:
    """The error for 401 and 403.

    Args:
        repository: what was asked for.
        status: HTTP status.
        body: of the answer.
        has_credentials: whether there are credentials for the repository.
        note: what the keychain has to say about that.
    """
    said = error_code(body)
    host, path = repository.registry.host, repository.path
    if has_credentials:
        return Final(
            f"{host} refuses {path} with the credentials that are configured ({said or status}).",
            remedy=f"Check that they may pull {path}, and that it exists.",
        )
    return Final(
        f"{host} does not show {path} without credentials ({said or status}).",
        remedy=note or f"Name a credentialsFile for {host} under registries, or check that {path} exists.",
    )


def error_code(body: bytes) -> str:
    """The first error code of an answer (distribution specification, "Error Codes"); empty when there is none."""
    try:
        errors = msgspec.json.decode(body[:65536], type=_Errors).errors
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ""
    code = errors[0].code if errors else ""
    return code[:60] if code.isascii() and code.isprintable() else ""


def _causes(problem: BaseException) -> list[object]:
    """The problem and all that is wrapped in it; the libraries nest the operating system's word deep."""
    seen: list[object] = [problem]
    for one in seen:
        if isinstance(one, BaseException) and len(seen) < 30:
            seen += [*one.args, one.__cause__, getattr(one, "reason", None)]
    return seen
