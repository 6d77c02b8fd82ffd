"""``bomgate requests``: ask for exceptions, and answer those who ask."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from webhook.bootstrap import Parts
from webhook.cli.decision_shapes import EffectsShape
from webhook.cli.identity import Actor, actor, token_option
from webhook.cli.options import (
    complete_types,
    complete_vulnerabilities,
    global_options,
    invocation,
    limit_option,
    output_option,
)
from webhook.cli.output import note, print_csv, print_json, print_table
from webhook.cli.request_shapes import AnsweredShape, RequestListShape, RequestShape
from webhook.cli.request_text import CSV, csv_row, request_row, show_effects, show_request
from webhook.cli.triaging import gathered, loaded_triage, refuse_unknown
from webhook.cli.verbs import VerbGroup
from webhook.engines.requesting.reader import DraftAnswer
from webhook.engines.triage.effects import Effects
from webhook.model.assessments import Scope
from webhook.model.people import Person
from webhook.model.requests import ExceptionRequest, Phase, RequestScan, Wish
from webhook.model.triage import Key, Page
from webhook.policy.expiry import parse_until
from webhook.policy.scopes import check_namespace

F = TypeVar("F", bound=Callable[..., Any])
_PRESETS = (7, 30, 90)
_RESOURCE = "requests"


@click.group("requests", cls=VerbGroup)
@global_options
def command() -> None:
    """Requests for exceptions: a person asks, somebody else approves or denies."""


def _answer_options(verb: F) -> F:
    """What both answers have."""
    for option in (
        click.option("--version", type=int, metavar="N", help="Only if the request is still as you saw it."),
        click.option("--comment", required=True, metavar="C", help="Why; the requester sees it."),
        token_option,
    ):
        verb = option(verb)
    return verb


@command.command(
    "list",
    examples=(
        "bomgate requests list                                # those that wait",
        "bomgate requests list --phase any --namespace shop --output csv",
    ),
)
@click.option(
    "--phase",
    type=click.Choice([*(phase.value for phase in Phase), "any"]),
    default=Phase.WAITING.value,
    show_default=True,
    help="How far they have got.",
)
@click.option("--namespace", metavar="NS", help="Only for this namespace.")
@click.option("--cluster", metavar="NAME", help="At a hub: only those made in this member.")
@click.option("--by", metavar="USER", help="Only those that this user made.")
@click.option("--vulnerability", metavar="ID", shell_complete=complete_vulnerabilities, help="Only about this ID.")
@limit_option()
@global_options
@output_option("csv")
def list_requests(
    output: str,
    phase: str,
    namespace: str | None,
    cluster: str | None,
    by: str | None,
    vulnerability: str | None,
    limit: int | None,
) -> None:
    """List requests, newest first; at a hub those of its members, too. All filters must match."""
    parts = invocation().parts()
    scan = RequestScan(None if phase == "any" else Phase(phase), namespace, by, vulnerability, cluster=cluster)

    def page(after: Key | None, most: int) -> Page[ExceptionRequest]:
        return parts.desk.page(scan, None if after is None else int(after[0]), most)

    if namespace is not None:
        check_namespace(namespace)
    rows, is_more = gathered(page, limit)
    if not rows:
        known = parts.store.vulnerabilities
        refuse_unknown(
            (
                (by, lambda: bool(parts.desk.page(RequestScan(user=by), None, 1).items), "No request is by this user"),
                (
                    cluster,
                    lambda: cluster in {member.name for member in parts.store.fleet_members.list()},
                    "No member is called",
                ),
                (vulnerability, lambda: known.show(vulnerability or "") is not None, "This vulnerability is not known"),
            ),
            "`bomgate requests list --phase any` shows all requests.",
        )
    now = parts.clock.now()
    if output == "json":
        print_json(RequestListShape(tuple(RequestShape.of(row, now) for row in rows), is_more))
    elif output == "csv":
        print_csv(CSV, [csv_row(row, now) for row in rows])
    else:
        columns = ("#", "Phase", "Vulnerabilities", "For", "By", "Made", "Until")
        print_table(columns, [request_row(row, now) for row in rows], empty="No request matches.")
    if is_more:
        note("There are more; raise --limit.")


@command.command("show", examples=("bomgate requests show 7",))
@click.argument("number", type=int)
@global_options
@output_option()
def show(output: str, number: int) -> None:
    """Show a request, and what its approval would change."""
    parts = invocation().parts()
    request = parts.desk.named(number)
    is_waiting = request.phase_at(parts.clock.now()) is Phase.WAITING
    _print(parts, request, output, _effects(parts, request, DraftAnswer("preview")) if is_waiting else None)


@command.command(
    "create",
    examples=(
        "bomgate requests create CVE-2021-44228 --package pkg:maven/org.apache.logging.log4j/log4j-core \\\n"
        "    --namespace shop --reason 'the class is removed in our build' --days 30",
    ),
)
@click.argument("ids", nargs=-1, required=True, metavar="ID...", shell_complete=complete_vulnerabilities)
@click.option("--package", required=True, metavar="PURL", help="The package, or one version of it.")
@click.option("--versions", metavar="RANGE", help="Limit to these versions, such as '>=2.0,<2.17.1'.")
@click.option("--image", metavar="R", help="Limit to this image: a reference, a digest, or a name with *.")
@click.option("--namespace", required=True, metavar="NS", help="Where the exception is needed.")
@click.option("--reason", required=True, metavar="C", help="Why; the approver sees it.")
@click.option("--days", type=int, metavar="N", help=f"For how many days, such as {', '.join(map(str, _PRESETS))}.")
@click.option("--until", metavar="DATE", help="Or until when: 2027-01-31 or 2027-01-31T12:00:00Z (UTC).")
@click.option("--until-fixed", is_flag=True, help="End earlier, too: once a source tells a fixed version.")
@click.option("--type", "type_name", metavar="T", shell_complete=complete_types, help="Assessment type to ask for.")
@click.option("--for", "requested_for", default="", metavar="NAME", help="For whom a ServiceAccount asks; a claim.")
@token_option
@global_options
@output_option()
def create(output: str, token_file: Path | None, **given: Any) -> None:
    """Ask for an exception."""
    parts = invocation().parts()
    who = actor(parts, token_file)
    who.require("create", _RESOURCE, given["namespace"])
    wish = Wish(
        vulnerabilities=given["ids"],
        scope=Scope(given["package"], given["versions"], given["image"], None),
        namespace=given["namespace"],
        reason=given["reason"],
        until=None if given["until"] is None else parse_until(given["until"]),
        days=given["days"],
        until_fixed=given["until_fixed"],
        requested_for=given["requested_for"],
        type=given["type_name"] or "",
    )
    request = parts.desk.ask(wish, who.person, who.recorded_by)
    _print(parts, request, output)
    note(f"Request {request.number} waits for somebody else to approve it.")


@command.command("join", examples=("bomgate requests join 7 --reason 'payments needs it as well'",))
@click.argument("number", type=int)
@click.option("--reason", required=True, metavar="C", help="Why; the approver sees it.")
@token_option
@global_options
@output_option()
def join(output: str, number: int, reason: str, token_file: Path | None) -> None:
    """Ask for the same as a request that waits."""
    parts = invocation().parts()
    who, _ = _allowed(parts, number, "create", token_file)
    _print(parts, parts.desk.join(number, reason, who.person, who.recorded_by), output)


@command.command(
    "approve",
    examples=(
        "bomgate requests approve 7 --comment 'until the update of May' --dry-run",
        "bomgate requests approve 7 --comment 'until the update of May'",
    ),
)
@click.argument("number", type=int)
@click.option("--type", "type_name", metavar="T", shell_complete=complete_types, help="Another assessment type.")
@click.option("--until", metavar="DATE", help="An earlier end than what is asked for.")
@click.option("--dry-run", is_flag=True, help="Show what it would change.")
@_answer_options
@global_options
@output_option()
def approve(
    output: str,
    number: int,
    comment: str,
    version: int | None,
    type_name: str | None,
    until: str | None,
    dry_run: bool,
    token_file: Path | None,
) -> None:
    """Approve a request that somebody else made; requests that this covers are answered, too."""
    parts = invocation().parts()
    reply = DraftAnswer(comment, version, type_name or "", None if until is None else parse_until(until))
    if dry_run:
        request = parts.desk.named(number)
        _print(parts, request, output, _effects(parts, request, reply), dry_run=True)
        return
    who, request = _allowed(parts, number, "approve", token_file)
    _print(parts, parts.desk.approve(number, reply.to(request), who.person, who.recorded_by), output)


@command.command("deny", examples=("bomgate requests deny 7 --comment 'update to 2.17.1 instead'",))
@click.argument("number", type=int)
@_answer_options
@global_options
@output_option()
def deny(output: str, number: int, comment: str, version: int | None, token_file: Path | None) -> None:
    """Deny a request that somebody else made."""
    parts = invocation().parts()
    who, request = _allowed(parts, number, "approve", token_file)
    reply = DraftAnswer(comment, version).to(request)
    _print(parts, parts.desk.deny(number, reply, who.person, who.recorded_by), output)


@command.command("withdraw", examples=("bomgate requests withdraw 7",))
@click.argument("number", type=int)
@token_option
@global_options
@output_option()
def withdraw(output: str, number: int, token_file: Path | None) -> None:
    """Ask no longer; an exception that nobody asks for any more ends."""
    parts = invocation().parts()
    who, _ = _allowed(parts, number, "create", token_file)
    _print(parts, parts.desk.withdraw(number, who.person, who.recorded_by), output)


# -- parts -----------------------------------------------------------------------------------------------------------


def _allowed(parts: Parts, number: int, verb: str, token_file: Path | None) -> tuple[Actor, ExceptionRequest]:
    """Who acts on a request, and the request as it was read; they may do that where it is for."""
    who, request = actor(parts, token_file), parts.desk.named(number)
    who.require(verb, _RESOURCE, "" if request.cluster else request.scope.namespace or "")
    return who, request


def _effects(parts: Parts, request: ExceptionRequest, reply: DraftAnswer) -> Effects | None:
    """What an approval would change; None of a request of another cluster, whose settings are not known here."""
    records = parts.desk.reader.records(request, Person("preview", "preview"), reply)
    if request.cluster:
        return None
    return loaded_triage(parts).decider.effects(records)


def _print(
    parts: Parts, request: ExceptionRequest, output: str, effects: Effects | None = None, *, dry_run: bool = False
) -> None:
    now = parts.clock.now()
    if output == "json":
        shown = None if effects is None else EffectsShape.of(effects)
        print_json(AnsweredShape(RequestShape.of(request, now), shown, dry_run))
        return
    show_request(request, now)
    if effects is not None:
        show_effects(effects)
