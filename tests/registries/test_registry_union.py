"""Which SBOMs of an image count, on real registries: all that is attached now, and nothing that was taken away."""

from __future__ import annotations

import pytest
import requests

from tests.registries import images
from tests.registries.attesting import Process, att, bundle, fallback, named
from tests.registries.kit import purls
from tests.registries.layouts import Layout
from tests.registries.lying import Answer
from webhook.clients.registry.options import AttachmentOptions
from webhook.errors import TooMuchAttached
from webhook.model.images import Digest

LEFT, RIGHT = "pkg:npm/left-pad@1.3.0", "pkg:npm/right-pad@1.0.1"


@pytest.mark.parametrize("types", [True, False], ids=["typed", "untyped"])
def test_unsigned_attachments_take_no_place_of_a_signed_sbom(plain, listing, kit, signer, types):
    layout = Layout()
    digest = images.image(layout, "1", name=f"crowded-{types}")
    crowd = [images.attached(layout, digest, named(RIGHT, str(n))) for n in range(40)]
    signed = bundle(layout, digest, signer.envelope(digest, images.cyclonedx(LEFT)))
    fallback(layout, digest, *crowd, signed, types=types)
    for host in (plain, listing):
        layout.push(f"http://{host}/v2/team/crowded-{str(types).lower()}")
        # A list that states no type has to be opened whole; nor does the one with referrers state the true one.
        most = 16 if host == plain and types else 64
        one = kit(host, attachments=signer.rule(host, max_attachments=most))
        found = one.explain(f"{host}/team/crowded-{str(types).lower()}:1")
        assert (found.result, purls(found.sboms), found.incomplete) == ("found", {LEFT}, "")
    unsigned = kit(listing, attachments=AttachmentOptions())
    assert purls(unsigned.explain(f"{listing}/team/crowded-{str(types).lower()}:1").sboms) == {LEFT, RIGHT}


def test_three_hundred_attestations_all_count_and_past_the_limit_none(plain, listing, kit, signer):
    layout = Layout()
    digest = images.image(layout, "1", name="nightly")
    attached = [
        bundle(layout, digest, signer.envelope(digest, named(f"pkg:npm/p{n}@1.0.0", str(n)))) for n in range(300)
    ]
    layout.push(f"http://{listing}/v2/team/nightly")
    image = f"{listing}/team/nightly:1"
    one = kit(listing, attachments=signer.rule(listing))
    assert len(purls(one.fetch("cosignAttestation", image, seconds=120))) == len(attached) == 300
    few = kit(listing, attachments=signer.rule(listing, max_attachments=299))
    with pytest.raises(TooMuchAttached, match="300 attachments"):
        few.fetch("cosignAttestation", image, seconds=120)
    found = few.explain(image)
    assert (found.result, found.sboms) == ("unreadable", ())

    older = Layout()
    digest = images.image(older, "1", name="nightly-tag")
    att(older, digest, *(signer.envelope(digest, named(f"pkg:npm/p{n}@1.0.0", str(n))) for n in range(300)))
    older.push(f"http://{plain}/v2/team/nightly-tag")
    one = kit(plain, attachments=signer.rule(plain))
    assert len(purls(one.fetch("cosignAttestation", f"{plain}/team/nightly-tag:1", seconds=120))) == 300


def test_of_one_signer_type_and_tool_only_the_newest_counts_where_that_is_asked_for(plain, kit, signer):
    layout = Layout()
    digest = images.image(layout, "1", name="dated")
    syft, other = {"components": [{"name": "syft", "version": "1.1"}]}, {"components": [{"name": "other"}]}
    newer_syft = {"components": [{"name": "syft", "version": "1.2"}]}
    documents = [
        named("pkg:npm/old@1.0.0", "1", timestamp="2026-01-01T00:00:00Z", tools=syft),
        named("pkg:npm/new@1.0.0", "2", timestamp="2026-02-01T00:00:00+01:00", tools=newer_syft),
        named("pkg:npm/other@1.0.0", "3", timestamp="2025-01-01T00:00:00Z", tools=other),
        named("pkg:npm/undated@1.0.0", "4", tools=syft),
    ]
    att(layout, digest, *(signer.envelope(digest, document) for document in documents))
    layout.push(f"http://{plain}/v2/team/dated")
    image = f"{plain}/team/dated:1"
    everything = kit(plain, attachments=signer.rule(plain)).explain(image)
    assert len(purls(everything.sboms)) == 4
    found = kit(plain, attachments=signer.rule(plain, newest=True)).explain(image)
    assert purls(found.sboms) == {"pkg:npm/new@1.0.0", "pkg:npm/other@1.0.0", "pkg:npm/undated@1.0.0"}
    (left_out,) = (look for look in found.looked if look.document and not look.used)
    assert "a newer one of the same signer" in left_out.answer
    unsigned = kit(plain, attachments=AttachmentOptions(newest=True)).explain(image)
    assert len(purls(unsigned.sboms)) == 4, "without a key nobody's word on the time counts"


