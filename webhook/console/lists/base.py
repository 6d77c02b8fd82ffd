"""What a list is: filters that stand in the address, columns, and a way to fetch a page."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from webhook.console.cipher import Cipher
from webhook.errors import InvalidInput
from webhook.model.triage import Key, Page
from webhook.policy.plaintext import plain
from webhook.ports import Clock

Row = TypeVar("Row")
Values = Mapping[str, Any]
"""The filters of a request by name; those that were not given are not there."""
ROOT = "/api/v1"
"""Of all addresses of the API."""
MOST_TEXT = 200
MOST_DAYS = 3650
PAGE = 50
MOST_PAGE = 1000
_MOST_DIGITS = 9
_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of a list.

    Attributes:
        name: in the address.
        label: for people.
        kind: ``text``, ``choice``, ``flag``, ``date`` or ``days``.
        choices: value and label of each, for ``choice``; asked for each time.
        help: a sentence for the API's description.
        placeholder: an example.
        is_always: whether the first choice counts where none is given, so that a page offers no *any* beside it.
    """

    name: str
    label: str
    kind: str = "text"
    choices: Callable[[], Sequence[tuple[str, str]]] = tuple
    help: str = ""
    placeholder: str = ""
    is_always: bool = False

    def read(self, text: str, now: dt.datetime) -> Any:
        """The value of a text; None when it is empty.

        Raises:
            InvalidInput: it is none.
        """
        text = text.strip()
        if not text:
            return None
        if len(text) > MOST_TEXT:
            raise InvalidInput(f"{self.label} has more than {MOST_TEXT} characters.", remedy="Shorten it.")
        if self.kind == "flag":
            if text.lower() not in (*_YES, *_NO):
                raise self._bad(text, "Write true or false.")
            return True if text.lower() in _YES else None
        if self.kind == "choice":
            known = [value for value, _ in self.choices()]
            if text not in known:
                raise self._bad(text, f"Choose one of: {', '.join(known)}.")
            return text
        if self.kind == "days":
            if not is_number(text) or not 0 < int(text) <= MOST_DAYS:
                raise self._bad(text, f"Write a number of days from 1 to {MOST_DAYS}.")
            return int(text)
        if self.kind == "date":
            return self._date(text, now)
        return text

    def _date(self, text: str, now: dt.datetime) -> dt.datetime:
        """A day as 2026-11-29, or so many days ago as ``7d``."""
        if text.endswith("d") and is_number(text[:-1]) and int(text[:-1]) <= MOST_DAYS:
            return now - dt.timedelta(days=int(text[:-1]))
        try:
            return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), dt.UTC)
        except ValueError:
            raise self._bad(text, "Write a day as 2026-11-29, or 7d for the last seven days.") from None

    def _bad(self, text: str, remedy: str) -> InvalidInput:
        return InvalidInput(f"{self.label}: {plain(text, 60)!r} cannot be used.", remedy=remedy)

    @property
    def schema(self) -> dict[str, Any]:
        """Its JSON Schema."""
        if self.kind == "flag":
            return {"type": "boolean"}
        if self.kind == "days":
            return {"type": "integer", "minimum": 1, "maximum": MOST_DAYS}
        return {"type": "string", "maxLength": MOST_TEXT}


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """A column of a list.

    Attributes:
        name: the key in JSON.
        label: for people; empty for what only machines are told.
        value: of a row, as JSON has it.
        kind: how it is shown, see ``templates/cells.html``.
        link: where it leads.
        schema: its JSON Schema.
    """

    name: str
    label: str
    value: Callable[[Row], Any]
    kind: str = "text"
    link: Callable[[Row], str | None] | None = None
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, slots=True)
class ListView(Generic[Row]):
    """A list.

    Attributes:
        name: in the address.
        title: for people.
        summary: a sentence.
        filters: in order.
        columns: in order.
        fetch: filters, key and number → a page.
        keys: of what kinds the parts of a key are, given the filters.
        empty: what an empty list means, and what to do.
        tick: what a ticked row is called by; None where nothing can be ticked.
        resource: of ``bomgate.dev``; who may list it sees it.
        template: of its page.
    """

    name: str
    title: str
    summary: str
    filters: Sequence[Filter]
    columns: Sequence[Column[Row]]
    fetch: Callable[[Values, Key | None, int], Page[Row]]
    keys: Callable[[Values], tuple[type, ...]]
    empty: str
    resource: str
    tick: Callable[[Row], str] | None = None
    template: str = "list.html"

    def read(self, given: Mapping[str, str], now: dt.datetime) -> Values:
        """The filters of a request.

        Raises:
            InvalidInput: one of them cannot be used.
        """
        read = {rule.name: rule.read(given[rule.name], now) for rule in self.filters if rule.name in given}
        return {name: value for name, value in read.items() if value is not None}

    def page(self, values: Values, cursor: Key | None, most: int) -> Page[Row]:
        """A page of the list.

        Args:
            values: of the filters.
            cursor: where the page before ended, see :meth:`Cursors.read`.
            most: rows.
        """
        return self.fetch(values, cursor, most)

    def record(self, row: Row) -> dict[str, Any]:
        """A row as JSON."""
        return {column.name: column.value(row) for column in self.columns}


class Cursors:
    """Where pages end, in addresses. They are encrypted, as a key may name what is between two rows and not shown.

    Args:
        clock: time.
    """

    def __init__(self, clock: Clock) -> None:
        self._cipher, self._clock = Cipher(), clock

    def of(self, key: Key | None) -> str | None:
        """The cursor of a key; None where there is no further page."""
        return None if key is None else self._cipher.encrypt(json.dumps(list(key)), self._clock.now())

    def read(self, cursor: str, kinds: tuple[type, ...]) -> Key | None:
        """The key of a cursor; None without one.

        Args:
            cursor: what :meth:`of` gave; empty for the first page.
            kinds: of the parts of the list's keys.

        Raises:
            InvalidInput: it is none, or one of another list.
        """
        if not cursor:
            return None
        text = self._cipher.decrypt(cursor, self._clock.now())
        found = None if text is None else json.loads(text)
        if found is None or [type(item) for item in found] != list(kinds):
            raise InvalidInput("The cursor does not belong to this list.", remedy="Begin again without a cursor.")
        return tuple(found)


def limit(text: str, usual: int = PAGE) -> int:
    """How many rows a request wants.

    Raises:
        InvalidInput: it is no number from 1 to 1,000.
    """
    if not text:
        return usual
    if not is_number(text) or not 0 < int(text) <= MOST_PAGE:
        raise InvalidInput("limit cannot be used.", remedy=f"Write a number from 1 to {MOST_PAGE}.")
    return int(text)


def is_number(text: str) -> bool:
    """Whether a text is a whole number as people and programs write it: few digits, and no others than 0 to 9."""
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


def moment(at: dt.datetime | None) -> str | None:
    """A time as JSON has it."""
    return None if at is None else at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


TEXT: Mapping[str, Any] = {"type": "string"}
NUMBER: Mapping[str, Any] = {"type": "integer"}
MOMENT: Mapping[str, Any] = {"type": ["string", "null"], "format": "date-time"}
TEXTS: Mapping[str, Any] = {"type": "array", "items": {"type": "string"}}
MAYBE_TEXT: Mapping[str, Any] = {"type": ["string", "null"]}
ACTION: Mapping[str, Any] = {"type": "string", "enum": ["allow", "warn", "deny"]}
