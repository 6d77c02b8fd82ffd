"""Errors: whatever comes from outside is the refusal of the place that sent it, and never weakens a verdict."""

from __future__ import annotations

import base64
import itertools
import json
import logging
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.doubles.kubeobjects import ObjectServer
from tests.fakes import FakeOpener
from tests.security.attacked import Listener
from tests.worlds import LEFTPAD, LOG4J, LOG4SHELL, World, digest_of, sbom_of
from webhook.bootstrap import ThreadBackground, open_parts
from webhook.bootstrap.explanations import explained
from webhook.engines.judging.images import ImageChecker
from webhook.engines.judging.workloads import WorkloadJudge
from webhook.errors import Final, SourceError, StoreError
from webhook.model.actions import Action
from webhook.model.deadlines import Deadline
from webhook.model.images import parse_image
from webhook.model.policies import Policy
from webhook.model.pulling import PullAccess
from webhook.model.verdicts import SbomStatus, Verdict
from webhook.model.workloads import ContainerRef, ContainerRole
from webhook.settings import load_settings

STRICT = Policy(missing_sbom=Action.DENY, on_error=Action.ALLOW)
ODD = (
    ValueError("Invalid IPv6 URL"),
    OverflowError("date value out of range"),
    TypeError("'int' object is not iterable"),
    AttributeError("'list' object has no attribute 'items'"),
    KeyError("x"),
    IndexError("x"),
    RecursionError("x"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    MemoryError(),
    AssertionError(),
    OSError(5, "x"),
    RuntimeError("generator raised StopIteration"),
)
NEW = f"shop/new@{digest_of('new')}"


def judged(world: World, image: str) -> Verdict:
    container = ContainerRef(ContainerRole.CONTAINER, "c", image, "spec.containers[0]")
    deadline = Deadline(world.clock.monotonic() + 5)
    return world.judge.judge([container], "shop", deadline).images[0].verdict


# -- every boundary -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("problem", ODD, ids=lambda problem: type(problem).__name__)
def test_an_unexpected_error_in_a_place_is_its_refusal(problem: Exception, caplog: pytest.LogCaptureFixture) -> None:
    world = World(STRICT)
    counted: list[str] = []
    world.faults.count = counted.append
    world.directory.sboms[digest_of("new")] = problem
    verdict = judged(world, NEW)
    assert (verdict.action, verdict.sbom) == (Action.DENY, SbomStatus.REFUSED)
    assert verdict.reasons[0].code == "missing-sbom"
    (error_id,) = [record.__dict__["error_id"] for record in caplog.records if record.levelno == logging.ERROR]
    assert error_id in verdict.reasons[0].text
    assert counted == ["directory"]


@pytest.mark.parametrize("problem", ODD, ids=lambda problem: type(problem).__name__)
def test_an_unexpected_error_while_a_tag_is_resolved_leaves_its_last_known_digest(problem: Exception) -> None:
    world = World(STRICT, resolves=True)
    world.image("shop/bad:1", LOG4J)
    world.answer(LOG4J, LOG4SHELL)
    world.resolver.digests["docker.io/shop/bad:1"] = problem
    assert judged(world, "shop/bad:1").findings, "the last known digest is judged"
    world.resolver.digests["docker.io/shop/new:1"] = problem
    unknown = judged(world, "shop/new:1")
    assert (unknown.action, unknown.sbom) == (Action.DENY, SbomStatus.REFUSED)


@pytest.mark.parametrize("problem", ODD, ids=lambda problem: type(problem).__name__)
def test_an_unexpected_error_in_a_pull_secret_is_a_refusal(problem: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: FakeOpener, access: PullAccess, deadline: Deadline) -> Any:
        raise problem

    monkeypatch.setattr(FakeOpener, "open", fail)
    world = World(STRICT, resolves=True)
    world.image("shop/bad:1", LOG4J)
    world.answer(LOG4J, LOG4SHELL)
    for image in (NEW, "shop/new:1", "shop/bad:1"):
        verdict = judged(world, image)
        assert verdict.action is Action.DENY
        assert all(reason.code != "error" for reason in verdict.reasons)


@pytest.mark.parametrize("on_error", list(Action))
@pytest.mark.parametrize("missing", list(Action))
def test_an_error_of_our_own_counts_no_less_than_a_missing_sbom(
    on_error: Action, missing: Action, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(Policy(on_error=on_error, missing_sbom=missing))

    def fail(*_: object, **__: object) -> Verdict:
        raise ValueError("a bug")

    monkeypatch.setattr(ImageChecker, "check", fail)
    assert judged(world, NEW).action is max(on_error, missing)


def test_what_was_found_and_cannot_be_stored_is_judged_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(STRICT)
    world.image("shop/other:1", LOG4J, LEFTPAD)
    world.answer_all([(LOG4J, [LOG4SHELL]), (LEFTPAD, [])])

    def full(*_: object, **__: object) -> None:
        raise StoreError("disk full")

    for name in ("add", "record", "point"):
        monkeypatch.setattr(world.store.sboms, name, full)
    for name in ("begin", "end"):
        monkeypatch.setattr(world.store.searches, name, full)
    world.directory.sboms[digest_of("new")] = [sbom_of(LOG4J)]
    bad = judged(world, NEW)
    assert (bad.action, bad.findings[0].vulnerability.id) == (Action.DENY, "CVE-2021-44228")
    world.directory.sboms[digest_of("fine")] = [sbom_of(LEFTPAD)]
    assert judged(world, f"shop/fine@{digest_of('fine')}").action is Action.ALLOW
    assert len(world.directory.asked) == 2
    judged(world, NEW)
    assert len(world.directory.asked) == 2, "it is not searched for again at once"


# -- the real clients -----------------------------------------------------------------------------------------------

LISTENERS = 90
SECRET = "/api/v1/namespaces/shop/secrets/"
REPORT = "/apis/aquasecurity.github.io/v1alpha1/clustersbomreports"


class Outside:
    """Registries that answer as they are told, an API server with secrets and reports, and a folder of SBOMs."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.script: bytes = b""
        self._hosts = [Listener(self._answer) for _ in range(LISTENERS)]
        for host in self._hosts:
            stack.callback(host.close)
        self._next, self._numbers = itertools.cycle(self._hosts), itertools.count()
        self.cluster = stack.enter_context(ObjectServer())
        self.sboms = folder / "sboms"
        self.sboms.mkdir()
        config = folder / "bomgate.yaml"
        content = {
            "database": {"url": f"sqlite:///{folder / 'bomgate.db'}"},
            "sbom": {
                "sources": [
                    "directory",
                    "referrers",
                    "buildkit",
                    "cosignAttestation",
                    "cosignAttachment",
                    "clusterReports",
                ],
                "directory": str(self.sboms),
            },
            "registry": {"tries": 1, "retryAfterSeconds": 0, "connectSeconds": 2, "readSeconds": 2},
            "registries": [{"prefix": host.host, "plainHttp": True, "allowPrivate": True} for host in self._hosts],
            "kube": {"kubeconfig": str(self.cluster.kubeconfig(folder / "kubeconfig")), "pullSecrets": True},
            "policy": {"missingSbom": "deny", "unknown": "deny", "onError": "allow"},
        }
        config.write_text(yaml.safe_dump(content))
        self.parts = open_parts(load_settings(config, environment={"HOME": str(folder)}))
        self.parts.store.prepare()
        self.parts.refresher.refresh()
        self.judge: WorkloadJudge = self.parts.judge(self.parts.checker(ThreadBackground()))

    def _answer(self, connection: socket.socket) -> None:
        while b"\r\n\r\n" in connection.recv(65536):
            connection.sendall(self.script.replace(b"{host}", connection.getsockname()[0].encode()))
            if b"Content-Length" not in self.script:
                break
        connection.close()

    def verdicts(self, secret: object = None) -> list[Verdict]:
        """About an unknown image by digest, an unknown one by tag, and a known one by tag."""
        number, host = next(self._numbers), next(self._next).host
        name = f"{host}/x/image-{number}"
        known = parse_image(f"{name}-known:1")
        self.parts.store.sboms.add(digest_of(f"known {number}"), sbom_of("pkg:npm/a@1.0.0"), place="added", image=known)
        self.parts.refresher.refresh()
        access = PullAccess("shop", (f"secret-{number}",)) if secret is not None else PullAccess("shop")
        self.cluster.answers[f"{SECRET}secret-{number}"] = (200, secret)
        images = (f"{name}@{digest_of(f'unknown {number}')}", f"{name}:1", known.text)
        containers = [ContainerRef(ContainerRole.CONTAINER, "c", text, f"c[{text}]") for text in images]
        deadline = Deadline(self.parts.clock.monotonic() + 20)
        return [image.verdict for image in self.judge.judge(containers, "shop", deadline, access).images]


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    with ExitStack() as stack:
        yield Outside(tmp_path_factory.mktemp("outside"), stack)


def assert_refused(verdicts: list[Verdict]) -> None:
    """As from a registry that simply refuses; a valid answer may move a tag to an image that has no SBOM."""
    for verdict in verdicts:
        assert verdict.action is Action.DENY, verdict
        assert all(reason.code != "error" for reason in verdict.reasons), verdict.reasons


def answer(status: str = "200 OK", body: bytes = b"{}", **headers: str) -> bytes:
    lines = [f"{key.replace('_', '-')}: {value}" for key, value in headers.items()]
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *lines])
    return head.encode("latin-1", "replace") + b"\r\n\r\n" + body


def test_a_registry_that_refuses_is_the_measure(outside: Outside) -> None:
    outside.script = answer("403 Forbidden")
    verdicts = outside.verdicts()
    assert_refused(verdicts)
    assert verdicts[2].sbom is SbomStatus.FOUND, "the last known digest is judged"


@pytest.mark.parametrize(
    "script",
    [
        answer("429 Too Many Requests", Retry_After="Mon, 01 Jan 99999999999999999999 00:00:00 GMT"),
        answer("302 Found", Location="http://[x/y"),
        answer("307 Temporary Redirect", Location="http://127.0.0.1:99999999/"),
        answer("401 Unauthorized", WWW_Authenticate='Bearer realm="http://[x/token"'),
        answer("401 Unauthorized", WWW_Authenticate='Bearer realm="",service="' + "x" * 3000),
        answer(Link='<http://[x/>; rel="next"', body=b'{"schemaVersion":2,"manifests":[]}'),
        answer(Docker_Content_Digest="sha256:" + "é" * 64),
        answer("999999 Odd"),
        answer("\xff\xfe"),
        b"\x00" * 100,
        b"HTTP/9.9 200\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 300 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        answer(body=b"[" * 100_000),
        answer(body=b'{"schemaVersion": NaN, "manifests": 7}'),
        answer(body=b'{"mediaType": [], "config": {"digest": 5}, "layers": "x"}'),
    ],
    ids=range(19),
)
def test_an_answer_that_was_seen_to_cause_trouble_is_a_refusal(outside: Outside, script: bytes) -> None:
    outside.script = script
    assert_refused(outside.verdicts())


HEADERS = (
    "Location",
    "WWW-Authenticate",
    "Retry-After",
    "Link",
    "Docker-Content-Digest",
    "Content-Type",
    "OCI-Filters-Applied",
    "Content-Range",
    "Date",
    "Set-Cookie",
)
PIECES = st.sampled_from(
    [
        "http://[x/y",
        "https://",
        "://",
        "Bearer ",
        'realm="',
        '"',
        ",",
        ";",
        "<",
        ">",
        'rel="next"',
        "sha256:",
        "9" * 40,
        "Mon, 01 Jan 99999 00:00:00 GMT",
        "-1",
        "é",
        "\x7f",
        "%zz",
        "0x",
        "..",
        "//",
        "@",
        "[::1",
        "{host}",
        "\t",
        " " * 50,
    ]
)
VALUES = st.lists(PIECES, max_size=6).map("".join)
STATUSES = st.sampled_from(
    ["200 OK", "201", "204 No", "206 P", "301 M", "302 F", "401 U", "403 F", "404 N", "416 R"]
) | (st.sampled_from(["429 T", "500 E", "503 U", "600 X", "99 Y", "", "abc", "200"]))
KEYS = (
    *("mediaType", "manifests", "layers", "config", "digest", "size", "annotations", "subject", "platform"),
    *("schemaVersion", "artifactType", "auths", "auth", "credHelpers", "username", "token"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)
BODIES = st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass"))
BOUNDED = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@BOUNDED
@given(STATUSES, st.dictionaries(st.sampled_from(HEADERS), VALUES, max_size=4), BODIES)
def test_no_answer_of_a_registry_weakens_a_verdict(
    outside: Outside, status: str, headers: dict[str, str], body: bytes
) -> None:
    outside.script = answer(status, body, **headers)
    assert_refused(outside.verdicts())


@BOUNDED
@given(st.binary(max_size=300))
def test_no_bytes_of_a_registry_weaken_a_verdict(outside: Outside, script: bytes) -> None:
    outside.script = script
    assert_refused(outside.verdicts())


@BOUNDED
@given(BODIES | st.sampled_from([b'{"auths":{},"credHelpers":1}', '{"auths":{"r.example":{"auth":"dé"}}}'.encode()]))
def test_no_pull_secret_weakens_a_verdict(outside: Outside, document: bytes) -> None:
    outside.script = answer("401 Unauthorized", WWW_Authenticate='Basic realm="x"')
    data = {".dockerconfigjson": base64.b64encode(document).decode()}
    assert_refused(outside.verdicts({"metadata": {"uid": "u"}, "type": "kubernetes.io/dockerconfigjson", "data": data}))


@BOUNDED
@given(JSON)
def test_no_shape_of_a_secret_or_report_weakens_a_verdict(outside: Outside, object_: Any) -> None:
    outside.script = answer("404 Not Found")
    outside.cluster.answers[REPORT] = (200, json.loads(json.dumps(object_)))
    assert_refused(outside.verdicts(json.loads(json.dumps(object_))))


@BOUNDED
@given(BODIES)
def test_no_file_in_the_directory_weakens_a_verdict(outside: Outside, content: bytes) -> None:
    outside.script = answer("404 Not Found")
    number = next(outside._numbers) + 1
    for name in (f"unknown {number}",):
        (outside.sboms / f"{digest_of(name).replace(':', '-')}.cdx.json").write_bytes(content)
    assert_refused(outside.verdicts())


def test_explain_shows_an_unexpected_error_as_a_refusal(
    outside: Outside, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = outside.parts.places.opener.common

    def fail(*_: object) -> None:
        raise ValueError("Invalid IPv6 URL")

    monkeypatch.setattr(type(opening.resolver), "resolve", fail)
    image = parse_image("127.0.0.1:1/x/y:1")
    explanation = explained(outside.parts, image, Deadline(outside.parts.clock.monotonic() + 5))
    assert (explanation.result, len(explanation.looked)) == ("refused", 1)
    assert "ValueError" in explanation.looked[0].answer
    assert all(record.exc_info is None for record in caplog.records), "no traceback"


def test_the_refusals_that_are_raised_on_purpose_stay_what_they_are() -> None:
    world = World(STRICT)
    counted: list[str] = []
    world.faults.count = counted.append
    for problem in (Final("403"), SourceError("odd")):
        world.directory.sboms[digest_of("new")] = problem
        assert judged(world, NEW).sbom is SbomStatus.REFUSED
    assert counted == []
