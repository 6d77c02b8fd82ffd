"""Editing assessment types: the page of each, its form with what a change would change, and the same in the API."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, redirect, render_template, request

from webhook.console.answers import json_answer
from webhook.console.deciding import effect_json, members
from webhook.console.face import ConsoleFace
from webhook.console.identity import Gate
from webhook.console.lists.base import ROOT, ListView, is_number
from webhook.console.lists.types import type_path
from webhook.console.problems import NotFound
from webhook.console.rights import offers, require
from webhook.console.telling import record_type
from webhook.engines.triage.typeediting import PlannedType
from webhook.engines.triage.typelists import TypeRow
from webhook.errors import ConfigError, InvalidInput
from webhook.model.actions import Action
from webhook.model.assessments import AssessmentType, OnExpiry
from webhook.policy.conditions import conditions, make_epss
from webhook.policy.scores import make_range

_RESOURCE = "types"
_NEW: Mapping[str, str] = {"color": "#546e7a", "on_expiry": "unassessed"}
_BODY: Mapping[str, type] = {
    **dict.fromkeys(("name", "action", "cvssMin", "cvssMax", "epssMin", "color", "onExpiry", "description"), str),
    "expiresAfterDays": int,
    "kev": bool,
    "consent": bool,
    "dryRun": bool,
}
_SPELLED = {
    "cvssMin": "cvss_min",
    "cvssMax": "cvss_max",
    "epssMin": "epss_min",
    "onExpiry": "on_expiry",
    "expiresAfterDays": "days",
}
_OPTIONS = {"action": "--action", "days": "--days", "on_expiry": "--on-expiry", "color": "--color"}


def add_type_editing(app: Flask, face: ConsoleFace, view: ListView[TypeRow], gate: Gate) -> None:
    """Add pages and API of single types.

    Args:
        app: where to.
        face: what it works with.
        view: their list.
        gate: what a person may do.
    """
    _add_pages(app, face, gate)
    _add_api(app, face, view, gate)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a page of a type shows beside the type itself."""

    values: Mapping[str, str]
    planned: PlannedType | None = None
    problem: InvalidInput | None = None


def _add_pages(app: Flask, face: ConsoleFace, gate: Gate) -> None:
    @app.get("/type")
    def type_page() -> str:
        name = request.args.get("name", "")
        if not name:
            require(gate, "create", _RESOURCE)
            return _page(gate, None, _Shown(_NEW))
        require(gate, "get", _RESOURCE)
        row = _row(face, name)
        return _page(gate, row, _Shown(_values(row.type)))

    @app.post("/type")
    def change_type() -> Any:
        form = {**_NEW, **request.form.to_dict()}
        row = None if form.get("new") else _row(face, form.get("name", ""))
        try:
            planned = _planned(face, gate, form, row)
        except InvalidInput as problem:
            return _page(gate, row, _Shown(_kept(form, row), problem=problem)), 400
        if form.get("step") not in ("record", "retire") or form.get("seen") != _fingerprint(planned):
            return _page(gate, row, _Shown(_kept(form, row), planned))
        try:
            record_type(face, planned, consent=bool(form.get("consent")))
        except InvalidInput as problem:
            return _page(gate, row, _Shown(_kept(form, row), planned, problem)), 400
        return redirect(type_path(planned.type.name), 303)


def _planned(face: ConsoleFace, gate: Gate, form: Mapping[str, str], row: TypeRow | None) -> PlannedType:
    if form.get("step") == "retire" and row is not None:
        require(gate, "delete", _RESOURCE)
        return face.type_editor.plan_retirement(row.type.name)
    is_new = row is None or row.retired
    require(gate, "create" if is_new else "update", _RESOURCE)
    return face.type_editor.plan(_wanted(form), is_new=is_new)


def _page(gate: Gate, row: TypeRow | None, shown: _Shown) -> str:
    planned, is_fixed = shown.planned, row is not None and bool(row.place)
    return render_template(
        "type.html",
        row=row,
        takes="" if row is None else ", ".join(conditions(row.type)),
        values=shown.values,
        problem=shown.problem,
        planned=planned,
        shown=None if planned is None else planned_type_json(planned),
        seen="" if planned is None else _fingerprint(planned),
        command="" if planned is None else _command(planned),
        may_edit=not is_fixed
        and offers(gate, "create" if row is None or row.retired else "update", _RESOURCE),
        may_retire=offers(gate, "delete", _RESOURCE),
    )  # fmt: skip


def _add_api(app: Flask, face: ConsoleFace, view: ListView[TypeRow], gate: Gate) -> None:
    def answer(planned: PlannedType, given: Mapping[str, Any]) -> Response:
        if not given.get("dryRun"):
            record_type(face, planned, consent=bool(given.get("consent")))
        return json_answer({**planned_type_json(planned), "recorded": not given.get("dryRun")})

    @app.get(f"{ROOT}/types/<path:name>")
    def api_one_type(name: str) -> Response:
        require(gate, "get", _RESOURCE)
        return json_answer(view.record(_row(face, name)))

    @app.get(f"{ROOT}/traps")
    def api_traps() -> Response:
        require(gate, "list", _RESOURCE)
        traps = face.types.traps()
        return json_answer({"items": traps})

    @app.post(f"{ROOT}/types")
    def api_make_type() -> Response:
        body = members(request.get_json(), _BODY)
        require(gate, "create", _RESOURCE)
        return answer(face.type_editor.plan(_wanted(_spelled(body)), is_new=True), body)

    @app.put(f"{ROOT}/types/<path:name>")
    def api_change_type(name: str) -> Response:
        body = members(request.get_json(), _BODY)
        require(gate, "update", _RESOURCE)
        if body.get("name", name) != name:
            raise InvalidInput("A type cannot be renamed.", remedy="Make another one, and retire this one.")
        return answer(face.type_editor.plan(_wanted({**_spelled(body), "name": name}), is_new=False), body)

    @app.delete(f"{ROOT}/types/<path:name>")
    def api_retire_type(name: str) -> Response:
        body = members(request.get_json(), {"consent": bool, "dryRun": bool}) if request.get_data() else {}
        require(gate, "delete", _RESOURCE)
        return answer(face.type_editor.plan_retirement(name), body)


