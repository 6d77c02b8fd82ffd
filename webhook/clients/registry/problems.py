"""What a registry's refusals mean: from statuses and bodies to errors with remedies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import msgspec

from webhook.clients.http.headers import retry_after
from webhook.clients.registry.locations import Repository
from webhook.errors import Final, Retryable, SourceError

PASSING = frozenset([429, 500, 502, 503, 504])
"""Statuses that may be gone at the next try."""


class Denied(Final):
    """A registry, or its token server, refuses a credential; another one may do."""


class _Error(msgspec.Struct):
    code: str = ""
    message: str = ""


class _Errors(msgspec.Struct):
    errors: list[_Error] = []


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


def denied(repository: Repository, status: int, body: bytes, has_credentials: bool, note: str) -> Denied:
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
        return Denied(
            f"{host} refuses {path} with the credentials that are configured ({said or status}).",
            remedy=f"Check that they may pull {path}, and that it exists.",
        )
    return Denied(
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
