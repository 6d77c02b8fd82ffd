"""Lists of attachments as no real registry writes them: pages, wrong types, too many, none."""

from __future__ import annotations

import json

import pytest

from tests.registries import images
from tests.registries.attesting import bundle
from tests.registries.lying import Answer
from tests.registries.world import FOUND, LIST
from webhook.clients.registry.options import AttachmentOptions, RegistryOptions
from webhook.errors import Final, TooMuchAttached


def test_every_request_accepts_all_four_types_and_nothing_compressed(world):
    assert world.fetch() == FOUND
    for asked in world.server.asked:
        assert asked.headers["Accept-Encoding"] == "identity"
        if "/manifests/" in asked.path or "/referrers/" in asked.path:
            assert asked.headers["Accept"].count("application/vnd.") == 4


def test_all_pages_of_a_list_are_read(world):
    other = images.attached(world.layout, world.digest, images.cyclonedx("pkg:npm/other@2.0.0"))
    world.server.hold(world.layout, "app")
    first = Answer(
        body=images.listed(world.layout, world.attached), headers={**LIST, "Link": f'<{world.list}/2>; rel="next"'}
    )
    world.server.on(world.list, first)
    world.server.on(f"{world.list}/2", Answer(body=images.listed(world.layout, other), headers=LIST))
    assert world.fetch() == FOUND | {"pkg:npm/other@2.0.0"}


def test_a_list_without_end_is_refused(world):
    endless = Answer(body=images.listed(world.layout), headers={**LIST, "Link": f'<{world.list}>; rel="next"'})
    world.server.on(world.list, endless)
    with pytest.raises(TooMuchAttached, match="more than 20 pages"):
        world.fetch()


def test_a_list_that_goes_on_elsewhere_is_refused(world):
    away = Answer(body=images.listed(world.layout), headers={**LIST, "Link": '<http://192.0.2.1/x>; rel="next"'})
    world.server.on(world.list, away)
    with pytest.raises(Final, match="does not contact"):
        world.fetch()


def test_a_list_that_breaks_off_is_not_a_short_list(world):
    first = Answer(body=images.listed(world.layout), headers={**LIST, "Link": f'<{world.list}/2>; rel="next"'})
    world.server.on(world.list, first)
    with pytest.raises(Final, match="breaks off"):
        world.fetch()


@pytest.mark.parametrize(
    "link",
    ["{}/2; rel=next", '<{}/2; rel="next"', f'<{{}}/{"x" * 9000}>; rel="next"'],
    ids=["without brackets", "without end", "too long"],
)
def test_a_list_that_goes_on_in_a_way_that_nobody_understands_is_not_a_short_list(link, world):
    first = Answer(body=images.listed(world.layout), headers={**LIST, "Link": link.format(world.list)})
    world.server.on(world.list, first)
    with pytest.raises(Final, match="cannot be parsed"):
        world.fetch()


def test_a_list_that_was_never_made_is_empty(world, kit):
    body = json.dumps({"schemaVersion": 2, "mediaType": images.OCI_INDEX, "manifests": None}).encode()
    world.server.on(world.list, Answer(body=body, headers=LIST))
    assert world.fetch() == set()
    world.server.on(world.list, Answer(body=b'{"errors": []}', headers=LIST))
    with pytest.raises(Final, match="neither an image manifest nor an index"):
        world.fetch(kit=kit(world.server.host))


def test_the_manifest_says_what_an_attachment_is_whatever_the_list_says(world):
    entry = world.layout.descriptor(world.attached, artifactType="application/vnd.cncf.notary.signature")
    body = json.dumps({"schemaVersion": 2, "mediaType": images.OCI_INDEX, "manifests": [entry]}).encode()
    world.server.on(world.list, Answer(body=body, headers=LIST))
    assert world.fetch() == FOUND


