"""Trouble that passes, or does not: limits, pauses, cuts, silence, deadlines and budgets."""

from __future__ import annotations

import pytest

from tests.registries.lying import Answer
from tests.registries.world import FOUND
from webhook.clients.registry.options import RegistryOptions
from webhook.errors import DeadlineExceeded, Retryable, TooMuchAttached


def test_a_pause_that_the_registry_asks_for_is_kept(world, waiting):
    busy = Answer(429, headers={"Retry-After": "7"})
    world.server.on(world.list, busy, world.server.answers[world.list][0])
    assert world.fetch(kit=waiting.kit(world.server.host)) == FOUND
    assert waiting.clock.slept == [7.0]


def test_a_pause_longer_than_the_time_left_ends_the_search(world, waiting):
    world.server.on(world.list, Answer(429, headers={"Retry-After": "3600"}))
    with pytest.raises(Retryable, match="too many requests") as trouble:
        world.fetch(kit=waiting.kit(world.server.host))
    assert trouble.value.retry_after is not None
    assert waiting.clock.slept == []
    asked = len(world.server.asked)
    with pytest.raises(Retryable, match="too many requests"):
        world.fetch("cosignAttachment", kit=waiting.last)
    assert len(world.server.asked) == asked, "the registry is left alone"


def test_trouble_in_the_registry_is_tried_again_a_few_times(world, waiting):
    good = world.server.answers[world.list][0]
    world.server.on(world.list, Answer(500), Answer(503), good)
    assert world.fetch(kit=waiting.kit(world.server.host, tries=3)) == FOUND
    world.server.on(world.list, Answer(502))
    with pytest.raises(Retryable, match="502"):
        world.fetch(kit=waiting.kit(world.server.host, tries=3))
    assert world.server.paths().count(world.list) == 6


def test_a_cut_body_is_tried_again(world, waiting):
    whole = world.server.answers[world.blob][0]
    world.server.on(world.blob, Answer(body=whole.body, cut=10), whole)
    assert world.fetch(kit=waiting.kit(world.server.host)) == FOUND
    world.server.on(world.blob, Answer(body=whole.body, cut=10))
    with pytest.raises(Retryable, match="cut off"):
        world.fetch(kit=waiting.kit(world.server.host))


def test_a_registry_that_is_down_is_not_asked_again_at_once(waiting, lying):
    kit = waiting.kit("127.0.0.1:1")
    for _ in range(2):
        with pytest.raises(Retryable, match="cannot be reached"):
            kit.resolve("127.0.0.1:1/app:1")
    assert len(waiting.clock.slept) == 1


def test_a_body_that_drips_ends_with_the_deadline(world):
    whole = world.server.answers[world.blob][0]
    world.server.on(world.blob, Answer(body=whole.body, drip=0.05))
    with pytest.raises(DeadlineExceeded):
        world.fetch(seconds=0.4)


def test_a_silent_registry_ends_the_wait(world, kit):
    world.server.on(world.blob, Answer(body=world.server.answers[world.blob][0].body, drip=5))
    with pytest.raises(Retryable, match="did not answer"):
        world.fetch(kit=kit(world.server.host, options=RegistryOptions(read_seconds=0.2, tries=1)))


def test_a_search_that_asks_too_often_ends(world, kit):
    with pytest.raises(TooMuchAttached, match="more than 2 requests"):
        world.fetch(kit=kit(world.server.host, options=RegistryOptions(requests_per_image=2)))


def test_a_search_that_reads_too_much_ends(world, kit):
    size = len(world.layout.blobs[world.digest]) + 10
    with pytest.raises(TooMuchAttached, match=f"more than {size} bytes"):
        world.fetch(kit=kit(world.server.host, options=RegistryOptions(bytes_per_image=size)))


def test_a_host_gets_its_requests_of_a_minute_and_no_more(world, kit):
    one = kit(world.server.host, options=RegistryOptions(requests_per_minute=3))
    with pytest.raises(Retryable, match="3 requests for this minute"):
        world.fetch(kit=one)
    assert len(world.server.asked) == 3
