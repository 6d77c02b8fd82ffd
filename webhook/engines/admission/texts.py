"""Texts of answers, composed once for all who ask for the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from webhook.model.verdicts import WorkloadVerdict
from webhook.policy.messages import Hints

T = TypeVar("T")
_MOST_TEXTS = 1_000


class ComposedTexts:
    """Messages that were composed before: the Pods of one workload, and its retries, ask for the same again.

    Composing one costs more than all the rest of a decision. Verdicts come from the checker's cache, so that the same
    decision is the same object; an entry keeps the objects alive that its key names by identity.

    Args:
        hints: what denials tell people to do.
    """

    def __init__(self, hints: Hints) -> None:
        self._hints = hints
        # A plain dict, because every decision looks into it.
        self._known: dict[tuple[object, ...], tuple[WorkloadVerdict, object]] = {}

    def get(self, verdict: WorkloadVerdict, compose: Callable[[WorkloadVerdict, Hints], T]) -> T:
        """What ``compose`` makes of the verdict, from memory when it was asked before."""
        key = (compose, *((id(judged.verdict), judged.containers) for judged in verdict.images))
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _MOST_TEXTS:
                self._known = {}
            known = self._known[key] = (verdict, compose(verdict, self._hints))
        return cast("T", known[1])
