"""Modes: which one a namespace has, and what it makes of an action."""

from __future__ import annotations

import pytest

from webhook.model.actions import Action
from webhook.model.policies import EnforceOn, Mode, Policy
from webhook.policy.modes import ENFORCE_LABEL, enforced, namespace_mode


@pytest.mark.parametrize("word", ["deny", "warn", "audit", "off"])
def test_a_label_says_the_mode(word: str) -> None:
    assert namespace_mode({ENFORCE_LABEL: word}, Policy()) == word


@pytest.mark.parametrize("labels", [{}, {ENFORCE_LABEL: ""}, {ENFORCE_LABEL: "Deny"}, {"enforce": "off"}])
def test_without_one_the_policy_does(labels: dict[str, str]) -> None:
    assert namespace_mode(labels, Policy(enforce=Mode.AUDIT)) is Mode.AUDIT


def test_modes_are_ranked_by_how_much_they_enforce() -> None:
    assert [mode.rank for mode in (Mode.OFF, Mode.AUDIT, Mode.WARN, Mode.DENY)] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("mode", "kind", "on", "wanted"),
    [
        (Mode.DENY, "Pod", EnforceOn.PODS, Action.DENY),
        (Mode.DENY, "Deployment", EnforceOn.PODS, Action.WARN),
        (Mode.DENY, "Deployment", EnforceOn.WORKLOADS_AND_PODS, Action.DENY),
        (Mode.WARN, "Pod", EnforceOn.WORKLOADS_AND_PODS, Action.WARN),
        (Mode.AUDIT, "Pod", EnforceOn.WORKLOADS_AND_PODS, Action.ALLOW),
        (Mode.OFF, "Pod", EnforceOn.WORKLOADS_AND_PODS, Action.ALLOW),
    ],
)
def test_what_a_denial_leads_to(mode: Mode, kind: str, on: EnforceOn, wanted: Action) -> None:
    assert enforced(Action.DENY, kind, mode, Policy(enforce_on=on)) is wanted
