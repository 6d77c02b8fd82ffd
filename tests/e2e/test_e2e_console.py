"""The console of a team: people sign in at a real provider or with tokens, and Roles of a real API server count."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import kubernetes.client
import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.certificates import Authority
from tests.console.chromium import program
from tests.console.oidc import SECRET, RealProvider
from tests.console.world import filled
from tests.e2e.chart.users import create_role, grant
from tests.e2e.cluster import Cluster
from tests.e2e.processes import free_port, wait_until
from tests.e2e.rights import account

CONSOLE = [
    ("authentication.k8s.io", ["tokenreviews"], ["create"]),
    ("authorization.k8s.io", ["subjectaccessreviews"], ["create"]),
    ("", ["events"], ["create", "patch"]),
]
READ = ["vulnerabilities", "packages", "images", "workloads", "assessments"]
SHOP, LAB = "shop", "lab"


@dataclass
class Team:
    """The console, where people reach it, and the cluster that says who they are."""

    cluster: Cluster
    url: str
    ca_file: Path
    provider: RealProvider
    log: Path

    def token(self, name: str, audience: str = "bomgate") -> str:
        """A token of a ServiceAccount in the namespace shop, for ten minutes."""
        core = kubernetes.client.CoreV1Api(self.cluster.client)
        spec = {"audiences": [audience] if audience else [], "expirationSeconds": 600}
        return str(core.create_namespaced_service_account_token(name, SHOP, {"spec": spec}).status.token)

    def call(self, token: str, path: str, body: Any = None) -> requests.Response:
        """A program's request to the API."""
        with requests.Session() as session:
            session.trust_env, session.verify = False, str(self.ca_file)
            headers = {"Authorization": f"Bearer {token}"}
            method = "GET" if body is None else "POST"
            return session.request(method, f"{self.url}/api/v1/{path}", json=body, headers=headers, timeout=60)


