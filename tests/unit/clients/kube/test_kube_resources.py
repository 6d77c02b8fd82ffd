"""Reading the custom resources, and writing their status."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest

from tests.fakes import NOON, FakeClock
from tests.unit.clients.kube.apiserver import Answer, ApiServer
from webhook.clients.kube.api import KubeApi
from webhook.clients.kube.resources import KubeResources, written
from webhook.errors import Final, InvalidInput
from webhook.model.actions import Action
from webhook.model.assessments import AssessmentType, CvssRange, OnExpiry, Scope
from webhook.model.resources import Resource, ResourceKind, ResourceStatus, StatedAssessment

ROOT = "/apis/bomgate.dev/v1alpha1"
STATUS = ResourceStatus(3, True, "Provisioned", "In force.", NOON, 7, NOON + dt.timedelta(days=1), False)


@pytest.fixture
def resources(api: KubeApi, clock: FakeClock) -> KubeResources:
    return KubeResources(api, clock)


def thing(name: str, spec: Any, **more: Any) -> dict[str, Any]:
    metadata = {"name": name, "generation": 3, "creationTimestamp": "2026-03-01T12:00:00Z", "labels": {"a": "b"}}
    return {"apiVersion": "bomgate.dev/v1alpha1", "metadata": metadata, "spec": spec, **more}


def listed(server: ApiServer, plural: str, *things: dict[str, Any], page: str = "", following: str = "") -> None:
    path = f"{ROOT}/{plural}?limit=500" + (f"&continue={page}" if page else "")
    metadata = {"resourceVersion": "1"} | ({"continue": following} if following else {})
    server.answers[path] = Answer(content={"kind": "List", "metadata": metadata, "items": list(things)})


def test_types_of_all_pages_are_read(server: ApiServer, resources: KubeResources) -> None:
    full = {
        "action": "deny",
        "autoAssess": {"min": 8.9, "max": 10},
        "expiresAfterDays": 30,
        "color": "red",
        "onExpiry": "reassess",
        "description": "words",
    }
    listed(server, "assessmenttypes", thing("full", full), following="more")
    listed(server, "assessmenttypes", thing("plain", {"action": "allow"}), page="more")
    found = resources.types()
    assert found is not None
    band = CvssRange(Decimal("8.9"), Decimal("10.0"))
    assert [resource.type for resource in found] == [
        AssessmentType("full", Action.DENY, band, 30, "red", OnExpiry.REASSESS, "words"),
        AssessmentType("plain", Action.ALLOW),
    ]
    assert found[0].resource == Resource(ResourceKind.TYPE, "full", 3, NOON)


def test_assessments_are_read_as_they_are_written(server: ApiServer, resources: KubeResources) -> None:
    full = {
        "vulnerability": "CVE-2021-44228",
        "type": "Blocked",
        "comment": "never",
        "until": "2027-01-01",
        "package": "pkg:npm/a@1",
        "versionRange": ">=1",
        "image": "shop/*",
        "namespace": "shop",
    }
    listed(server, "assessments", thing("full", full), thing("plain", {"vulnerability": "V-1", "type": "Ignore"}))
    found = resources.assessments()
    assert found is not None
    until = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
    scope = Scope("pkg:npm/a@1", ">=1", "shop/*", "shop")
    assert [resource.definition for resource in found] == [
        StatedAssessment("CVE-2021-44228", "Blocked", scope, "never", until),
        StatedAssessment("V-1", "Ignore", Scope(), "", None),
    ]


def test_a_kind_without_objects_is_not_a_kind_that_is_not_known(server: ApiServer, resources: KubeResources) -> None:
    assert (resources.types(), resources.assessments()) == (None, None)
    listed(server, "assessmenttypes")
    assert resources.types() == []


def test_a_refused_page_gives_nothing_at_all(server: ApiServer, resources: KubeResources) -> None:
    listed(server, "assessments", thing("first", {"vulnerability": "V-1", "type": "Ignore"}), following="more")
    server.refuse(f"{ROOT}/assessments?limit=500&continue=more", 403, "no")
    with pytest.raises(Final, match="bomgate may not list"):
        resources.assessments()


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ({"vulnerability": "V-1"}, "not of the documented form"),
        ({"vulnerability": "V-1", "type": "Ignore", "until": "soon"}, "'soon' is not a date"),
        (None, "not of the documented form"),
    ],
)
def test_what_cannot_be_read_is_told_and_harms_no_other(
    server: ApiServer, resources: KubeResources, spec: Any, sentence: str
) -> None:
    listed(server, "assessments", thing("odd", spec), thing("good", {"vulnerability": "V-1", "type": "Ignore"}))
    odd, good = resources.assessments() or ()
    assert (odd.definition, isinstance(odd.resource.problem, InvalidInput)) == (None, True)
    assert sentence in str(odd.resource.problem)
    assert good.definition is not None


def test_a_type_may_take_what_is_exploited(server: ApiServer, resources: KubeResources) -> None:
    spec = {"action": "deny", "autoAssess": {"kev": True, "epss": {"min": 0.1}}}
    listed(server, "assessmenttypes", thing("exploited", spec))
    (found,) = resources.types() or ()
    assert found.type == AssessmentType("exploited", Action.DENY, auto_kev=True, auto_epss=Decimal("0.1"))


@pytest.mark.parametrize(
    "spec",
    [
        {"action": "perhaps"},
        {"action": "deny", "autoAssess": {"min": 9, "max": 8}},
        {"action": "deny", "autoAssess": {"epss": {"min": 2}}},
    ],
)
def test_a_type_that_cannot_be_read_is_told(server: ApiServer, resources: KubeResources, spec: Any) -> None:
    listed(server, "assessmenttypes", thing("odd", spec))
    (odd,) = resources.types() or ()
    assert odd.type is None
    assert odd.resource.problem is not None


@pytest.mark.parametrize("kind", ResourceKind)
def test_a_status_is_read_as_it_was_written(server: ApiServer, resources: KubeResources, kind: ResourceKind) -> None:
    status = STATUS
    if kind is ResourceKind.TYPE:
        status = ResourceStatus(3, False, "Overlaps", "It overlaps.", NOON, range="9.0–10.0")
    content = json.loads(json.dumps(written(kind, status)))
    spec = {"action": "deny", "vulnerability": "V-1", "type": "Ignore"}
    listed(server, "assessmenttypes", thing("one", spec, status=content))
    listed(server, "assessments", thing("one", spec, status=content))
    found = resources.types() if kind is ResourceKind.TYPE else resources.assessments()
    assert found is not None
    assert found[0].resource.status == status


def test_an_assessment_says_who_wrote_it_and_specifications_are_told_apart(
    server: ApiServer, resources: KubeResources
) -> None:
    spec = {"vulnerability": "V-1", "type": "Ignore", "author": "ana"}
    same, other = dict(reversed(spec.items())), {**spec, "comment": "why"}
    listed(server, "assessments", *(thing(f"a{number}", each) for number, each in enumerate((spec, same, other))))
    one, again, changed = resources.assessments() or ()
    assert one.author == "ana"
    assert one.digest == again.digest != changed.digest


@pytest.mark.parametrize("status", [{}, None, {"conditions": "words"}, {"conditions": []}])
def test_a_status_of_nobody_counts_as_none(server: ApiServer, resources: KubeResources, status: Any) -> None:
    listed(server, "assessmenttypes", thing("one", {"action": "deny"}, status=status))
    (one,) = resources.types() or ()
    assert one.resource.status is None


def test_a_status_without_end_takes_the_former_end_away() -> None:
    content = written(ResourceKind.ASSESSMENT, ResourceStatus(1, True, "Provisioned", "In force.", NOON, 0))
    assert (content["until"], content["images"], content["expired"]) == (None, 0, False)
    assert content["conditions"][0]["lastTransitionTime"] == "2026-03-01T12:00:00Z"
