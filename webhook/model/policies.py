"""The policy: what each situation that no assessment covers asks for, and how admission treats the result."""

from __future__ import annotations

import datetime as dt
import enum

import msgspec

from webhook.model.actions import Action
from webhook.model.fieldpaths import FieldPath


class EnforceOn(enum.StrEnum):
    """Which objects can be denied."""

    WORKLOADS_AND_PODS = "workloads-and-pods"
    PODS = "pods"
    """Only Pods are denied; on workloads a denial becomes a warning."""


class Mode(enum.StrEnum):
    """What becomes of a verdict in a namespace."""

    DENY = "deny"
    """It is the answer."""
    WARN = "warn"
    """A denial becomes a warning."""
    AUDIT = "audit"
    """Everything is admitted without a word; what would have been is counted and written to the audit log."""
    OFF = "off"
    """Nothing is looked at."""

    @property
    def rank(self) -> int:
        """How much it enforces: deny 3, warn 2, audit 1, off 0."""
        return (Mode.OFF, Mode.AUDIT, Mode.WARN, Mode.DENY).index(self)


class Admitted(msgspec.Struct, frozen=True):
    """What becomes of an object whose controller runs the denied images already.

    Attributes:
        keeps: whether it is admitted.
        life: for how long after the verdict turned bad; None without end.
    """

    keeps: bool = True
    life: dt.timedelta | None = None


BUILT_IN_CONTROLLERS = (
    *(
        f"system:serviceaccount:kube-system:{name}-controller"
        for name in ("replicaset", "replication", "deployment", "statefulset", "daemon-set", "job", "cronjob")
    ),
    "system:kube-controller-manager",
)
"""Accounts that Kubernetes' own controllers make Pods, and what makes Pods, with.

Source: Kubernetes, "Using RBAC Authorization", controller roles.
"""


class ExtraKind(msgspec.Struct, frozen=True):
    """Where the images are in the objects of a kind beyond the built-in ones; a kind may have several of these.

    Attributes:
        group: API group, such as ``argoproj.io``; empty for the core group.
        kind: such as ``Rollout``.
        pod_specs: paths to pod specs, such as ``spec.template.spec``.
        images: paths to images that stand elsewhere, such as ``spec.steps[*].image``.
        ignored: whether the kind has no images that run; ``bomgate check`` does not ask for them then.
    """

    group: str
    kind: str
    pod_specs: tuple[FieldPath, ...] = ()
    images: tuple[FieldPath, ...] = ()
    ignored: bool = False


class LocalRule(enum.StrEnum):
    """How assessments count that people of this cluster made, beside those of a hub; see ``policy.fleetprecedence``."""

    ORDINARY = "ordinary"
    """By the usual precedence: there is no hub."""
    LOOSENS = "loosens"
    """By the usual precedence; a stricter one always."""
    TIGHTENS = "tightens"
    """Only where they are stricter."""


class Policy(msgspec.Struct, frozen=True):
    """What decides where no assessment does.

    Attributes:
        unassessed: action for a finding without an effective assessment.
        unknown: action for components nobody has an answer for.
        missing_sbom: action for an image whose SBOM was not found, not readable, or names no package.
        not_covered: action for components of types that no source knows.
        unusable: action for components without a usable purl.
        rejected: the most that a vulnerability asks for that was rejected or withdrawn, unless people decided about it;
            None means that it is judged like any other.
        malicious: the least that a malicious package asks for, unless people decided about it.
        on_error: action when a decision could not be made.
        max_report_age: an answer older than this is unknown; None means that answers do not age.
        enforce_on: which objects can be denied.
        extra_kinds: where the images of more kinds are.
        reassess_on_score_change: give automatic assessments again when the score moves to another range.
        enforce: mode of namespaces whose label does not say one.
        admitted: what becomes of images that a controller runs already when their verdict turns bad.
        admitted_controllers: accounts of controllers, by exact user name; only what these make is admitted when the API
            server cannot say what runs already.
        break_glass: whether people with the right for it can admit what would be denied.
        break_glass_life: for how long what a controller makes of such an object is admitted, too.
        break_glass_accounts: full names of the ServiceAccounts that count as people there.
        local_rule: how local assessments count beside those of a hub.
    """

    unassessed: Action = Action.WARN
    unknown: Action = Action.WARN
    missing_sbom: Action = Action.WARN
    not_covered: Action = Action.ALLOW
    unusable: Action = Action.ALLOW
    rejected: Action | None = None
    malicious: Action = Action.DENY
    on_error: Action = Action.WARN
    max_report_age: dt.timedelta | None = None
    enforce_on: EnforceOn = EnforceOn.WORKLOADS_AND_PODS
    extra_kinds: tuple[ExtraKind, ...] = ()
    reassess_on_score_change: bool = False
    enforce: Mode = Mode.DENY
    admitted: Admitted = Admitted()
    admitted_controllers: frozenset[str] = frozenset(BUILT_IN_CONTROLLERS)
    break_glass: bool = True
    break_glass_life: dt.timedelta = dt.timedelta(hours=8)
    break_glass_accounts: frozenset[str] = frozenset()
    local_rule: LocalRule = LocalRule.ORDINARY
