"""Rights: what is missing is named, and what is not switched on is not asked for."""

from __future__ import annotations

import pytest

from webhook.engines.controlling.rights import Features, RightsDuty, controller_needs, webhook_needs
from webhook.model.rights import Right

ALL = Features(
    namespace="bomgate",
    lease="bomgate-controller",
    certificates=True,
    secrets=("bomgate-ca", "bomgate-webhook-tls"),
    configurations=("bomgate",),
    break_glass=True,
    events=True,
    reports=(("wgpolicyk8s.io", "policyreports"),),
    cluster_reports=True,
    node_platforms=True,
)


class FakeReviewer:
    """Allows everything but what is in ``missing``."""

    def __init__(self, *missing: Right) -> None:
        self.missing = set(missing)
        self.asked: list[Right] = []

    def allowed(self, right: Right) -> bool:
        self.asked.append(right)
        return right not in self.missing


def test_a_gap_is_named_with_what_needs_it_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    pods, told = Right("list", "pods"), list[int]()
    reviewer = FakeReviewer(pods)
    duty = RightsDuty(reviewer.allowed, controller_needs(ALL), told.append)
    duty.run()
    duty.run()
    assert [str(gap) for gap in duty.gaps] == ["inventory and audit: bomgate may not list pods in the cluster"]
    assert duty.vital == []
    reviewer.missing.clear()
    duty.run()
    assert told == [1, 1, 0]
    assert [record.message for record in caplog.records] == [
        "a right is missing",
        "all rights that were missing are there now",
    ]


def test_leading_and_certificates_are_vital() -> None:
    lease = Right("update", "leases", "coordination.k8s.io", "bomgate", "bomgate-controller")
    secret = Right("get", "secrets", "", "bomgate", "bomgate-ca")
    duty = RightsDuty(
        FakeReviewer(lease, secret, Right("create", "events")).allowed, controller_needs(ALL), lambda _: None
    )
    duty.run()
    assert [gap.right for gap in duty.vital] == [lease, secret]
    assert len(duty.gaps) == 3


def test_what_is_not_switched_on_needs_no_rights() -> None:
    little = controller_needs(Features("bomgate", "bomgate-controller"))
    assert set(little) == {
        "leading",
        "inventory and audit",
        "custom resources",
        "requests",
        "people at the command line",
    }
    assert set(webhook_needs(Features("bomgate"))) == {"modes of namespaces", "admitted"}
    assert {"break-glass", "platforms of nodes", "reports with SBOMs"} <= set(webhook_needs(ALL))


def test_only_named_objects_are_read_or_changed_where_names_are_known() -> None:
    rights = [right for controller_need in controller_needs(ALL).values() for right in controller_need]
    secrets = [right for right in rights if right.resource == "secrets" and right.verb != "create"]
    assert secrets
    assert all(right.name and right.namespace == "bomgate" for right in secrets)
    configurations = [right for right in rights if right.resource.endswith("webhookconfigurations")]
    assert {right.name for right in configurations} == {"bomgate"}


def test_a_right_is_written_as_people_say_it() -> None:
    assert (
        str(Right("patch", "assessments/status", "bomgate.dev"))
        == "patch assessments.bomgate.dev/status in the cluster"
    )
    assert str(Right("get", "secrets", "", "bomgate", "bomgate-ca")) == "get secrets bomgate-ca in bomgate"
