"""Bytes, sizes and digests that do not agree; nothing of them is used."""

from __future__ import annotations

import json

import pytest

from tests.registries import images
from tests.registries.layouts import sha256
from tests.registries.lying import Answer
from tests.registries.world import LIST
from webhook.clients.registry.options import RegistryOptions
from webhook.errors import Final, InvalidInput


def test_bytes_with_another_digest_are_not_used(world):
    lie = world.layout.blobs[f"sha256:{world.blob.rpartition(':')[2]}"].replace(b"left-pad", b"left-bad")
    world.server.on(world.blob, Answer(body=lie))
    with pytest.raises(Final, match="does not match its digest"):
        world.fetch()


def test_a_manifest_with_another_digest_is_not_used(world):
    world.server.on(f"/v2/app/manifests/{world.digest}", Answer(body=world.layout.blobs[world.attached]))
    with pytest.raises(Final, match="does not match its digest"):
        world.fetch()


def test_a_manifest_by_tag_has_to_have_the_digest_that_its_header_states(world):
    headers = {"Docker-Content-Digest": world.attached, "Content-Type": images.OCI_MANIFEST}
    tag = f"/v2/app/manifests/{world.digest.replace(':', '-')}.att"
    world.server.on(tag, Answer(body=world.layout.blobs[world.digest], headers=headers))
    with pytest.raises(Final, match="does not match its digest"):
        world.fetch("cosignAttestation")


def test_a_body_longer_than_its_size_is_refused(world):
    world.server.on(world.blob, Answer(body=b"x" * 100_000))
    with pytest.raises(Final, match="more than the"):
        world.fetch()


def test_a_body_that_says_it_is_too_long_is_not_waited_for(world):
    world.server.on(world.blob, Answer(body=b"", headers={"Content-Length": str(10**12)}))
    with pytest.raises(Final, match="more than the"):
        world.fetch()


def test_an_endless_body_is_left_at_its_size(world):
    chunks = Answer(body=b"5\r\nxxxxx\r\n" * 1000, headers={"Transfer-Encoding": "chunked"})
    world.server.on(world.blob, chunks)
    with pytest.raises(Final, match="more than the"):
        world.fetch()


def test_a_body_shorter_than_its_size_is_refused(world):
    world.server.on(world.blob, Answer(body=b"{}"))
    with pytest.raises(Final, match=r"2 bytes instead of"):
        world.fetch()


def test_an_attachment_larger_than_the_limit_is_unreadable_and_not_read(world, kit):
    with pytest.raises(InvalidInput, match="at most 10 are read"):
        world.fetch(kit=kit(world.server.host, options=RegistryOptions(max_blob_bytes=10)))
    assert world.blob not in world.server.paths()


def test_a_manifest_larger_than_the_limit_is_refused(world, kit):
    with pytest.raises(Final, match="more than the 50 bytes"):
        world.fetch(kit=kit(world.server.host, options=RegistryOptions(max_manifest_bytes=50)))


@pytest.mark.parametrize("size", [-1, 2**60])
def test_a_size_that_cannot_be_is_unreadable(size, world):
    content = json.loads(world.layout.blobs[world.attached])
    content["layers"][0]["size"] = size
    attached = world.layout.manifest(content)
    world.server.hold(world.layout, "app")
    world.server.on(world.list, Answer(body=images.listed(world.layout, attached), headers=LIST))
    with pytest.raises(InvalidInput, match="bytes"):
        world.fetch()


@pytest.mark.parametrize("kind", ["", "application/vnd.docker.distribution.manifest.v1+prettyjws"])
def test_the_old_format_of_images_is_refused(kind, world):
    body = b'{"schemaVersion": 1, "fsLayers": []}'
    world.server.on("/v2/app/manifests/old", Answer(body=body, headers=old_headers(body, kind)))
    with pytest.raises(Final, match="schema 1"):
        world.kit.resolve(f"{world.name}:old")


def old_headers(body: bytes, kind: str) -> dict[str, str]:
    return {"Docker-Content-Digest": sha256(body), "Content-Type": kind} if kind else {}


def test_an_attachment_that_is_listed_and_missing_is_a_problem(world):
    world.server.on(world.manifest, Answer(404))
    with pytest.raises(InvalidInput, match="does not have it"):
        world.fetch()


def test_a_blob_that_is_missing_is_a_refusal(world):
    world.server.on(world.blob, Answer(404))
    with pytest.raises(Final, match="does not have"):
        world.fetch()