@pytest.fixture(scope="module")
def team(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    folder = tmp_path_factory.mktemp("team")
    filled(f"sqlite:///{folder}/b.db", str(folder)).store.close()
    authority, port = Authority("console"), free_port()
    cert, key = authority.issue().write(folder / "tls")
    (folder / "ca.pem").write_bytes(authority.pem)
    url = f"https://127.0.0.1:{port}"  # not localhost, where the provider is: to a browser they are two sites
    provider = RealProvider(folder, f"{url}/sign-in/callback")
    provider.start()
    there = {item.metadata.name for item in kubernetes.client.CoreV1Api(cluster.client).list_namespace().items}
    for name in {SHOP, LAB} - there:
        cluster.create_namespace(name)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BOMGATE_")}
    environment |= {
        "HOME": str(folder),
        "BOMGATE_DATABASE_URL": f"sqlite:///{folder}/b.db",
        "BOMGATE_KUBE_KUBECONFIG": str(account(cluster, "console", CONSOLE, folder)),
        "BOMGATE_OIDC_CLIENT_SECRET": SECRET,
        "BOMGATE_OIDC_SCOPES": "openid,email,groups",
        "BOMGATE_CONSOLE_SESSION_HOURS": "1",
    }
    flags = {"listen": f"127.0.0.1:{port}", "url": url, "tls-cert": cert, "tls-key": key, "oidc-title": "Corp"}
    flags |= {"oidc-issuer": provider.issuer, "oidc-client-id": "bomgate", "oidc-ca-file": provider.ca_file}
    given = [text for name, value in flags.items() for text in (f"--{name}", str(value))]
    log = folder / "console.log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "webhook", "console", "--tokens", *given]
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
    made = Team(cluster, url, folder / "ca.pem", provider, log)
    try:
        wait_until(lambda: _answers(made, process), 90, "the console answers")
        yield made
    finally:
        process.terminate()
        process.wait(30)
        provider.stop()
        shutil.copy(log, folder / "console-of-this-run.log")


def _answers(team: Team, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, team.log.read_text(encoding="utf-8")
    try:
        return team.call("", "types").status_code == 401
    except requests.ConnectionError:
        return False


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=program(), args=["--no-sandbox"])
        yield made
        made.close()


def sign_in_at_the_provider(page: Page, person: str) -> None:
    page.get_by_role("button", name="Sign in with Corp").click()
    page.locator("input[name=login]").fill(person)
    page.locator("input[name=password]").fill("x")
    page.locator("button[type=submit], input[type=submit]").first.click()
    page.get_by_role("button", name="Continue").click()


def test_a_program_is_a_service_account_with_the_rights_of_its_roles(team: Team) -> None:
    core = kubernetes.client.CoreV1Api(team.cluster.client)
    core.create_namespaced_service_account(SHOP, {"metadata": {"name": "ci"}})
    token, user = team.token("ci"), f"system:serviceaccount:{SHOP}:ci"
    assert team.call(token, "workloads").status_code == 403
    grant(team.cluster, user, _reader(team), SHOP)
    wait_until(
        lambda: team.call(token, "workloads").status_code == 200, 60, "the role counts, ten seconds later at most"
    )
    assert [item["namespace"] for item in team.call(token, "workloads").json()["items"]] == [SHOP, SHOP]
    body = {"vulnerabilities": ["CVE-2020-14343"], "type": "Blocked", "comment": "by a program", "namespace": SHOP}
    refused = team.call(token, "decisions", body)
    assert refused.status_code == 403 and refused.json()["code"] == "forbidden"
    explained = team.cluster.kubectl("auth", "can-i", "--list", "-n", SHOP, "--as", user).out
    assert ["assessments.bomgate.dev", "[]", "[]", "[get", "list]"] in [line.split() for line in explained.splitlines()]
    rights = kubernetes.client.RbacAuthorizationV1Api(team.cluster.client)
    writer = create_role(team.cluster, "console-writer", "bomgate.dev", ["assessments"], ["create", "delete"])
    subject = {"kind": "ServiceAccount", "name": "ci", "namespace": SHOP}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": writer}
    rights.create_namespaced_role_binding(
        SHOP, {"metadata": {"name": "ci-writes"}, "roleRef": reference, "subjects": [subject]}
    )
    done: Any = wait_until(lambda: _done(team, token, body), 60, "the right to write counts")
    assert {"title": f"Deployment {SHOP}/worker", "before": "warn", "after": "deny"} in done["workloads"]
    assert team.call(token, "decisions", {**body, "namespace": LAB}).status_code in (400, 403)
    (event,) = [told for told in core.list_namespaced_event(SHOP).items if told.reason == "BomgateDecided"]
    assert user in event.message and done["batch"] in event.message and event.involved_object.name == SHOP
    rights.delete_namespaced_role_binding("ci-writes", SHOP)

    def is_refused() -> bool:
        again = {**body, "type": "Caution", "comment": "again", "dryRun": True}
        return team.call(token, "decisions", again).status_code == 403

    wait_until(is_refused, 60, "the next write is refused")


def _done(team: Team, token: str, body: Any) -> Any:
    answer = team.call(token, "decisions", body)
    return answer.json() if answer.status_code == 200 else None


def _reader(team: Team) -> str:
    rights = kubernetes.client.RbacAuthorizationV1Api(team.cluster.client)
    if "console-reader" not in [role.metadata.name for role in rights.list_cluster_role().items]:
        create_role(team.cluster, "console-reader", "bomgate.dev", READ, ["get", "list"])
    return "console-reader"


def test_only_tokens_for_the_console_that_end_are_taken(team: Team) -> None:
    core = kubernetes.client.CoreV1Api(team.cluster.client)
    core.create_namespaced_service_account(SHOP, {"metadata": {"name": "other"}})
    good = team.token("other")
    assert team.call(good, "workloads").status_code == 403  # known, and without a right
    header, payload, signature = good.split(".")
    for bad in (team.token("other", ""), "guess", f"{header}.{payload}.{signature[::-1]}", good + "x"):
        answer = team.call(bad, "workloads")
        assert (answer.status_code, answer.json()["code"]) == (401, "not-signed-in")
    core.delete_namespaced_service_account("other", SHOP)
    wait_until(lambda: team.call(good, "workloads").status_code == 401, 60, "a token ends with its account")


def test_a_person_signs_in_at_the_provider_decides_and_signs_out(team: Team, browser: Browser) -> None:
    grant(team.cluster, "oidc:ana", _reader(team), SHOP)
    grant(team.cluster, "oidc:ana", create_role(team.cluster, "ana", "bomgate.dev", ["assessments"], ["create"]), SHOP)
    asked = ("auth", "can-i", "--list", "-n", SHOP, "--as", "oidc:ana")
    wait_until(lambda: "[create]" in team.cluster.kubectl(*asked).out, 60, "the roles count")
    context = browser.new_context(ignore_https_errors=True, base_url=team.url)
    page = context.new_page()
    page.goto(f"/workloads?namespace={SHOP}")
    sign_in_at_the_provider(page, "ana")
    # Back where the person wanted to go, though the provider is another site, and with a strict cookie.
    expect(page.get_by_role("heading", name="Workloads")).to_be_visible()
    assert page.url == f"{team.url}/workloads?namespace={SHOP}"
    expect(page.get_by_title("Signed in")).to_have_text("oidc:ana")
    session = _cookies(context)["__Host-bomgate"]
    assert (session["sameSite"], session["httpOnly"], session["secure"], session["path"]) == ("Strict", True, True, "/")
    assert "__Host-bomgate-login" not in _cookies(context)
    page.goto("/vulnerabilities/CVE-2021-23337")
    page.get_by_role("button", name="Assess …").click()
    page.get_by_label("Blocked").check()
    page.get_by_label("Comment").fill("Not in our shop")
    namespace = page.get_by_label("Namespace")
    expect(namespace).to_have_value(SHOP)  # the only one that ana may see
    namespace.fill("")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("alert")).to_contain_text("may not create assessments")  # everywhere
    page.go_back()
    namespace.fill(SHOP)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="What this changes")).to_be_visible()
    _leave(page, context, session["value"])