def test_an_attestation_that_was_removed_and_replaced_stops_counting(plain, kit, signer):
    layout = Layout()
    digest = images.image(layout, "1", name="replaced")
    att(layout, digest, signer.envelope(digest, named(LEFT, "1")), signer.envelope(digest, named(RIGHT, "2")))
    layout.push(f"http://{plain}/v2/team/replaced")
    image = f"{plain}/team/replaced@{digest}"
    process = Process(kit(plain, attachments=AttachmentOptions(listing_seconds=0)))
    process.search(image)
    assert process.known(digest) == 2
    assert process.look_again(image)
    process.read.clear()
    assert process.look_again(image)
    assert process.read == [], "nothing has changed, so no document is read"

    att(layout, digest, signer.envelope(digest, named("pkg:npm/other@1.0.0", "3")))
    layout.push(f"http://{plain}/v2/team/replaced")
    assert process.look_again(image)
    assert process.known(digest) == 1
    assert [departure.place for departure in process.store.sboms.departures(Digest(digest))] == [
        "cosign-attestation"
    ] * 2


def test_what_others_took_out_counts_again_although_its_place_looks_as_it_did(listing, kit):
    layout = Layout()
    digest = images.image(layout, "1", name="again")
    attached = images.attached(layout, digest, named(LEFT, "1"))
    images.attached(layout, digest, named(RIGHT, "2"))
    layout.push(f"http://{listing}/v2/team/again")
    image = f"{listing}/team/again@{digest}"
    process = Process(kit(listing, attachments=AttachmentOptions(listing_seconds=0)))
    process.search(image)
    assert process.look_again(image)
    assert process.known(digest) == 2

    states = dict(process.states)
    deleted = requests.delete(f"http://{listing}/v2/team/again/manifests/{attached}", timeout=10)
    assert deleted.status_code == 202
    assert process.look_again(image)  # that of another process, which has other states
    assert process.known(digest) == 1
    layout.push(f"http://{listing}/v2/team/again")
    process.states = states
    assert process.look_again(image)
    assert process.known(digest) == 2


def test_an_image_whose_only_sbom_was_deleted_has_none(listing, kit):
    layout = Layout()
    digest = images.image(layout, "1", name="deleted")
    attached = images.attached(layout, digest, named(LEFT, "1"))
    layout.push(f"http://{listing}/v2/team/deleted")
    image = f"{listing}/team/deleted@{digest}"
    process = Process(kit(listing, attachments=AttachmentOptions(listing_seconds=0)))
    process.search(image)
    assert process.known(digest) == 1
    deleted = requests.delete(f"http://{listing}/v2/team/deleted/manifests/{attached}", timeout=10)
    assert deleted.status_code == 202
    assert process.look_again(image)
    assert process.known(digest) == 0
    assert not process.model.knows(Digest(digest))


def test_the_last_known_stays_while_a_place_refuses(world, kit):
    tag = f"/v2/app/manifests/sha256-{world.digest.removeprefix('sha256:')}.att"
    one = kit(world.server.host, attachments=AttachmentOptions(listing_seconds=0))
    image = f"{world.name}@{world.digest}"
    process = Process(one)
    process.search(image)
    assert (process.known(world.digest), process.model.trouble(Digest(world.digest), world.name)) == (1, "")
    world.server.on(world.list, Answer(status=403))
    world.server.on(tag, Answer(status=403))
    assert not process.look_again(image)
    assert (process.known(world.digest), process.model.trouble(Digest(world.digest), world.name)) == (1, "")


def test_a_place_that_refuses_leaves_a_trouble_beside_what_another_has(world, kit):
    world.server.on(f"/v2/app/manifests/sha256-{world.digest.removeprefix('sha256:')}.att", Answer(status=403))
    process = Process(kit(world.server.host))
    process.search(f"{world.name}@{world.digest}")
    assert process.known(world.digest) == 1
    assert process.model.trouble(Digest(world.digest), world.name).startswith("cosign-attestation: ")


def test_two_places_count_together(plain, kit):
    layout = Layout()
    digest = images.image(layout, "1", name="two")
    fallback(layout, digest, images.attached(layout, digest, named(LEFT, "1")))
    att(layout, digest, images.envelope(images.statement(digest, named(RIGHT, "2"))))
    layout.push(f"http://{plain}/v2/team/two")
    found = kit(plain).explain(f"{plain}/team/two:1")
    assert purls(found.sboms) == {LEFT, RIGHT}
    assert {look.place for look in found.looked if look.used} == {"fallback-tag", "cosign-attestation"}
    process = Process(kit(plain))
    process.search(f"{plain}/team/two@{digest}")
    assert process.known(digest) == 2
