"""Runs of the downloader: the page of each with its log, the current run, begun and cancelled; and the API."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from flask import Flask, Response, make_response, redirect, render_template, request, stream_with_context

from webhook.console.answers import json_answer
from webhook.console.face import ConsoleFace
from webhook.console.identity import Gate
from webhook.console.lists.base import ROOT, ListView, is_number, moment
from webhook.console.problems import NotFound
from webhook.console.rights import offers, origin, person, require
from webhook.errors import InvalidInput, TooBroad
from webhook.model.records import RunRecord
from webhook.model.runs import LiveRun, RunEstimate, RunLine
from webhook.model.triage import AuditNote
from webhook.policy.plaintext import plain

_RESOURCE = "runs"
_SHOWN, _PORTION = 200, 1000
_REFRESH_SECONDS = 3
_STREAM_SECONDS, _STREAMS = 600, 2
_WAIT = dt.timedelta(minutes=3)
"""For how long a page waits for a run that was begun: a Job has to be scheduled, and its image pulled."""
Row = tuple[int, RunRecord]


def add_running(app: Flask, face: ConsoleFace, view: ListView[Row], gate: Gate) -> None:
    """Add pages and API of single runs.

    Args:
        app: where to.
        face: what it works with.
        view: their list.
        gate: what a person may do.
    """
    _add_pages(app, face, gate)
    _add_logs(app, face, gate)
    _add_api(app, face, view, gate)


def _add_pages(app: Flask, face: ConsoleFace, gate: Gate) -> None:
    @app.get("/runs/new")
    def new_run() -> str:
        require(gate, "create", _RESOURCE)
        return render_template(
            "run_new.html", estimate=face.estimate(), sets=face.sets, starter=face.starter, live=face.runs.current()
        )

    @app.post("/runs")
    def begin_run() -> Any:
        begun = face.clock.now()
        _start(face, gate)
        return redirect(f"/runs/now?begun={begun.timestamp():.0f}", 303)

    @app.get("/runs/now")
    def run_now() -> Any:
        require(gate, "get", _RESOURCE)
        live, begun = face.runs.current(), _begun()
        if live is None and (begun is None or _is_over(face, begun)):
            newest = face.store.runs(None, 1)
            return redirect(f"/runs/{newest[0][0]}" if newest else "/runs", 303)
        lines = () if live is None else face.runs.lines(live.fence, 0, _PORTION)[-_SHOWN:]
        is_waiting = live is None and begun is not None and face.clock.now() - begun < _WAIT
        refreshes = request.args.get("refresh") != "off" and (live is not None or is_waiting)
        shown = make_response(
            render_template(
                "run_now.html",
                live=live,
                lines=lines,
                refreshes=refreshes,
                seconds=_REFRESH_SECONDS,
                is_waiting=is_waiting,
                may_cancel=offers(gate, "delete", _RESOURCE),
            )
        )
        if refreshes:
            shown.headers["Refresh"] = str(_REFRESH_SECONDS)
        return shown

    @app.post("/runs/now/cancel")
    def cancel_run() -> Any:
        _cancel(face, gate)
        return redirect("/runs/now", 303)

    @app.get("/runs/<int:number>")
    def one_run(number: int) -> str:
        require(gate, "get", _RESOURCE)
        run = _run(face, number)
        lines = () if run.fence is None else face.runs.lines(run.fence, 0, _PORTION)[-_SHOWN:]
        return render_template("run.html", number=number, run=run, lines=lines)


def _add_logs(app: Flask, face: ConsoleFace, gate: Gate) -> None:
    streams = threading.BoundedSemaphore(_STREAMS)

    @app.get("/runs/<int:number>/log")
    def log_of_run(number: int) -> Response:
        require(gate, "get", _RESOURCE)
        fence = _run(face, number).fence
        return _text(() if fence is None else _all_lines(face, fence))

    @app.get("/runs/now/log")
    def log_of_run_now() -> Response:
        require(gate, "get", _RESOURCE)
        live = face.runs.current()
        if live is None:
            raise NotFound("No run is in progress.", remedy="Look at the list of runs.")
        if not streams.acquire(blocking=False):
            raise TooBroad("Too many people follow the log already.", remedy="Look at the page of the run, or wait.")
        response = _text(stream_with_context(_following(face, live.fence)))
        response.call_on_close(streams.release)
        return response


def _add_api(app: Flask, face: ConsoleFace, view: ListView[Row], gate: Gate) -> None:
    @app.get(f"{ROOT}/runs/<int:number>")
    def api_one_run(number: int) -> Response:
        require(gate, "get", _RESOURCE)
        run = _run(face, number)
        lines = () if run.fence is None else face.runs.lines(run.fence, 0, _PORTION)
        return json_answer({**view.record((number, run)), "log": _lines(lines)})

    @app.get(f"{ROOT}/runs/now")
    def api_run_now() -> Response:
        require(gate, "get", _RESOURCE)
        after = request.args.get("after", "0")
        if not is_number(after):
            raise InvalidInput("after cannot be used.", remedy="Write the number of a line.")
        live = face.runs.current()
        lines = () if live is None else face.runs.lines(live.fence, int(after), _PORTION)
        return json_answer({"run": None if live is None else live_json(live), "log": _lines(lines)})

    @app.get(f"{ROOT}/runs/estimate")
    def api_estimate() -> Response:
        require(gate, "create", _RESOURCE)
        return json_answer(_estimate_json(face.estimate(), face.sets))

    @app.post(f"{ROOT}/runs")
    def api_begin_run() -> Response:
        return json_answer({"started": _start(face, gate)}, 202)

    @app.delete(f"{ROOT}/runs/now")
    def api_cancel_run() -> Response:
        return json_answer({"run": live_json(_cancel(face, gate)), "log": []})


# -- what is done -----------------------------------------------------------------------------------------------------


def _start(face: ConsoleFace, gate: Gate) -> str:
    require(gate, "create", _RESOURCE)
    if face.starter is None:
        raise InvalidInput(
            "This console cannot start runs.", remedy="Set ossindex.token or console.downloadCronJob for it."
        )
    if face.runs.current() is not None:
        raise InvalidInput("A run is already in progress.", remedy="Wait for it to end, or cancel it.")
    # The row comes first: nothing begins of which nobody knows who wanted it.
    face.runs.note(AuditNote(person().name, origin(), "start-run", "run of the downloader"), face.clock.now())
    try:
        started = face.starter.start()
    except Exception:
        face.metrics.count("bomgate_console_runs_total", "failed")
        raise
    face.metrics.count("bomgate_console_runs_total", "begun")
    return started


def _cancel(face: ConsoleFace, gate: Gate) -> LiveRun:
    require(gate, "delete", _RESOURCE)
    note = AuditNote(person().name, origin(), "cancel-run", "run of the downloader")
    found = face.runs.cancel(note, face.clock.now())
    if found is None:
        raise NotFound("There is no run to cancel.", remedy="Look at the list of runs.")
    face.metrics.count("bomgate_console_runs_total", "cancelled")
    return found


def _run(face: ConsoleFace, number: int) -> RunRecord:
    found = face.store.runs((number + 1,), 1)
    if not found or found[0][0] != number:
        raise NotFound("There is no such run.")
    return found[0][1]


def _begun() -> dt.datetime | None:
    given = request.args.get("begun", "")
    # The number has at most 10 digits until the year 2286.
    if not (given.isascii() and given.isdigit() and len(given) <= 10):
        return None
    return dt.datetime.fromtimestamp(int(given), dt.UTC)


def _is_over(face: ConsoleFace, begun: dt.datetime) -> bool:
    newest = face.store.runs(None, 1)
    return bool(newest) and newest[0][1].started >= begun


def _following(face: ConsoleFace, fence: int) -> Iterator[str]:
    """The log of a run as it goes on, until it ends."""
    after, stop = 0, face.clock.monotonic() + _STREAM_SECONDS
    while True:
        live = face.runs.current()
        lines = face.runs.lines(fence, after, _PORTION)
        yield from map(_line, lines)
        after = lines[-1].number if lines else after
        if len(lines) == _PORTION:
            continue
        if live is None or live.fence != fence or face.clock.monotonic() >= stop:
            return
        face.clock.sleep(1.0)


def _all_lines(face: ConsoleFace, fence: int) -> Iterator[str]:
    after = 0
    while lines := face.runs.lines(fence, after, _PORTION):
        yield from map(_line, lines)
        after = lines[-1].number


# -- writing ----------------------------------------------------------------------------------------------------------


def live_json(live: LiveRun) -> dict[str, Any]:
    """A run that goes on."""
    return {
        "holder": live.holder,
        "started": moment(live.started),
        "seen_at": moment(live.seen_at),
        "cancelled_by": live.cancelled_by,
        **msgspec.to_builtins(live.progress),
    }


def _estimate_json(estimate: RunEstimate, sets: Sequence[str]) -> dict[str, Any]:
    return {**msgspec.to_builtins(estimate), "credits_at": moment(estimate.credits_at), "sets": list(sets)}


def _lines(lines: Any) -> list[dict[str, Any]]:
    return [{"number": line.number, "at": moment(line.at), "text": plain(line.text, 500)} for line in lines]


def _line(line: RunLine) -> str:
    return f"{moment(line.at)} {plain(line.text, 500)}\n"


def _text(lines: Any) -> Response:
    return Response(lines, mimetype="text/plain")