def _leave(page: Page, context: BrowserContext, former: str) -> None:
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in with Corp")).to_be_visible()
    cookie = {"name": "__Host-bomgate", "value": former, "url": page.url, "secure": True}
    context.add_cookies([cookie])
    page.goto("/workloads")
    expect(page.get_by_role("button", name="Sign in with Corp")).to_be_visible()
    context.close()


def _cookies(context: BrowserContext) -> dict[str, Any]:
    return {str(cookie.get("name")): cookie for cookie in context.cookies()}


def test_a_sign_in_that_somebody_else_began_signs_nobody_in(team: Team, browser: Browser) -> None:
    """An attacker's own way back, sent to somebody: it belongs to another browser."""
    context = browser.new_context(ignore_https_errors=True, base_url=team.url)
    page = context.new_page()
    page.goto("/")
    with page.expect_request(lambda asked: urlsplit(asked.url).path == "/auth") as began:
        page.get_by_role("button", name="Sign in with Corp").click()
    back = team.provider.sign_in(began.value.url, "mallory")
    victim = browser.new_context(ignore_https_errors=True, base_url=team.url)
    other = victim.new_page()
    other.goto(back)
    expect(other.get_by_role("alert")).to_contain_text("in another browser")
    assert "__Host-bomgate" not in _cookies(victim)
    page.goto(back)  # in the browser that began it, it is good once
    expect(page.get_by_text("may not list vulnerabilities")).to_be_visible()
    page.goto(back)
    expect(page.get_by_role("alert")).to_contain_text("already completed")
    victim.close()
    context.close()


def test_no_page_elsewhere_frames_the_console_and_links_from_there_lead_in(team: Team, browser: Browser) -> None:
    context = browser.new_context(ignore_https_errors=True, base_url=team.url)
    page = context.new_page()
    page.route(
        "https://elsewhere.example/*", lambda route: route.fulfill(body=_elsewhere(team), content_type="text/html")
    )
    page.goto("/sign-in")
    page.locator("input[name=token]").fill(_viewer(team))
    page.get_by_role("button", name="Sign in with a token").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.goto("https://elsewhere.example/")
    frame = page.frame(name="trap")
    assert frame is not None and "Workloads" not in frame.content()
    page.get_by_role("link", name="a denial").click()
    expect(page.get_by_role("heading", name="Workloads")).to_be_visible()  # signed in, by a page of the console's own
    page.goto("https://elsewhere.example/")
    page.get_by_role("button", name="Win").click()
    expect(page.get_by_text("did not come from a page of this console")).to_be_visible()
    context.close()


def _viewer(team: Team) -> str:
    core = kubernetes.client.CoreV1Api(team.cluster.client)
    core.create_namespaced_service_account(SHOP, {"metadata": {"name": "viewer"}})
    rights = kubernetes.client.RbacAuthorizationV1Api(team.cluster.client)
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": _reader(team)}
    subject = {"kind": "ServiceAccount", "name": "viewer", "namespace": SHOP}
    rights.create_namespaced_role_binding(
        SHOP, {"metadata": {"name": "viewer"}, "roleRef": reference, "subjects": [subject]}
    )
    token = team.token("viewer")
    wait_until(lambda: team.call(token, "workloads").status_code == 200, 60, "the viewer may look")
    return token


def _elsewhere(team: Team) -> str:
    return (
        f'<iframe name="trap" src="{team.url}/workloads"></iframe><a href="{team.url}/workloads">a denial</a>'
        f'<form method="post" action="{team.url}/sign-out"><button>Win</button></form>'
    )
