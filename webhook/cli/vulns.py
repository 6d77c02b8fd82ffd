"""``bomgate vulns``: vulnerabilities and whom they affect."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import click

from webhook.bootstrap import Parts
from webhook.cli.decision_shapes import (
    ListedVulnerabilityShape,
    RecordedAssessmentShape,
    VulnerabilityListShape,
    VulnerabilityShowShape,
)
from webhook.cli.options import (
    CvssRangeType,
    SinceType,
    complete_types,
    complete_vulnerabilities,
    expires_within_option,
    global_options,
    invocation,
    limit_option,
    output_option,
)
from webhook.cli.output import fields, note, print_csv, print_json, print_table, say
from webhook.cli.triaging import by_severity, severity_line
from webhook.cli.verbs import VerbGroup
from webhook.cli.vulns_list import COLUMNS, CSV_COLUMNS, csv_row, listed, table_row
from webhook.errors import InvalidInput
from webhook.model.assessments import Assessment, Scope
from webhook.model.records import AssessmentQuery, AssessmentState, VulnerabilityRecord
from webhook.model.triage import VulnerabilityOrder
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.phrases import (
    count,
    decided,
    explained,
    fix_words,
    known_exploited,
    moment,
    probability,
    score,
    score_origin,
    title,
)
from webhook.policy.plaintext import plain
from webhook.policy.remedies import assess_commands
from webhook.policy.scopes import canonical_scope, described
from webhook.policy.scores import SEVERITIES, UNSCORED, severity
from webhook.policy.selections import JudgedVulnerability, Selection, state_of


@click.group("vulns", cls=VerbGroup)
@global_options
def command() -> None:
    """Vulnerabilities that affect a component of a known image, and what was decided about them."""


@command.command(
    "list",
    examples=(
        "bomgate vulns list --state unassessed --cvss 7.0-10.0",
        "bomgate vulns list --image registry.corp/shop/web:1.4 --output json",
        "bomgate vulns list --type Blocked --purl pkg:npm/lodash",
        "bomgate vulns list --severity critical --since 7d --running --sort newest --limit 20",
        "bomgate vulns list --package 'log4j*' --output csv",
        "bomgate vulns list --expires-within 7",
    ),
)
@click.option(
    "--state",
    "state_name",
    type=click.Choice([item.value for item in AssessmentState]),
    help=("Only vulnerabilities in this state."),
)
@click.option(
    "--type",
    "type_name",
    metavar="T",
    shell_complete=complete_types,
    help=("Only vulnerabilities assessed as this type."),
)
@click.option("--purl", metavar="PURL", help="Only in this package, or in this version of it.")
@click.option(
    "--image", metavar="R", help=("Only in this image (reference or digest), with the assessments that apply there.")
)
@click.option(
    "--namespace",
    metavar="NS",
    help="With the assessments that apply in this namespace; with --running only what runs there.",
)
@click.option("--cvss", type=CvssRangeType(), metavar="A-B", help="Only scores from A to B, inclusive.")
@click.option(
    "--severity",
    type=click.Choice([*(name.lower() for name in reversed(SEVERITIES)), UNSCORED], case_sensitive=False),
    help="Only this severity.",
)
@click.option(
    "--since",
    type=SinceType(),
    metavar="DATE",
    help="Only those first seen since: 2026-11-29, or 7d for the last 7 days.",
)
@click.option("--kev", is_flag=True, help="Only what is known to be exploited, by a source of KEV.")
@click.option("--running", is_flag=True, help="Only in images that run in the cluster, as of its last audit.")
@click.option(
    "--package", metavar="GLOB", help="Only in packages with such a name: 'log4j*', or a purl as 'pkg:npm/lod*'."
)
@expires_within_option("with an assessment in force that expires")
@click.option(
    "--sort",
    type=click.Choice([order.value for order in VulnerabilityOrder]),
    help="Highest score first (the default), newest first, or by ID.",
)
@limit_option()
@global_options
@output_option("csv")
def list_vulnerabilities(output: str, **given: Any) -> None:
    """List vulnerabilities that affect a known component, highest score first. All filters must match."""
    parts = invocation().parts()
    _check_namespace(parts, given["namespace"])
    shown = listed(parts, given)
    found, vulnerabilities = shown.found, [item.record.vulnerability for item in shown.found]
    if output == "json":
        shapes = tuple(ListedVulnerabilityShape.of(item) for item in found)
        print_json(VulnerabilityListShape(shapes, by_severity(vulnerabilities), shown.is_more))
        return
    if output == "csv":
        print_csv(CSV_COLUMNS, [csv_row(item) for item in found])
        return
    print_table(COLUMNS, [table_row(item) for item in found], empty=_nothing(parts, given["cvss"]))
    if found:
        number = f"The first {len(found)}." if shown.is_more else f"{len(found)} found."
        note(f"{number} `bomgate vulns show ID` shows one of them, `bomgate assess ID` decides about it.")
        note(severity_line(vulnerabilities, is_more=shown.is_more))


@command.command(
    "show", examples=("bomgate vulns show CVE-2021-44228", "bomgate vulns show CVE-2021-44228 --output json")
)
@click.argument("identifier", metavar="ID", shell_complete=complete_vulnerabilities)
@global_options
@output_option()
def show(identifier: str, output: str) -> None:
    """Show a vulnerability by its ID or an alias: what it affects, and the history of its assessments."""
    parts = invocation().parts()
    record = parts.store.vulnerabilities.show(identifier)
    if record is None:
        raise InvalidInput(
            f"{plain(identifier, 80)} is unknown: no component that was queried has it.",
            remedy="`bomgate vulns list` shows those that are.",
        )
    judged = parts.selector.states(Selection(identifier=record.vulnerability.id))
    one = next((found for found in judged if found.record.vulnerability.id == record.vulnerability.id), None)
    one = one or JudgedVulnerability(record, ())
    history = _history(parts, record)
    if output == "json":
        print_json(
            VulnerabilityShowShape(
                vulnerability=ListedVulnerabilityShape.of(one),
                description=record.vulnerability.description,
                external_references=record.vulnerability.external_references,
                assessments=tuple(RecordedAssessmentShape.of(each) for each in history),
            )
        )
        return
    _show(one, history)
    commands = assess_commands(one.findings, parts.hints.release_type)
    for line in commands:
        note(f"To decide: {line}")


def _check_namespace(parts: Parts, name: str | None) -> None:
    """Refuse what is no namespace, or none of the cluster; say so where no assessment tells it from the others.

    Raises:
        InvalidInput: it is not one.
    """
    if name is None:
        return
    canonical_scope(Scope(namespace=name))
    if parts.settings.kube.cluster and name not in parts.cluster.running.namespaces([name]):
        raise InvalidInput(f"There is no namespace {name!r}.", remedy="`kubectl get namespaces` lists them.")
    if name not in parts.assessor.index().namespaces:
        note(f"No assessment is narrowed to the namespace {name}, so what follows holds in every one.")


def _nothing(parts: Parts, cvss: tuple[Decimal, Decimal] | None) -> str:
    if parts.store.runs.last() is None:
        return "Nothing found: OSS Index was never asked. Run `bomgate download`."
    if cvss is not None and cvss[0] == cvss[1]:
        return (
            f"Nothing found with a score of exactly {cvss[0]:.1f}; write {cvss[0]:.1f}-10.0 for this score and above."
        )
    return "Nothing found."


def _severity(vulnerability: Vulnerability) -> str:
    given, rescored = score(vulnerability), vulnerability.rescored
    text = given if given == UNSCORED else f"{given}, {severity(vulnerability.cvss_score)}"
    if vulnerability.scored_from_vector:
        text += " (the source gives none: this is the score of the vector)"
    elif origin := score_origin(vulnerability):
        text += f" (the source gives none: {origin})"
    if rescored is not None:
        text += f"; {rescored.former or 'unscored'} until {moment(rescored.at)}"
    return text


def attacks(vulnerability: Vulnerability) -> str:
    """What is known of attacks, in one line; empty where nothing is."""
    known, said = vulnerability.exploitation, known_exploited(vulnerability)
    if known is not None and known.kev is not None:
        said = said.replace(",", f" since {known.kev},", 1)
    return "; ".join(filter(None, (said, probability(vulnerability))))


def _history(parts: Parts, record: VulnerabilityRecord) -> list[Assessment]:
    """Everything that was ever recorded about a vulnerability under any of its names, oldest first."""
    return list(parts.store.assessments.find(AssessmentQuery(about=frozenset({record.vulnerability.id}))))


def _show(one: JudgedVulnerability, history: list[Assessment]) -> None:
    vulnerability = one.record.vulnerability
    fields(
        [
            ("Vulnerability", vulnerability.id),
            ("Also known as", ", ".join(vulnerability.aliases)),
            ("Title", title(vulnerability)),
            ("Severity", _severity(vulnerability)),
            ("Status", "rejected or withdrawn" if vulnerability.rejected else None),
            ("Attacks", attacks(vulnerability)),
            ("Vector", vulnerability.cvss_vector),
            ("Weakness", vulnerability.cwe),
            ("Source's page", vulnerability.reference),
            ("First seen", None if one.record.first_seen is None else moment(one.record.first_seen)),
            ("Description", plain(vulnerability.description, 1000)),
        ]
    )
    say()
    print_table(
        ("Component", "State", "Action", "Assessment", "Fix"),
        [
            (
                each.purl,
                state_of(each).value,
                each.action.word,
                explained(each),
                fix_words(each.vulnerability, each.purl),
            )
            for each in one.findings
        ],
        empty="It affects no known component any more.",
    )
    if one.record.images:
        say()
        rows = [(digest, ", ".join(names)) for digest, names in one.record.images]
        print_table((count(len(rows), "Image"), "Names"), rows, empty="")
    if history:
        _show_history(history)


def _show_history(history: list[Assessment]) -> None:
    say()
    records = [
        (
            moment(each.assessed_at),
            each.type or "(withdrawn)",
            described(each.scope),
            decided(each),
            each.comment,
            each.recorded_by,
            each.batch,
        )
        for each in history
    ]
    print_table(("When", "Type", "For", "Decided", "Comment", "Recorded by", "Batch"), records, empty="")
