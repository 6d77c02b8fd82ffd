"""``POST /mutate``: patches, and that it never says no."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from tests.unit.api.test_reviews import review
from tests.worlds import World, digest_of
from webhook.api.answerers import AdmissionFace
from webhook.api.app import create_app
from webhook.engines.admission.mutating import PodPinner
from webhook.model.actions import Action
from webhook.model.policies import Policy
from webhook.telemetry.metrics import Metrics, exposition


class Face:
    """The application on a world with one known tag; it denies whatever goes wrong, where it may."""

    def __init__(self, pinner: Any = None, unready: str | None = None) -> None:
        world = World(Policy(on_error=Action.DENY), resolves=True)
        world.resolver.digests["docker.io/shop/web:1"] = digest_of("web")
        self.metrics = Metrics(CollectorRegistry())
        used = pinner or PodPinner(world.tags)
        face = AdmissionFace(world.reviewer, world.policy, self.metrics, world.clock, lambda: unready, used)
        self.client = create_app(face).flask.test_client()

    def post(self, body: Any) -> dict[str, Any]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.client.post("/mutate?timeout=3s", data=data)
        assert (answer.status_code, answer.content_type) == (200, "application/json")
        return dict(answer.get_json()["response"])

    def counted(self, result: str) -> bool:
        return f'bomgate_mutations_total{{result="{result}"}} 1.0' in exposition(self.metrics.registry)[0].decode()


def pod(image: str) -> dict[str, Any]:
    return {"metadata": {"name": "web"}, "spec": {"containers": [{"name": "c", "image": image}]}}


def test_a_tag_gets_its_digest_by_a_json_patch() -> None:
    face = Face()
    answer = face.post(review(object=pod("shop/web:1")))
    assert (answer["allowed"], answer["patchType"]) == (True, "JSONPatch")
    assert json.loads(base64.b64decode(answer["patch"])) == [
        {"op": "replace", "path": "/spec/containers/0/image", "value": f"shop/web:1@{digest_of('web')}"}
    ]
    assert face.counted("pinned")


def test_what_cannot_be_pinned_passes_without_a_patch() -> None:
    face = Face()
    assert face.post(review(object=pod("shop/none:1"))) == {"uid": "u-1", "allowed": True}
    assert face.counted("unresolved")


@pytest.mark.parametrize("changes", [{"object": {"spec": {"containers": "x"}}}, {"operation": "EAT"}])
def test_what_is_not_understood_passes(changes: dict[str, Any]) -> None:
    face = Face()
    assert face.post(review(**changes)) == {"uid": "u-1", "allowed": True}
    assert face.counted("error")


def test_before_the_read_model_is_loaded_everything_passes() -> None:
    face = Face(unready="not yet")
    assert face.post(review(object=pod("shop/web:1"))) == {"uid": "u-1", "allowed": True}
    assert face.counted("unresolved")


def test_a_bug_lets_the_pod_pass_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    face = Face(pinner=object())
    assert face.post(review(object=pod("shop/web:1"))) == {"uid": "u-1", "allowed": True}
    assert face.counted("error")
    assert "mutation failed" in caplog.text


def test_a_body_that_has_no_uid_is_refused() -> None:
    assert Face().client.post("/mutate", data=b"{}").status_code == 400
