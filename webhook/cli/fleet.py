"""``bomgate fleet``: the hub and its members."""

from __future__ import annotations

from pathlib import Path

import click

from webhook.cli.decision_shapes import RecordedAssessmentShape
from webhook.cli.fleet_member import accept, export, status, take_over
from webhook.cli.fleet_shapes import ClusterDecisionsShape, MemberListShape, MemberShape
from webhook.cli.identity import author, token_option
from webhook.cli.options import global_options, invocation, output_option
from webhook.cli.output import note, print_json, print_table, say
from webhook.cli.verbs import VerbGroup
from webhook.engines.fleet.members import add_member, remove_member
from webhook.engines.fleet.requests import forget_requests
from webhook.errors import InvalidInput
from webhook.model.triage import AuditNote
from webhook.policy.phrases import count, end_of, moment
from webhook.policy.scopes import described


@click.group("fleet", cls=VerbGroup)
@global_options
def command() -> None:
    """The hub and its members: one place whose assessments and types many clusters follow."""


@command.command(
    "key",
    examples=(
        "bomgate fleet key hub.key                 # makes the hub's key, and prints its public key",
        "bomgate fleet key hub.key --show          # of a key that is there already",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--show", is_flag=True, help="Print the public key of a key that is there already.")
@global_options
def key(file: Path, show: bool) -> None:
    """Make the key with which the hub signs. Its public key, on standard output, goes to all members (fleet.hubKeys).

    Keep FILE as a secret of the hub: whoever has it decides in all members.
    """
    from webhook.clients.hub.keys import HubSigner, fingerprint, public_pem, write_key

    public = HubSigner(file).public_key if show else write_key(file)
    click.echo(public_pem(public), nl=False)
    note(f"Fingerprint: {fingerprint(public)}")


@command.command("add", examples=("bomgate fleet add berlin", "bomgate fleet add berlin > berlin.token"))
@click.argument("name")
@global_options
def add(name: str) -> None:
    """Add a member at the hub, and print its token once; set it in the member as fleet.token."""
    parts = invocation().parts(creates=True)
    click.echo(add_member(parts.store.fleet_members, parts.clock, name))
    note(f"{name} is a member now. Its token is shown only this once.")


@command.command(
    "remove",
    examples=(
        "bomgate fleet remove berlin",
        "bomgate fleet remove berlin --forget    # with what was decided for it alone; also later",
    ),
)
@click.argument("name")
@click.option("--forget", is_flag=True, help="Delete what was decided for it alone, too, and its name.")
@click.option("--author", "claimed", metavar="NAME", help="Who forgets; default: the operating system user.")
@token_option
@global_options
def remove(name: str, forget: bool, claimed: str | None, token_file: Path | None) -> None:
    """Take the token of a member back, at the hub, and forget what it reported. The member goes on with what it has.

    What was decided for it alone stays at the hub, and counts again for a new member of that name, unless --forget
    deletes it. Its requests for exceptions wait no longer. Answers that it asked for stay for the others, until nobody
    has asked for them in a while.
    """
    parts = invocation().parts()
    store, now = parts.store, parts.clock.now()
    who = author(parts, claimed, token_file) if forget else None
    if who is not None:
        who.require("delete", "assessments")
    was_there = remove_member(store.fleet_members, store.clusters, store.fleet_reports, name, now)
    forget_requests(store.requests, parts.rules_now, name, now)
    if was_there:
        say(f"{name} is no member any more.")
    if who is not None:
        forgotten = AuditNote(who.person.name, who.recorded_by, "forget-member", name)
        records = store.fleet_members.forget(name, forgotten, now)
        if records is not None:
            say(f"Deleted {count(records, 'record')} for {name} alone.")
            return
    elif was_there:
        records = len(store.fleet_decisions.of(name))
        if records:
            note(
                f"What was decided for it alone stays ({count(records, 'record')}), and counts again for a new member "
                f"of that name. To delete it: bomgate fleet remove {name} --forget"
            )
        return
    known = ", ".join(member.name for member in store.fleet_members.list()) or "none"
    raise InvalidInput(f"There is no member {name[:80]!r}.", remedy=f"The members are: {known[:1000]}.")


@command.command("decisions", examples=("bomgate fleet decisions berlin",))
@click.argument("name")
@global_options
@output_option()
def decisions(name: str, output: str) -> None:
    """List what counts in one member alone, because `bomgate assess --cluster NAME` recorded it at this hub."""
    from webhook.bootstrap.fleet import cluster_desk

    records = cluster_desk(invocation().parts()).counting(name)
    if output == "json":
        print_json(ClusterDecisionsShape(name, tuple(map(RecordedAssessmentShape.of, records))))
        return
    print_table(
        ("Vulnerability", "Type", "Scope", "Author", "Until", "Comment"),
        [
            (
                record.vulnerability,
                record.type,
                described(record.scope),
                record.author,
                end_of(record),
                record.comment,
            )
            for record in records
        ],
        empty=f"Nothing was decided for {name} alone.",
    )


@command.command("list", examples=("bomgate fleet list", "bomgate fleet list --output json"))
@global_options
@output_option()
def list_members(output: str) -> None:
    """List the members of this hub, and how far each has followed it."""
    parts = invocation().parts()
    newest, now = parts.store.hub_feed.position(), parts.clock.now()
    shapes = tuple(MemberShape.of(member, newest, now) for member in parts.store.fleet_members.list())
    if output == "json":
        print_json(MemberListShape(shapes))
        return
    print_table(
        ("Name", "Last seen", "Behind#", "Clock ahead#", "Version"),
        [
            (
                shape.name,
                "never" if shape.seen is None else moment(shape.seen),
                "" if shape.behind is None else str(shape.behind),
                "" if shape.seen is None else f"{shape.skew_seconds:.1f} s",
                shape.version,
            )
            for shape in shapes
        ],
        empty="This hub has no members. Next: bomgate fleet add NAME",
    )


for verb in (status, accept, export, take_over):
    command.add_command(verb)
