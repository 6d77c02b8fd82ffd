"""``bomgate notifications``: whom bomgate tells, what waits, and whether a destination can be reached."""

from __future__ import annotations

import secrets

import click

from webhook.bootstrap.notifying import messengers
from webhook.cli.exits import Exit
from webhook.cli.notification_shapes import DeliveryListShape, DeliveryShape
from webhook.cli.options import global_options, invocation, limit_option, output_option
from webhook.cli.output import note, print_json, print_table, say
from webhook.cli.triaging import gathered, refuse_unknown
from webhook.cli.verbs import VerbGroup
from webhook.engines.notifying.listing import delivery_page
from webhook.errors import InvalidInput, SourceError
from webhook.model.notifications import (
    Announcement,
    DeliveryLine,
    DeliveryScan,
    DeliveryState,
    Message,
    Told,
    Topic,
)
from webhook.model.triage import Key, Page
from webhook.policy.phrases import moment


@click.group("notifications", cls=VerbGroup)
@global_options
def command() -> None:
    """What people are told of, and whether it reached them."""


@command.command(
    "list",
    examples=(
        "bomgate notifications list",
        "bomgate notifications list --state waiting --output json",
    ),
)
@click.option("--state", type=click.Choice([state.value for state in DeliveryState]), help="Only those in this state.")
@click.option("--destination", metavar="NAME", help="Only those to this destination.")
@limit_option()
@global_options
@output_option()
def list_deliveries(output: str, state: str | None, destination: str | None, limit: int | None) -> None:
    """List what was told or waits, newest first."""
    parts = invocation().parts()
    wanted = None if state is None else DeliveryState(state)

    def page(after: Key | None, most: int) -> Page[DeliveryLine]:
        return delivery_page(parts.store.outbox, DeliveryScan(destination, wanted, after), most)

    rows, is_more = gathered(page, limit)
    if not rows:
        named = {rule.name for rule in parts.settings.destinations.destinations}

        def is_known() -> bool:
            told = DeliveryScan(destination)
            return destination in named or bool(delivery_page(parts.store.outbox, told, 1).items)

        known = ", ".join(sorted(named)) or "none"
        filters = [(destination, is_known, "There is no such destination")]
        refuse_unknown(filters, f"notifications.destinations has: {known}.")
    if output == "json":
        print_json(DeliveryListShape(tuple(DeliveryShape.of(row) for row in rows), is_more))
        return
    print_table(
        ("Announced", "What", "About", "To", "State", "Tries#", "Error"),
        [
            (
                moment(row.told.at),
                row.told.announcement.topic.value,
                row.told.announcement.subject,
                row.destination,
                row.state.value,
                row.tries,
                row.error,
            )
            for row in rows
        ],
        empty="Nothing was told, and nothing waits.",
    )
    if is_more:
        note("There are more; raise --limit.")


@command.command(
    "test",
    examples=(
        "bomgate notifications test                  # every destination of the settings",
        "bomgate notifications test security-team",
    ),
)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@global_options
def send_test(names: tuple[str, ...]) -> Exit:
    """Send a test message to destinations at once, from this machine. Exit code 3: one did not take it."""
    parts = invocation().parts()
    carriers = messengers(parts)
    unknown = [name for name in names if name not in carriers]
    if unknown or not carriers:
        known = ", ".join(carriers) or "none"
        wanted = f"There is no destination {unknown[0]!r:.60}." if unknown else "There is no destination to test."
        raise InvalidInput(wanted, remedy=f"notifications.destinations has: {known}.")
    now = parts.clock.now()
    failed = False
    for name in names or carriers:
        test = Announcement(
            f"test/{now:%Y%m%dT%H%M%S}", Topic.TEST, "sent by `bomgate notifications test`", path="/notifications"
        )
        try:
            carriers[name].send(Message(secrets.token_hex(16), name, (Told(test, now),), 1, 1))
        except SourceError as problem:
            failed = True
            say(f"{name}: not sent. {problem.message} {problem.remedy}", style="red")
        else:
            say(f"{name}: sent.", style="green")
    return Exit.UNDECIDED if failed else Exit.DONE
