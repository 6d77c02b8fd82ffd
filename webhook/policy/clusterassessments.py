"""Reconcile the Assessment objects of the cluster into assessment records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from msgspec import structs

from webhook.errors import BomgateError, InvalidInput
from webhook.model.actions import Action
from webhook.model.assessments import CHANGED, CLUSTER, Assessment, OnExpiry, Scope
from webhook.model.resources import AssessmentResource, StatedAssessment
from webhook.policy.decisions import provisioned
from webhook.policy.evaluation import Rules
from webhook.policy.fixes import as_stated, check_until_fixed
from webhook.policy.loosening import ApprovalNeeded, Known, is_plain_denial, loosening
from webhook.policy.plaintext import is_plain, plain
from webhook.policy.scopes import canonical_identifier, canonical_scope, described
from webhook.policy.stock import Stock
from webhook.policy.typetable import TypeTable

_Key = tuple[str, Scope]


class DuplicateAssessment(InvalidInput):
    """Another object states an assessment for the same vulnerability and scope."""

    code = "duplicate-assessment"


class UnknownType(InvalidInput):
    """No assessment type has that name."""

    code = "unknown-type"


@dataclass(frozen=True, slots=True)
class Stated:
    """The outcome of reconciling the objects.

    Attributes:
        records: what is to be provisioned, by name of the object; for one that is refused, what it stated before.
        refused: why an object, as it is now, does not count, by its name.
        kept: what denied and is stated by no object any more, where ending it takes another person.
    """

    records: Mapping[str, Assessment]
    refused: Mapping[str, BomgateError]
    kept: tuple[Assessment, ...] = ()


@dataclass(frozen=True, slots=True)
class _Readable:
    one: AssessmentResource
    definition: StatedAssessment
    key: _Key


def stated(
    resources: Sequence[AssessmentResource],
    before: Iterable[Assessment],
    types: TypeTable,
    now: dt.datetime,
    *,
    guarded: dt.datetime | None = None,
    held: Mapping[str, BomgateError] | None = None,
    tells_fixes: bool = False,
) -> Stated:
    """Reconcile the objects of the cluster.

    An object that cannot be used harms no other, and what it stated before stays: a typing error, or a type that was
    deleted first, lifts no denial. Where loosening needs an approval, only denials stay, also when their object is
    deleted or is about something else. They end once an approved object states something else for the same
    vulnerability and scope.

    Args:
        resources: all objects.
        before: what the cluster provisioned until now, in the store's order, the history included.
        types: the table of types.
        now: UTC, aware.
        guarded: since when the API server makes sure who wrote an object; None while it does not.
        held: why objects do not count until somebody approves, by name; None where none needs an approval.
        tells_fixes: whether a source that tells fixed versions is configured.
    """
    before = tuple(before)
    there = _of_cluster(before)
    denials = {} if held is None else _denials(before, types, now)
    refused: dict[str, BomgateError] = dict(held or {})
    made: dict[_Key, tuple[str, Assessment]] = {}
    for readable in sorted(_readable(resources, refused), key=lambda item: _precedence(item, there)):
        name, key = readable.one.resource.name, readable.key
        problem = _unfit(readable, made.get(key), types, tells_fixes=tells_fixes)
        if problem is not None:
            refused[name] = problem
            continue
        former = there.get(key)
        record = provisioned(readable.definition, types, now, former, CLUSTER)
        is_new = key in denials and (record.type, record.until) != (denials[key].type, denials[key].until)
        if is_new and record.expired(now) and not denies(record.type or "", types):
            refused[name] = ApprovalNeeded("Another person has to approve this: it would end what denies.")
            continue
        record = structs.replace(record, rule=str(readable.one.resource), recorded_by=CLUSTER)
        made[key] = (name, structs.replace(record, author=_author(readable.one, record, former, guarded)))
    former_records = (item for key, item in there.items() if key not in made and item.type is not None)
    free = {item.rule: item for item in former_records if held is None or denies(item.type or "", types)}
    unusable = (each.resource for each in resources if each.resource.name in refused)
    records = dict(made.values()) | {each.name: free[str(each)] for each in unusable if str(each) in free}
    return Stated(records, refused, _kept(denials, records.values()) if held is not None else ())


def _of_cluster(before: Iterable[Assessment]) -> dict[_Key, Assessment]:
    """The newest record of the cluster for each vulnerability and scope, withdrawals included."""
    return {
        (record.vulnerability.casefold(), record.scope): record
        for record in as_stated(before)
        if record.provisioner == CLUSTER
    }


def _denials(before: Iterable[Assessment], types: TypeTable, now: dt.datetime) -> dict[_Key, Assessment]:
    """What the cluster denies by any record that counts still, also by one before a record that has ended.

    A record that has ended and is assessed again may deny, too.
    """
    found: dict[_Key, Assessment] = {}
    for record in before:
        key = (record.vulnerability.casefold(), record.scope)
        if record.provisioner != CLUSTER:
            continue
        kind = types.get(record.type or "") or types.retired(record.type or "")
        is_again = kind is not None and kind.on_expiry is OnExpiry.REASSESS and record.expired(now)
        if is_again and record.type is not None:
            found[key] = record
        elif record.type is None or not denies(record.type, types):
            found.pop(key, None)
        elif not record.expired(now):
            found[key] = record
    return found


def _kept(denials: Mapping[_Key, Assessment], records: Iterable[Assessment]) -> tuple[Assessment, ...]:
    """What denies, and would end because no object states it any more."""
    named = {(record.vulnerability.casefold(), record.scope) for record in records}
    return tuple(record for key, record in denials.items() if key not in named)


class Harmlessness:
    """Says whether what objects state, which denies or has ended, makes nothing milder.

    Each object is compared with what was there and what others before it state.

    Args:
        before: what the cluster provisioned until now, in the store's order.
        there: all assessments that can still matter.
        rules: types and policy.
        now: UTC, aware.
        known: looks up the vulnerabilities of records.
    """

    def __init__(
        self,
        before: Iterable[Assessment],
        there: Iterable[Assessment],
        rules: Rules,
        now: dt.datetime,
        known: Callable[[Sequence[Assessment]], Known],
    ) -> None:
        self._rules, self._now, self._known, self._there = rules, now, known, there
        self._stock: Stock | None = None  # made once an object is compared
        self._former = _of_cluster(before)

    def of(self, one: AssessmentResource) -> bool:
        """Whether an object makes nothing milder; also where it cannot be read or counts already."""
        definition, types = one.definition, self._rules.types
        if definition is None:
            return True
        try:
            key = (canonical_identifier(definition.vulnerability).casefold(), canonical_scope(definition.scope))
            former = self._former.get(key)
            record = structs.replace(provisioned(definition, types, self._now, former, CLUSTER), recorded_by=CLUSTER)
        except BomgateError:
            return True  # it is refused for that
        says = [(each.type, each.until, each.until_fixed) for each in (former, record) if each is not None]
        counts_already = former is not None and says[0] == says[1]
        is_first = former is None or former.type is None
        if counts_already or (is_first and is_plain_denial(record, types)):
            return True
        # What the object stated before ends with the change, see AssessmentStore.provision.
        made = [record] if former is None or is_first else [former.withdrawal(CLUSTER, CHANGED, self._now), record]
        self._stock = stock = self._stock or Stock(self._there)
        if loosening(made, stock, self._rules, self._now, self._known([record])):
            stock.take_back(made)
            return False
        return True


def denies(name: str, types: TypeTable) -> bool:
    """Whether a type denies, also one that is retired; what does not loosens."""
    kind = types.get(name.strip()) or types.retired(name.strip())
    return kind is not None and kind.action is Action.DENY


def _author(one: AssessmentResource, record: Assessment, former: Assessment | None, guarded: dt.datetime | None) -> str:
    """Who wrote an object, as far as the API server made sure of it; else the cluster."""
    if not one.author or not is_plain(one.author):
        return CLUSTER
    if guarded is not None and one.resource.created >= guarded:
        return one.author
    if former is None or former.author != one.author:
        return CLUSTER
    # The policy has gone since, or was made again; what was made sure of before stays.
    says = [(each.type, each.comment, each.until, each.until_fixed, each.rule) for each in (former, record)]
    return one.author if says[0] == says[1] else CLUSTER


def _readable(resources: Sequence[AssessmentResource], refused: dict[str, BomgateError]) -> Iterator[_Readable]:
    """The readable objects that are not refused yet; ``refused`` gets the reasons for those that cannot be read."""
    for resource in resources:
        definition, problem = resource.definition, resource.resource.problem
        try:
            if definition is None:
                raise problem or InvalidInput("Its specification cannot be read.")
            key = (canonical_identifier(definition.vulnerability).casefold(), canonical_scope(definition.scope))
        except BomgateError as found:
            refused.setdefault(resource.resource.name, found)
        else:
            if resource.resource.name not in refused:
                yield _Readable(resource, definition, key)


def _precedence(readable: _Readable, there: Mapping[_Key, Assessment]) -> tuple[bool, dt.datetime, str]:
    """Sort key: objects already in force for what they state first, then by age."""
    resource, record = readable.one.resource, there.get(readable.key)
    counts_already = record is not None and record.type is not None and record.rule == str(resource)
    return (not counts_already, resource.created, resource.name)


def _unfit(
    readable: _Readable, other: tuple[str, Assessment] | None, types: TypeTable, *, tells_fixes: bool
) -> BomgateError | None:
    """Why what an object states cannot be recorded; None where it can.

    Args:
        readable: the object.
        other: what another object states for the same vulnerability and scope, behind the name of that object.
        types: the table of types.
        tells_fixes: whether a source that tells fixed versions is configured.
    """
    if types.get(readable.definition.type.strip()) is None:
        return _unknown(readable.definition.type, types)
    if readable.definition.until_fixed:
        try:
            check_until_fixed(types.require(readable.definition.type), readable.key[1], tells_fixes=tells_fixes)
        except InvalidInput as problem:
            return problem
    if other is not None:
        identifier = plain(readable.definition.vulnerability, 80)
        return DuplicateAssessment(
            f"{other[1].rule} assesses {identifier} for {described(readable.key[1])} already.",
            remedy="Delete one of the two, or narrow it.",
        )
    return None


def _unknown(name: str, types: TypeTable) -> UnknownType:
    try:
        types.require(name)
    except InvalidInput as problem:
        return UnknownType(problem.message, remedy=problem.remedy)
    raise AssertionError(f"{name} is a type")
