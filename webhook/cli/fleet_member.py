"""``bomgate fleet status``, ``accept``, ``export`` and ``import``: what a member has of its hub."""

from __future__ import annotations

from pathlib import Path

import click

from webhook.bootstrap.fleet import own_ways
from webhook.cli.exits import Exit
from webhook.cli.fleet_shapes import FleetStatusShape, ImportedSetShape, ImportedShape
from webhook.cli.options import global_options, invocation, output_option
from webhook.cli.output import fields, note, print_json, print_table, say
from webhook.cli.verbs import Verb
from webhook.errors import InvalidInput
from webhook.policy.phrases import count, moment

_OCI = "oci:"


@click.command("status", cls=Verb, examples=("bomgate fleet status", "bomgate fleet status --output json"))
@global_options
@output_option()
def status(output: str) -> Exit:
    """Show how far this member has followed its hub, and what stays in force without it. Exit code 3: something does.

    Records that the hub has lost, such as by a restored backup, stay in force if they restrict. Look at them, then run
    `bomgate fleet accept`, or record them at the hub again.
    """
    parts = invocation().parts()
    followed = parts.store.following.followed()
    ways = own_ways(parts, followed)
    shape = FleetStatusShape.of(parts.settings.fleet.mode, followed, parts.clock.now(), ways)
    is_held = bool(shape.held_count or shape.types_held)
    if output == "json":
        print_json(shape)
        return Exit.UNDECIDED if is_held else Exit.DONE
    fields(
        [
            ("Mode", shape.mode),
            ("Applied revision", shape.revision or "none yet"),
            ("Last change", shape.applied and moment(shape.applied)),
            ("Hub last seen", shape.seen and moment(shape.seen)),
            ("Clock ahead of the hub's", f"{shape.skew_seconds:.0f} s"),
            ("Can be milder here by", "; ".join(shape.own_ways)),
        ]
    )
    if shape.types_held:
        note("The types of the hub are older than those here, or another hub's; those here stay in force.")
    print_table(
        ("Vulnerability", "Type", "Scope", "Author", "Until"),
        [
            (
                record.vulnerability,
                record.type or "withdrawn",
                record.scope,
                record.by,
                record.until and moment(record.until),
            )
            for record in shape.held
        ],
        empty="",
    )
    if is_held:
        note(
            f"The hub has lost {count(shape.held_count, 'decision')} that restrict; they stay in force here. "
            "Next: bomgate fleet accept, or record them at the hub again."
        )
    return Exit.UNDECIDED if is_held else Exit.DONE


@click.command("accept", cls=Verb, examples=("bomgate fleet accept",))
@global_options
def accept() -> None:
    """Take the hub's next snapshot as it is: what it has lost, or states more mildly, does not stay in force here.

    The controller fetches the snapshot at once; without a network it is the next import. With requests.required it is
    refused: what loosens takes two people then, at the hub.
    """
    _refuse_alone()
    parts = invocation().parts()
    if not parts.store.following.accept():
        raise InvalidInput(
            "This installation has not followed a hub yet.", remedy="Set fleet.mode to member, and fleet.hub."
        )
    say("The hub's next snapshot counts as it is.")


def _refuse_alone() -> None:
    """Refuse to take a hub as it is where what loosens takes two people.

    Raises:
        ApprovalNeeded: it does.
    """
    if invocation().settings().requests.required:
        from webhook.policy.loosening import ApprovalNeeded

        raise ApprovalNeeded(
            "What the hub has lost would no longer restrict here, and that takes another person (requests.required).",
            remedy="Decide about it at the hub again; members follow that.",
        )


