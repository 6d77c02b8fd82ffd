"""Modes: how much a namespace's label, or the policy where there is none, lets a verdict do.

Source: the namespace labels of Kubernetes' Pod Security admission, whose convention this follows.
"""

from __future__ import annotations

from collections.abc import Mapping

from webhook.model.actions import Action
from webhook.model.policies import EnforceOn, Mode, Policy

ENFORCE_LABEL = "bomgate.dev/enforce"
"""On a namespace: deny, warn, audit or off."""


def namespace_mode(labels: Mapping[str, str], policy: Policy) -> Mode:
    """The mode of a namespace; ``policy.enforce`` when its label is missing or no mode.

    Args:
        labels: of the namespace.
        policy: what counts without them.
    """
    try:
        return Mode(labels.get(ENFORCE_LABEL, policy.enforce))
    except ValueError:
        return policy.enforce


def enforced(action: Action, kind: str, mode: Mode, policy: Policy) -> Action:
    """What a verdict leads to, break-glass and what was admitted before left aside.

    Args:
        action: of the verdict.
        kind: of the object.
        mode: of its namespace.
        policy: whether only Pods are denied.
    """
    if mode in (Mode.AUDIT, Mode.OFF):
        return Action.ALLOW
    softens = mode is Mode.WARN or (policy.enforce_on is EnforceOn.PODS and kind != "Pod")
    return Action.WARN if softens and action is Action.DENY else action
