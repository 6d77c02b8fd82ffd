"""``bomgate runs``: runs of the downloader, and the current run."""

from __future__ import annotations

from pathlib import Path

import click

from webhook.bootstrap import Parts
from webhook.cli.identity import author as author_of
from webhook.cli.identity import token_option
from webhook.cli.options import global_options, invocation, limit_option, output_option
from webhook.cli.output import fields, note, print_json, print_table, say
from webhook.cli.run_shapes import (
    CancelledRunShape,
    LiveRunShape,
    PastRunShape,
    RunLineShape,
    RunListShape,
    ShownRunShape,
)
from webhook.cli.triaging import gathered
from webhook.cli.verbs import VerbGroup
from webhook.errors import InvalidInput
from webhook.model.records import RunRecord
from webhook.model.runs import LiveRun, RunLine
from webhook.model.triage import AuditNote, Key, Page
from webhook.policy.phrases import moment
from webhook.policy.plaintext import plain

NOW = "now"
_PORTION = 1000


@click.group("runs", cls=VerbGroup)
@global_options
def command() -> None:
    """Runs of the downloader: what they did, the current run, and its end. `bomgate download` begins one."""


@command.command("list", examples=("bomgate runs list", "bomgate runs list --limit 5 --output json"))
@limit_option()
@global_options
@output_option()
def list_runs(limit: int | None, output: str) -> None:
    """List runs, the newest first, and the current run."""
    parts = invocation().parts(creates=False)
    live = parts.store.run_progress.current()

    def page(after: Key | None, most: int) -> Page[tuple[int, RunRecord]]:
        found = parts.store.triage.runs(after, most + 1)
        return Page(tuple(found[:most]), (found[most - 1][0],) if len(found) > most else None)

    rows, _ = gathered(page, limit)
    if output == "json":
        shown = tuple(PastRunShape.of(number, run) for number, run in rows)
        print_json(RunListShape(None if live is None else LiveRunShape.of(live), shown))
        return
    print_table(
        ("Run", "Started", "Asked", "Answered", "Vulnerable", "Credits", "How it ended"),
        [
            (
                str(number),
                moment(run.started),
                str(run.report.asked),
                str(run.report.answered),
                str(run.report.vulnerable),
                "-" if run.report.credits_used is None else str(run.report.credits_used),
                "complete" if run.report.complete else plain(run.report.stopped_by or "not complete", 60),
            )
            for number, run in rows
        ],
        empty="The downloader never ran.",
    )
    if live is not None:
        note(
            f"A run is in progress at {plain(live.holder, 80)}: {_far(live)}. `bomgate runs show {NOW}` shows its log."
        )


@command.command("show", examples=("bomgate runs show now", "bomgate runs show 12"))
@click.argument("which", metavar="NUMBER|now")
@global_options
@output_option()
def show_run(which: str, output: str) -> None:
    """Show a run with its log; `now` is the current run. The logs of the last 50 runs are kept."""
    parts = invocation().parts(creates=False)
    live = _live(parts) if which == NOW else None
    run = None if live is not None else _past(parts, which)
    fence = live.fence if live is not None else run[1].fence if run is not None else None
    lines = () if fence is None else tuple(_lines(parts, fence))
    if output == "json":
        print_json(
            ShownRunShape(
                None if live is None else LiveRunShape.of(live),
                None if run is None else PastRunShape.of(*run),
                tuple(map(RunLineShape.of, lines)),
            )
        )
        return
    if live is not None:
        fields([("Process", live.holder), ("Done", _far(live)), ("Cancelled by", live.cancelled_by or None)])
    elif run is not None:
        report = run[1].report
        fields(
            [
                ("Started", moment(run[1].started)),
                ("Ended", moment(run[1].finished)),
                ("Answered", f"{report.answered} of {report.asked}"),
                ("Complete", "yes" if report.complete else f"no: {report.stopped_by}"),
            ]
        )
    for line in lines:
        say(f"{line.at:%H:%M:%S} {plain(line.text)}")


@command.command("cancel", examples=("bomgate runs cancel",))
@click.option("--author", metavar="WHO", help="The person who cancels; default: the operating system user.")
@token_option
@global_options
@output_option()
def cancel_run(author: str | None, token_file: Path | None, output: str) -> None:
    """Let the run that goes on end after the batch that is on its way. What has arrived is kept."""
    parts = invocation().parts(creates=False)
    who = author_of(parts, author, token_file)
    who.require("delete", "runs")
    note_of = AuditNote(who.person.name, who.recorded_by, "cancel-run", "run of the downloader")
    found = parts.store.run_progress.cancel(note_of, parts.clock.now())
    if found is None:
        raise InvalidInput("There is no run to cancel.", remedy="`bomgate runs list` shows the runs.")
    if output == "json":
        print_json(CancelledRunShape(LiveRunShape.of(found)))
    note(f"The run at {plain(found.holder, 80)} ends after the batch that is on its way.")


def _live(parts: Parts) -> LiveRun:
    live = parts.store.run_progress.current()
    if live is None:
        raise InvalidInput("No run is in progress.", remedy="`bomgate runs list` shows those that have ended.")
    return live


def _past(parts: Parts, which: str) -> tuple[int, RunRecord]:
    number = int(which) if which.isascii() and which.isdigit() and len(which) <= 9 else 0
    found = parts.store.triage.runs((number + 1,), 1)
    if not found or found[0][0] != number:
        raise InvalidInput(f"There is no run {which[:20]!r}.", remedy="`bomgate runs list` shows their numbers.")
    return found[0]


def _lines(parts: Parts, fence: int) -> list[RunLine]:
    found: list[RunLine] = []
    while lines := parts.store.run_progress.lines(fence, found[-1].number if found else 0, _PORTION):
        found += lines
    return found


def _far(live: LiveRun) -> str:
    told = live.progress
    return "it finds out what to ask for" if told.total is None else f"{told.done:,} of {told.total:,} components"