@click.command(
    "export",
    cls=Verb,
    examples=(
        "bomgate fleet export fleet.bomgate",
        "bomgate fleet export oci:registry.corp/bomgate/fleet:latest",
    ),
)
@click.argument("target", metavar="FILE|oci:REPOSITORY[:TAG]")
@click.option("--cluster", default="", metavar="NAME", help="For this member, with what was decided for it alone.")
@global_options
def export(target: str, cluster: str) -> None:
    """Write a signed snapshot of this hub to a file or to a registry, for members without a network to it.

    It has the hub's assessments and types, its advisories, KEV and EPSS, and what OSS Index said of components.
    """
    invoked = invocation()
    settings = invoked.settings()
    if settings.hub.signing_key is None:
        raise InvalidInput("This hub has no key to sign with.", remedy="Set fleet.signingKey.")
    from webhook.bootstrap.fleetsnapshots import exported, pushed

    made = exported(invoked.parts(), settings.hub.signing_key, cluster)
    if target.startswith(_OCI):
        say(f"Pushed {pushed(invoked.parts(), target.removeprefix(_OCI), made.document)}.")
    else:
        try:
            Path(target).write_bytes(made.document)
        except OSError as problem:
            raise InvalidInput(f"{target} cannot be written: {problem.strerror or problem}.") from problem
        say(f"Wrote {target}: {len(made.document)} bytes.")
    note(f"It has {count(made.reports, 'answer')} of OSS Index.")
    if not made.is_whole:
        note("The hub has more of them than a snapshot has room for; the others stay as they are at the members.")


@click.command(
    "import",
    cls=Verb,
    examples=(
        "bomgate fleet import fleet.bomgate",
        "bomgate fleet import oci:registry.corp/bomgate/fleet:latest",
        "bomgate fleet import fleet.bomgate --accept   # what the hub has lost does not stay in force",
    ),
)
@click.argument("source", metavar="FILE|oci:REPOSITORY[:TAG]")
@click.option("--accept", "accepts", is_flag=True, help="Take it as it is, as after `bomgate fleet accept`.")
@global_options
@output_option()
def take_over(source: str, accepts: bool, output: str) -> Exit:
    """Take a signed snapshot of the hub over, which `bomgate fleet export` wrote; all of it, or nothing.

    Nothing of it counts unless one of fleet.hubKeys has signed it. One that is older than what is here is refused.
    Sources with the location hub: take their sets from it. Exit code 3: one of them could not. Answers of OSS Index
    that are older than those here change nothing.
    """
    if accepts:
        _refuse_alone()
    parts = invocation().parts(creates=True)
    from webhook.bootstrap.fleetsnapshots import pulled, take_reports, take_sets, taker

    taking = taker(parts)
    document = pulled(parts, source.removeprefix(_OCI)) if source.startswith(_OCI) else _read(source)
    applied = taking.take(document, accepts=accepts)
    updates, reports = take_sets(parts, document), take_reports(parts, document)
    is_done = reports is None or reports.complete
    code = Exit.DONE if is_done and not any(update.problem for update in updates) else Exit.UNDECIDED
    shape = ImportedShape(
        applied.followed.position.revision,
        applied.records,
        applied.types,
        applied.followed.held_count,
        tuple(ImportedSetShape.of(update) for update in updates),
        0 if reports is None else reports.answered,
    )
    if output == "json":
        print_json(shape)
        return code
    say(f"This member is at revision {shape.revision} of the hub: {count(shape.records, 'new record')}.")
    if shape.held_count:
        note(f"{count(shape.held_count, 'decision')} stay in force that it does not have. See: bomgate fleet status")
    if reports is not None:
        note(f"Answers of OSS Index for {count(reports.answered, 'component')} of this member.")
        if not reports.complete:
            note(f"Not all of them were taken. {reports.stopped_by} Next: import it again.")
    for update in updates:
        said = update.problem and f"{update.problem} {update.remedy}".strip()
        note(f"{update.source} {update.ecosystem}: {said or count(update.advisories, 'record')}")
    return code


def _read(source: str) -> bytes:
    try:
        return Path(source).read_bytes()
    except OSError as problem:
        raise InvalidInput(f"{source} cannot be read: {problem.strerror or problem}.") from problem
