"""Two controllers: one leads, and the other takes over; the webhook does not notice."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.chart.installation import Installation
from tests.e2e.deciding import pod_trier, under_load

NewNamespace = Callable[..., str]


def test_one_of_the_controllers_leads_and_both_are_ready(installation: Installation) -> None:
    installation.leader()
    assert installation.metric("controller", "bomgate_leader") == 1
    assert len(installation.ready("controller")) == 2


def test_another_controller_takes_over_when_the_leader_is_killed_and_no_call_of_the_webhook_fails(
    installation: Installation, new_namespace: NewNamespace
) -> None:
    first = installation.leader()
    with under_load(pod_trier(installation.cluster.client, new_namespace("deny")), pause=0.02):
        process = first.containers[0].process
        assert process is not None
        process.kill()
        second = installation.kubelet.wait(lambda: other(installation, process.pid), 30, "another leader")
        assert "leads now" in second.log
        installation.kubelet.wait(lambda: leads(installation), 30, "one leader in the metrics")
    restarted = installation.kubelet.wait(lambda: len(installation.ready("controller")) == 2, 20, "both ready again")
    assert restarted


def test_a_controller_that_is_deleted_gives_the_lease_back_at_once(installation: Installation) -> None:
    first = installation.leader()
    ran = installation.cluster.kubectl("delete", "pod", first.name, "-n", "bomgate-system", "--wait=false")
    assert ran.code == 0, ran.err
    installation.kubelet.wait(lambda: installation.leader() is not first, 30, "another leader")
    installation.kubelet.wait(lambda: first in installation.kubelet.past, 40, "the end of the first")
    assert "lease given back" in first.log
    installation.kubelet.wait(lambda: len(installation.ready("controller")) == 2, 20, "another controller")


def other(installation: Installation, pid: int) -> object:
    leader = installation.leader()
    return leader if str(pid) not in leader.pids else None


def leads(installation: Installation) -> bool:
    return installation.metric("controller", "bomgate_leader") == 1
