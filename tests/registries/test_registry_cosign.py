"""What cosign's tags may hold, made by hand: scopes, other predicates, other images, too much."""

from __future__ import annotations

import hashlib
import json

import pytest

from tests.registries import images
from tests.registries.lying import Answer
from tests.registries.world import FOUND
from webhook.clients.registry.options import AttachmentOptions
from webhook.errors import InvalidInput, TooMuchAttached

DSSE = "application/vnd.dsse.envelope.v1+json"


@pytest.fixture
def tagged(world):
    """Serves an artefact under one of cosign's tags for the image; layers as (media type, bytes, annotations)."""

    def serve(suffix: str, *layers: tuple[str, bytes, dict[str, str]]) -> None:
        world.server.on(world.list, Answer(404))
        images.artifact(world.layout, list(layers), f"{world.digest.replace(':', '-')}.{suffix}")
        world.server.hold(world.layout, "app")

    return serve


def test_an_sbom_of_a_part_of_the_image_is_not_the_sbom_of_the_image(world, tagged):
    data = json.dumps(world.document).encode()
    tagged("sbom", (images.CYCLONEDX, data, {"dev.sigstore.sbom.scope": "layer=sha256:0"}))
    assert world.fetch("cosignAttachment") == set()
    tagged("sbom", (images.CYCLONEDX, data, {"dev.sigstore.sbom.scope": "all"}))
    assert world.fetch("cosignAttachment") == FOUND


def test_attestations_of_something_else_are_not_even_read(world, tagged):
    other = images.envelope(images.statement(world.digest, {}, "https://slsa.dev/provenance/v1"))
    tagged("att", (DSSE, other, {"predicateType": "https://slsa.dev/provenance/v1"}))
    assert world.fetch("cosignAttestation") == set()
    assert not [path for path in world.server.paths() if "/blobs/" in path]


@pytest.mark.parametrize("notes", [{}, {"predicateType": images.CYCLONEDX_PREDICATE}])
def test_the_statement_says_what_it_is_when_its_layer_does_not(notes, world, tagged):
    other = images.envelope(images.statement(world.digest, {}, "https://slsa.dev/provenance/v1"))
    ours = images.envelope(images.statement(world.digest, world.document))
    tagged("att", (DSSE, other, notes), (DSSE, ours, notes))
    assert world.fetch("cosignAttestation") == FOUND


def test_an_attestation_that_was_copied_from_another_image_is_not_believed(world, tagged):
    foreign = images.envelope(images.statement("sha256:" + "1" * 64, world.document))
    tagged("att", (DSSE, foreign, {}))
    with pytest.raises(InvalidInput, match="another image"):
        world.fetch("cosignAttestation")


def test_an_envelope_around_something_else_than_a_statement_is_no_sbom(world, tagged):
    content = json.loads(images.envelope(b"hello"))
    tagged("att", (DSSE, json.dumps({**content, "payloadType": "text/plain"}).encode(), {}))
    assert world.fetch("cosignAttestation") == set()


def test_an_attachment_with_too_many_layers_is_refused(world, tagged, kit):
    ours = images.envelope(images.statement(world.digest, world.document))
    tagged("att", *[(DSSE, ours, {})] * 3)
    with pytest.raises(TooMuchAttached, match="3 layers"):
        world.fetch("cosignAttestation", kit=kit(world.server.host, attachments=AttachmentOptions(max_layers=2)))


def test_a_long_digest_has_no_such_tag_and_that_is_no_error(world):
    body = world.layout.blobs[world.digest]
    digest = f"sha512:{hashlib.sha512(body).hexdigest()}"
    world.server.on(f"/v2/app/manifests/{digest}", Answer(body=body))
    assert world.kit.fetch("cosignAttachment", f"{world.name}@{digest}") == []
