"""What runs: digests from the status of containers, references with them, and selectors of namespaces."""

from __future__ import annotations

import pytest

from webhook.model.images import Digest
from webhook.model.metadata import LabelSelector, Requirement
from webhook.model.running import ObjectRef, running_digest, with_digest

DIGEST = Digest(f"sha256:{'a' * 64}")


@pytest.mark.parametrize(
    ("image_id", "digest"),
    [
        (f"docker.io/library/nginx@{DIGEST}", DIGEST),
        (f"docker-pullable://nginx@{DIGEST}", DIGEST),
        (DIGEST, None),
        (f"docker://{DIGEST}", None),
        (f"@{DIGEST}", None),
        ("nginx@sha256:short", None),
        ("", None),
    ],
)
def test_only_a_name_with_a_digest_says_what_runs(image_id: str, digest: Digest | None) -> None:
    assert running_digest(image_id) == digest


@pytest.mark.parametrize(
    ("reference", "judged"),
    [
        ("app:1", f"app:1@{DIGEST}"),
        ("app", f"app:latest@{DIGEST}"),
        ("host:5000/app", f"host:5000/app:latest@{DIGEST}"),
        ("app:latest", f"app:latest@{DIGEST}"),
        (f"app@{DIGEST}", f"app@{DIGEST}"),
        ("NOT VALID", "NOT VALID"),
    ],
)
def test_what_is_judged_keeps_its_tag(reference: str, judged: str) -> None:
    assert with_digest(reference, DIGEST) == judged
    assert with_digest(reference, None) == reference


def test_objects_are_named_for_people_and_for_the_api() -> None:
    web = ObjectRef("apps", "v1", "Deployment", "shop", "web", "u")
    assert (web.title, web.api_version) == ("Deployment shop/web", "apps/v1")
    node = ObjectRef("", "v1", "Node", "", "node-1", "u")
    assert (node.title, node.api_version) == ("Node node-1", "v1")


@pytest.mark.parametrize(
    ("requirement", "selected"),
    [
        (Requirement("team", "In", ("a", "b")), {"a"}),
        (Requirement("team", "NotIn", ("a",)), {"c", ""}),
        (Requirement("team", "Exists"), {"a", "c"}),
        (Requirement("team", "DoesNotExist"), {""}),
        (Requirement("team", "Unheard"), {"a", "c", ""}),
    ],
)
def test_a_requirement_holds_as_kubernetes_says(requirement: Requirement, selected: set[str]) -> None:
    labels = {value: {"team": value} if value else {} for value in ("a", "c", "")}
    assert {
        value for value, of in labels.items() if LabelSelector(match_expressions=(requirement,)).matches(of)
    } == selected
