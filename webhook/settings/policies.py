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
from webhook.settings.lookup import check_keys

_AGE = re.compile(r"([0-9]{1,6})\s*([hd])\Z")
_ACCOUNT = re.compile(r"([a-z0-9-]{1,63})/([a-z0-9.-]{1,253})\Z")
_MOST_BREAK_GLASS_HOURS = 24 * 31
_GROUPS = ("system:serviceaccounts", "system:authenticated", "system:unauthenticated", "system:masters", "system:nodes")
W = TypeVar("W", EnforceOn, Mode, OnExpiry)


@dataclass(frozen=True, slots=True)
class PolicyOptions:
    """The ``policy`` group as it is written; :func:`make_policy` reads it."""

    unassessed: str = field(
        default="warn",
        metadata={"help": ("Action for vulnerabilities without an assessment in force: allow, warn or deny.")},
    )
    unknown: str = field(
        default="warn", metadata={"help": ("Action for components that no vulnerability source has answered for yet.")}
    )
    missing_sbom: str = field(
        default="warn",
        metadata={"help": ("Action for images whose SBOM is missing, unreadable or contains no package.")},
    )
    not_covered: str = field(
        default="allow",
        metadata={"help": ("Action for components of types that OSS Index does not cover (deb, apk …).")},
    )
    unusable: str = field(default="allow", metadata={"help": "Action for components without a purl or version."})
    rejected: str = field(
        default="judge",
        metadata={
            "help": (
                "How to treat vulnerabilities that their source marks as rejected or withdrawn. "
                "judge: like any other; warn: a warning at most; allow: ignore them. Assessments made"
                " by people always apply."
            )
        },
    )
    malicious: str = field(
        default="deny",
        metadata={
            "help": (
                "Action for packages that are malicious (advisories MAL-…) unless people assessed them; CVSS ranges "
                "only make it stricter, and it does not expire."
            )
        },
    )
    on_error: str = field(default="warn", metadata={"help": "Action if a decision fails."})
    max_report_age: str | None = field(
        default=None,
        metadata={"help": ("Maximum age of clean answers (72h, 7d); older ones count as unknown. none: no limit.")},
    )
    enforce_on: str = field(
        default="workloads-and-pods",
        metadata={"help": ("workloads-and-pods, or pods to deny only Pods and warn about workloads.")},
    )
    enforce: str | bool = field(
        default="deny",
        metadata={"help": "Mode of namespaces without a valid label bomgate.dev/enforce: deny, warn, audit or off."},
    )
    admitted: str | dict[str, str] = field(
        default="keep",
        metadata={
            "help": (
                "What happens to a workload's new Pods if the verdict of its running images turns to "
                "deny. keep: they are admitted with a warning; enforce: they are denied; {until: "
                "72h}, or 72h: they are admitted for this time (72h, 7d). Needs kube.cluster."
            )
        },
    )
    admitted_controllers: tuple[str, ...] = field(
        default=BUILT_IN_CONTROLLERS,
        metadata={
            "help": (
                "Exact user names of controller accounts. If the API server cannot say what a "
                "controller already runs, only objects created by these accounts are admitted. A list"
                " replaces the default list."
            )
        },
    )
    break_glass: bool | dict[str, list[str]] = field(
        default=True,
        metadata={
            "help": (
                "true: admit a denied object with the annotation bomgate.dev/break-glass if the user "
                "has the permission; {accounts: [argocd/deployer]}: also for these ServiceAccounts "
                "(namespace/name); false: never. Needs kube.cluster."
            )
        },
    )
    break_glass_hours: float = field(
        default=8.0,
        metadata={
            "help": (
                "Hours for which a break-glass grant also admits the objects that controllers "
                "create from the granted object."
            )
        },
    )
    reassess_on_score_change: bool = field(
        default=False, metadata={"help": "Renew automatic assessments if the score moves to another range."}
    )
    kinds: list[dict[str, Any]] = field(
        default_factory=list,
        metadata={"help": "Additional kinds with images: a list of group, kind and podSpecPath or imagePath."},
    )


def make_policy(options: PolicyOptions) -> Policy:
    """Turn the written policy into the policy that decides.

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
        malicious=read_action("policy.malicious", options.malicious),
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
    """Exact user names: a pattern, or a group, would admit what anybody of a namespace makes."""
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
            remedy="Assess what is to be admitted for longer.",
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
