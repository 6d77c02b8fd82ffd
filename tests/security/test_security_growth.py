"""What a peer or a source sends costs in proportion to its size; steps are counted at two sizes, not seconds."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.security.counting import Counted, grows_with_size
from webhook.api.reviews import _without_repeats, decode_review
from webhook.errors import InvalidInput
from webhook.model.actions import Action
from webhook.model.objects import OddObject, workload_of
from webhook.model.purls import Purl
from webhook.model.verdicts import Finding
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.remedies import assess_commands
from webhook.policy.sameness import with_shared_names
from webhook.settings.kinds import read_kind


def repeated_key(size: int) -> Callable[[], object]:
    pairs: list[tuple[str, Any]] = [(Counted(f"k{number}"), 0) for number in range(size)]
    pairs.append((Counted(f"k{size - 1}"), 1))

    def refused() -> None:
        with pytest.raises(InvalidInput, match="twice in one object"):
            _without_repeats(pairs)

    return refused


def advisories(size: int) -> tuple[Vulnerability, ...]:
    return tuple(
        Vulnerability(Counted(f"DEBIAN-CVE-{n}"), aliases=(f"CVE-{n // 2}",), source="osv:Debian") for n in range(size)
    )


def shared_names(size: int) -> Callable[[], object]:
    given = advisories(size)
    return lambda: with_shared_names(given)


def messages(size: int) -> Callable[[], object]:
    findings = [
        Finding(Purl("pkg:deb/debian/linux@6.1.0-1"), advisory, None, Action.DENY, None, "", None)
        for advisory in advisories(size)
    ]
    return lambda: list(assess_commands(findings, "Ignore"))


@pytest.mark.parametrize(
    "work",
    [repeated_key, shared_names, messages],
    ids=["a repeated key of a review", "advisories of one component", "the message of a denial"],
)
def test_work_grows_no_faster_than_what_is_given(work: Callable[[int], Callable[[], object]]) -> None:
    assert grows_with_size(work)


def test_work_that_grows_with_the_square_of_the_size_would_be_noticed() -> None:
    def work(size: int) -> Callable[[], object]:
        texts = [Counted(number) for number in range(size)]
        return lambda: [texts.count(text) for text in texts]

    assert not grows_with_size(work)


def test_a_repeated_key_of_a_review_is_named() -> None:
    given = {"uid": "u", "operation": "CREATE", "kind": {"group": "", "version": "v1", "kind": "Pod"}}
    whole = json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": given})
    with pytest.raises(InvalidInput, match="the key 'b' twice"):
        decode_review(whole.replace('"uid"', '"options": {"a": 0, "b": 1, "c": 2, "b": 3, "a": 4}, "uid"').encode())


def test_a_long_key_is_not_repeated_for_every_container_below_it() -> None:
    kind = read_kind(0, {"kind": "Job", "group": "x.example", "podSpecPath": ["spec.replicas.*.template.spec"]})
    containers = {"template": {"spec": {"containers": [{"name": "a", "image": "registry.example/shop/web:1"}] * 50}}}
    replicas = {"k" * 100_000: containers, "worker": containers}
    manifest = {"apiVersion": "x.example/v1", "kind": "Job", "spec": {"replicas": replicas}}
    with pytest.raises(OddObject, match="characters; the most are 1,024") as caught:
        workload_of(manifest, [kind])
    assert len(caught.value.message) < 200
    paths = [container.path for container in caught.value.workload.containers]
    assert paths == [f"spec.replicas.worker.template.spec.containers[{number}]" for number in range(50)]
