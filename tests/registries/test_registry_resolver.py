"""Tags to digests, and what is done when the registry is down."""

from __future__ import annotations

import pytest

from tests.registries.lying import Answer
from webhook.errors import Retryable


def test_a_tag_is_believed_for_a_while_and_then_asked_again(world, waiting):
    kit = waiting.kit(world.server.host, tag_seconds=300)
    assert kit.resolve(f"{world.name}:1") == world.digest
    assert kit.resolve(f"{world.name}:1") == world.digest
    assert len(world.server.asked) == 1
    waiting.clock.jump(301)
    assert kit.resolve(f"{world.name}:1") == world.digest
    assert len(world.server.asked) == 2


def test_a_registry_that_is_down_is_not_covered_up_with_an_older_answer(world, waiting):
    kit = waiting.kit(world.server.host, tag_seconds=300)
    kit.resolve(f"{world.name}:1")
    waiting.clock.jump(301)
    world.server.on("/v2/app/manifests/1", Answer(503))
    with pytest.raises(Retryable, match="503"):
        kit.resolve(f"{world.name}:1")


def test_a_tag_that_is_gone_is_known_by_nobody(world, waiting):
    kit = waiting.kit(world.server.host, tag_seconds=300)
    kit.resolve(f"{world.name}:1")
    waiting.clock.jump(301)
    world.server.on("/v2/app/manifests/1", Answer(404))
    assert kit.resolve(f"{world.name}:1") is None


def test_a_registry_that_states_no_digest_is_asked_for_the_manifest(world):
    world.server.on("/v2/app/manifests/1", Answer(body=world.layout.blobs[world.digest]))
    assert world.kit.resolve(f"{world.name}:1") == world.digest
    assert [asked.method for asked in world.server.asked] == ["HEAD", "GET"]
