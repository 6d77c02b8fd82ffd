"""``bomgate fleet status``, ``accept``, ``export`` and ``import``: what a member has of its hub."""

from __future__ import annotations

from pathlib import Path

import click

from webhook.cli.exits import Exit
from webhook.cli.fleet_shapes import FleetStatusShape, ImportedShape
from webhook.cli.options import global_options, invocation, output_option
from webhook.cli.output import fields, note, print_json, print_table, say
from webhook.cli.verbs import Verb
from webhook.errors import InvalidInput
from webhook.model.changes import START
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
    shape = FleetStatusShape.of(parts.settings.fleet.mode, parts.store.following.followed(), parts.clock.now())
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

    The controller fetches the snapshot at once; without a network it is the next import.
    """
    parts = invocation().parts()
    if not parts.store.following.accept():
        raise InvalidInput("This installation has followed no hub.", remedy="Set fleet.mode to member, and fleet.hub.")
    say("The hub's next snapshot counts as it is.")


@click.command(
    "export",
    cls=Verb,
    examples=(
        "bomgate fleet export fleet.bomgate",
        "bomgate fleet export oci:registry.corp/bomgate/fleet:latest",
    ),
)
@click.argument("target", metavar="FILE|oci:REPOSITORY[:TAG]")
@global_options
def export(target: str) -> None:
    """Write a signed snapshot of this hub to a file or to a registry, for members without a network to it."""
    invoked = invocation()
    settings = invoked.settings()
    if settings.hub.signing_key is None:
        raise InvalidInput("This hub has no key to sign with.", remedy="Set fleet.signingKey.")
    from webhook.bootstrap.fleetsnapshots import exported, pushed

    document = exported(invoked.parts(), settings.hub.signing_key)
    if target.startswith(_OCI):
        say(f"Pushed {pushed(invoked.parts(), target.removeprefix(_OCI), document)}.")
        return
    try:
        Path(target).write_bytes(document)
    except OSError as problem:
        raise InvalidInput(f"{target} cannot be written: {problem.strerror or problem}.") from problem
    say(f"Wrote {target}: {len(document)} bytes.")


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
def take_over(source: str, accepts: bool, output: str) -> None:
    """Take a signed snapshot of the hub over, which `bomgate fleet export` wrote; all of it, or nothing.

    Nothing of it counts unless one of fleet.hubKeys has signed it. One that is older than what is here is refused.
    """
    parts = invocation().parts(creates=True)
    from webhook.bootstrap.fleetsnapshots import pulled, taker

    taking = taker(parts)
    document = pulled(parts, source.removeprefix(_OCI)) if source.startswith(_OCI) else _read(source)
    if accepts and parts.store.following.followed().position != START:
        parts.store.following.accept()
    applied = taking.take(document)
    shape = ImportedShape(
        applied.followed.position.revision, applied.records, applied.types, applied.followed.held_count
    )
    if output == "json":
        print_json(shape)
        return
    say(f"This member is at revision {shape.revision} of the hub: {count(shape.records, 'new record')}.")
    if shape.held_count:
        note(f"{count(shape.held_count, 'decision')} stay in force that it does not have. See: bomgate fleet status")


def _read(source: str) -> bytes:
    try:
        return Path(source).read_bytes()
    except OSError as problem:
        raise InvalidInput(f"{source} cannot be read: {problem.strerror or problem}.") from problem
