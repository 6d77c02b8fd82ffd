"""What ``helm install`` gives on an empty cluster."""

from __future__ import annotations

import json

from tests.e2e.manifests import deployment, pod
from tests.e2e.processes import within
from tests.node import catalogue
from tests.node.conftest import NewNamespace
from tests.node.installation import CONTROLLER, NAMESPACE, WEBHOOK, Installation, is_denied, is_ready
from tests.node.node import Node


def test_every_pod_is_ready_and_none_has_been_restarted(installed: Installation) -> None:
    for component, number in (("webhook", 3), ("controller", 2), ("postgresql", 1)):
        pods = installed.pods(component)
        assert [is_ready(pod) for pod in pods] == [True] * number, component
        restarts = [item["restartCount"] for pod in pods for item in pod["status"]["containerStatuses"]]
        assert restarts == [0] * number, f"{component}\n{installed.explanation(component)}"


def test_no_process_is_root_or_can_change_its_image(installed: Installation) -> None:
    tried = "id -u; touch /opt/new 2>/dev/null && echo writable; cat /proc/self/status | grep -E 'CapEff|NoNewPrivs'"
    for workload, user in ((WEBHOOK, "10001"), (CONTROLLER, "10001"), ("statefulset/bomgate-postgresql", "999")):
        said = installed.kubectl("exec", workload, "--", "sh", "-c", tried).out.split()
        assert said == [user, "CapEff:", "0000000000000000", "NoNewPrivs:", "1"], workload


def test_the_image_brings_no_tool_that_could_install_more(installed: Installation) -> None:
    tried = "command -v pip pip3 gcc make; python3 -m pip --version"
    assert installed.kubectl("exec", WEBHOOK, "-c", "webhook", "--", "sh", "-c", tried, check=False).out == ""


def test_no_process_compiles_what_the_image_has_compiled(installed: Installation) -> None:
    tried = "python -v -c 'import webhook.bootstrap.server' 2>&1 | grep -E 'code object from|stale' | head -3"
    said = installed.kubectl("exec", WEBHOOK, "-c", "webhook", "--", "sh", "-c", tried).out
    assert [line for line in said.splitlines() if "/opt/bomgate/" in line and ".py'" not in line] == []


def test_only_one_controller_leads(installed: Installation) -> None:
    assert installed.leader().split("/")[0] in {
        other_pod["metadata"]["name"] for other_pod in installed.pods("controller")
    }


def test_the_controllers_certificate_is_trusted_by_the_registration(installed: Installation) -> None:
    secret = installed.node.get("secret", "-n", NAMESPACE, "bomgate-webhook-tls")["data"]
    (registration,) = installed.node.get("validatingwebhookconfigurations")["items"]
    assert [entry["clientConfig"]["caBundle"] for entry in registration["webhooks"]] == [secret["ca.crt"]] * 2


def test_the_downloader_has_asked_the_service_about_what_images_contain(bomgate: Installation) -> None:
    listed = json.loads(bomgate.bomgate("vulns", "list", "--output", "json").out)
    assert {"CVE-2026-10001", "CVE-2026-10003"} <= set(json.dumps(listed).split('"'))


def test_a_workload_with_a_blocked_image_is_denied(bomgate: Installation, node: Node, namespace: str) -> None:
    image = bomgate.shelf.reference(catalogue.BLOCKED)
    for manifest in (deployment(namespace, "web", image), pod(namespace, "web", image)):
        ran = node.kubectl("apply", "-f", "-", manifest=manifest, check=False)
        assert is_denied(ran), ran
        for part in ("CVE-2026-10001", "Blocked", bomgate.shelf.digests[catalogue.BLOCKED], "bomgate assess"):
            assert part in ran.err
    assert node.get("pods,deployments", "-n", namespace)["items"] == []


def test_a_workload_with_a_caution_runs_and_people_are_warned(
    bomgate: Installation, node: Node, namespace: str
) -> None:
    manifest = deployment(namespace, "web", bomgate.shelf.reference(catalogue.CAUTION))
    ran = node.kubectl("apply", "-f", "-", manifest=manifest)
    assert "Warning: " in ran.err
    assert "CVE-2026-10003" in ran.err
    node.kubectl("-n", namespace, "rollout", "status", "deployment/web", within(60))


def test_a_clean_workload_runs_without_a_word(bomgate: Installation, node: Node, namespace: str) -> None:
    ran = node.kubectl("apply", "-f", "-", manifest=deployment(namespace, "web", bomgate.shelf.reference("allowed")))
    assert ran.err == ""
    node.kubectl("-n", namespace, "rollout", "status", "deployment/web", within(60))


def test_in_a_namespace_that_only_watches_a_blocked_image_runs_with_a_warning(
    bomgate: Installation, node: Node, new_namespace: NewNamespace
) -> None:
    namespace = new_namespace("warn")
    manifest = deployment(namespace, "web", bomgate.shelf.reference(catalogue.BLOCKED))
    ran = node.kubectl("apply", "-f", "-", manifest=manifest)
    assert "CVE-2026-10001" in ran.err
    node.kubectl("-n", namespace, "rollout", "status", "deployment/web", within(60))
