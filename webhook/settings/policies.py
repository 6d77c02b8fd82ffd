"""The part of the settings file that says what is done about findings: ``policy``."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from webhook.errors import ConfigError
from webhook.model.actions import Action
from webhook.model.assessments import OnExpiry
from webhook.model.grants import SERVICE_ACCOUNT
from webhook.model.policies import BUILT_IN_CONTROLLERS, Admitted, EnforceOn, Mode, Policy
from webhook.settings.kinds import read_kind
from webhook.settings.reading import check_keys

_AGE = re.compile(r"([0-9]{1,6})\s*([hd])\Z")
_ACCOUNT = re.compile(r"([a-z0-9-]{1,63})/([a-z0-9.-]{1,253})\Z")
_MOST_BREAK_GLASS_HOURS = 24 * 31
_GROUPS = ("system:serviceaccounts", "system:authenticated", "system:unauthenticated", "system:masters", "system:nodes")
W = TypeVar("W", EnforceOn, Mode, OnExpiry)


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
    rejected: str = field(
        default="judge",
        metadata={
            "help": "judge: a vulnerability that its source calls rejected or withdrawn counts like any other; warn: "
            "it asks for a warning at most; allow: for nothing. What people decided about it always counts."
        },
    )
    on_error: str = field(default="warn", metadata={"help": "Action when a decision fails."})
    max_report_age: str | None = field(
        default=None, metadata={"help": "Clean answers older than this (72h, 7d) count as unknown; none: no limit."}
    )
    enforce_on: str = field(
        default="workloads-and-pods", metadata={"help": "workloads-and-pods, or pods to only warn on workloads."}
    )
    enforce: str | bool = field(
        default="deny",
        metadata={
            "help": "deny, warn, audit or off: what becomes of verdicts in namespaces whose label bomgate.dev/enforce "
            "says none of these."
        },
    )
    admitted: str | dict[str, str] = field(
        default="keep",
        metadata={
            "help": "keep: what a controller runs already is let in again, with a warning, when its verdict turns bad; "
            "enforce: it is denied; {until: 72h}, or 72h: it is let in for so long (72h, 7d). Needs kube.cluster."
        },
    )
    admitted_controllers: tuple[str, ...] = field(
        default=BUILT_IN_CONTROLLERS,
        metadata={
            "help": "Users that are controllers' accounts, by their exact names. Only what one of them makes is let in "
            "when the API server cannot say what its controller runs already. A list replaces this one."
        },
    )
    break_glass: bool | dict[str, list[str]] = field(
        default=True,
        metadata={
            "help": "true: let in what would be denied when it has the annotation bomgate.dev/break-glass and the user "
            "the right for it; {accounts: [argocd/deployer]}: these ServiceAccounts (namespace/name) may be that user, "
            "too; false: not at all. Needs kube.cluster."
        },
    )
    break_glass_hours: float = field(
        default=8.0,
        metadata={"help": "Hours for which what controllers make of an object let in so is let in as well."},
    )
    reassess_on_score_change: bool = field(
        default=False, metadata={"help": "Renew automatic assessments when the score moves to another range."}
    )
    kinds: list[dict[str, Any]] = field(
        default_factory=list,
        metadata={"help": "More kinds with images: list of group, kind and podSpecPath or imagePath."},
    )


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
        rejected=_rejected(options.rejected),
        on_error=read_action("policy.onError", options.on_error),
        max_report_age=None if options.max_report_age is None else _age("policy.maxReportAge", options.max_report_age),
        enforce_on=read_word("policy.enforceOn", options.enforce_on, EnforceOn),
        extra_kinds=tuple(read_kind(index, entry) for index, entry in enumerate(options.kinds)),
        reassess_on_score_change=options.reassess_on_score_change,
        # YAML reads a plain off as false.
        enforce=read_word("policy.enforce", "off" if options.enforce is False else options.enforce, Mode),
        admitted=_admitted(options.admitted),
        admitted_controllers=_controllers(options.admitted_controllers),
        break_glass=options.break_glass is not False,
        break_glass_accounts=_accounts(options.break_glass),
        break_glass_life=_break_glass_life(options.break_glass_hours),
    )


def _rejected(word: str) -> Action | None:
    known = {"judge": None, "warn": Action.WARN, "allow": Action.ALLOW}
    if word not in known:
        raise ConfigError(f"policy.rejected cannot be {word!r:.60}", remedy=f"Write one of: {', '.join(known)}.")
    return known[word]


def _admitted(given: str | Mapping[str, str]) -> Admitted:
    if isinstance(given, str):
        if given in ("keep", "enforce"):
            return Admitted(keeps=given == "keep")
        return Admitted(life=_age("policy.admitted", given, "keep, enforce, "))
    check_keys("policy.admitted.", given, ("until",))
    return Admitted(life=_age("policy.admitted.until", given.get("until", "")))


def _controllers(names: Sequence[str]) -> frozenset[str]:
    """Exact user names: a pattern, or a group, would let in what anybody of a namespace makes."""
    for name in names:
        where = "policy.admittedControllers"
        if not name.strip() or name != name.strip():
            raise ConfigError(f"{where} has a name that is empty or surrounded by whitespace: {name!r:.100}")
        if "*" in name or name.startswith(_GROUPS) or name.endswith(":"):
            raise ConfigError(
                f"{where} cannot have {name!r:.100}: it is a pattern or a group, not a user.",
                remedy="Write whole user names, such as system:serviceaccount:kruise-system:kruise-manager.",
            )
    return frozenset(names)


def _accounts(given: bool | Mapping[str, Sequence[str]]) -> frozenset[str]:
    """The ServiceAccounts of ``policy.breakGlass``, by the names that the API server gives them as users."""
    if isinstance(given, bool):
        return frozenset()
    check_keys("policy.breakGlass.", given, ("accounts",))
    return frozenset(map(_account, given.get("accounts", ())))


def _account(text: str) -> str:
    full = text.startswith(SERVICE_ACCOUNT)
    match = _ACCOUNT.match(text.removeprefix(SERVICE_ACCOUNT).replace(":", "/") if full else text)
    if match is None:
        raise ConfigError(
            f"policy.breakGlass.accounts cannot have {text!r:.100}",
            remedy="Write a ServiceAccount as namespace/name, such as argocd/deployer.",
        )
    return f"{SERVICE_ACCOUNT}{match[1]}:{match[2]}"


def _break_glass_life(hours: float) -> dt.timedelta:
    if not 0 < hours <= _MOST_BREAK_GLASS_HOURS:
        raise ConfigError(
            f"policy.breakGlassHours is {hours:g}; it has to be more than 0 and at most {_MOST_BREAK_GLASS_HOURS}.",
            remedy="Assess what is to be let in for longer.",
        )
    return dt.timedelta(hours=hours)


def read_action(name: str, word: Any) -> Action:
    """``allow``, ``warn`` or ``deny`` as an Action.

    Raises:
        ConfigError: it is none of them.
    """
    known = {action.word: action for action in Action}
    if not isinstance(word, str) or word.lower() not in known:
        raise ConfigError(f"{name} cannot be {word!r}", remedy=f"Write one of: {', '.join(known)}.")
    return known[word.lower()]


def read_word(name: str, value: Any, words: type[W]) -> W:
    """One of the words of an enumeration.

    Raises:
        ConfigError: it is none of them.
    """
    known = {word.value: word for word in words}
    if value not in known:
        raise ConfigError(f"{name} cannot be {value!r:.60}", remedy=f"Write one of: {', '.join(known)}.")
    return known[value]


def _age(name: str, text: str, words: str = "") -> dt.timedelta:
    match = _AGE.match(str(text).strip())
    if match is None:
        raise ConfigError(f"{name} cannot be {text!r:.60}", remedy=f"Write {words}hours or days, such as 72h or 7d.")
    return dt.timedelta(hours=int(match[1]) * (24 if match[2] == "d" else 1))
