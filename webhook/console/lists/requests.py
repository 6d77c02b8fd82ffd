"""The list of requests for exceptions."""

from __future__ import annotations

from typing import Any

from webhook.console.face import ConsoleFace
from webhook.console.lists.base import MAYBE_TEXT, MOMENT, NUMBER, TEXTS, Column, Filter, ListView, Values, moment
from webhook.model.requests import ExceptionRequest, Phase, RequestScan
from webhook.model.triage import Key, Page
from webhook.policy.scopes import described

_PHASES = tuple((phase.value, phase.value.capitalize()) for phase in Phase)
_ANY = "any"
_FILTERS = (
    Filter("phase", "Phase", "choice", lambda: (*_PHASES, (_ANY, "Any")), is_always=True),
    Filter("namespace", "Namespace", placeholder="shop"),
    Filter("cluster", "Cluster", placeholder="berlin", help="At a hub: made in this member."),
    Filter("user", "Requester", help="User name of whoever made it."),
    Filter("vulnerability", "Vulnerability", placeholder="CVE-2021-44228"),
)


def request_list(face: ConsoleFace) -> ListView[ExceptionRequest]:
    """Requests; those that wait unless a filter says otherwise."""

    def fetch(values: Values, after: Key | None, most: int) -> Page[ExceptionRequest]:
        phase = values.get("phase") or Phase.WAITING.value
        scan = RequestScan(
            None if phase == _ANY else Phase(phase),
            values.get("namespace"),
            values.get("user"),
            values.get("vulnerability"),
            cluster=values.get("cluster"),
        )
        return face.desk.page(scan, None if after is None else int(after[0]), most)

    return ListView(
        "requests",
        "Requests",
        "Who needs an exception, and what was answered; those that wait, unless you choose another phase.",
        _FILTERS,
        (
            Column("number", "Request", lambda row: row.number, "key", _path, schema=NUMBER),
            Column(
                "phase",
                "Phase",
                lambda row: row.phase_at(face.clock.now()).value,
                "standing",
                schema={"type": "string"},
            ),
            Column("about", "Vulnerabilities", lambda row: ", ".join(row.vulnerabilities)),
            Column("scope", "For", _scope, "code"),
            Column("requester", "By", _requester),
            Column("reason", "Why", lambda row: row.askers[0].reason, "prose"),
            Column("created", "Made", lambda row: moment(row.created), "moment", schema=MOMENT),
            Column("until", "Until", lambda row: moment(row.ends), "end", schema=MOMENT),
            Column("until_fixed", "", lambda row: row.until_fixed, schema={"type": "boolean"}),
            Column("fixed_in", "", lambda row: row.fixed_in),
            Column("answered_by", "Answered by", _answered_by, schema=MAYBE_TEXT),
            Column("comment", "", lambda row: row.answer.comment if row.answer else None, schema=MAYBE_TEXT),
            Column("vulnerabilities", "", lambda row: list(row.vulnerabilities), schema=TEXTS),
            Column("namespace", "", lambda row: row.scope.namespace, schema=MAYBE_TEXT),
            Column("cluster", "", lambda row: row.cluster),
            Column("version", "", lambda row: row.version, schema=NUMBER),
        ),
        fetch,
        lambda _: (int,),
        "No request matches. A denial says how to ask for an exception.",
        "requests",
        template="requests.html",
    )


def _path(request: ExceptionRequest) -> str:
    return f"/requests/{request.number}"


def _scope(request: ExceptionRequest) -> str:
    where = f"{request.cluster}: " if request.cluster else ""
    return f"{where}{described(request.scope)}"


def _requester(request: ExceptionRequest) -> str:
    others = len(request.asking) - 1
    return request.askers[0].person.name + (f" and {others} more" if others > 0 else "")


def _answered_by(request: ExceptionRequest) -> Any:
    return request.answer.person.name if request.answer is not None else None
