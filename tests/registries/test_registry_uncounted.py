"""Documents that say nothing of an image, alone in their place: they are no trouble, and keep nothing that is gone."""

from __future__ import annotations

from tests.registries import images
from tests.registries.attesting import Process, att, named
from tests.registries.kit import purls
from tests.registries.layouts import Layout
from webhook.clients.registry.options import AttachmentOptions

LEFT, RIGHT = "pkg:npm/left-pad@1.3.0", "pkg:npm/right-pad@1.0.1"
FRESH = AttachmentOptions(listing_seconds=0)


def stranger(layout: Layout, name: str) -> bytes:
    """An attestation about another image."""
    return images.envelope(images.statement(images.image(layout, name=name), images.cyclonedx(RIGHT)))


def test_an_attestation_of_another_image_is_no_trouble_beside_an_sbom_in_another_place(listing, kit):
    layout = Layout()
    digest = images.image(layout, "1", name="beside")
    images.attached(layout, digest, named(LEFT, "1"))
    att(layout, digest, stranger(layout, "beside-other"))
    layout.push(f"http://{listing}/v2/team/beside")
    image = f"{listing}/team/beside@{digest}"
    found = kit(listing).explain(image)
    assert (found.result, purls(found.sboms), found.incomplete, found.remedy) == ("found", {LEFT}, "", "")
    process = Process(kit(listing, attachments=FRESH))
    process.search(image)
    assert (process.known(digest), process.trouble(image)) == (1, "")
    assert process.look_again(image)
    process.read.clear()
    assert process.look_again(image)
    assert process.read == [], "nothing has changed, so no document is read"


def test_what_was_withdrawn_stops_counting_although_its_place_has_what_does_not_count(plain, kit, signer):
    layout = Layout()
    digest = images.image(layout, "1", name="withdrawn")
    att(layout, digest, signer.envelope(digest, named(LEFT, "1")))
    layout.push(f"http://{plain}/v2/team/withdrawn")
    image = f"{plain}/team/withdrawn@{digest}"
    process = Process(kit(plain, attachments=signer.rule(plain, listing_seconds=0)))
    process.search(image)
    assert process.known(digest) == 1

    att(layout, digest, images.envelope(images.statement(digest, images.cyclonedx(RIGHT))))
    layout.push(f"http://{plain}/v2/team/withdrawn")
    process.look_again(image)
    assert process.known(digest) == 0
    (left,) = process.store.sboms.departures()
    assert left.place == "cosign-attestation"
    found = kit(plain, attachments=signer.rule(plain)).explain(image)
    assert (found.result, found.trouble) == ("unreadable", "")
    assert "no signature of the attestation" in found.incomplete
    assert "cosign attest --key" in found.remedy
