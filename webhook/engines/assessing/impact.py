"""What assessments change before they are recorded, and whose decisions they replace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from msgspec import structs

from webhook.engines.assessing.replacing import compared
from webhook.engines.readmodel import ReadModel
from webhook.model.assessments import Assessment
from webhook.model.images import Digest
from webhook.model.purls import Purl
from webhook.model.records import VulnerabilityQuery, VulnerabilityRecord
from webhook.model.verdicts import Finding
from webhook.policy.judge import Judge
from webhook.policy.matching import AssessmentIndex
from webhook.policy.phrases import state
from webhook.policy.scopes import ParsedScope
from webhook.ports import VulnerabilityStore


@dataclass(frozen=True, slots=True)
class Change:
    """What one record changes.

    Attributes:
        record: the assessment, as it is (or would be) recorded.
        now: the states of what it is about, without repetition, such as ``Blocked by alice``; empty when it is about
            nothing that is known.
        then: the states afterwards.
        replaces: a person's decision that is in force now and would not be afterwards; None without one.
        images: digest and names of each image that has a component that it is about.
    """

    record: Assessment
    now: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    replaces: Assessment | None = None
    images: Mapping[Digest, tuple[str, ...]] | None = None


def impact(
    records: Sequence[Assessment], there: AssessmentIndex, judge: Judge, store: VulnerabilityStore
) -> list[Change]:
    """What each of some records changes, in their order.

    Args:
        records: not recorded yet; their scopes are canonical.
        there: all assessments that can still matter.
        judge: the rules and the time; its index does not count.
        store: what is known of vulnerabilities.

    Raises:
        StoreError: the store did not answer.
    """
    newest = max((assessment.sequence for assessment in there), default=0)
    numbered = [structs.replace(record, sequence=number) for number, record in enumerate(records, newest + 1)]
    before = replace(judge, index=there)
    after = replace(judge, index=there.supposing(numbered))
    names = {record.vulnerability.casefold() for record in records}
    query = VulnerabilityQuery(identifier=records[0].vulnerability if len(names) == 1 else None)
    by_name: dict[str, list[VulnerabilityRecord]] = {}
    for found in store.find(query) if records else ():
        for name in names & {name.casefold() for name in found.vulnerability.identifiers}:
            by_name.setdefault(name, []).append(found)
    return [
        _change(record, by_name.get(record.vulnerability.casefold(), ()), (before, after), store) for record in numbered
    ]


def without_decided(changes: Sequence[Change]) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """What a decision about several vulnerabilities changes: the rest, and what would replace decisions by people."""
    decided = tuple(change for change in changes if change.replaces is not None)
    return tuple(change for change in changes if change.replaces is None), decided


def _change(
    record: Assessment, known: Sequence[VulnerabilityRecord], judges: tuple[Judge, Judge], store: VulnerabilityStore
) -> Change:
    now, then = dict[str, None](), dict[str, None]()
    images: dict[Digest, tuple[str, ...]] = {}
    replaced: Assessment | None = None
    scope = ParsedScope.of(record.scope)
    for vulnerability in known:
        affected = [purl for purl in vulnerability.components if scope.holds(purl)]
        if not affected:
            continue
        inside = _images(scope, vulnerability, affected, store)
        images |= inside
        is_known = record.scope.image is None or bool(inside)
        for found in compared(record.scope, vulnerability.vulnerability, affected, partial(dict, inside), judges):
            replaced = replaced or found.replaces
            if is_known:
                now[_described(found.was)] = then[_described(found.will)] = None
    return Change(structs.replace(record, sequence=0), tuple(now), tuple(then), replaced, images)


def _images(
    scope: ParsedScope, record: VulnerabilityRecord, affected: Sequence[Purl], store: VulnerabilityStore
) -> dict[Digest, tuple[str, ...]]:
    """The images of a vulnerability that a scope applies to."""
    records = [record]
    if len(affected) < len(record.components):  # ask again, because only images with one of these components count
        query = VulnerabilityQuery(identifier=record.vulnerability.id)
        records = [record for purl in affected for record in store.find(structs.replace(query, package=purl))]
    return {digest: names for record in records for digest, names in record.images if scope.holds_in(digest, names)}


def _described(finding: Finding) -> str:
    if finding.assessment is None:
        return state(finding)
    return f"{state(finding)} by {finding.assessment.author}"


def touched(model: ReadModel, assessments: Sequence[Assessment]) -> Sequence[int]:
    """How many images each of some assessments touches, in their order; their scopes must be canonical.

    All are counted in one walk over the images, so that many cost little more than one.

    Args:
        model: what is known.
        assessments: any; a namespace that they are narrowed to does not count, because an image has none.
    """
    scopes = [ParsedScope.of(assessment.scope) for assessment in assessments]
    about = _components(model, assessments, scopes)
    counts = [0] * len(assessments)
    if not about:
        return counts
    names = model.names() if any(scope.image is not None for scope in scopes) else {}
    for digest, numbers in model.contents():
        found = about.keys() & set(numbers)
        for place in {place for number in found for place in about[number]}:
            counts[place] += scopes[place].holds_in(digest, names.get(digest, ()))
    return counts


def _components(
    model: ReadModel, assessments: Sequence[Assessment], scopes: Sequence[ParsedScope]
) -> Mapping[int, Sequence[int]]:
    """The number of each component that is meant, with the places of the assessments that mean it."""
    by_name: dict[str, list[int]] = {}
    for place, item in enumerate(assessments):
        by_name.setdefault(item.vulnerability.casefold(), []).append(place)
    if not by_name:
        return {}
    found: dict[int, list[int]] = {}
    for number, component in model.vulnerable():
        names = {name.casefold() for vulnerability in component.vulnerabilities for name in vulnerability.identifiers}
        places = [place for name in names & by_name.keys() for place in by_name[name]]
        meant = [place for place in places if scopes[place].holds(component.purl)]
        if meant:
            found[number] = meant
    return found