def test_what_refers_to_another_image_is_not_used(world):
    other = images.image(world.layout, name="other")
    foreign = images.attached(world.layout, other, images.cyclonedx("pkg:npm/foreign@1.0.0"))
    world.server.hold(world.layout, "app")
    world.server.on(world.list, Answer(body=images.listed(world.layout, foreign), headers=LIST))
    assert world.fetch() == set()


@pytest.mark.parametrize("first", ["", "referrers"], ids=["alone", "after another"])
def test_a_place_is_within_its_limits_or_not_whoever_has_read_the_list(first, world, kit):
    envelopes = [
        images.envelope(images.statement(world.digest, images.cyclonedx(f"pkg:npm/p{n}@1.0.0"))) for n in range(6)
    ]
    bundles = [bundle(world.layout, world.digest, envelope) for envelope in envelopes]
    world.server.hold(world.layout, "app")
    world.server.on(world.list, Answer(body=images.listed(world.layout, *bundles), headers=LIST))
    one = kit(world.server.host, options=RegistryOptions(requests_per_image=12))
    if first:
        assert world.fetch(first, kit=one) == set()
    with pytest.raises(TooMuchAttached, match="more than 12 requests"):
        world.fetch("cosignAttestation", kit=one)


def test_a_list_too_long_to_open_is_not_an_image_without_sbom(world, kit):
    others = [
        images.artifact(
            world.layout,
            [("text/plain", b"%d" % n)],
            artifactType="text/x",
            subject=world.layout.descriptor(world.digest),
        )
        for n in range(3)
    ]
    world.server.hold(world.layout, "app")
    world.server.on(world.list, Answer(body=images.listed(world.layout, *others), headers=LIST))
    with pytest.raises(TooMuchAttached, match="3 attachments that may be SBOMs; at most 2 are read"):
        world.fetch(kit=kit(world.server.host, attachments=AttachmentOptions(max_attachments=2)))


def test_what_says_that_it_is_no_sbom_takes_no_place(world, kit):
    others = [
        images.artifact(
            world.layout,
            [("text/plain", b"%d" % n)],
            artifactType="text/x",
            subject=world.layout.descriptor(world.digest),
        )
        for n in range(3)
    ]
    world.server.hold(world.layout, "app")
    entries = [world.layout.descriptor(other, artifactType="application/x.signature") for other in others]
    entries.append(world.layout.descriptor(world.attached, artifactType=images.CYCLONEDX))
    body = json.dumps({"schemaVersion": 2, "mediaType": images.OCI_INDEX, "manifests": entries}).encode()
    world.server.on(world.list, Answer(body=body, headers=LIST))
    assert world.fetch(kit=kit(world.server.host, attachments=AttachmentOptions(max_attachments=2))) == FOUND


@pytest.mark.parametrize("status", [404, 405, 501])
def test_without_a_list_the_older_tag_is_asked(status, world):
    world.server.on(world.list, Answer(status, b"404 page not found"))
    tag = f"/v2/app/manifests/{world.digest.replace(':', '-')}"
    world.server.on(tag, Answer(body=images.listed(world.layout, world.attached), headers=LIST))
    assert world.fetch() == FOUND


def test_a_web_page_in_place_of_a_list_means_that_there_is_none(world):
    world.server.on(world.list, Answer(body=b"<html>welcome</html>", headers={"Content-Type": "text/html"}))
    assert world.fetch() == set()
    assert f"/v2/app/manifests/{world.digest.replace(':', '-')}" in world.server.paths()


@pytest.mark.parametrize("status", [400, 401, 403, 418])
def test_a_refused_list_is_a_refusal(status, world):
    world.server.on(world.list, Answer(status))
    with pytest.raises(Final, match=str(status)):
        world.fetch()
    assert not [path for path in world.server.paths() if path.endswith(world.digest.replace(":", "-"))]


def test_sources_share_what_they_read_of_an_image(world):
    assert world.fetch() == FOUND
    asked = len(world.server.asked)
    world.fetch("cosignAttestation")
    assert world.server.paths()[asked:] == [f"/v2/app/manifests/{world.digest.replace(':', '-')}.att"]
