"""What ``bomgate readiness`` says of the installation, beside what would happen to workloads."""

from __future__ import annotations

from collections.abc import Sequence

import click

from webhook.cli.output import say
from webhook.model.records import ControllerAccount
from webhook.model.registration import LeftOut
from webhook.policy.phrases import moment
from webhook.policy.plaintext import plain

_MOST = 8


def show_left_out(namespaces: Sequence[LeftOut] | None) -> None:
    """Namespaces labelled deny that the webhook's registration leaves out, in whole or in part."""
    if namespaces is None:
        say()
        say(
            "No registration of the webhook could be read: whether it leaves out namespaces labelled deny is not known."
        )
    elif namespaces:
        say()
        title = "Namespaces labelled bomgate.dev/enforce=deny that the webhook's registration leaves out:"
        say(click.style(title, bold=True))
        for place in namespaces[:_MOST]:
            say(f"- {plain(place.namespace)}: {_why(place)}")
        _say_rest(namespaces)
        say("What is left out is admitted unchecked. Change the registration, or the namespace's labels.")


def _why(one: LeftOut) -> str:
    entries = ", ".join(map(plain, one.entries))
    if one.by == "objectSelector":
        return f"only objects with certain labels are checked, by the objectSelector of {entries}"
    if one.by == "matchConditions":
        return f"only what meets the match conditions is checked, of {entries}"
    return "no namespaceSelector selects it, so nothing in it is checked"


def _say_rest(found: Sequence[object]) -> None:
    if len(found) > _MOST:
        say(f"- and {len(found) - _MOST} more; --output json lists them all")


def show_accounts(accounts: Sequence[ControllerAccount]) -> None:
    """Accounts that create objects for controllers, and that the settings do not name."""
    if not accounts:
        return
    say()
    say(
        click.style(
            "Accounts that create objects for controllers but are not in policy.admittedControllers:", bold=True
        )
    )
    for account in accounts[:_MOST]:
        say(f"- {plain(account.user)}, for a {plain(account.controller)}, last on {moment(account.at)}")
    _say_rest(accounts)
    say("Add those that belong to controllers. Anyone can claim an owner, so check the account first.")


def show_guard(name: str, guarded: bool | None) -> None:
    """That no policy of the API server guards tickets of break-glass, or that nobody can say."""
    say()
    if guarded is None:
        say(f"Whether the policy {plain(name)} guards tickets of break-glass could not be read.")
    else:
        say(f"No policy {plain(name)} of the API server guards tickets of break-glass.")
    say("Without it break-glass admits what a controller makes only where its object names the images by digest.")
