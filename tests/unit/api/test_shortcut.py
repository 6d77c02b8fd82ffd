"""Reviews are answered before Flask, whatever form their request has."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from tests.unit.api.test_app import Face, pod
from tests.unit.api.test_reviews import review
from webhook.api.app import PATHS
from webhook.model.policies import Mode, Policy


def call(face: Face, body: bytes, **environ: Any) -> tuple[str, dict[str, str], bytes]:
    """One WSGI call, as the server makes it."""
    started: list[tuple[str, dict[str, str]]] = []
    request = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/validate",
        "QUERY_STRING": "timeout=5s",
        "SCRIPT_NAME": "",
        "SERVER_NAME": "x",
        "SERVER_PORT": "1",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "CONTENT_LENGTH": str(len(body)),
        **environ,
    }
    parts = face.client.application.wsgi_app(request, lambda status, headers: started.append((status, dict(headers))))
    answer = b"".join(parts)
    return started[0][0], started[0][1], answer


@pytest.mark.parametrize("image", ["shop/bad:1", "shop/good:1", "shop/unheard:1"])
def test_a_request_of_stated_length_and_a_chunked_one_get_the_same_answer(image: str) -> None:
    face = Face()
    body = json.dumps(review(object=pod(image))).encode()
    short, long = call(face, body), call(face, body, CONTENT_LENGTH="")
    assert short[0] == long[0] == "200 OK"
    assert short[1] == long[1]
    assert short[2] == long[2]


@pytest.mark.parametrize("length", ["-1", "x", "²", "99999999999"])
def test_an_odd_length_is_refused_or_answered_as_undecided(length: str) -> None:
    status, _, _ = call(Face(), json.dumps(review()).encode(), CONTENT_LENGTH=length)
    assert status == ("200 OK" if length == "99999999999" else "400 Bad Request")


def test_a_bad_body_is_answered_with_a_json_error() -> None:
    status, headers, body = call(Face(), b"{}")
    assert (status, headers["Content-Type"]) == ("400 Bad Request", "application/json")
    assert json.loads(body)["code"] == "invalid-input"


def test_the_timeout_is_found_among_other_parameters() -> None:
    face = Face()
    body = json.dumps(review(object=pod("shop/good:1"))).encode()
    assert call(face, body, QUERY_STRING="a=b&timeout=5s&c")[0] == "200 OK"


def test_both_paths_get_the_same_answer_with_and_without_a_stated_length() -> None:
    face = Face(Policy(enforce=Mode.WARN))
    body = json.dumps(review(object=pod("shop/bad:1"))).encode()
    answers = {}
    for path in PATHS:
        short, long = call(face, body, PATH_INFO=path), call(face, body, PATH_INFO=path, CONTENT_LENGTH="")
        assert short == long
        answers[path] = json.loads(short[2])["response"]["allowed"]
    assert answers == {"/validate": True, "/validate/deny": False}
