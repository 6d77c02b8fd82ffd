"""Loosening: which assessments of people can admit what would be denied or warned of without them.

With ``requests.required`` they take two people, through whatever door they come. The judge that admission has says what
a finding gets with them and without, now and at each moment at which something ends. As a component may appear later,
and somebody may decide about it in another scope, every finding counts that the scope can match. What is in doubt
counts as loosening. :mod:`webhook.policy.typeloosening` does the same for types.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from msgspec import structs

from webhook.errors import InvalidInput
from webhook.model.actions import Action
from webhook.model.assessments import Assessment, OnExpiry, Scope
from webhook.model.purls import parse_purl
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.comparison import Comparison
from webhook.policy.evaluation import Rules
from webhook.policy.matching import AssessmentIndex
from webhook.policy.outlooks import Outlook, outlooks
from webhook.policy.phrases import moment
from webhook.policy.plaintext import plain
from webhook.policy.precedence import Entry, Same, age, same_scope
from webhook.policy.scopes import described
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
    there: Iterable[Assessment],
    rules: Rules,
    now: dt.datetime,
    known: Known = _NOTHING_KNOWN,
) -> Sequence[Assessment]:
    """Those of some records of people that loosen; all of one scope together.

    Args:
        records: to be recorded by people in this order, such as those of an undo; what CVSS ranges give is no decision
            of people.
        there: all assessments that can still matter.
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
    if not weighed:
        return ()
    stock, comparison, looks_by_name = _Stock(there), Comparison(rules, now), dict[str, Sequence[Outlook]]()
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
            after = _entries([*before, *numbered])
            if is_vague or comparison.is_milder(_entries(before), after, others, looks_by_name[name]):
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
    stored = sorted(there, key=age)
    if not loosening(records, stored, rules, now, known):
        return tuple(records)
    groups: dict[Same, list[Assessment]] = {}
    for record in records:
        groups.setdefault(same_scope(record), []).append(record)
    made: list[Assessment] = []
    for group in groups.values():
        kept = [record for record in group if record.type is None]
        for record in group:
            behind = [*stored, *_Stock(stored).numbered(kept)]
            if record.type is not None and (
                not loosening([*kept, record], stored, rules, now, known)
                or not loosening([record], behind, rules, now, known)
            ):
                kept.append(record)
        stored += _Stock(stored).numbered(kept)
        made += kept
    return tuple(made)


class _Stock:
    """Records, found by what they may be about.

    Args:
        records: in any order.
    """

    def __init__(self, records: Iterable[Assessment]) -> None:
        self._same: dict[Same, list[Assessment]] = {}
        self._by_name: dict[str, dict[Same, None]] = {}
        self._newest = 0
        self.add(sorted(records, key=age))

    def add(self, records: Iterable[Assessment]) -> None:
        """Add newer records."""
        for record in records:
            same = same_scope(record)
            self._same.setdefault(same, []).append(record)
            self._by_name.setdefault(record.vulnerability.casefold(), {})[same] = None
            self._newest = max(self._newest, record.sequence)

    def numbered(self, records: Iterable[Assessment]) -> list[Assessment]:
        """Records as the store would number them next."""
        return [structs.replace(record, sequence=number) for number, record in enumerate(records, self._newest + 1)]

    def same(self, same: Same) -> Sequence[Assessment]:
        """The records of one scope, oldest first."""
        return tuple(self._same.get(same, ()))

    def meeting(self, record: Assessment, known: Sequence[Vulnerability]) -> list[Entry]:
        """What else may count for a finding that a record is about, one for each that makes a difference."""
        names = {name.casefold() for vulnerability in known for name in vulnerability.identifiers}
        every = [self._by_name.get(name, {}) for name in names] if known else list(self._by_name.values())
        mine, given = same_scope(record), structs.replace(record, type="")
        rivals = _entries(self._same.get(mine, ())) + _entries([given])
        found: dict[tuple[object, ...], Entry] = {}
        for same in dict.fromkeys(same for scopes in every for same in scopes):
            if same == mine or not _may_meet(record.scope, same[-1]):
                continue
            for entry in _entries(self._same[same]):
                one = entry.assessment
                above = tuple(entry.rank > rival.rank for rival in rivals)
                found.setdefault((one.type, one.until, one.until_fixed, entry.versions is None, above), entry)
        return list(found.values())


def _entries(records: Iterable[Assessment]) -> list[Entry]:
    """Those of some records that can still matter, the strongest claim first."""
    entries = [entry for entries in AssessmentIndex.of(records).records().values() for entry in entries]
    return sorted(entries, key=lambda entry: entry.rank, reverse=True)


def _may_meet(one: Scope, other: Scope) -> bool:
    """Whether a finding may be in both scopes; a package may be spelled otherwise, or be a part of a Go module."""
    if None not in (one.namespace, other.namespace) and one.namespace != other.namespace:
        return False
    if one.package is None or other.package is None:
        return True
    mine, theirs = _key(one.package), _key(other.package)
    is_part = mine.startswith("pkg:golang/") and (mine.startswith(f"{theirs}/") or theirs.startswith(f"{mine}/"))
    return mine == theirs or is_part


def _key(package: str) -> str:
    try:
        return parse_purl(package).casefold()
    except InvalidInput:
        return package.casefold()


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
