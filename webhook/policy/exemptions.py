"""Exemptions: messages about objects admitted despite a denial, and about break-glass that did not apply."""

from __future__ import annotations

from webhook.model.grants import BREAK_GLASS_ANNOTATION, MAX_TICKET, BreakGlassGrant
from webhook.policy.phrases import moment
from webhook.policy.plaintext import is_plain, plain

RIGHT = "use breakglass.bomgate.dev"
_MAX_NAME = 100


def ticket_problem(ticket: str) -> str:
    """What is wrong with the ticket of a break-glass annotation, as the end of a sentence; empty if it is valid."""
    if not ticket.strip():
        return "the ticket is empty"
    if len(ticket) > MAX_TICKET:
        return f"the ticket is longer than {MAX_TICKET} characters"
    return "" if is_plain(ticket) else "the ticket has unprintable characters"


def let_in(grant: BreakGlassGrant) -> str:
    """The warning for an object admitted by break-glass."""
    line = f"admitted by break-glass under ticket {plain(grant.ticket, MAX_TICKET)} although it would be denied"
    return line if grant.workload.kind == "Pod" else f"{line}; so are its Pods until {moment(grant.until)}"


def no_right(user: str, namespace: str) -> str:
    """Why break-glass did not count: the user may not use it."""
    return not_counted(
        f"{plain(user, _MAX_NAME) or 'an anonymous user'} may not {RIGHT} in namespace {plain(namespace, _MAX_NAME)}; "
        "the ClusterRole bomgate-break-glass grants this permission"
    )


def no_account(user: str) -> str:
    """Why break-glass did not count: a ServiceAccount cannot take such a decision."""
    return not_counted(
        f"{plain(user, _MAX_NAME)} is a ServiceAccount that is not listed in policy.breakGlass.accounts; apply it "
        "yourself, or list the account"
    )


def same_ticket(ticket: str) -> str:
    """Why break-glass did not count: the object already had the ticket."""
    return not_counted(f"the object already had the ticket {plain(ticket, MAX_TICKET)}; use a new one")


def used_ticket(former: BreakGlassGrant) -> str:
    """Why break-glass did not count: the ticket already has a grant."""
    return not_counted(
        f"the ticket {plain(former.ticket, MAX_TICKET)} was used for {_object(former)} on {moment(former.at)}, and "
        "creates only one grant in a namespace; use a new one"
    )


def in_use(ticket: str) -> str:
    """Why break-glass did not count: the ticket was just used for another object, whose change is still pending."""
    return not_counted(
        f"the ticket {plain(ticket, MAX_TICKET)} is being used for another object; try again in a minute"
    )


def by_tag(grant: BreakGlassGrant) -> str:
    """Why a grant admits nothing: its object names a tag, and anyone may have set the ticket."""
    return (
        f"Break-glass under ticket {plain(grant.ticket, MAX_TICKET)} does not count: {_object(grant)} names the image "
        "by a tag, and the API server has no policy that guards tickets. Name the image by its digest, or install the "
        "policy."
    )


def unproven(grant: BreakGlassGrant) -> str:
    """Why a grant admits nothing: its object was never seen with its ticket."""
    ticket = plain(grant.ticket, MAX_TICKET)
    return f"Break-glass under ticket {ticket} does not count: nobody gave {_object(grant)} this ticket."


def _object(grant: BreakGlassGrant) -> str:
    return f"{plain(grant.workload.kind, _MAX_NAME)} {plain(grant.workload.name, _MAX_NAME)}"


def not_counted(why: str) -> str:
    """Why break-glass did not count.

    Args:
        why: the rest of a sentence.
    """
    return f"The annotation {BREAK_GLASS_ANNOTATION} does not count: {why}."


def ended(grant: BreakGlassGrant) -> str:
    """Says that break-glass admitted this once and no longer does."""
    return f"Break-glass under ticket {plain(grant.ticket, MAX_TICKET)} ended on {moment(grant.until)}."


def unasked(why: str) -> str:
    """Says that it could not be determined what an object's controller runs, and so whether break-glass counts.

    Args:
        why: a sentence.
    """
    return f"It is not known what its controller runs, or whether break-glass applies: {why}"
