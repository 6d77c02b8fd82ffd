"""That what people decide with ``bomgate assess`` is what the cluster does a moment later."""

from __future__ import annotations

import time
from contextlib import suppress

import kubernetes.client
import pytest

from tests.e2e.answers import Answer, call
from tests.e2e.catalogue import TURNING, reference
from tests.e2e.manifests import pod
from tests.e2e.processes import wait_until
from tests.e2e.product import Bomgate

SECONDS = 2.0
"""Within which a decision of people takes effect."""


def try_pod(core: kubernetes.client.CoreV1Api, namespace: str, image: str) -> Answer:
    """Ask whether a Pod would be admitted."""
    return call(core.create_namespaced_pod_with_http_info, namespace, pod(namespace, "web", image), dry_run="All")


def test_an_assessment_denies_within_two_seconds_and_its_removal_allows_again(
    main: Bomgate, core: kubernetes.client.CoreV1Api, namespace: str
) -> None:
    image, package = reference("turning-0"), TURNING[0].partition("@")[0]
    before = try_pod(core, namespace, image)
    assert before.allowed
    assert "unassessed" in before.warnings[0]

    main.run("assess", "CVE-2026-20000", "--package", package, "--type", "Blocked", "--comment", "seen attacks")
    denied = wait_until(lambda: try_pod(core, namespace, image).denied, SECONDS, "the denial")
    assert denied
    assert "comment: seen attacks" in try_pod(core, namespace, image).text

    main.run("assess", "CVE-2026-20000", "--package", package, "--clear", "--comment", "a mistake")
    wait_until(lambda: try_pod(core, namespace, image).allowed, SECONDS, "the permission")


def test_a_type_that_people_made_and_changed_counts_at_admission(
    main: Bomgate, core: kubernetes.client.CoreV1Api, namespace: str
) -> None:
    image, scope = reference("turning-7"), ("--namespace", namespace)
    main.run("types", "add", "Embargo", "--action", "warn", "--author", "ana")
    main.run("assess", "CVE-2026-20007", *scope, "--type", "Embargo", "--comment", "until the fix")
    wait_until(lambda: "Embargo" in "".join(try_pod(core, namespace, image).warnings), SECONDS, "the warning")
    main.run("types", "edit", "Embargo", "--action", "deny", "--yes", "--author", "ana")
    wait_until(lambda: try_pod(core, namespace, image).denied, SECONDS, "the denial")
    main.run("types", "remove", "Embargo", "--author", "ana")  # a denial does not open because its type goes
    main.run("types", "add", "Embargo", "--action", "allow", "--yes", "--author", "ana")
    wait_until(lambda: try_pod(core, namespace, image).allowed, SECONDS, "the permission")


def test_an_assessment_for_one_namespace_counts_only_there(
    main: Bomgate, core: kubernetes.client.CoreV1Api, namespace: str
) -> None:
    image, package = reference("turning-1"), TURNING[1].partition("@")[0]
    scope = ("--package", package, "--namespace", namespace)
    main.run("assess", "CVE-2026-20001", *scope, "--type", "Blocked", "--comment", "not here")
    wait_until(lambda: try_pod(core, namespace, image).denied, SECONDS, "the denial")
    elsewhere = call(core.create_namespaced_pod_with_http_info, "default", pod("default", "web", image), dry_run="All")
    assert elsewhere.allowed


def test_an_assessment_that_has_expired_denies_no_more_without_anybody_doing_anything(
    main: Bomgate, core: kubernetes.client.CoreV1Api, namespace: str
) -> None:
    image, package = reference("turning-2"), TURNING[2].partition("@")[0]
    block = ("assess", "CVE-2026-20002", "--package", package, "--type", "Blocked", "--comment", "for a moment")
    for life in (8, 30, 90):  # on a busy machine a short one ends before the command is done or anybody has seen it
        until = time.time() + life
        with suppress(AssertionError):
            main.run(*block, "--until", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(until)))
        if is_denied_before(until, core, namespace, image):
            break
    else:
        pytest.fail("no denial was seen before the assessment had expired")
    wait_until(lambda: try_pod(core, namespace, image).allowed, max(0.0, until - time.time()) + 20, "the permission")
    assert "expired, was Blocked" in try_pod(core, namespace, image).warnings[0]


def is_denied_before(until: float, core: kubernetes.client.CoreV1Api, namespace: str, image: str) -> bool:
    """Whether a denial is seen before a moment; a busy machine does not put that moment off."""
    while time.time() < until:
        if try_pod(core, namespace, image).denied:
            return True
        time.sleep(0.05)
    return False
