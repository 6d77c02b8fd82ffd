"""Decisions: what a person or the settings file states about vulnerabilities, validated and turned into assessments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from msgspec import structs

from webhook.errors import ConfigError, InvalidInput
from webhook.model.assessments import CLUSTER, PROVISIONER, Assessment, AssessmentSource, AssessmentType, Scope
from webhook.model.records import VulnerabilityRecord
from webhook.model.resources import StatedAssessment
from webhook.policy.expiry import after_days, end_of_life
from webhook.policy.fixes import as_stated, check_until_fixed
from webhook.policy.phrases import moment
from webhook.policy.plaintext import is_plain, plain
from webhook.policy.scopes import canonical_identifier, canonical_scope, described
from webhook.policy.typetable import TypeTable

_SHOWN = 5

_MAX_AUTHOR = 200
_MAX_COMMENT = 2_000


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision as a person states it.

    Attributes:
        type: name of an assessment type, in any case.
        author: who decides.
        comment: why.
        until: when it stops counting (UTC, aware).
        days: its life instead; with neither, the type's own life counts.
        until_fixed: whether it is to end earlier, too: once a source tells a fixed version.
    """

    type: str
    author: str
    comment: str
    until: dt.datetime | None = None
    days: int | None = None
    until_fixed: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """The subject of a decision.

    Attributes:
        identifier: of the vulnerability, in the spelling to keep.
        scope: canonical.
        score: the vulnerability's score now; None when it has none or is not known.
    """

    identifier: str
    scope: Scope
    score: Decimal | None = None


def decide(
    decision: Decision,
    targets: Sequence[Target],
    types: TypeTable,
    now: dt.datetime,
    *,
    tells_fixes: bool = False,
) -> tuple[Assessment, ...]:
    """Turn a person's decision into assessments.

    Args:
        decision: what was decided.
        targets: what it is about.
        types: the table of types.
        now: UTC, aware.
        tells_fixes: whether a source that tells fixed versions is configured.

    Raises:
        InvalidInput: the type is not known, the author or the comment is missing, or the end is not ahead; or it
            cannot end by a fix, see :func:`webhook.policy.fixes.check_until_fixed`.
    """
    kind, at = types.require(decision.type), now.replace(microsecond=0)
    if decision.until_fixed:
        for scope in dict.fromkeys(target.scope for target in targets):
            check_until_fixed(kind, scope, tells_fixes=tells_fixes)
    author, comment, until = checked_author(decision.author), _comment(decision.comment), _until(decision, kind, at)
    return tuple(
        Assessment(
            vulnerability=target.identifier,
            type=kind.name,
            scope=target.scope,
            source=AssessmentSource.MANUAL,
            author=author,
            comment=comment,
            assessed_at=at,
            until=until,
            score=target.score,
            until_fixed=decision.until_fixed,
        )
        for target in targets
    )


def provisioned(
    definition: StatedAssessment,
    types: TypeTable,
    now: dt.datetime,
    before: Assessment | None,
    author: str = PROVISIONER,
) -> Assessment:
    """Turn an entry of the settings file, or an object in the cluster, into an assessment.

    Args:
        definition: the entry.
        types: the table of types.
        now: UTC, aware.
        before: the newest record that this author made for the same vulnerability and scope; an unchanged entry without
            an explicit end keeps the end that it got then, so that applying a file again does not renew it.
        author: who provisions.

    Raises:
        InvalidInput: the type is not known, or a part of the scope cannot be read.
    """
    kind, at = types.require(definition.type), now.replace(microsecond=0)
    made = Assessment(
        # All records of a vulnerability share one spelling, because the store compares them by it.
        vulnerability=canonical_identifier(definition.vulnerability) if before is None else before.vulnerability,
        type=kind.name,
        scope=canonical_scope(definition.scope),
        source=AssessmentSource.PROVISIONED,
        author=author,
        comment=definition.comment.strip()[:_MAX_COMMENT],
        assessed_at=at,
        until=end_of_life(kind, at) if definition.until is None else definition.until,
        until_fixed=definition.until_fixed,
    )
    says = [(each.type, each.comment, each.until_fixed) for each in (before, made) if each is not None]
    is_unchanged = before is not None and says[0] == says[1]
    if before is not None and is_unchanged and definition.until is None:
        return structs.replace(made, assessed_at=before.assessed_at, until=before.until)
    return made


