"""Loosening: which assessments of people can admit what would be denied or warned of without them.

With ``requests.required`` they take two people, through whatever door they come. The judge that admission has says what
a finding gets with them and without, now and at each moment at which something ends. As a component may appear later,
and somebody may decide about it in another scope, every finding counts that the scope can match. What is in doubt
counts as loosening. :mod:`webhook.policy.typeloosening` does the same for types.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from webhook.errors import InvalidInput
from webhook.model.actions import Action
from webhook.model.assessments import Assessment, OnExpiry
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.comparison import Comparison
from webhook.policy.evaluation import Rules
from webhook.policy.outlooks import Outlook, outlooks
from webhook.policy.phrases import moment
from webhook.policy.plaintext import plain
from webhook.policy.precedence import Same, same_scope
from webhook.policy.scopes import described
from webhook.policy.stock import Stock, claims_of
from webhook.policy.typetable import TypeTable

Known = Mapping[str, Sequence[Vulnerability]]
"""What sources say of vulnerabilities, by the name in a record; a name without an entry is not known."""
_NOTHING_KNOWN: Known = {}
_MOST_OTHERS = 40
"""Number of records, told apart, that may meet one of an unknown vulnerability; with more it loosens."""


class ApprovalNeeded(InvalidInput):
    """What somebody wants to record loosens, and no other person has approved it."""

    code = "approval-needed"
    default_remedy = (
        "Ask for an exception in the console or with bomgate requests create, or state it as an Assessment object; "
        "another person approves it."
    )


def is_plain_denial(record: Assessment, types: TypeTable) -> bool:
    """Whether a record denies, and nothing milder can follow: it has no end, or nothing that ends is assessed again."""
    kind = None if record.type is None else types.get(record.type.strip())
    if kind is None or kind.action is not Action.DENY:
        return False
    return record.until is None or not any(each.on_expiry is OnExpiry.REASSESS for each in (*types, *types.all_retired))


def loosening(
    records: Iterable[Assessment],
    there: Iterable[Assessment] | Stock,
    rules: Rules,
    now: dt.datetime,
    known: Known = _NOTHING_KNOWN,
) -> Sequence[Assessment]:
    """Those of some records of people that loosen; all of one scope together.

    Args:
        records: to be recorded by people in this order, such as those of an undo; what CVSS ranges give is no decision
            of people.
        there: all assessments that can still matter; a stock gets the records, too.
        rules: types and policy.
        now: UTC, aware.
        known: the vulnerabilities that they name.
    """
    groups: dict[Same, list[Assessment]] = {}
    for record in records:
        groups.setdefault(same_scope(record), []).append(record)
    weighed = {
        same: group
        for same, group in groups.items()
        if not all(is_plain_denial(record, rules.types) for record in group)
    }
    if not weighed and not isinstance(there, Stock):
        return ()
    stock = there if isinstance(there, Stock) else Stock(there)
    comparison, looks_by_name = Comparison(rules, now), dict[str, Sequence[Outlook]]()
    found: list[Assessment] = []
    for same, group in groups.items():
        numbered = stock.numbered(group)
        if same in weighed:
            name = group[0].vulnerability.casefold()
            vulnerabilities = known.get(name, ())
            if name not in looks_by_name:
                looks_by_name[name] = outlooks(rules.types, vulnerabilities)
            others = stock.meeting(numbered[-1], vulnerabilities)
            is_vague = not vulnerabilities and len(others) > _MOST_OTHERS
            before = stock.same(same)
            after = claims_of([*before, *numbered])
            if is_vague or comparison.is_milder(claims_of(before), after, others, looks_by_name[name]):
                found += group
        stock.add(numbered)
    return found


def without_loosening(
    records: Sequence[Assessment], there: Iterable[Assessment], rules: Rules, now: dt.datetime, known: Known
) -> tuple[Assessment, ...]:
    """The records of an undo that nobody else approves: its withdrawals, and what it states again without loosening.

    What is stated again is newer than all that was decided since, also under another name of the vulnerability or for a
    scope that weighs as much. Where that makes something milder, it is left out, so that its exception ends early.

    Args:
        records: of :func:`webhook.policy.undo.undone`.
        there: everything that was ever recorded about the same vulnerabilities, under all of their names.
        rules: types and policy.
        now: UTC, aware.
        known: the vulnerabilities that they name.
    """
    stock = Stock(there)
    if not _loosens(records, stock, rules, now, known):
        return tuple(records)
    groups: dict[Same, list[Assessment]] = {}
    for record in records:
        groups.setdefault(same_scope(record), []).append(record)
    made: list[Assessment] = []
    for group in groups.values():
        kept = [record for record in group if record.type is None]
        for record in group:
            if record.type is None:
                continue
            if not _loosens([*kept, record], stock, rules, now, known):
                kept.append(record)
                continue
            stock.add(stock.numbered(kept))
            is_milder = _loosens([record], stock, rules, now, known)
            stock.take_back(kept)
            if not is_milder:
                kept.append(record)
        stock.add(stock.numbered(kept))
        made += kept
    return tuple(made)


def _loosens(records: Sequence[Assessment], stock: Stock, rules: Rules, now: dt.datetime, known: Known) -> bool:
    """Whether one of some records loosens; the stock stays as it was."""
    found = loosening(records, stock, rules, now, known)
    stock.take_back(records)
    return bool(found)


def check_assessments(
    records: Iterable[Assessment],
    there: Iterable[Assessment],
    rules: Rules,
    now: dt.datetime,
    known: Known = _NOTHING_KNOWN,
) -> None:
    """Refuse records that loosen, see :func:`loosening`.

    Raises:
        ApprovalNeeded: one does.
    """
    found = loosening(records, there, rules, now, known)
    if not found:
        return
    first = found[0]
    kind = None if first.type is None else rules.types.get(first.type)
    remedy = ApprovalNeeded.default_remedy
    if first.type is None:
        what = "it ends what denies or warns"
    elif kind is None or kind.action is not Action.DENY:
        what = f"{first.type} does not deny"
    else:
        what = f"{first.type} ends on {_end(first)}, and what follows may be milder than without it"
        remedy = f"{remedy} Alone, block with a type that has no end, or that does not end before what counts now."
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    raise ApprovalNeeded(
        f"Another person has to approve this (requests.required): {what}: {plain(first.vulnerability, 80)} for "
        f"{described(first.scope)}{more}.",
        remedy=remedy,
    )


def _end(record: Assessment) -> str:
    return "no day" if record.until is None else moment(record.until)
