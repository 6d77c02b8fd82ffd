"""The part of the settings file that decides: ``policy``, ``assessmentTypes`` and ``assessments``."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from webhook.errors import ConfigError, InvalidInput
from webhook.model.actions import Action
from webhook.model.assessments import AssessmentType, CvssRange, OnExpiry, Scope
from webhook.model.policies import EnforceOn, ExtraKind, Policy
from webhook.policy.expiry import parse_until
from webhook.policy.scopes import canonical_identifier, canonical_scope
from webhook.policy.scores import make_range
from webhook.policy.typetable import TypeTable
from webhook.settings.reading import check_keys, snake

_AGE = re.compile(r"([0-9]{1,6})\s*([hd])\Z")
W = TypeVar("W", EnforceOn, OnExpiry)


TYPE_KEYS: Mapping[str, str] = {
    "name": "Its name; compared without case, shown as written.",
    "action": "allow, warn or deny what is assessed so; warn when left out.",
    "auto_assess": "Range of CVSS scores, such as {min: 9.0, max: 10.0}, both included: new vulnerabilities with such "
    "a score get this type by themselves.",
    "expires_after_days": "Life of an assessment that states no end of its own; none: it does not expire.",
    "color": "For the console; it decides nothing.",
    "on_expiry": "unassessed, or reassess to apply the ranges anew when an assessment expires.",
    "description": "A sentence for people.",
}
"""Keys of an entry of ``assessmentTypes``, with what they mean."""

ASSESSMENT_KEYS: Mapping[str, str] = {
    "vulnerability": "Identifier or alias; it need not be known yet.",
    "type": "Name of an assessment type.",
    "comment": "Why.",
    "until": "When it stops counting (UTC), such as 2027-01-31; without it the life of the type counts. A date in the "
    "past is accepted and has no effect.",
    "package": "Purl of the package that it is narrowed to; with a version it is narrowed to that version.",
    "version_range": "Versions that it is narrowed to, such as '>=2.0,<2.17.1'.",
    "image": "Image that it is narrowed to: a reference, a digest, or a name with *.",
    "namespace": "Namespace that it is narrowed to.",
}
"""Keys of an entry of ``assessments``, with what they mean."""

KIND_KEYS: Mapping[str, str] = {
    "group": "API group, such as argoproj.io; empty for the core group.",
    "kind": "Such as Rollout.",
    "pod_spec_path": "Dotted path to the pod spec, such as spec.template.spec.",
}
"""Keys of an entry of ``policy.kinds``, with what they mean."""


@dataclass(frozen=True, slots=True)
class PolicyOptions:
    """The ``policy`` group as it is written; :func:`make_policy` reads it."""

    unassessed: str = field(
        default="warn", metadata={"help": "allow, warn or deny a vulnerability without an assessment in force."}
    )
    unknown: str = field(default="warn", metadata={"help": "Action for components nobody has an answer for yet."})
    missing_sbom: str = field(
        default="warn", metadata={"help": "Action for images whose SBOM is missing, unreadable or names no package."}
    )
    not_covered: str = field(
        default="allow", metadata={"help": "Action for components of types that OSS Index does not know (deb, apk …)."}
    )
    unusable: str = field(default="allow", metadata={"help": "Action for components without purl or version."})
    on_error: str = field(default="warn", metadata={"help": "Action when a decision fails."})
    max_report_age: str | None = field(
        default=None, metadata={"help": "Clean answers older than this (72h, 7d) count as unknown; none: no limit."}
    )
    enforce_on: str = field(
        default="workloads-and-pods", metadata={"help": "workloads-and-pods, or pods to only warn on workloads."}
    )
    reassess_on_score_change: bool = field(
        default=False, metadata={"help": "Renew automatic assessments when the score moves to another range."}
    )
    kinds: list[dict[str, str]] = field(
        default_factory=list,
        metadata={"help": "More kinds with a pod spec: list of group, kind and podSpecPath."},
    )


@dataclass(frozen=True, slots=True)
class ProvisionedAssessment:
    """One entry of ``assessments`` in the file.

    Attributes:
        vulnerability: id or alias.
        type: name of an assessment type.
        scope: what it applies to, canonical.
        comment: why.
        until: when it stops counting (UTC); None leaves that to its type. A date in the past is accepted and has no
            effect, because GitOps tools apply old files again.
    """

    vulnerability: str
    type: str
    scope: Scope
    comment: str
    until: dt.datetime | None


def make_policy(options: PolicyOptions) -> Policy:
    """Turn the written policy into the one that decides.

    Raises:
        ConfigError: a word is none of the allowed ones.
    """
    return Policy(
        unassessed=read_action("policy.unassessed", options.unassessed),
        unknown=read_action("policy.unknown", options.unknown),
        missing_sbom=read_action("policy.missingSbom", options.missing_sbom),
        not_covered=read_action("policy.notCovered", options.not_covered),
        unusable=read_action("policy.unusable", options.unusable),
        on_error=read_action("policy.onError", options.on_error),
        max_report_age=None if options.max_report_age is None else _age(options.max_report_age),
        enforce_on=_word("policy.enforceOn", options.enforce_on, EnforceOn),
        extra_kinds=tuple(_extra_kind(index, entry) for index, entry in enumerate(options.kinds)),
        reassess_on_score_change=options.reassess_on_score_change,
    )


def read_action(name: str, word: Any) -> Action:
    """``allow``, ``warn`` or ``deny`` as an Action.

    Raises:
        ConfigError: it is none of them.
    """
    known = {action.word: action for action in Action}
    if not isinstance(word, str) or word.lower() not in known:
        raise ConfigError(f"{name} cannot be {word!r}", remedy=f"Write one of: {', '.join(known)}.")
    return known[word.lower()]


def read_types(entries: Any) -> TypeTable:
    """Read ``assessmentTypes``.

    Raises:
        ConfigError: an entry is not of the documented form, two have one name, or two CVSS ranges overlap.
    """
    return TypeTable(
        _type(f"assessmentTypes[{index}].", entry)
        for index, entry in enumerate(_entries("assessmentTypes", entries, tuple(TYPE_KEYS)))
    )


def read_assessments(entries: Any, types: TypeTable) -> tuple[ProvisionedAssessment, ...]:
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
    auto = entry.get("auto_assess")
    return AssessmentType(
        name=_text(f"{where}name", entry.get("name")),
        action=read_action(f"{where}action", entry.get("action", "warn")),
        auto_assess=None if auto is None else _range(f"{where}autoAssess", auto),
        expires_after_days=days,
        color=str(entry.get("color", "grey")),
        on_expiry=_word(f"{where}onExpiry", entry.get("on_expiry", "unassessed"), OnExpiry),
        description=str(entry.get("description", "")),
        action_stated="action" in entry,
    )


def _range(where: str, value: Any) -> CvssRange:
    if not isinstance(value, Mapping) or set(value) != {"min", "max"}:
        raise ConfigError(f"{where} cannot be {value!r:.60}", remedy="Write it as {min: 9.0, max: 10.0}.")
    try:
        return make_range(value["min"], value["max"])
    except ConfigError as problem:
        raise ConfigError(f"{where}: {problem.message}", remedy=problem.remedy) from problem


def _assessment(where: str, entry: Mapping[str, Any], types: TypeTable) -> ProvisionedAssessment:
    until = entry.get("until")
    return ProvisionedAssessment(
        vulnerability=canonical_identifier(_text(f"{where}vulnerability", entry.get("vulnerability"))),
        type=types.require(_text(f"{where}type", entry.get("type"))).name,
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
    )


def _optional(entry: Mapping[str, Any], key: str) -> str | None:
    value = entry.get(key)
    return None if value is None else str(value)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{name} is missing or not a text")
    return value.strip()


def _word(name: str, value: Any, words: type[W]) -> W:
    known = {word.value: word for word in words}
    if value not in known:
        raise ConfigError(f"{name} cannot be {value!r:.60}", remedy=f"Write one of: {', '.join(known)}.")
    return known[value]


def _age(text: str) -> dt.timedelta:
    match = _AGE.match(str(text).strip())
    if match is None:
        raise ConfigError(
            f"policy.maxReportAge cannot be {text!r:.60}", remedy="Write hours or days, such as 72h or 7d."
        )
    return dt.timedelta(hours=int(match[1]) * (24 if match[2] == "d" else 1))


def _extra_kind(index: int, entry: Mapping[str, str]) -> ExtraKind:
    where = f"policy.kinds[{index}]."
    check_keys(where, entry, tuple(KIND_KEYS))
    given = {snake(key): value for key, value in entry.items()}
    return ExtraKind(
        group=str(given.get("group", "")),
        kind=_text(f"{where}kind", given.get("kind")),
        pod_spec_path=_text(f"{where}podSpecPath", given.get("pod_spec_path")),
    )
