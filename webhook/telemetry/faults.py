"""Unexpected errors: logged under an id, counted, and turned into the refusal of the place where they happened.

What a registry, a pull secret, a credential plugin or a report source sends must never decide which policy counts. So
an exception that nobody foresaw is that place's refusal, like a 503, and not an error of bomgate's.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable

from webhook.errors import Unexpected

log = logging.getLogger("bomgate.faults")


class Faults:
    """Takes note of unexpected errors.

    Args:
        traceback: whether the log gets tracebacks.

    Attributes:
        count: called with the place of each, a bounded word.
    """

    def __init__(self, *, traceback: bool = True) -> None:
        self._traceback = traceback
        self.count: Callable[[str], None] = lambda _: None

    def refusal(self, problem: Exception, place: str, about: str) -> Unexpected:
        """The refusal that stands for an unexpected error.

        Args:
            problem: what was raised.
            place: where, a bounded word such as ``referrers`` or ``tag``.
            about: the image or object concerned, for the log.
        """
        error_id = secrets.token_hex(4)
        detail = {"error_id": error_id, "place": place, "about": about[:200], "error": repr(problem)[:300]}
        log.error("unexpected error", extra=detail, exc_info=problem if self._traceback else None)
        self.count(place)
        return Unexpected(
            f"its answer caused an unexpected error ({type(problem).__name__}); the log has it under the id {error_id}",
            remedy=f"Search the log for {error_id}, and report it: bomgate should have foreseen it.",
        )
