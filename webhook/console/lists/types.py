"""The list of assessment types."""

from __future__ import annotations

from urllib.parse import urlencode

from webhook.console.face import ConsoleFace
from webhook.console.lists.base import ACTION, MAYBE_TEXT, NUMBER, Column, ListView, Values
from webhook.engines.triage.typelists import TypeRow
from webhook.model.triage import Key, Page
from webhook.policy.conditions import conditions

_INTEGER = {"type": ["integer", "null"]}
_SCORE = {"type": ["string", "null"], "description": "A number on one decimal, as text."}


def type_list(face: ConsoleFace) -> ListView[TypeRow]:
    """Assessment types with how much they are used."""

    def fetch(values: Values, after: Key | None, most: int) -> Page[TypeRow]:
        del values, after, most  # there are a handful
        return Page(face.types.rows())

    def records(row: TypeRow) -> str:
        return "/assessments?" + urlencode({"type": row.type.name, "standing": "in-force"})

    return ListView(
        "types",
        "Types",
        "What an assessment can be, what each does, and how many count now.",
        (),
        (
            Column("name", "Type", lambda row: row.type.name, "type", lambda row: type_path(row.type.name)),
            Column("action", "Does", lambda row: row.type.action.word, "action", schema=ACTION),
            Column("auto_assess", "Given by itself to", _conditions, schema=MAYBE_TEXT),
            Column("expires_after_days", "Days", lambda row: row.type.expires_after_days, schema=_INTEGER),
            Column("on_expiry", "At the end", lambda row: row.type.on_expiry.value),
            Column(
                "in_force",
                "In force",
                lambda row: row.in_force,
                "count",
                records,
                schema=NUMBER,
            ),
            Column("ended", "Ended", lambda row: row.ended, "count", schema=NUMBER),
            Column("origin", "From", lambda row: row.origin, "origin", schema=_ORIGIN),
            Column("description", "Description", lambda row: row.type.description, "prose"),
            Column("color", "", lambda row: row.type.color),
            Column("cvss_min", "", lambda row: _bound(row, 0), schema=_SCORE),
            Column("cvss_max", "", lambda row: _bound(row, 1), schema=_SCORE),
            Column("kev", "", lambda row: row.type.auto_kev, schema={"type": "boolean"}),
            Column("epss_min", "", _epss, schema=_SCORE),
            Column("retired", "", lambda row: row.retired, schema={"type": "boolean"}),
            Column("change_in", "", lambda row: row.place, schema=_PLACE),
        ),
        fetch,
        lambda _: (),
        "There is no assessment type.",
        "types",
        template="types.html",
    )


_ORIGIN = {"type": "string", "enum": ["settings", "cluster", "console"]}
_PLACE = {"type": "string", "description": "Where to change it; empty for one that can be changed here."}


def type_path(name: str) -> str:
    """The page of a type."""
    return "/type?" + urlencode({"name": name})


def _conditions(row: TypeRow) -> str | None:
    return ", ".join(conditions(row.type)) or None


def _epss(row: TypeRow) -> str | None:
    return None if row.type.auto_epss is None else f"{row.type.auto_epss:f}"


def _bound(row: TypeRow, which: int) -> str | None:
    band = row.type.auto_assess
    return None if band is None else str((band.low, band.high)[which])
