"""The console of the real installation on the node, in Chromium: from a token to a denied Pod and back."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.console.chromium import program
from tests.e2e.manifests import deployment
from tests.e2e.processes import wait_until, within
from tests.node.catalogue import BLOCKED_LATER, LATER_VULNERABILITY
from tests.node.installation import NAMESPACE, Installation, is_denied
from tests.node.node import Node

TRIAGER = "console-triager"
HOST = "console.corp"


@pytest.fixture(scope="module")
def page(bomgate: Installation, node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page of the console, in a browser on the node, signed in with the token of a triager."""
    chromium = program()
    bomgate.release("upgrade", console={"enabled": True, "host": HOST})
    bomgate.kubectl("rollout", "status", "deployment/bomgate-console", "--timeout=120s")
    bomgate.kubectl("create", "serviceaccount", TRIAGER)
    who = f"--serviceaccount={NAMESPACE}:{TRIAGER}"
    node.kubectl("create", "clusterrolebinding", TRIAGER, "--clusterrole=bomgate-triager", who)
    token = bomgate.kubectl("create", "token", TRIAGER, "--audience=bomgate", "--duration=10m").out.strip()
    inside = tmp_path_factory.mktemp("browser") / "chromium"
    inside.write_text(f'#!/bin/sh\nexec {shlex.join(node.in_its_network(chromium))} "$@"\n', encoding="utf-8")
    inside.chmod(0o755)
    service = node.get("service", "-n", NAMESPACE, "bomgate-console")["spec"]["clusterIP"]
    leads = f"--host-resolver-rules=MAP {HOST} {service}"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=inside, args=["--no-sandbox", leads])
            shown = browser.new_page(base_url=f"https://{HOST}", ignore_https_errors=True)
            wait_until(lambda: _answers(shown), 30, "an answer of the console")
            shown.get_by_label("Token").fill(token)
            shown.get_by_role("button", name="Sign in with a token").click()
            expect(shown.get_by_role("heading", name="Overview")).to_be_visible()
            yield shown
            browser.close()
    finally:
        node.kubectl("delete", "clusterrolebinding", TRIAGER)
        bomgate.kubectl("delete", "serviceaccount", TRIAGER)
        bomgate.release("upgrade")
        bomgate.settled()


def _answers(page: Page) -> bool:
    try:
        answer = page.goto("/sign-in")
    except Exception:  # nothing listens yet
        return False
    return answer is not None and answer.ok


def test_a_decision_in_the_browser_denies_the_next_pod_and_its_undo_admits_it(
    bomgate: Installation, node: Node, namespace: str, page: Page
) -> None:
    image = bomgate.shelf.reference(BLOCKED_LATER)
    node.apply(deployment(namespace, "web", image))
    node.kubectl("-n", namespace, "rollout", "status", "deployment/web", within(60))

    page.goto(f"/vulnerabilities/{LATER_VULNERABILITY}")
    page.get_by_role("button", name="Assess …").click()
    page.get_by_label("Blocked").check()
    page.get_by_label("Comment").fill("It is being exploited.")
    page.get_by_label("Namespace").fill(namespace)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="What this changes")).to_contain_text("1 finding changes")
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_role("heading", name="Batch")).to_be_visible()
    batch = page.url.rpartition("/")[2]
    wait_until(lambda: is_denied(bomgate.dry_run(namespace, image)), 20, "the denial of new Pods", pause=0.2)

    page.goto("/audit")
    expect(page.get_by_role("table")).to_contain_text(f"system:serviceaccount:{NAMESPACE}:{TRIAGER}")
    page.goto(f"/batches/{batch}")
    page.get_by_role("button", name="Undo the whole batch").click()
    expect(page.get_by_role("heading", name="Batch")).to_be_visible()
    wait_until(lambda: bomgate.dry_run(namespace, image).code == 0, 20, "new Pods again", pause=0.2)


def test_a_name_that_is_claimed_in_a_pod_is_shown_as_a_claim_of_its_account(bomgate: Installation) -> None:
    given = ("--author", "ada", "--namespace", "nowhere")
    done = bomgate.bomgate("assess", LATER_VULNERABILITY, "--type", "Caution", "--comment", "why", *given)
    listed = bomgate.bomgate("assessments", "list", "--vulnerability", LATER_VULNERABILITY, "--output", "csv").out
    assert f"ada (claimed by system:serviceaccount:{NAMESPACE}:bomgate-webhook)" in listed, done.err
    bomgate.bomgate("assess", LATER_VULNERABILITY, "--clear", *given)
