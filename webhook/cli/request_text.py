"""Requests for exceptions as the command line prints them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from webhook.cli.output import fields, note, say
from webhook.engines.triage.effects import Effects
from webhook.model.requests import Asker, ExceptionRequest
from webhook.policy.phrases import UNTIL_FIXED, count, moment
from webhook.policy.scopes import described

CSV = (
    "number",
    "phase",
    "vulnerabilities",
    "package",
    "version_range",
    "image",
    "namespace",
    "requested_by",
    "reason",
    "created",
    "until",
    "answered_by",
    "comment",
    "until_fixed",
    "fixed_in",
    "cluster",
)
"""Columns of the list as CSV."""


def show_request(request: ExceptionRequest, now: dt.datetime) -> None:
    """Print a request with all that is known of it."""
    given = "" if request.answer is None else request.answer.type
    fields(
        [
            ("request", request.number),
            ("phase", request.phase_at(now).value),
            ("version", request.version if request.version > 1 else ""),
            ("about", ", ".join(request.vulnerabilities)),
            ("for", described(request.scope, 0)),
            ("cluster", request.cluster),
            ("type", given or request.type),
            ("asked until", moment(request.until) if request.until and request.ends != request.until else None),
            ("until", None if request.ends is None else moment(request.ends)),
            ("or until", UNTIL_FIXED if request.until_fixed else ""),
            ("ended", f"fixed in {request.fixed_in}" if request.fixed_in else ""),
            ("object", request.origin),
            *(("asked by", asker_line(asker)) for asker in request.asking),
        ]
    )
    if request.answer is not None:
        by = f"request {request.answer.covered_by}" if request.answer.covered_by else ""
        covered = f", with {by}" if by else ""
        answered = f"{request.answer.person.name} on {moment(request.answer.at)}{covered}: {request.answer.comment}"
        fields([("answered by", answered)])


def show_effects(effects: Effects) -> None:
    """Say what an approval would change."""
    say(f"An approval would change {count(effects.findings, 'finding')} in {count(effects.touched, 'image')}.")
    for workload in effects.workloads:
        say(f"  {workload.title}: {workload.before.word} → {workload.after.word}")
    for replaced in effects.replaced:
        note(f"It would replace what {replaced.author} decided: {replaced.type}, {replaced.comment}")


def asker_line(asker: Asker) -> str:
    """A requester with the reason, in one line."""
    claimed = f" (says: for {asker.requested_for})" if asker.requested_for else ""
    return f"{asker.person.name}{claimed} on {moment(asker.at)}: {asker.reason}"


def request_row(request: ExceptionRequest, now: dt.datetime) -> Sequence[object]:
    """A row of the table."""
    more = f" and {len(request.asking) - 1} more" if len(request.asking) > 1 else ""
    return (
        request.number,
        request.phase_at(now).value,
        ", ".join(request.vulnerabilities),
        f"{request.cluster}: {described(request.scope)}" if request.cluster else described(request.scope),
        f"{request.askers[0].person.name}{more}",
        moment(request.created),
        None if request.ends is None else moment(request.ends),
    )


def csv_row(request: ExceptionRequest, now: dt.datetime) -> Sequence[object]:
    """The values of :data:`CSV`."""
    answer, scope = request.answer, request.scope
    return (
        request.number,
        request.phase_at(now).value,
        " ".join(request.vulnerabilities),
        scope.package,
        scope.version_range,
        scope.image,
        scope.namespace,
        request.askers[0].person.username,
        request.askers[0].reason,
        request.created,
        request.ends,
        None if answer is None else answer.person.username,
        None if answer is None else answer.comment,
        "true" if request.until_fixed else None,
        request.fixed_in or None,
        request.cluster or None,
    )
