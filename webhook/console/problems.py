"""Problems: what an error becomes for a person or a program that asks."""

from __future__ import annotations

from werkzeug.exceptions import HTTPException

from webhook.console.identity import RightsUnknown
from webhook.errors import BomgateError, ChangedMeanwhile, InvalidInput, StoreError, StoreUnreachable, TooBroad
from webhook.policy.asking import ApprovalRefused, RequestRefused
from webhook.policy.loosening import ApprovalNeeded


class NotSignedIn(BomgateError):
    """Nobody has signed in, or the session has ended."""

    code = "not-signed-in"
    default_remedy = "Sign in again."


class NotAllowed(BomgateError):
    """Whoever asks may not do that, or did not ask from a page of this console."""

    code = "forbidden"
    default_remedy = "Ask somebody who has the right."


class NotFound(BomgateError):
    """There is nothing of that name."""

    code = "not-found"
    default_remedy = "Look at the list."


_STATUS: tuple[tuple[type[BomgateError], int], ...] = (
    (NotSignedIn, 401),
    (NotAllowed, 403),
    (ApprovalRefused, 403),
    (RequestRefused, 403),
    (ApprovalNeeded, 403),
    (NotFound, 404),
    (ChangedMeanwhile, 409),
    (TooBroad, 422),
    (InvalidInput, 400),
    (RightsUnknown, 503),
    (StoreUnreachable, 503),
    (StoreError, 500),
)


def problem_of(problem: Exception) -> tuple[int, str, str, str]:
    """Status, code, sentence and remedy of an error; 500 for one that nobody foresaw."""
    if isinstance(problem, BomgateError):
        status = next((number for kind, number in _STATUS if isinstance(problem, kind)), 500)
        return (503 if status == 500 else status), problem.code, problem.message, problem.remedy
    if isinstance(problem, HTTPException):
        name = problem.name.lower().replace(" ", "-")
        return problem.code or 500, name, str(problem.description), ""
    return 500, "unexpected", "", "Search the log for the id, and report it."
