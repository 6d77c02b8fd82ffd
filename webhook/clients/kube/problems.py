"""Errors of the API server: from its statuses to errors with remedies."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import msgspec

from webhook.clients.http.headers import retry_after
from webhook.clients.http.messages import Answer
from webhook.errors import Final, Retryable, SourceError, UnusableAnswer

_MAX_SHOWN = 300
_LONGEST_PAUSE = 600.0


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


def refusal(answer: Answer, wanted: Wanted, now: dt.datetime) -> SourceError:
    """The error for a status that is no answer to what was asked.

    Args:
        answer: with this status.
        wanted: what was asked for.
        now: what a date in ``Retry-After`` counts from.
    """
    status, said = answer.status, _said(answer.body)
    if status == 403:
        kind = "Role" if wanted.namespace else "ClusterRole"
        group = wanted.resource.partition(".")[2]
        return Final(
            f"Forbidden: bomgate may not {wanted.verb} {wanted.resource} {wanted.place}{said}.",
            remedy=f"Grant it: a {kind} {wanted.place} with the verb {wanted.verb} on the resource "
            f"{wanted.resource.partition('.')[0]} of the API group {group!r}, bound to bomgate's "
            "ServiceAccount; or turn off the feature that needs it.",
        )
    if status == 401:
        return Final(
            f"Unauthorized: the API server does not accept bomgate's credentials for {wanted}{said}.",
            remedy="Check the ServiceAccount's token that the Pod mounts, or the credentials in kube.kubeconfig.",
        )
    text = f"The API server answered {status} when asked to {wanted.verb} {wanted}{said}."
    if status == 409:
        return Conflict(text)
    if status == 410:
        return Expired(text)
    if status in (408, 429) or status >= 500:
        wait = retry_after(answer.headers, now)
        pause = None if wait is None else min(wait, _LONGEST_PAUSE)
        return Retryable(text, remedy="Look at the API server; try again.", retry_after=pause)
    # What is asked for follows from objects that users write, so a question that was not understood is no refusal.
    return UnusableAnswer(text, remedy="Check kube.kubeconfig, and the version of the API server.")


def _said(body: bytes) -> str:
    try:
        message = msgspec.json.decode(body, type=_Status).message
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ""
    shown = "".join(char if char.isprintable() else " " for char in message[:_MAX_SHOWN])
    return f" (it says: {shown})" if shown else ""
