"""The exception tree: everything that bomgate raises on purpose.

Belongs here: exceptions, each with a stable ``code``, a sentence for people and a ``remedy``. Anybody may import it; it
imports nothing of bomgate. A denial is not here: a denial is a :class:`webhook.model.verdicts.Verdict`, a value.
"""

from __future__ import annotations

from typing import ClassVar


class BomgateError(Exception):
    """Base of all errors raised on purpose.

    Args:
        message: one sentence that says what is wrong, with the offending value when it is safe to show.
        remedy: what the reader can do about it; the class's own when left out.
    """

    code: ClassVar[str] = "error"
    default_remedy: ClassVar[str] = "Look at the log of the command for details."

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy if remedy is not None else self.default_remedy

    def __str__(self) -> str:
        return self.message

    def as_dict(self) -> dict[str, str]:
        """The error as the JSON object that every face shows: ``{"code", "message", "remedy"}``."""
        return {"code": self.code, "message": self.message, "remedy": self.remedy}


class InvalidInput(BomgateError):
    """What a caller handed in cannot be understood: a review, an SBOM, a purl, an image reference (exit code 2)."""

    code = "invalid-input"
    default_remedy = "Correct the input and try again."


class DocumentRefused(InvalidInput):
    """A document of the hub is not signed by it, is damaged, or is older than what is here (exit code 2)."""

    code = "document-refused"
    default_remedy = "Nothing was changed. Fetch it from the hub again, or export it there again."


class TooMuchAttached(InvalidInput):
    """More hangs on an image than one search may read, so what there is of it says nothing of the whole."""

    code = "too-much-attached"
    default_remedy = "Delete old attachments of the image, or raise the limit in the settings."


class TooBroad(InvalidInput):
    """A list cannot be searched with these filters in the time that a page may take (exit code 2)."""

    code = "too-broad"
    default_remedy = "Narrow it, such as by severity, by when it was first seen, or by the beginning of a name."


class ConfigError(BomgateError):
    """The settings cannot be used; the program refuses to start (exit code 2)."""

    code = "config"
    default_remedy = "Correct the setting; docs/reference/configuration.md lists every one of them."


class SourceError(BomgateError):
    """Something outside (OSS Index, a registry, the API server) did not give an answer (exit code 3)."""

    code = "source"
    default_remedy = "Run `bomgate source check` to see what is wrong."


class Retryable(SourceError):
    """The outside did not answer now but may later: a timeout, 429, 5xx.

    Args:
        message: one sentence.
        remedy: what the reader can do.
        retry_after: seconds that the outside asked to wait, or None when it did not say.
    """

    code = "source-retryable"
    default_remedy = "Try again later; nothing that was already fetched is lost."

    def __init__(self, message: str, *, remedy: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after = retry_after


class Final(SourceError):
    """The outside answered and asking again will not change it: 401, 402, 403, a malformed answer."""

    code = "source-final"


class HistoryUnknown(Final):
    """Hub and member have no common position from which changes lead on; all of it has to be sent (exit code 3)."""

    code = "history-unknown"
    default_remedy = "Nothing has to be done: the whole is sent instead."


class UnusableAnswer(Final):
    """The outside answered, and the answer is of no use: malformed, too large, or about a question it cannot take.

    What an answer holds is partly written by users, so it never counts like an outside that refuses to answer.
    """

    code = "source-unusable"


class Unexpected(SourceError):
    """The answer of the outside caused an error that nobody foresaw; it counts as that place's refusal."""

    code = "source-unexpected"
    default_remedy = "Search the log for the id, and report it."


class DeadlineExceeded(SourceError):
    """The time given for a decision ran out; the work goes on in the background and a retry may find it done."""

    code = "deadline"
    default_remedy = "Try again in a moment; the look-up goes on in the background."


class StoreError(BomgateError):
    """The database did not do what was asked: locked, full, unreachable, or of another version (exit code 3)."""

    code = "store"
    default_remedy = "Run `bomgate db status` to see what is wrong with the database."


class StoreUnreachable(StoreError):
    """The database does not answer now but may later: it is down or too busy; what is in memory can serve meanwhile."""

    code = "store-unreachable"


class ChangedMeanwhile(StoreError):
    """Somebody else has changed the same since it was looked at; nothing was recorded (exit code 3)."""

    code = "changed-meanwhile"
    default_remedy = "Look at what is there now, and decide again."


class LeaseLost(StoreError):
    """A writer came after its lease in the store had ended; what it brought was not kept (exit code 3)."""

    code = "lease-lost"
    default_remedy = "Start it again: what was committed before is kept, and not asked for again."
