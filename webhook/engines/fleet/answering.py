"""Answering: what members ask the hub about components, within bounds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import msgspec

from webhook.errors import InvalidInput
from webhook.model.ecosystems import OSS_INDEX_TYPES
from webhook.model.fleetreports import FleetQuestion, FleetReply
from webhook.model.purls import Purl, parse_written
from webhook.policy.fleetreplies import LONGEST_COORDINATES
from webhook.ports import Clock, FleetReports

MOST_COORDINATES = 1000
"""Of one question. OSS Index takes 128; members ask the hub for more at once."""


class _Question(msgspec.Struct):
    coordinates: list[str]
    running: bool = False


_QUESTION = msgspec.json.Decoder(_Question)


@dataclass(frozen=True)
class FleetAnswers:
    """Answers members, and queues what it does not know.

    Attributes:
        reports: what is known.
        clock: time.
        ttl: for how long an answer is good.
        ceiling: how many new coordinates a member may bring in a day.
        by_key: which of some components are asked for by their key alone.
    """

    reports: FleetReports
    clock: Clock
    ttl: dt.timedelta
    ceiling: int
    by_key: Callable[[Sequence[Purl]], Collection[Purl]]

    def answer(self, member: str, body: bytes) -> FleetReply:
        """Answer a question.

        Args:
            member: its name.
            body: JSON: ``coordinates``, and whether they are ``running``.

        Raises:
            InvalidInput: it is no question, or too large.
            StoreError: the store does not answer.
        """
        question = read_question(member, body)
        return self.reports.ask(question, now=self.clock.now(), ttl=self.ttl, ceiling=self.ceiling, by_key=self.by_key)


def read_question(member: str, body: bytes) -> FleetQuestion:
    """A member's question; coordinates that OSS Index cannot know are left out, and stay unknown.

    Raises:
        InvalidInput: it is no question, or too large.
    """
    try:
        said = _QUESTION.decode(body)
    except (ValueError, RecursionError) as problem:
        raise InvalidInput(f"The question cannot be read: {str(problem)[:200]}.") from problem
    if not said.coordinates:
        raise InvalidInput("One or more coordinates required.", remedy="Name components.")
    if len(said.coordinates) > MOST_COORDINATES:
        raise InvalidInput(f"Request for more than {MOST_COORDINATES} components.", remedy="Ask in several requests.")
    usable = [purl for text in said.coordinates if (purl := _usable(text)) is not None]
    return FleetQuestion(member, tuple(dict.fromkeys(usable)), said.running)


def _usable(text: str) -> Purl | None:
    """Coordinates that may be sent to OSS Index as they stand; None otherwise."""
    if len(text) > LONGEST_COORDINATES or not text.isprintable():
        return None
    try:
        purl = parse_written(text)
    except InvalidInput:
        return None
    is_usable = purl == text and purl.type in OSS_INDEX_TYPES and bool(purl.version)
    return purl if is_usable else None
