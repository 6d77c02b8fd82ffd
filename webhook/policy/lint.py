"""Lint: valid configurations that do not do what their owner expects.

Each trap is a value, so that the command line, the log at start and the metric show the same list.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from decimal import Decimal

from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, OnExpiry, StoredType
from webhook.model.policies import Policy
from webhook.policy.evaluation import Rules
from webhook.policy.phrases import moment
from webhook.policy.plaintext import plain
from webhook.policy.scopes import described
from webhook.policy.scores import LOWEST, SEVERITIES, gaps
from webhook.policy.typetable import TypeTable

_HIGH = Decimal("7.0")
_TWO_NIGHTS = dt.timedelta(hours=48)
_MAX_RECORDS = 20


class Level(enum.StrEnum):
    """How much a trap matters."""

    WARNING = "warning"
    """Something is admitted, or never takes effect, although nobody decided so."""
    NOTE = "note"
    """Probably intended, but worth knowing."""


@dataclass(frozen=True, slots=True)
class Trap:
    """One trap.

    Attributes:
        code: a stable word, such as ``opens-by-itself``.
        level: see :class:`Level`.
        sentence: what will happen.
        remedy: what to change.
    """

    code: str
    level: Level
    sentence: str
    remedy: str


def lint(rules: Rules, assessments: Iterable[Assessment] = (), *, now: dt.datetime | None = None) -> tuple[Trap, ...]:
    """All traps, warnings first.

    Args:
        rules: types and policy.
        assessments: the records to look at, if any, such as those of an index or of the configuration.
        now: UTC, aware; None leaves out what depends on the time.
    """
    found = [
        *_types(rules.types, rules.policy),
        *_ranges(rules.types, rules.policy),
        *_policy(rules.policy),
        *_records(rules.types, assessments, now),
    ]
    return tuple(sorted(found, key=lambda trap: trap.level is not Level.WARNING))


def left_out(types: TypeTable, stored: Iterable[StoredType]) -> tuple[Trap, ...]:
    """Traps for stored types that do not count because they do not go with the rest.

    Args:
        types: what counts.
        stored: the types of the store.
    """
    return tuple(
        Trap(
            "type-left-out",
            Level.WARNING,
            f"The assessment type {plain(known.type.name, 60)} of the {known.origin.value} does not count: another one "
            "has its name, or their CVSS ranges overlap.",
            "Rename or retire one of them, or change its range.",
        )
        for known in stored
        if not known.retired and types.get(known.type.name) != known.type
    )


def never_given(types: TypeTable, given: Set[str]) -> tuple[Trap, ...]:
    """Traps for types that nothing has and no range gives.

    Args:
        types: what counts.
        given: names of the types of all records that can still matter, in lower case.
    """
    return tuple(
        Trap(
            "never-given",
            Level.NOTE,
            f"Nothing is assessed as {known.name}, and no CVSS range gives it.",
            "Give it a range, or retire it if nobody needs it.",
        )
        for known in types
        if not known.is_automatic and known.name.casefold() not in given
    )


def unknown_vulnerabilities(identifiers: Iterable[str]) -> tuple[Trap, ...]:
    """Traps for assessments in the settings file whose vulnerability affects no component looked up so far.

    Args:
        identifiers: as the file names them.
    """
    return tuple(
        Trap(
            "unknown-vulnerability",
            Level.NOTE,
            f"The configuration assesses {plain(identifier, 60)}, which is not known: no queried component has it, "
            "under this name or an alias.",
            "Check the spelling, or remove it from assessments; it takes effect once the source reports it.",
        )
        for identifier in identifiers
    )


def unreadable_scopes(records: Iterable[Assessment]) -> tuple[Trap, ...]:
    """Traps for records whose scope cannot be read.

    Args:
        records: of :func:`webhook.policy.precedence.unreadable`.
    """
    return tuple(
        Trap(
            "unreadable-scope",
            Level.WARNING,
            f"The assessment of {plain(record.vulnerability, 60)} as {plain(record.type or '', 60)} by "
            f"{plain(record.author, 60)} counts nowhere: its scope ({described(record.scope)}) cannot be read.",
            "Withdraw it with bomgate assess --clear and the same options, and assess again.",
        )
        for record in list(records)[:_MAX_RECORDS]
    )


def _types(types: TypeTable, policy: Policy) -> Iterator[Trap]:
    for assessment_type in types:
        days, reassessed = assessment_type.expires_after_days, assessment_type.on_expiry is OnExpiry.REASSESS
        if (
            assessment_type.action is Action.DENY
            and days is not None
            and policy.unassessed is not Action.DENY
            and not reassessed
        ):
            yield Trap(
                "opens-by-itself",
                Level.WARNING,
                f"What {assessment_type.name} denies ends silently: it expires after {days} days, and unassessed "
                "vulnerabilities are "
                f"{_done(policy.unassessed)}.",
                f"Set onExpiry: reassess for {assessment_type.name}, remove its expiresAfterDays, or set "
                f"policy.unassessed: deny.",
            )
        if reassessed and days is not None and not any(other.is_automatic for other in types):
            yield Trap(
                "reassess-without-range",
                Level.WARNING,
                f"{assessment_type.name} is reassessed when it expires, but no type has a CVSS range.",
                "Give a type an autoAssess range, or leave out onExpiry.",
            )
        if not assessment_type.action_stated:
            yield Trap(
                "no-action",
                Level.WARNING,
                f"Assessment type {assessment_type.name} has no action, so it warns.",
                f"Set action: allow, warn or deny for {assessment_type.name}; its colour decides nothing.",
            )
        if assessment_type.action is Action.ALLOW and days is None:
            yield Trap(
                "allows-for-ever",
                Level.NOTE,
                f"{assessment_type.name} allows and does not expire, so no one reviews it again.",
                f"Set expiresAfterDays for {assessment_type.name}.",
            )


def _ranges(types: TypeTable, policy: Policy) -> Iterator[Trap]:
    for assessment_type in types:
        band = assessment_type.auto_assess
        if band is not None and band.high <= LOWEST:
            yield Trap(
                "range-never-matches",
                Level.WARNING,
                f"No vulnerability gets {assessment_type.name} by itself: its range {band} holds no score above 0.0.",
                "Widen the range, or leave autoAssess out.",
            )
        elif band is not None and band.low <= LOWEST:
            yield Trap(
                "range-from-zero",
                Level.NOTE,
                f"The range {band} of {assessment_type.name} does not contain the score 0.0: no score and 0.0 "
                f"stay unassessed.",
                "Start it at 0.1.",
            )
        if band is not None and assessment_type.action is Action.ALLOW and band.high >= _HIGH:
            yield Trap(
                "allows-severe",
                Level.WARNING,
                f"{assessment_type.name} allows new vulnerabilities up to {band.high} without review.",
                f"End the autoAssess range of {assessment_type.name} below {_HIGH}.",
            )
        if assessment_type.action is Action.ALLOW and (
            assessment_type.auto_kev or assessment_type.auto_epss is not None
        ):
            yield Trap(
                "allows-exploited",
                Level.WARNING,
                f"{assessment_type.name} allows vulnerabilities without review because they are exploited, or probably "
                "will be.",
                f"Give autoAssess kev and epss to a type that warns or denies, and not to {assessment_type.name}.",
            )
    if not any(assessment_type.auto_assess for assessment_type in types):
        return
    for gap in gaps(types):
        # A gap as wide as a severity is a choice (people assess Medium); part of one looks like a mistake.
        ends = [band.low for band in SEVERITIES.values()], [band.high for band in SEVERITIES.values()]
        is_slip = gap.low not in ends[0] or gap.high not in ends[1]
        yield Trap(
            "range-gap",
            Level.WARNING if is_slip or policy.unassessed is Action.ALLOW else Level.NOTE,
            f"No type covers the scores {gap}: they stay unassessed, which is {_done(policy.unassessed)}.",
            "Extend a neighbouring autoAssess range, unless people should assess these.",
        )


def _policy(policy: Policy) -> Iterator[Trap]:
    settings = (
        ("on-error-allow", "onError", policy.on_error, "on an error, everything is admitted silently"),
        ("missing-sbom-allow", "missingSbom", policy.missing_sbom, "an image without an SBOM is admitted silently"),
        ("unknown-allow", "unknown", policy.unknown, "components without an answer are admitted silently"),
        ("unassessed-allow", "unassessed", policy.unassessed, "unassessed vulnerabilities are admitted silently"),
    )
    for code, name, action, effect in settings:
        if action is Action.ALLOW:
            yield Trap(code, Level.WARNING, f"policy.{name} is allow: {effect}.", f"Set policy.{name}: warn.")
    if policy.max_report_age is not None and policy.max_report_age < _TWO_NIGHTS:
        yield Trap(
            "short-report-age",
            Level.WARNING,
            "policy.maxReportAge is under 48 hours: an answer that is still fresh for one nightly run becomes "
            "too old before the next, and its component becomes unknown.",
            "Set policy.maxReportAge to 72h or more.",
        )


def _records(types: TypeTable, assessments: Iterable[Assessment], now: dt.datetime | None) -> Iterator[Trap]:
    unknown: dict[str, int] = {}
    past: list[Assessment] = []
    for assessment in assessments:
        if assessment.type is None:
            continue
        if now is not None and assessment.expired(now):
            if assessment.source is AssessmentSource.PROVISIONED:
                past.append(assessment)
        elif types.get(assessment.type) is None:
            unknown[assessment.type] = unknown.get(assessment.type, 0) + 1
    for name, number in sorted(unknown.items()):
        retired = types.retired(name)
        state = "not configured" if retired is None else "gone from the cluster"
        effect = "as unassessed and never better than warn"
        if retired is not None and retired.action is Action.DENY:
            effect = "as it last said: denied"
        yield Trap(
            "unknown-type",
            Level.WARNING,
            f"The assessment type {plain(name, 60)} is {state}, but given {number} times; such findings are treated "
            f"{effect}.",
            f"Add {plain(name, 60)} to assessmentTypes, or assess them again.",
        )
    for assessment in [each for each in past if not each.fixed_in][:_MAX_RECORDS]:
        until = "" if assessment.until is None else moment(assessment.until)
        yield Trap(
            "expired-provisioned",
            Level.NOTE,
            f"The configured assessment of {plain(assessment.vulnerability, 60)} as "
            f"{plain(assessment.type or '', 60)} expired on "
            f"{until} and has no effect.",
            "Remove it from assessments, or give it a later until.",
        )


def _done(action: Action) -> str:
    return {Action.ALLOW: "allowed", Action.WARN: "only warned about", Action.DENY: "denied"}[action]
