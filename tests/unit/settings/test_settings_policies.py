"""The ``policy`` group: modes, what was admitted, break-glass."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from webhook.errors import ConfigError
from webhook.model.policies import Admitted, Mode, Policy
from webhook.settings import load_settings


def policy(folder: Path, text: str, **environment: str) -> Policy:
    file = folder / "bomgate.yaml"
    file.write_text(f"policy: {text}", encoding="utf-8")
    return load_settings(file, environment={"HOME": str(folder), **environment}).policy


def test_the_defaults_enforce_keep_and_let_people_break_the_glass_for_a_shift(tmp_path: Path) -> None:
    made = policy(tmp_path, "{}")
    assert (made.enforce, made.admitted) == (Mode.DENY, Admitted(keeps=True, life=None))
    assert (made.break_glass, made.break_glass_life) == (True, dt.timedelta(hours=8))


@pytest.mark.parametrize(
    ("written", "mode"),
    [("deny", Mode.DENY), ("warn", Mode.WARN), ("audit", Mode.AUDIT), ("off", Mode.OFF), ('"off"', Mode.OFF)],
)
def test_every_mode_can_be_written_also_the_one_that_yaml_takes_for_a_truth_value(
    tmp_path: Path, written: str, mode: Mode
) -> None:
    assert policy(tmp_path, f"{{enforce: {written}}}").enforce is mode


@pytest.mark.parametrize(
    ("written", "admitted"),
    [
        ("keep", Admitted()),
        ("enforce", Admitted(keeps=False)),
        ("72h", Admitted(life=dt.timedelta(hours=72))),
        ("{until: 7d}", Admitted(life=dt.timedelta(days=7))),
    ],
)
def test_what_was_admitted_is_kept_always_never_or_for_a_time(tmp_path: Path, written: str, admitted: Admitted) -> None:
    assert policy(tmp_path, f"{{admitted: {written}}}").admitted == admitted


def test_the_environment_says_it_too(tmp_path: Path) -> None:
    made = policy(tmp_path, "{}", BOMGATE_POLICY_ADMITTED="2d", BOMGATE_POLICY_ENFORCE="audit")
    assert (made.admitted.life, made.enforce) == (dt.timedelta(days=2), Mode.AUDIT)


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        ("{enforce: on}", "policy.enforce cannot be True", "deny, warn, audit, off"),
        ("{enforce: strict}", "policy.enforce cannot be 'strict'", "deny, warn, audit, off"),
        ("{admitted: forever}", "policy.admitted cannot be 'forever'", "keep, enforce, hours or days"),
        ("{admitted: {until: soon}}", "policy.admitted.until cannot be 'soon'", "hours or days"),
        ("{admitted: {unti: 72h}}", "policy.admitted.unti is not a setting", "Did you mean 'until'?"),
        ("{admitted: {}}", "policy.admitted.until cannot be ''", "hours or days"),
        ("{breakGlass: {account: []}}", "policy.breakGlass.account is not a setting", "Did you mean 'accounts'?"),
        ("{breakGlass: {accounts: [argocd]}}", "policy.breakGlass.accounts cannot have 'argocd'", "namespace/name"),
        ("{breakGlassHours: 0}", "policy.breakGlassHours is 0", "Assess"),
        ("{breakGlassHours: 10000}", "at most 744", "Assess"),
    ],
)
def test_what_means_nothing_is_refused_with_what_to_write(tmp_path: Path, text: str, message: str, remedy: str) -> None:
    with pytest.raises(ConfigError) as caught:
        policy(tmp_path, text)
    assert message in caught.value.message
    assert remedy in caught.value.remedy


def test_by_default_only_the_accounts_of_kubernetes_own_controllers_count_as_controllers(tmp_path: Path) -> None:
    names = ("replicaset", "replication", "deployment", "statefulset", "daemon-set", "job", "cronjob")
    accounts = {f"system:serviceaccount:kube-system:{name}-controller" for name in names}
    assert policy(tmp_path, "{}").admitted_controllers == accounts | {"system:kube-controller-manager"}


def test_a_list_of_controllers_accounts_replaces_the_built_in_one(tmp_path: Path) -> None:
    made = policy(tmp_path, "{admittedControllers: ['system:serviceaccount:kruise:manager']}")
    assert made.admitted_controllers == {"system:serviceaccount:kruise:manager"}
    assert policy(tmp_path, "{admittedControllers: []}").admitted_controllers == frozenset()


@pytest.mark.parametrize(
    "name",
    [
        "system:serviceaccount:kube-system:*",
        "system:serviceaccount:kube-system:",
        "system:serviceaccounts",
        "system:serviceaccounts:kube-system",
        "system:masters",
        "system:authenticated",
        "*",
        "",
        " a",
    ],
)
def test_a_pattern_or_a_group_is_no_account(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="admittedControllers"):
        policy(tmp_path, f"{{admittedControllers: ['{name}']}}")
