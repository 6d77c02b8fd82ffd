"""Tags to digests, and what is done when the registry is down."""

from __future__ import annotations

import pytest

from tests.registries.lying import Answer
from webhook.errors import Final
from webhook.model.images import parse_image


def test_a_tag_is_believed_for_a_while_and_then_asked_again(world, waiting):
    kit = waiting.kit(world.server.host, tag_seconds=300)
    assert kit.resolve(f"{world.name}:1") == world.digest
    assert kit.resolve(f"{world.name}:1") == world.digest
    assert len(world.server.asked) == 1
    waiting.clock.jump(301)
    assert kit.resolve(f"{world.name}:1") == world.digest
    assert len(world.server.asked) == 2


def test_the_last_known_digest_is_used_and_said_so_when_the_registry_is_down(world, waiting):
    kit = waiting.kit(world.server.host, tag_seconds=300)
    kit.resolve(f"{world.name}:1")
    waiting.clock.jump(301)
    world.server.on("/v2/app/manifests/1", Answer(503))
    found = kit.resolver.look_up(parse_image(f"{world.name}:1"), kit.deadline())
    assert found.digest == world.digest
    assert "503" in found.remark
    world.server.on("/v2/app/manifests/1", Answer(403))
    with pytest.raises(Final):
        kit.resolve(f"{world.name}:1")


def test_a_registry_that_states_no_digest_is_asked_for_the_manifest(world):
    world.server.on("/v2/app/manifests/1", Answer(body=world.layout.blobs[world.digest]))
    assert world.kit.resolve(f"{world.name}:1") == world.digest
    assert [asked.method for asked in world.server.asked] == ["HEAD", "GET"]