# -- reading and writing ----------------------------------------------------------------------------------------------


def _row(face: ConsoleFace, name: str) -> TypeRow:
    row = face.types.row(name)
    if row is None:
        raise NotFound("There is no such assessment type.")
    return row


def _wanted(values: Mapping[str, str]) -> AssessmentType:
    """The type that a form or a body describes.

    Raises:
        InvalidInput: a value cannot be read.
    """
    days = values.get("days", "").strip()
    if days and not is_number(days):
        raise InvalidInput("The number of days cannot be read.", remedy="Write it as 30.")
    low, high = values.get("cvss_min", "").strip(), values.get("cvss_max", "").strip()
    if bool(low) != bool(high):
        raise InvalidInput("Only one end of the CVSS range is given.", remedy="Give both, or none.")
    on_expiry = values.get("on_expiry", "") or OnExpiry.UNASSESSED.value
    if on_expiry not in set(OnExpiry):
        raise InvalidInput("The action at expiry cannot be read.", remedy="Write unassessed or reassess.")
    try:
        return AssessmentType(
            name=values.get("name", "").strip(),
            action=_action(values.get("action", "")),
            auto_assess=make_range(low, high) if low else None,
            expires_after_days=int(days) if days else None,
            color=values.get("color", "") or "grey",
            on_expiry=OnExpiry(on_expiry),
            description=values.get("description", "").strip(),
            auto_kev=bool(values.get("kev")),
            auto_epss=make_epss(least) if (least := values.get("epss_min", "").strip()) else None,
        )
    except ConfigError as problem:
        raise InvalidInput(problem.message, remedy=problem.remedy) from problem


def _action(word: str) -> Action:
    found = next((action for action in Action if action.word == word), None)
    if found is None:
        raise InvalidInput("The action of the type is missing.", remedy="Write allow, warn or deny.")
    return found


def _values(one: AssessmentType) -> dict[str, str]:
    """A type as the form has it."""
    band, days = one.auto_assess, one.expires_after_days
    return {
        "name": one.name,
        "action": one.action.word,
        "cvss_min": "" if band is None else str(band.low),
        "cvss_max": "" if band is None else str(band.high),
        "kev": "yes" if one.auto_kev else "",
        "epss_min": "" if one.auto_epss is None else f"{one.auto_epss:f}",
        "days": "" if days is None else str(days),
        "on_expiry": one.on_expiry.value,
        "color": one.color,
        "description": one.description,
    }


def _kept(form: Mapping[str, str], row: TypeRow | None) -> Mapping[str, str]:
    """What the form shows again; that of a retirement has nothing but the name."""
    return form if "action" in form or row is None else _values(row.type)


def _spelled(body: Mapping[str, Any]) -> dict[str, str]:
    given = {_SPELLED.get(name, name): str(value) for name, value in body.items() if not isinstance(value, bool)}
    return {**given, "kev": "yes" if body.get("kev") else ""}


def planned_type_json(planned: PlannedType) -> dict[str, Any]:
    """What a change of a type would change, or has changed."""
    moves = sorted(planned.moves.items(), reverse=True)
    return {
        "name": planned.type.name,
        "action": planned.action,
        "moves": [
            {"before": before.word, "after": after.word, "findings": number} for (before, after), number in moves
        ],
        "images": [effect_json(image) for image in planned.images],
        "workloads": [effect_json(workload) for workload in planned.workloads],
        "needsConsent": planned.needs_consent,
    }


def _fingerprint(planned: PlannedType) -> str:
    """By which a form says what its reader has seen."""
    seen = (planned.type, planned.retires, sorted(planned.moves.items()), planned.images, planned.workloads)
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:24]


def _command(planned: PlannedType) -> str:
    """The command line that does the same."""
    one, verb = planned.type, planned.action.partition("-")[0]
    if planned.retires:
        parts = ["bomgate", "types", "remove", one.name]
    else:
        parts = ["bomgate", "types", {"create": "add"}.get(verb, verb), one.name]
        values = _values(one)
        parts += [text for name, option in _OPTIONS.items() if values[name] for text in (option, values[name])]
        if one.auto_assess is not None:
            parts += ["--cvss", f"{one.auto_assess.low}-{one.auto_assess.high}"]
        elif planned.former is not None and planned.former.auto_assess is not None:
            parts += ["--no-cvss"]
        parts += _exploited_options(one, planned.former)
        if one.expires_after_days is None and planned.former is not None and planned.former.expires_after_days:
            parts += ["--no-days"]
        parts += ["--description", one.description] if one.description else []
    return shlex.join([*parts, *(["--yes"] if planned.needs_consent else [])])


def _exploited_options(one: AssessmentType, former: AssessmentType | None) -> list[str]:
    found = ["--kev"] if one.auto_kev else ["--no-kev"] if former is not None and former.auto_kev else []
    if one.auto_epss is not None:
        return [*found, "--epss", f"{one.auto_epss:f}"]
    return [*found, "--no-epss"] if former is not None and former.auto_epss is not None else found
