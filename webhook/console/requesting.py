"""Requests for exceptions: the page of each, forms to ask and to answer, and the same in the API."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Flask, Response, redirect, render_template, request

from webhook.console.answers import json_answer
from webhook.console.deciding import SCOPE, effects_json, is_ticked, members, scope_of
from webhook.console.face import ConsoleFace
from webhook.console.identity import Gate, RightsUnknown
from webhook.console.lists.base import is_number, moment
from webhook.console.problems import NotAllowed, NotFound
from webhook.console.rights import offers, origin, person, require, visible
from webhook.engines.requesting.reader import DraftAnswer
from webhook.errors import BomgateError, InvalidInput
from webhook.model.assessments import Scope
from webhook.model.fleetinventory import ClusterWorkload
from webhook.model.people import Person
from webhook.model.requests import ExceptionRequest, Phase, Wish
from webhook.model.triage import AuditScan
from webhook.policy.asking import ApprovalRefused, is_same
from webhook.policy.decisions import NotAffected
from webhook.policy.expiry import parse_until

ROOT = "/api/v1/requests"
PRESETS = (7, 30, 90)
_RESOURCE = "requests"
_WISH: Mapping[str, type] = {
    "vulnerabilities": list,
    **dict.fromkeys((*SCOPE, "reason", "until", "requestedFor", "type"), str),
    "days": int,
    "untilFixed": bool,
}
_ANSWER: Mapping[str, type] = {"comment": str, "version": int, "type": str, "until": str, "dryRun": bool}
_MOST_ROWS = 50


def add_requests(app: Flask, face: ConsoleFace, gate: Gate) -> None:
    """Add pages and API of requests to an application."""
    _add_pages(app, face, gate)
    _add_api(app, face, gate)


def _add_pages(app: Flask, face: ConsoleFace, gate: Gate) -> None:
    @app.get("/requests/new")
    def new_request() -> str:
        given = request.args.to_dict()
        if names := request.args.getlist("vulnerability"):
            given["vulnerabilities"] = " ".join(names)
        return _form(face, gate, given, None)

    @app.post("/requests/new")
    def ask() -> Any:
        given = request.form.to_dict()
        try:
            made = _asked(face, gate, _wish(given, given.get("vulnerabilities", "").split(), gate))
        except InvalidInput as problem:
            return _form(face, gate, given, problem), 400
        return redirect(f"/requests/{made.number}", 303)

    @app.get("/requests/<int:number>")
    def one_request(number: int) -> str:
        return _page(face, gate, number, None)

    @app.post("/requests/<int:number>/<verb>")
    def answer(number: int, verb: str) -> Any:
        form = request.form
        try:
            _take(face, gate, number, verb, form.get("reason", ""), _draft(form.to_dict()))
        except InvalidInput as problem:
            return _page(face, gate, number, problem), 400
        return redirect(f"/requests/{number}", 303)


def _add_api(app: Flask, face: ConsoleFace, gate: Gate) -> None:
    @app.get(f"{ROOT}/<int:number>")
    def api_one_request(number: int) -> Response:
        return json_answer(request_json(_readable(face, gate, number), face.clock.now()))

    @app.post(ROOT)
    def api_ask() -> Response:
        body = members(request.get_json(), _WISH)
        names = body.get("vulnerabilities", [])
        if not all(isinstance(name, str) for name in names):
            raise InvalidInput("vulnerabilities has an item that is not a string.", remedy='Write it as ["CVE-1"].')
        texts = {name: str(value) for name, value in body.items() if isinstance(value, str | int)}
        wish = _wish(texts, names, gate)
        return json_answer(request_json(_asked(face, gate, wish), face.clock.now()))

    @app.post(f"{ROOT}/<int:number>/join")
    def api_join(number: int) -> Response:
        body = members(request.get_json(), {"reason": str})
        return json_answer(_taken(face, gate, number, "join", body.get("reason", ""), DraftAnswer("")))

    @app.post(f"{ROOT}/<int:number>/withdraw")
    def api_withdraw(number: int) -> Response:
        return json_answer(_taken(face, gate, number, "withdraw", "", DraftAnswer("")))

    @app.post(f"{ROOT}/<int:number>/approve")
    def api_approve(number: int) -> Response:
        body = members(request.get_json(), _ANSWER)
        draft = _draft({name: str(value) for name, value in body.items() if not isinstance(value, bool)})
        if body.get("dryRun"):
            asked = _readable(face, gate, number)
            shown = {**request_json(asked, face.clock.now()), "effects": _effects(face, gate, asked, draft)}
            return json_answer(shown)
        return json_answer(_taken(face, gate, number, "approve", "", draft))

    @app.post(f"{ROOT}/<int:number>/deny")
    def api_deny(number: int) -> Response:
        body = members(request.get_json(), {"comment": str, "version": int})
        return json_answer(_taken(face, gate, number, "deny", "", _draft({k: str(v) for k, v in body.items()})))


# -- what is done -----------------------------------------------------------------------------------------------------


def _taken(face: ConsoleFace, gate: Gate, number: int, verb: str, reason: str, draft: DraftAnswer) -> dict[str, Any]:
    return request_json(_take(face, gate, number, verb, reason, draft), face.clock.now())


def _take(face: ConsoleFace, gate: Gate, number: int, verb: str, reason: str, draft: DraftAnswer) -> ExceptionRequest:
    """Join, withdraw, approve or deny a request."""
    asked, who, desk = _readable(face, gate, number), person(), face.desk
    where = _where(asked)
    if verb in ("join", "withdraw"):
        require(gate, "create", _RESOURCE, where)
        taken = desk.join(number, reason, who, origin()) if verb == "join" else desk.withdraw(number, who, origin())
    elif verb in ("approve", "deny"):
        require(gate, "approve", _RESOURCE, where)
        answer = desk.approve if verb == "approve" else desk.deny
        taken = answer(number, draft.to(asked), who, origin())
    else:
        raise NotFound("There is no such page.")
    face.refresh()
    return taken


def _asked(face: ConsoleFace, gate: Gate, wish: Wish) -> ExceptionRequest:
    """Ask for an exception; who may not see everything is not told what else there is."""
    try:
        return face.desk.ask(wish, person(), origin())
    except NotAffected as problem:
        if gate.may(person(), "list", "vulnerabilities"):
            raise
        raise InvalidInput(problem.message, remedy="Look at how the denial spells vulnerability and package.") from None


def _wish(given: Mapping[str, str], names: list[str], gate: Gate) -> Wish:
    """What somebody asks for, if they may."""
    scope = scope_of(given)
    namespace = scope.namespace or ""
    require(gate, "create", _RESOURCE, namespace)
    days, until = given.get("days", "").strip(), given.get("until", "").strip()
    if days and not is_number(days):
        raise InvalidInput("The number of days cannot be read.", remedy="Write it as 30.")
    return Wish(
        tuple(names),
        Scope(scope.package, scope.version_range, scope.image),
        namespace,
        given.get("reason", ""),
        until=parse_until(until) if until else None,
        days=int(days) if days and not until else None,
        until_fixed=is_ticked(given, "untilFixed"),
        requested_for=given.get("requestedFor", ""),
        type=given.get("type", ""),
    )


def _draft(given: Mapping[str, str]) -> DraftAnswer:
    version, until = given.get("version", "").strip(), given.get("until", "").strip()
    if version and not is_number(version):
        raise InvalidInput("The version cannot be read.", remedy="Load the page again.")
    return DraftAnswer(
        given.get("comment", ""),
        int(version) if version else None,
        given.get("type", ""),
        parse_until(until) if until else None,
    )


def _readable(face: ConsoleFace, gate: Gate, number: int) -> ExceptionRequest:
    """A request; one that the person may not read is like one that does not exist, so that no number tells of it."""
    found = face.desk.find(number)
    if found is None or not gate.may(person(), "get", _RESOURCE, _where(found)):
        raise NotFound(f"There is no request {number}.")
    return found


def _where(request: ExceptionRequest) -> str:
    """The namespace in which rights are asked for; of another cluster none counts but those for the whole hub."""
    return "" if request.cluster else request.scope.namespace or ""


# -- what is shown ----------------------------------------------------------------------------------------------------


def _form(face: ConsoleFace, gate: Gate, given: Mapping[str, str], problem: BomgateError | None) -> str:
    return render_template(
        "request_new.html",
        given=given,
        problem=problem,
        presets=[days for days in PRESETS if days <= face.desk.options.max_days],
        most=face.desk.options.max_days,
        tells_fixes=face.desk.reader.tells_fixes,
        namespaces=_offered(face, gate),
    )


def _offered(face: ConsoleFace, gate: Gate) -> Sequence[str]:
    """The namespaces to choose from: those that the person may know of; another one can be written."""
    try:
        return visible(face, gate, "list", _RESOURCE).boards.now().namespaces
    except (NotAllowed, RightsUnknown):
        return ()


def _page(face: ConsoleFace, gate: Gate, number: int, problem: BomgateError | None) -> str:
    asked, who = _readable(face, gate, number), person()
    where = _where(asked)
    is_mine = any(is_same(who, asker.person) and not asker.left for asker in asked.askers)
    phase = asked.phase_at(face.clock.now())
    effects = _effects(face, gate, asked, DraftAnswer("preview")) if phase is Phase.WAITING else None
    return render_template(
        "request.html",
        one=request_json(asked, face.clock.now()),
        effects=effects,
        there=_there(face, asked) if phase is Phase.WAITING and asked.cluster else None,
        problem=problem,
        history=face.store.audit(AuditScan(batch=asked.batch), None, _MOST_ROWS),
        is_mine=is_mine,
        may_not=_refusal(face, asked),
        may_answer=offers(gate, "approve", _RESOURCE, (where,)),
        may_ask=offers(gate, "create", _RESOURCE, (where,)),
        given=request.form if problem else {},
        types=[kind.name for kind in face.rules().types if kind.action.word != "deny"],
    )


def _refusal(face: ConsoleFace, asked: ExceptionRequest) -> ApprovalRefused | None:
    """Why the person may not answer a request, whatever their rights are; None when they may."""
    try:
        face.desk.check_answerer(person(), asked)
    except ApprovalRefused as refused:
        return refused
    return None


def _effects(face: ConsoleFace, gate: Gate, asked: ExceptionRequest, draft: DraftAnswer) -> dict[str, Any] | None:
    """What an approval changes, as far as the person may see it; of another cluster that is not known here."""
    if asked.cluster:
        return None
    try:
        records = face.desk.reader.records(asked, person(), draft)
    except InvalidInput:
        return None
    return {"records": len(records), **effects_json(visible(face, gate, "get", _RESOURCE).decider.effects(records))}


def _there(face: ConsoleFace, asked: ExceptionRequest) -> list[ClusterWorkload]:
    """What runs in its cluster that a request is about, as that has reported."""
    if face.cluster_decider is None:
        return []
    try:
        records = face.desk.reader.records(asked, person(), DraftAnswer("preview"))
    except InvalidInput:
        return []
    return [line.workload for line in face.cluster_decider.workloads(asked.cluster, records)]


def request_json(one: ExceptionRequest, now: dt.datetime) -> dict[str, Any]:
    """A request as the API gives it."""
    answer = one.answer
    return {
        "number": one.number,
        "phase": one.phase_at(now).value,
        "version": one.version,
        "vulnerabilities": list(one.vulnerabilities),
        "package": one.scope.package,
        "versions": one.scope.version_range,
        "image": one.scope.image,
        "namespace": one.scope.namespace,
        "cluster": one.cluster,
        "type": one.type,
        "until": moment(one.until),
        "created": moment(one.created),
        "requesters": [
            {
                **_person_json(asker.person),
                "reason": asker.reason,
                "at": moment(asker.at),
                "requestedFor": asker.requested_for,
                "left": asker.left,
            }
            for asker in one.askers
        ],
        "answer": None
        if answer is None
        else {
            **_person_json(answer.person),
            "comment": answer.comment,
            "at": moment(answer.at),
            "coveredBy": answer.covered_by or None,
            "until": moment(answer.until),
            "type": answer.type,
        },
        "object": one.origin,
        "batch": one.batch,
        "untilFixed": one.until_fixed,
        "fixedIn": one.fixed_in,
    }


def _person_json(one: Person) -> dict[str, str]:
    return {"name": one.name, "user": one.username, "issuer": one.issuer}
