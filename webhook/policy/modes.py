"""Modes: what a verdict can do in a namespace, by its label or else by the policy.

Source: the namespace labels of Kubernetes' Pod Security admission, whose convention this follows.
"""

from __future__ import annotations

from collections.abc import Mapping

from webhook.model.actions import Action
from webhook.model.policies import EnforceOn, Mode, Policy

ENFORCE_LABEL = "bomgate.dev/enforce"
"""Label of a namespace: deny, warn, audit or off."""


def namespace_mode(labels: Mapping[str, str], policy: Policy) -> Mode:
    """The mode of a namespace; ``policy.enforce`` if its label is missing or invalid.

    Args:
        labels: of the namespace.
        policy: what counts without them.
    """
    try:
        return Mode(labels.get(ENFORCE_LABEL, policy.enforce))
    except ValueError:
        return policy.enforce


_CHANGED_IN_PLACE = ("ReplicaSet", "ReplicationController")


def changed_as(kind: str) -> str:
    """The kind by whose rule the change of an object is enforced: a ReplicaSet counts as its Pods do.

    Its template is evidence of what was admitted before, by the age of the object. Where only Pods are denied, an old
    one could else be given any image, and its Pods would follow. Other controllers keep each template by itself.

    Args:
        kind: of the object.
    """
    return "Pod" if kind in _CHANGED_IN_PLACE else kind


def enforced(action: Action, kind: str, mode: Mode, policy: Policy) -> Action:
    """What a verdict leads to, apart from break-glass and former admissions.

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
