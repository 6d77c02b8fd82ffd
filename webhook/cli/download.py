"""``bomgate download``: one run of the downloader."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from types import FrameType

import click

from webhook.bootstrap.fleet import run_downloads
from webhook.bootstrap.running import match_advisories, take_in, update_exploits, update_vex
from webhook.cli.download_shapes import DownloadShape, is_whole
from webhook.cli.exits import Exit
from webhook.cli.options import global_options, invocation, output_option
from webhook.cli.output import fields, note, print_json, print_table
from webhook.cli.progress import download_listener
from webhook.cli.verbs import Verb
from webhook.cli.vex import show_vex
from webhook.engines.matching.updates import MatchReport, SetUpdate
from webhook.model.downloads import DownloadReport
from webhook.model.purls import parse_purl


@click.command(
    "download",
    cls=Verb,
    examples=(
        "bomgate download --dry-run                         # how many components would be asked for",
        "bomgate download --max-components 500",
        "bomgate download --purl pkg:npm/lodash@4.17.20 --output json",
    ),
)
@click.option(
    "--dry-run", is_flag=True, help=("Show how many components would be queried, without sending or writing anything.")
)
@click.option(
    "--max-components",
    type=click.IntRange(min=0),
    metavar="N",
    help="Send at most N coordinates; some components need several.",
)
@click.option("--purl", "purls", multiple=True, metavar="PURL", help="Query only this component; can be repeated.")
@global_options
@output_option()
def command(dry_run: bool, max_components: int | None, purls: Sequence[str], output: str) -> Exit:
    """Query OSS Index for the components in use, and match them with advisories.

    Queries the most urgent components first, and stores every batch as it arrives. Skips components with a recent
    answer (ossindex.ttlHours). Imports new SBOM files from sbom.directory first. If a run ends early, its answers are
    kept, and the exit code is 3.

    Then brings the advisories of the osv sources up to date, matches the components that changes concern, and reads the
    sources of VEX documents again. The exit code is 3 if a source could not be read. Data about attacks (kev, epss) are
    brought up to date before all that.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    only = [parse_purl(text) for text in purls]
    parts = invocation().parts({"ossindex.max_components_per_run": max_components}, runs_long=True, creates=not dry_run)
    if not dry_run and not only:
        take_in(parts)
    exploits = () if dry_run or only else update_exploits(parts)
    with download_listener() as listener:
        if dry_run or only:
            report = parts.downloader(listener).run(only, dry_run=dry_run)
        else:
            report = run_downloads(parts, listener)
    matched = None if dry_run or only else match_advisories(parts)
    stated = () if dry_run or only else update_vex(parts)
    is_complete = is_whole(report, matched, exploits, stated)
    if output == "json":
        print_json(DownloadShape.of(report, matched, exploits, stated))
    else:
        _show(report, dry_run, is_complete=is_complete)
        if matched is not None:
            show_advisories(matched)
        show_sets(exploits)
        show_vex(stated)
    if report.stopped_by:
        note(f"Not complete: {report.stopped_by}")
    return Exit.DONE if is_complete else Exit.UNDECIDED


def show_advisories(report: MatchReport) -> None:
    """Show what became of advisories."""
    show_sets(report.updates)
    fields([("Components matched", report.matched), ("Vulnerable", report.vulnerable)])


def show_sets(updates: Sequence[SetUpdate]) -> None:
    """Show what became of sets."""
    print_table(
        ("Source", "Set", "Records", "Changed"),
        [(update.source, update.ecosystem, update.advisories, "yes" if update.changed else "no") for update in updates],
        empty="",
    )
    for update in updates:
        if update.problem:
            note(f"{update.source}, {update.ecosystem}: {update.problem} {update.remedy}".strip())


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """End as after Ctrl-C, so that the lock of the run is given back when a job is deleted."""
    raise KeyboardInterrupt


def _show(report: DownloadReport, dry_run: bool, *, is_complete: bool) -> None:
    skipped = dict(report.skipped)
    planned = skipped.pop("dry-run", 0)
    fields(
        [
            ("Would be asked", planned if dry_run else None),
            ("Asked", None if dry_run else report.asked),
            ("Answered", None if dry_run else report.answered),
            ("Vulnerable", None if dry_run else report.vulnerable),
            ("Unknown to the source", report.unknown or None),
            ("Other forms of names asked", max(0, report.forms - report.asked) or None),
            ("Failed", report.failed or None),
            ("Skipped", ", ".join(f"{number} {reason}" for reason, number in skipped.items())),
            ("New vulnerabilities", None if dry_run else report.new_vulnerabilities),
            ("Assessed by CVSS range", None if dry_run else report.auto_assessed),
            ("Credits used", report.credits_used),
            ("Credits left", report.credits_remaining),
            ("Complete", None if dry_run else "yes" if is_complete else "no"),
        ]
    )
