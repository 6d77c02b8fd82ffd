"""``bomgate fleet``: the hub and its members."""

from __future__ import annotations

from pathlib import Path

import click

from webhook.cli.fleet_member import accept, export, status, take_over
from webhook.cli.fleet_shapes import MemberListShape, MemberShape
from webhook.cli.options import global_options, invocation, output_option
from webhook.cli.output import note, print_json, print_table, say
from webhook.cli.verbs import VerbGroup
from webhook.engines.fleet.members import add_member
from webhook.errors import InvalidInput
from webhook.policy.phrases import moment


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


@command.command("remove", examples=("bomgate fleet remove berlin",))
@click.argument("name")
@global_options
def remove(name: str) -> None:
    """Take the token of a member back, at the hub, and forget what it reported. The member goes on with what it has."""
    parts = invocation().parts()
    if not parts.store.fleet_members.remove(name, parts.clock.now()):
        known = ", ".join(member.name for member in parts.store.fleet_members.list()) or "none"
        raise InvalidInput(f"There is no member {name[:80]!r}.", remedy=f"The members are: {known[:1000]}.")
    parts.store.clusters.remove(name)
    say(f"{name} is no member any more.")


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
