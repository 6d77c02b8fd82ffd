"""The webhook's HTTP face."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client import CollectorRegistry

from tests.unit.api.test_reviews import review
from tests.worlds import LEFTPAD, LOG4J, LOG4SHELL, World
from webhook.api.answerers import AdmissionFace
from webhook.api.app import create_app, parse_timeout
from webhook.api.reviews import MAX_REVIEW_BYTES
from webhook.model.actions import Action
from webhook.model.deadlines import Deadline
from webhook.model.policies import Mode, Policy
from webhook.model.reviews import AdmissionRequest, AdmissionResponse
from webhook.ports import Clock
from webhook.telemetry.metrics import Metrics, exposition


class Face:
    """The application on a small world."""

    def __init__(
        self, policy: Policy | None = None, unready: Callable[[], str | None] = lambda: None, **waiting: Any
    ) -> None:
        self.world = World(policy or Policy())
        self.world.image("shop/bad:1", LOG4J)
        self.world.image("shop/good:1", LEFTPAD)
        self.world.answer_all([(LOG4J, [LOG4SHELL]), (LEFTPAD, [])])
        self.metrics = Metrics(CollectorRegistry())
        face = AdmissionFace(self.world.reviewer, self.world.policy, self.metrics, self.world.clock, unready, **waiting)
        self.client: FlaskClient = create_app(face).flask.test_client()

    def post(self, body: Any, query: str = "", path: str = "/validate") -> dict[str, Any]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.client.post(f"{path}{query}", data=data)
        assert (answer.status_code, answer.content_type) == (200, "application/json")
        return dict(answer.get_json()["response"])

    def scraped(self) -> str:
        return exposition(self.metrics.registry)[0].decode()


def pod(image: str) -> dict[str, Any]:
    return {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"containers": [{"name": "c", "image": image}]}}


def test_a_denial_is_an_http_200_that_says_no() -> None:
    face = Face()
    answer = face.post(review(object=pod("shop/bad:1")), "?timeout=5s")
    assert (answer["uid"], answer["allowed"], answer["status"]["code"]) == ("u-1", False, 403)
    assert "CVE-2021-44228" in answer["status"]["message"]


def test_a_clean_pod_is_allowed() -> None:
    assert Face().post(review(object=pod("shop/good:1"))) == {
        "uid": "u-1",
        "allowed": True,
        "auditAnnotations": {"decision": "allow", "images": "1"},
    }


def test_requests_are_counted_by_decision_and_reason() -> None:
    face = Face()
    face.post(review(object=pod("shop/bad:1")))
    face.post(review(object={"data": {}}, kind={"group": "", "version": "v1", "kind": "ConfigMap"}))
    text = face.scraped()
    assert 'requests_total{decision="deny",kind="Pod",operation="CREATE",reason="findings"} 1.0' in text
    assert 'requests_total{decision="allow",kind="other",operation="CREATE",reason="not-judged"} 1.0' in text
    assert 'duration_seconds_count{decision="deny"} 1.0' in text


@pytest.mark.parametrize("body", [b"", b"{}", b"[", b"\x00", json.dumps({**review(), "apiVersion": "v1"}).encode()])
def test_what_is_no_review_gets_a_400_with_code_and_remedy(body: bytes) -> None:
    answer = Face().client.post("/validate", data=body)
    assert answer.status_code == 400
    assert set(answer.get_json()) == {"code", "message", "remedy"}


def test_a_review_over_the_limit_is_answered_from_its_beginning_as_undecided() -> None:
    face = Face(Policy(on_error=Action.WARN, missing_sbom=Action.DENY))
    body = json.dumps(review(object=pod("shop/good:1"))).encode() + b" " * MAX_REVIEW_BYTES
    answer = face.post(body)
    assert (answer["uid"], answer["allowed"]) == ("u-1", False)
    assert "is larger than" in answer["status"]["message"]
    assert "bomgate_reviews_unread_total 1.0" in face.scraped()


def test_a_body_over_the_limit_that_tells_no_uid_is_refused() -> None:
    answer = Face().client.post("/validate", data=b" " * (MAX_REVIEW_BYTES + 1))
    assert (answer.status_code, answer.get_json()["code"]) == (400, "invalid-input")


def test_a_review_that_comes_before_the_read_model_waits_for_it() -> None:
    reasons = ["the read model is not loaded yet"]
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        reasons.clear()

    face = Face(unready=lambda: reasons[0] if reasons else None, wait_ready=wait)
    assert not face.post(review(object=pod("shop/bad:1")), "?timeout=5s")["allowed"]
    assert waits == [4.5]


def test_what_met_no_read_model_is_decided_by_the_worse_of_two_settings() -> None:
    for on_error, missing in ((Action.DENY, Action.WARN), (Action.WARN, Action.DENY)):
        face = Face(Policy(on_error=on_error, missing_sbom=missing), unready=lambda: "the read model is not loaded yet")
        assert not face.post(review(object=pod("shop/good:1")))["allowed"]


def test_the_probe_says_what_the_whole_server_waits_for() -> None:
    answer = Face(starting=lambda: "1 of 2 workers have loaded the read model").client.get("/readyz")
    assert (answer.status_code, answer.data) == (503, b"1 of 2 workers have loaded the read model\n")


@pytest.mark.parametrize(("on_error", "allowed"), [(Action.ALLOW, True), (Action.WARN, True), (Action.DENY, False)])
def test_an_object_of_the_wrong_shape_is_decided_by_on_error(on_error: Action, allowed: bool) -> None:
    face = Face(Policy(on_error=on_error, missing_sbom=Action.ALLOW))
    answer = face.post(review(object={"spec": {"containers": "x"}}))
    assert (answer["uid"], answer["allowed"]) == ("u-1", allowed)
    assert bool(answer.get("warnings")) == (on_error is Action.WARN)
    assert "bomgate_admission_errors_total 1.0" in face.scraped()


@pytest.mark.parametrize("body", [review(object={"spec": {"containers": "x"}}), review(object=pod("shop/good:1"))])
@pytest.mark.parametrize(
    ("enforce", "path", "allowed", "warned"),
    [
        (Mode.DENY, "/validate", False, False),
        (Mode.WARN, "/validate", True, True),
        (Mode.AUDIT, "/validate", True, False),
        (Mode.OFF, "/validate", True, False),
        (Mode.WARN, "/validate/deny", False, False),
    ],
)
def test_what_could_not_be_decided_is_denied_only_where_denials_are_in_force(
    body: Any, enforce: Mode, path: str, allowed: bool, warned: bool
) -> None:
    face = Face(Policy(on_error=Action.DENY, enforce=enforce), unready=lambda: "the read model is not loaded yet")
    answer = face.post(body, path=path)
    assert (answer["allowed"], bool(answer.get("warnings"))) == (allowed, warned)


def test_what_could_not_be_decided_is_counted() -> None:
    face = Face(Policy(on_error=Action.DENY), unready=lambda: "the read model is not loaded yet")
    face.post(review(object=pod("shop/good:1"), dryRun=False))
    assert 'requests_total{decision="deny",kind="Pod",operation="CREATE",reason="error"} 1.0' in face.scraped()
    face.post(review(object=pod("shop/good:1"), dryRun=True))
    assert 'bomgate_denials_total{area="other",subject="pod"} 1.0' in face.scraped()
    assert face.metrics.counted("bomgate_refusals_total") == {("error",): 1}, "and nothing of the dry run"


def test_the_path_of_namespaces_that_chose_denials_tells_their_mode() -> None:
    face = Face(Policy(enforce=Mode.WARN))
    body = review(object=pod("shop/bad:1"))
    assert face.post(body)["allowed"]
    assert not face.post(body, path="/validate/deny")["allowed"]


def test_a_review_of_an_unknown_kind_is_allowed() -> None:
    unknown = {"group": "example.org", "version": "v9", "kind": "Gadget"}
    assert Face().post(review(kind=unknown, object=[1, 2]))["allowed"]


def test_before_the_read_model_is_loaded_requests_are_decided_by_on_error_and_probes_say_so() -> None:
    face = Face(unready=lambda: "the read model is not loaded yet")
    assert face.client.get("/readyz").status_code == 503
    assert face.client.get("/healthz").status_code == 200
    answer = face.post(review(object=pod("shop/good:1")))
    assert answer["allowed"]
    assert "not loaded yet" in answer["warnings"][0]


def test_probes_of_a_ready_webhook() -> None:
    face = Face()
    assert face.client.get("/readyz").data == face.client.get("/healthz").data == b"ok\n"


def test_other_paths_and_methods_are_json_errors() -> None:
    client = Face().client
    assert client.get("/validate").status_code == 405
    assert client.get("/nothing").get_json()["code"] == "not-found"


class Broken:
    """A reviewer with a bug, which keeps the deadline that it was given."""

    def __init__(self) -> None:
        self.deadlines: list[Deadline] = []
        self.undecided = World(Policy()).reviewer.undecided

    def review(self, request: AdmissionRequest, deadline: Deadline) -> AdmissionResponse:
        self.deadlines.append(deadline)
        raise RuntimeError("bug with sonatype_pat_secret")


def broken_face(clock: Clock) -> tuple[FlaskClient, Broken]:
    broken = Broken()
    reviewer: Any = broken
    face = AdmissionFace(reviewer, Policy(), Metrics(CollectorRegistry()), clock, lambda: None)
    return create_app(face).flask.test_client(), broken


def test_an_exception_becomes_a_decision_with_an_id_that_the_log_has(caplog: pytest.LogCaptureFixture) -> None:
    client, _ = broken_face(World().clock)
    answer = client.post("/validate", data=json.dumps(review())).get_json()["response"]
    error_id = next(getattr(record, "error_id", "") for record in caplog.records)
    assert answer["allowed"]
    assert error_id
    assert error_id in answer["warnings"][0]
    assert "secret" not in answer["warnings"][0]


def test_the_deadline_is_the_api_servers_less_a_margin() -> None:
    world = World()
    client, broken = broken_face(world.clock)
    for query in ("?timeout=5s", "", "?timeout=nonsense"):
        client.post(f"/validate{query}", data=json.dumps(review()))
    left = [deadline.remaining(world.clock.monotonic()) for deadline in broken.deadlines]
    assert left == pytest.approx([4.5, 9.5, 9.5])


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5s", 5.0),
        ("500ms", 0.5),
        ("1m30s", 90.0),
        ("2.5s", 2.5),
        (None, 10.0),
        ("", 10.0),
        ("s", 10.0),
        ("5h", 10.0),
        ("-1s", 10.0),
    ],
)
def test_timeouts_of_the_api_server_are_read(text: str | None, seconds: float) -> None:
    assert parse_timeout(text) == pytest.approx(seconds)
