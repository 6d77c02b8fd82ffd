"""What a review of known images costs: calls of bomgate's own functions, and how many modules they are in.

The way from a review to its answer is to be read in one go. ``sys.setprofile`` tells each call, generators and what
dataclasses generate included.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from tests.unit.api.test_app import Face
from tests.unit.api.test_reviews import review
from tests.worlds import LEFTPAD, digest_of
from webhook.api.connections import Connection

MOST_CALLS, MOST_MODULES = 40, 12
MOST_CALLS_AN_IMAGE = 2
HOPS = (
    "webhook.engines.admission.reviewing",
    "webhook.engines.judging.workloads",
    "webhook.engines.judging.images",
    "webhook.policy.evaluation",
)
BAD, GOOD = f"shop/bad@{digest_of('shop/bad:1')}", f"shop/good@{digest_of('shop/good:1')}"


class Socket:
    """What the server puts into the environment of a request."""

    connection = Connection(None, lambda: 0.0)


def post(face: Face, *images: str) -> dict[str, Any]:
    """One WSGI call with a new Deployment, as the server makes it."""
    containers = [{"name": f"c{number}", "image": image} for number, image in enumerate(images)]
    made = {
        "metadata": {"name": "web", "namespace": "shop", "uid": "d-1"},
        "spec": {"template": {"spec": {"containers": containers}}},
    }
    asked = review(object=made, kind={"group": "apps", "version": "v1", "kind": "Deployment"})
    body = json.dumps(asked, separators=(",", ":")).encode()
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/validate",
        "QUERY_STRING": "timeout=5s",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "gunicorn.socket": Socket(),
    }
    answer: dict[str, Any] = json.loads(b"".join(face.client.application.wsgi_app(environ, lambda *_: None)))
    return answer["response"]


@contextmanager
def profiled(note: Callable[[FrameType], None]) -> Iterator[None]:
    """Notes each call of a function of the package."""

    def profile(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_globals.get("__name__", "").startswith("webhook."):
            note(frame)

    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(None)


def calls_of(*images: str) -> list[str]:
    """The calls of a review whose like was answered before, each by its module."""
    face = Face()
    for number in range(len(images)):
        face.world.image(f"shop/good-{number}:1", LEFTPAD)
    for _ in range(2):
        post(face, *images)
    calls: list[str] = []
    with profiled(lambda frame: calls.append(frame.f_globals["__name__"])):
        post(face, *images)
    return calls


@pytest.mark.parametrize("image", [GOOD, "shop/good:1", BAD, "shop/bad:1"])
def test_a_warm_review_takes_few_calls_in_few_modules(image: str) -> None:
    calls = calls_of(image)
    assert len(calls) <= MOST_CALLS, calls
    if image == GOOD:
        assert len(set(calls)) <= MOST_MODULES, sorted(set(calls))


def test_a_further_image_takes_few_calls_more() -> None:
    images = [f"shop/good-{number}@{digest_of(f'shop/good-{number}:1')}" for number in range(4)]
    more = len(calls_of(*images)) - len(calls_of(images[0]))
    assert more <= 3 * MOST_CALLS_AN_IMAGE


def test_from_the_review_to_the_evaluation_there_are_four_hops() -> None:
    ways: set[tuple[str, ...]] = set()

    def note(frame: FrameType) -> None:
        if frame.f_code.co_name == "conclude":
            way: list[str] = []
            at: FrameType | None = frame
            while at is not None and at.f_code.co_name != "answer":
                module = at.f_globals["__name__"]
                if module not in way[-1:]:
                    way.append(module)
                at = at.f_back
            ways.add(tuple(reversed(way)))

    with profiled(note):
        assert post(Face(), GOOD)["allowed"]
    assert ways == {HOPS}


def test_the_warm_answer_is_the_first_one() -> None:
    face = Face()
    for images in ([GOOD], [BAD], [GOOD, BAD], ["shop/good:1", BAD, "not an image"]):
        first = post(face, *images)
        assert [post(face, *images) for _ in range(3)] == [first] * 3