def provisioned_all(
    definitions: Iterable[StatedAssessment],
    types: TypeTable,
    now: dt.datetime,
    before: Iterable[Assessment],
    *,
    tells_fixes: bool = False,
) -> list[Assessment]:
    """The assessments of the settings file, in its order.

    Args:
        definitions: all that the file states.
        types: the table of types.
        now: UTC, aware.
        before: provisioned records in the store's order; those of other authors than the file do not count.
        tells_fixes: whether a source that tells fixed versions is configured.

    Raises:
        ConfigError: an entry cannot be used, or two are about the same; the sentence begins with its place.
    """
    there = {
        (assessment.vulnerability.casefold(), assessment.scope): assessment
        for assessment in as_stated(before)
        if assessment.provisioner == PROVISIONER
    }
    assessments: dict[tuple[str, Scope], Assessment] = {}
    for place, definition in enumerate(definitions):
        try:
            identifier, scope = canonical_identifier(definition.vulnerability), canonical_scope(definition.scope)
            key = (identifier.casefold(), scope)
            if key in assessments:
                raise InvalidInput(f"{identifier} is assessed twice for {described(scope)}.", remedy="Remove one.")
            if definition.until_fixed:
                check_until_fixed(types.require(definition.type), scope, tells_fixes=tells_fixes)
            assessments[key] = provisioned(definition, types, now, there.get(key))
        except InvalidInput as problem:
            raise ConfigError(f"assessments[{place}]: {problem.message}", remedy=problem.remedy) from problem
    return list(assessments.values())


def checked_author(author: str) -> str:
    """The author's name, stripped of surrounding whitespace.

    Raises:
        InvalidInput: it is missing or cannot be printed.
    """
    name = author.strip()
    if not name or len(name) > _MAX_AUTHOR or not is_plain(name):
        raise InvalidInput("An assessment needs the name of its author.", remedy="Say who decides.")
    return name


def _comment(comment: str) -> str:
    text = comment.strip()
    if not text:
        raise InvalidInput("An assessment needs a comment.", remedy="Say why, so that others can judge it later.")
    if len(text) > _MAX_COMMENT:
        raise InvalidInput(f"A comment has at most {_MAX_COMMENT} characters.", remedy="Shorten it, or give a link.")
    return text


def _until(decision: Decision, kind: AssessmentType, at: dt.datetime) -> dt.datetime | None:
    if decision.until is not None and decision.days is not None:
        raise InvalidInput("Both an end and a number of days are given.", remedy="Give one of them.")
    if decision.days is not None:
        return after_days(at, decision.days)
    if decision.until is None:
        return end_of_life(kind, at)
    if decision.until <= at:
        raise InvalidInput(
            f"The assessment would have expired already, on {moment(decision.until)}.", remedy="Give a later end."
        )
    return decision.until


class NotAffected(InvalidInput):
    """A vulnerability is not known, or not in this package; the remedy names others, of everything that is known."""


def check_package(record: VulnerabilityRecord, scope: Scope) -> None:
    """Refuse an assessment for a package that the vulnerability does not affect.

    Raises:
        NotAffected: the remedy names packages that it does affect.
    """
    packages = dict.fromkeys(purl.package for purl in record.components)
    if scope.package is None or scope.package in packages:
        return
    affected = ", ".join(plain(package, 200) for package in list(packages)[:_SHOWN]) or "no component that is known"
    raise NotAffected(
        f"{plain(record.vulnerability.id, 80)} does not affect {plain(scope.package, 200)}.",
        remedy=f"It affects {affected}{' and more' if len(packages) > _SHOWN else ''}.",
    )


def also_stated(records: Sequence[Assessment], there: Iterable[Assessment]) -> Sequence[Assessment]:
    """Statements of the settings file or the cluster with exactly the subject of a person's records.

    Args:
        records: what the person decided.
        there: all assessments that can still matter.
    """
    about = {(record.vulnerability.casefold(), record.scope) for record in records}
    return [
        assessment
        for assessment in there
        if assessment.source is AssessmentSource.PROVISIONED
        and assessment.type is not None
        and (assessment.vulnerability.casefold(), assessment.scope) in about
    ]


def nothing_to_clear(identifier: str, scope: Scope, there: Sequence[Assessment]) -> InvalidInput:
    """The error for a withdrawal when no manual assessment exists.

    Args:
        identifier: of the vulnerability.
        scope: the exact scope that was named.
        there: all assessments of the vulnerability that are not automatic.
    """
    manual = dict.fromkeys(
        described(assessment.scope) for assessment in there if assessment.source is AssessmentSource.MANUAL
    )
    if manual:
        remedy = f"It was assessed by hand for: {'; '.join(list(manual)[:_SHOWN])}. Name one of these scopes."
    elif objects := dict.fromkeys(
        assessment.rule for assessment in there if assessment.provisioner == CLUSTER and assessment.rule
    ):
        named = ", ".join(plain(rule, 100) for rule in list(objects)[:_SHOWN])
        remedy = (
            f"Its assessment is managed by the cluster ({named}); change that object with kubectl, or in its source."
        )
    elif there:
        remedy = "Its assessment comes from the configuration file; take it out there."
    else:
        remedy = "It was not assessed by hand; to override an automatic assessment, give another one."
    return InvalidInput(f"Nobody assessed {plain(identifier, 80)} by hand for {described(scope)}.", remedy=remedy)
