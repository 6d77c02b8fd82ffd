"""Size: a review of any size is judged or answered, and none is a way past the verdict or into the webhook's memory."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from tests.e2e.processes import wait_until
from tests.e2e.product import Bomgate
from tests.security.serving import IMAGE, Caller, post_head, raw, review, serving

LESS_THAN = "\\u003c"
OTHER = IMAGE.replace("web", "other").replace("a" * 64, "b" * 64)
UNREAD = "bomgate_reviews_unread_total"


@pytest.fixture(scope="module")
def bomgate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bomgate]:
    with serving(tmp_path_factory.mktemp("size"), workers=1) as one:
        yield one


@pytest.fixture
def caller(bomgate: Bomgate) -> Iterator[Caller]:
    one = Caller(bomgate)
    yield one
    one.close()


@pytest.mark.parametrize("number", [10_000, 200_000, 1_500_000])
def test_an_object_of_any_size_is_judged(caller: Caller, number: int) -> None:
    answer = caller.review(review(args=LESS_THAN * number))
    assert not answer["allowed"]
    assert "SBOM" in answer["status"]["message"]


def test_an_update_of_18_megabytes_is_denied_for_a_new_image_and_passes_without_one(caller: Caller) -> None:
    args = LESS_THAN * 1_500_000
    assert not caller.review(review(args=args, old_image=OTHER))["allowed"]
    assert caller.review(review(args=args, old_image=IMAGE))["allowed"]


def test_what_is_larger_is_answered_as_undecided_and_counted(bomgate: Bomgate, caller: Caller) -> None:
    before = bomgate.metric(UNREAD)
    answer = caller.review(review(args="x" * (33 * 1024 * 1024), uid="u-33"))
    assert (answer["uid"], answer["allowed"]) == ("u-33", False)
    assert bomgate.metric(UNREAD) == before + 1
    assert "review not read" in bomgate.log
    # The connection goes on, and so does the next review on it.
    assert not caller.review(review())["allowed"]


def test_what_finds_no_room_until_its_deadline_is_undecided_and_not_left_to_time_out(tmp_path: Path) -> None:
    with serving(tmp_path, workers=1, bodyBudgetMib=8, bodySeconds=60) as small:
        holder = raw(small, post_head(30_000_000, "30s"))
        going_on = True

        def send() -> None:
            for _ in range(28):
                if not going_on:
                    break
                holder.sendall(b" " * 1_000_000)  # it sends, and so keeps its room
                time.sleep(0.2)

        sender = Thread(target=send)
        sender.start()
        time.sleep(1)
        caller = Caller(small)
        answer = caller.review(review(args=LESS_THAN * 300_000, uid="u-late"), "1s")
        assert (answer["uid"], answer["allowed"]) == ("u-late", False)
        assert "no room" in answer["status"]["message"]
        assert small.metric(UNREAD) == 1
        # A short one needs no more room than there is.
        assert "SBOM" in caller.review(review())["status"]["message"]
        going_on = False
        sender.join()
        holder.close()
        # What was in the way is gone, and with it the reason.
        wait_until(
            lambda: "SBOM" in caller.review(review(args=LESS_THAN * 300_000))["status"]["message"], 20, "a verdict"
        )
        caller.close()


def test_the_process_that_decodes_large_reviews_may_die(bomgate: Bomgate, caller: Caller) -> None:
    large = review(args=LESS_THAN * 300_000)
    assert not caller.review(large)["allowed"]
    (worker,) = bomgate.workers()
    for pid in Path(f"/proc/{worker}/task/{worker}/children").read_text().split():
        os.kill(int(pid), signal.SIGKILL)
    answers = [caller.review(large) for _ in range(2)]
    assert [answer["allowed"] for answer in answers] == [False, False]
    assert "SBOM" in answers[1]["status"]["message"]


@pytest.mark.parametrize(
    "body",
    [
        review().replace(b'"name":"web","image"', b'"name":"w\xffeb","image"'),
        review().replace(b'"object":', b'"object":null,"object":'),
        review().replace(b'"operation":', b'"operation":"DELETE","operation":'),
        b"\xff\xfe",
        b"[" * 100_000,
        b"{}",
        b"",
    ],
    ids=["not UTF-8", "object twice", "operation twice", "bytes", "nested", "empty object", "nothing"],
)
def test_what_is_no_review_is_a_400_in_words(caller: Caller, body: bytes) -> None:
    status, answer = caller.post(body)
    assert (status, answer["code"]) == (400, "invalid-input")
    assert not caller.review(review())["allowed"]


def test_the_same_holds_for_large_ones(caller: Caller) -> None:
    large = review(args="x" * 2_000_000)
    assert caller.post(large.replace(b'"name":"web","image"', b'"name":"w\xffeb","image"'))[0] == 400
    assert caller.post(large.replace(b'"object":', b'"object":null,"object":'))[0] == 400
    misshapen = large.replace(b'"containers":[', b'"containers":5,"x":[')
    assert not caller.review(misshapen)["allowed"]


def test_a_body_in_chunks_is_judged_and_a_bad_chunk_is_a_400(bomgate: Bomgate, caller: Caller) -> None:
    assert caller.post(iter([review()[:100], review()[100:]]), encode_chunked=True)[0] == 200
    head = b"POST /validate HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    for chunk in (b"5;=\r\nhello\r\n0\r\n\r\n", b"x\r\nhello\r\n0\r\n\r\n", b"5\r\nhelloXX0\r\n\r\n"):
        with raw(bomgate, head + chunk) as connection:
            assert connection.recv(100).startswith(b"HTTP/1.1 400 ")
    assert "Traceback" not in bomgate.log


def answers(bomgate: Bomgate, sent: bytes, number: int = 1) -> list[tuple[bytes, dict[bytes, bytes], bytes]]:
    """Status line, fields and body of so many answers to what is sent on one connection."""
    found = []
    with raw(bomgate, sent) as connection, connection.makefile("rb") as incoming:
        while len(found) < number:
            status = incoming.readline()
            lines = iter(incoming.readline, b"\r\n")
            fields = dict(line.rstrip().split(b": ", 1) for line in lines)
            if b" 100 " not in status:
                found.append((status, fields, incoming.read(int(fields[b"Content-Length"]))))
    return found


def test_a_usual_request_is_answered_as_one_that_goes_through_wsgi(bomgate: Bomgate) -> None:
    body, usual = review(), post_head(len(review()), "5s")
    ((status, fields, answer),) = answers(bomgate, usual + body)
    assert (status, fields.pop(b"Connection")) == (b"HTTP/1.1 200 OK\r\n", b"keep-alive")
    fields.pop(b"Date")
    end = b"\r\n\r\n"
    for unusual in (
        usual.replace(b" HTTP/1.1", b" HTTP/1.0"),
        usual.replace(end, b"\r\nConnection: close" + end),
        usual.replace(end, b"\r\nExpect: 100-continue" + end),
        usual.replace(b"/validate", b"/%76alidate"),
    ):
        ((_, others, other),) = answers(bomgate, unusual + body)
        assert ({**others, b"Connection": b"", b"Date": b""}, other) == (
            {**fields, b"Connection": b"", b"Date": b""},
            answer,
        )


def test_requests_in_one_packet_are_answered_each_in_its_turn(bomgate: Bomgate) -> None:
    bodies = [review(uid=f"u-{number}") for number in range(5)]
    sent = b"".join(post_head(len(body), "5s") + body for body in bodies)
    found = answers(bomgate, sent, len(bodies))
    assert [json.loads(body)["response"]["uid"] for _, _, body in found] == [f"u-{number}" for number in range(5)]


def test_what_follows_a_body_that_is_no_review_is_the_next_request(bomgate: Bomgate) -> None:
    body = review(uid="u-next")
    sent = post_head(5, "5s") + b"[1,2]" + post_head(len(body), "5s") + body
    (refused, judged) = answers(bomgate, sent, 2)
    assert refused[0].startswith(b"HTTP/1.1 400 ")
    assert json.loads(judged[2])["response"]["uid"] == "u-next"
