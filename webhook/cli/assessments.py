"""``bomgate assessments``: what was decided, in force or not, as a list and as a file."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from webhook.bootstrap import Parts
from webhook.bootstrap.triage import Triage
from webhook.cli.listed_shapes import AssessmentListShape, ExportedShape, ExportShape, ListedAssessmentShape
from webhook.cli.options import (
    SinceType,
    complete_types,
    complete_vulnerabilities,
    expires_within_option,
    global_options,
    invocation,
    limit_option,
    output_option,
    since,
)
from webhook.cli.output import note, print_csv, print_json, print_table
from webhook.cli.triaging import gathered, loaded_triage, refuse_unknown
from webhook.cli.verbs import VerbGroup
from webhook.engines.triage.assessments import AssessmentFilter, AssessmentRow, Standing
from webhook.model.purls import parse_purl
from webhook.model.triage import AssessmentScan
from webhook.policy.automatic import AUTHOR as AUTO_ASSESS
from webhook.policy.phrases import end_of, moment
from webhook.policy.scopes import described

F = TypeVar("F", bound=Callable[..., Any])
_STANDINGS = {standing.value.replace(" ", "-"): standing for standing in Standing}
_CSV = ("vulnerability", "type", "package", "version_range", "image", "namespace", "comment", "until", "until_fixed")
"""Keys of the settings file."""


@click.group("assessments", cls=VerbGroup)
@global_options
def command() -> None:
    """Assessments, in force or not: who decided what, until when."""


def _filters(verb: F) -> F:
    """The filters that both verbs have."""
    for option in reversed(
        (
            click.option(
                "--vulnerability", metavar="ID", shell_complete=complete_vulnerabilities, help="Only of this ID."
            ),
            click.option("--type", "type_name", metavar="T", shell_complete=complete_types, help="Only of this type."),
            click.option("--author", metavar="NAME", help="Only by this author; auto-assess made the automatic ones."),
            click.option("--by-hand", is_flag=True, help="Only those that people made."),
            click.option("--package", metavar="PURL", help="Only those that are limited to this package."),
            click.option("--batch", metavar="BATCH", help="Only what one command recorded."),
            click.option("--since", type=SinceType(), metavar="DATE", help="Only those made since: 2026-11-29, or 7d."),
            expires_within_option("those in force that expire"),
            limit_option(),
        )
    ):
        verb = option(verb)
    return verb


@command.command(
    "list",
    examples=(
        "bomgate assessments list --by-hand",
        "bomgate assessments list --expires-within 14           # the soonest end first",
        "bomgate assessments list --standing ended --author ana --output csv",
    ),
)
@click.option(
    "--standing",
    type=click.Choice([*_STANDINGS, "any"]),
    default="in-force",
    show_default=True,
    help="What they count for now: in force, ended, replaced by a newer one, or a withdrawal.",
)
@_filters
@global_options
@output_option("csv")
def list_assessments(output: str, standing: str, **given: Any) -> None:
    """List assessments, newest first. All filters must match."""
    parts = invocation().parts()
    rows, is_more = _found(parts, given, _STANDINGS.get(standing))
    if output == "json":
        print_json(AssessmentListShape(tuple(ListedAssessmentShape.of(row) for row in rows), is_more))
        return
    if output == "csv":
        print_csv(
            ("standing", *_CSV, "by", "at", "source", "batch"),
            [(row.standing.value, *_csv_row(row), *_origin(row)) for row in rows],
        )
        return
    columns = ("Vulnerability", "Type", "For", "By", "When", "Expires", "Standing")
    print_table(columns, [_table_row(row) for row in rows], empty="Nothing found.")
    if rows:
        counts = Counter(row.assessment.type or "withdrawn" for row in rows)
        by_type = ", ".join(f"{number} {name}" for name, number in counts.most_common())
        note(f"{len(rows)} found: {by_type}.{' There are more; raise --limit.' if is_more else ''}")


@command.command(
    "export",
    examples=(
        "bomgate assessments export > assessments.yaml        # what the settings file takes as `assessments`",
        "bomgate assessments export --author ana --output csv > ana.csv",
    ),
)
@_filters
@click.option("--output", "-o", type=click.Choice(("json", "csv")), default="json", show_default=True, help="Format.")
@global_options
def export(output: str, **given: Any) -> None:
    """Write what is in force, and was decided by people, in the form of the settings file.

    JSON is YAML, too: bomgate takes the key `assessments` in as it stands.
    """
    parts = invocation().parts()
    rows, is_more = _found(parts, {**given, "by_hand": True}, Standing.IN_FORCE)
    if output == "csv":
        print_csv(_CSV, [_csv_row(row) for row in rows])
    else:
        print_json(ExportShape(tuple(ExportedShape.of(row.assessment) for row in rows)))
    if is_more:
        note("There are more; raise --limit.")


def _found(parts: Parts, given: Mapping[str, Any], standing: Standing | None) -> tuple[Sequence[AssessmentRow], bool]:
    at: dt.datetime | None = since(given["since"], parts.clock.now())
    name = given["type_name"]
    scan = AssessmentScan(
        vulnerability=_identifier(parts, given["vulnerability"]),
        author=given["author"],
        type=None if name is None else parts.rules_now().types.require(name).name,
        batch=given["batch"],
        by_hand=given["by_hand"],
        since=at,
        package=None if given["package"] is None else parse_purl(given["package"]).package,
    )
    triage = loaded_triage(parts)
    wanted = AssessmentFilter(standing, given["expires_within"], scan)
    rows, is_more = gathered(lambda after, most: triage.assessments.page(wanted, after, most), given["limit"])
    if not rows:
        _refuse_unknown(parts, triage, scan, given)
    return rows, is_more


def _identifier(parts: Parts, given: str | None) -> str | None:
    """The id of the vulnerability that people mean, which they may call by an alias."""
    record = None if given is None else parts.store.vulnerabilities.show(given)
    return given if record is None else record.vulnerability.id


def _refuse_unknown(parts: Parts, triage: Triage, scan: AssessmentScan, given: Mapping[str, Any]) -> None:
    def has(only: AssessmentScan) -> bool:
        return bool(triage.assessments.page(AssessmentFilter(scan=only), None, 1).items)

    store = parts.store.vulnerabilities
    filters = (
        (
            scan.author,
            lambda: scan.author == AUTO_ASSESS or has(AssessmentScan(author=scan.author)),
            "No assessment is by this author",
        ),
        (scan.batch, lambda: has(AssessmentScan(batch=scan.batch)), "No command recorded this batch"),
        (
            given["package"],
            lambda: store.knows_package(parse_purl(given["package"])) or has(AssessmentScan(package=scan.package)),
            "No known image and no assessment has this package",
        ),
        (
            scan.vulnerability,
            lambda: (
                store.show(scan.vulnerability or "") is not None
                or has(AssessmentScan(vulnerability=scan.vulnerability))
            ),
            "This vulnerability is not known",
        ),
    )
    refuse_unknown(filters, "`bomgate assessments list --standing any` shows all that there are.")


def _table_row(row: AssessmentRow) -> tuple[object, ...]:
    assessment = row.assessment
    return (
        assessment.vulnerability,
        assessment.type or "(withdrawn)",
        described(assessment.scope),
        assessment.author,
        moment(assessment.assessed_at),
        end_of(assessment),
        row.standing.value,
    )


def _csv_row(row: AssessmentRow) -> tuple[object, ...]:
    assessment, scope = row.assessment, row.assessment.scope
    return (
        assessment.vulnerability,
        assessment.type,
        scope.package,
        scope.version_range,
        scope.image,
        scope.namespace,
        assessment.comment,
        assessment.until,
        "true" if assessment.until_fixed else None,
    )


def _origin(row: AssessmentRow) -> tuple[object, ...]:
    assessment = row.assessment
    return (assessment.author, assessment.assessed_at, assessment.source.value, assessment.batch)
