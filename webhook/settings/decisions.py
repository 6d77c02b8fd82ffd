"""The lists of the settings file that decide: ``assessmentTypes`` and ``assessments``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from webhook.errors import ConfigError, InvalidInput
from webhook.model.assessments import AssessmentType, CvssRange, OnExpiry, Scope
from webhook.model.resources import StatedAssessment
from webhook.policy.conditions import make_epss
from webhook.policy.expiry import parse_until
from webhook.policy.scopes import canonical_identifier, canonical_scope
from webhook.policy.scores import make_range
from webhook.policy.typetable import TypeTable
from webhook.settings.lookup import check_keys, read_text, snake
from webhook.settings.policies import read_action, read_word

TYPE_KEYS: Mapping[str, str] = {
    "name": "Its name; compared without case, shown as written.",
    "action": "allow, warn or deny what is assessed so; warn when left out.",
    "auto_assess": "What gets this type by itself: new vulnerabilities with scores in a range of CVSS, both ends "
    "included, such as {min: 9.0, max: 10.0}; what is known to be exploited, {kev: true}; what has at least such a "
    "probability of exploitation, {epss: {min: 0.1}}. One of several is enough; of several types the strictest counts.",
    "expires_after_days": "Life of an assessment without an explicit end; none: it does not expire.",
    "color": "For the console; it decides nothing.",
    "on_expiry": "unassessed, or reassess to apply the ranges again when an assessment expires.",
    "description": "A sentence for people.",
}
"""Keys of an entry of ``assessmentTypes``, with what they mean."""

ASSESSMENT_KEYS: Mapping[str, str] = {
    "vulnerability": "Identifier or alias; it need not be known yet.",
    "type": "Name of an assessment type.",
    "comment": "Why.",
    "until": "When it stops counting (UTC), such as 2027-01-31; without it the life of the type counts. A date in the "
    "past is accepted and has no effect.",
    "until_fixed": "true ends it earlier, too: once a source tells a fixed version of the package. Needs a type that "
    "allows, a package, and a source of advisories.",
    "package": "Purl of the package that it is narrowed to; with a version it is narrowed to that version.",
    "version_range": "Versions that it is narrowed to, such as '>=2.0,<2.17.1'.",
    "image": "Image that it is narrowed to: a reference, a digest, or a name with *.",
    "namespace": "Namespace that it is narrowed to.",
}
"""Keys of an entry of ``assessments``, with what they mean."""


def read_types(entries: Any) -> TypeTable:
    """Read ``assessmentTypes``.

    Raises:
        ConfigError: an entry is not of the documented form, two have one name, or two CVSS ranges overlap.
    """
    return TypeTable(
        _type(f"assessmentTypes[{index}].", entry)
        for index, entry in enumerate(_entries("assessmentTypes", entries, tuple(TYPE_KEYS)))
    )


def read_assessments(entries: Any, types: TypeTable) -> tuple[StatedAssessment, ...]:
    """Read ``assessments``, which are provisioned into the store.

    Raises:
        ConfigError: an entry is not of the documented form, or of a type that ``types`` does not have.
    """
    found = []
    for index, entry in enumerate(_entries("assessments", entries, tuple(ASSESSMENT_KEYS))):
        try:
            found.append(_assessment(f"assessments[{index}].", entry, types))
        except InvalidInput as problem:
            raise ConfigError(f"assessments[{index}]: {problem.message}", remedy=problem.remedy) from problem
    return tuple(found)


def _entries(where: str, entries: Any, names: Sequence[str]) -> list[dict[str, Any]]:
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise ConfigError(f"{where} is not a list of mappings")
    for index, entry in enumerate(entries):
        check_keys(f"{where}[{index}].", entry, names)
    return [{snake(str(key)): value for key, value in entry.items()} for entry in entries]


def _type(where: str, entry: Mapping[str, Any]) -> AssessmentType:
    days = entry.get("expires_after_days")
    if days is not None and (isinstance(days, bool) or not isinstance(days, int)):
        raise ConfigError(
            f"{where}expiresAfterDays cannot be {days!r}", remedy="Write a whole number of days, or leave it out."
        )
    auto = _conditions(f"{where}autoAssess", entry.get("auto_assess"))
    return AssessmentType(
        name=read_text(f"{where}name", entry.get("name")),
        action=read_action(f"{where}action", entry.get("action", "warn")),
        auto_assess=_range(f"{where}autoAssess", auto),
        expires_after_days=days,
        color=str(entry.get("color", "grey")),
        on_expiry=read_word(f"{where}onExpiry", entry.get("on_expiry", "unassessed"), OnExpiry),
        description=str(entry.get("description", "")),
        action_stated="action" in entry,
        auto_kev=_flag(f"{where}autoAssess.kev", auto.get("kev", False)),
        auto_epss=_least(f"{where}autoAssess.epss", auto.get("epss")),
    )


def _conditions(where: str, value: Any) -> Mapping[str, Any]:
    if value is None:
        return {}
    ends = {"min", "max"}
    is_known = isinstance(value, Mapping) and set(value) <= {*ends, "kev", "epss"}
    if not is_known or not value or len(ends & set(value)) == 1:
        raise ConfigError(
            f"{where} cannot be {value!r:.60}",
            remedy="Write it as {min: 9.0, max: 10.0}, {kev: true} or {epss: {min: 0.1}}, or several in one.",
        )
    found: Mapping[str, Any] = value
    return found


def _flag(where: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"{where} cannot be {value!r:.60}", remedy="Write true, or leave it out.")
    return value


def _least(where: str, value: Any) -> Decimal | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or set(value) != {"min"}:
        raise ConfigError(f"{where} cannot be {value!r:.60}", remedy="Write it as {min: 0.1}.")
    try:
        return make_epss(value["min"])
    except ConfigError as problem:
        raise ConfigError(f"{where}: {problem.message}", remedy=problem.remedy) from problem


def _range(where: str, value: Mapping[str, Any]) -> CvssRange | None:
    if "min" not in value:
        return None
    try:
        return make_range(value["min"], value["max"])
    except ConfigError as problem:
        raise ConfigError(f"{where}: {problem.message}", remedy=problem.remedy) from problem


def _assessment(where: str, entry: Mapping[str, Any], types: TypeTable) -> StatedAssessment:
    until = entry.get("until")
    return StatedAssessment(
        vulnerability=canonical_identifier(read_text(f"{where}vulnerability", entry.get("vulnerability"))),
        type=types.require(read_text(f"{where}type", entry.get("type"))).name,
        # A version in the package narrows the scope to it: what a file says about one version is not said of all.
        scope=canonical_scope(
            Scope(
                package=_optional(entry, "package"),
                version_range=_optional(entry, "version_range"),
                image=_optional(entry, "image"),
                namespace=_optional(entry, "namespace"),
            )
        ),
        comment=str(entry.get("comment") or ""),
        until=None if until is None else parse_until(until if isinstance(until, dt.date) else str(until)),
        until_fixed=_flag(f"{where}untilFixed", entry.get("until_fixed", False)),
    )


def _optional(entry: Mapping[str, Any], key: str) -> str | None:
    value = entry.get(key)
    return None if value is None else str(value)
