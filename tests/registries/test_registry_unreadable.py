"""Documents that cannot be read, or do not count, beside those that do: they hide nothing, and none is overlooked."""

from __future__ import annotations

import datetime as dt
import hashlib
import json

import pytest

from tests.registries import images
from tests.registries.attesting import DSSE, Process, att, bundle, fallback, named
from tests.registries.kit import RealClock, purls
from tests.registries.layouts import Layout
from tests.registries.lying import Answer
from tests.registries.world import LIST
from webhook.clients.registry.options import AttachmentOptions, RegistryOptions
from webhook.model.components import Sbom
from webhook.model.images import Digest
from webhook.model.looks import Look
from webhook.model.purls import parse_purl
from webhook.ports import PartlyRead

LEFT, RIGHT = "pkg:npm/left-pad@1.3.0", "pkg:npm/right-pad@1.0.1"
FRESH = AttachmentOptions(listing_seconds=0)


def broken(layout: Layout, digest: str, data: bytes = b"not json") -> str:
    """An attachment that says it is an SBOM."""
    kind, subject = images.CYCLONEDX, layout.descriptor(digest)
    return images.artifact(layout, [(kind, data)], artifactType=kind, subject=subject)


def test_a_document_that_cannot_be_read_leaves_a_trouble_and_takes_nothing_away(world, kit):
    unreadable = broken(world.layout, world.digest)
    world.server.hold(world.layout, "app")
    listed = images.listed(world.layout, unreadable, world.attached)
    world.server.on(world.list, Answer(body=listed, headers=LIST))
    with pytest.raises(PartlyRead, match="no known SBOM format") as raised:
        world.fetch()
    assert (purls(raised.value.sboms), raised.value.is_short) == ({LEFT}, False)
    process = Process(kit(world.server.host, attachments=FRESH))
    image = f"{world.name}@{world.digest}"
    process.search(image)
    assert process.known(world.digest) == 1
    assert "no known SBOM format" in process.trouble(image)
    found = kit(world.server.host).explain(image)
    assert (found.result, "no known SBOM format" in found.incomplete) == ("found", True)
    assert [look.used for look in found.looked if look.document] == [True]

    other = images.attached(world.layout, world.digest, named(RIGHT, "2"))
    world.server.hold(world.layout, "app")
    world.server.on(world.list, Answer(body=images.listed(world.layout, unreadable, other), headers=LIST))
    assert not process.look_again(image)
    assert process.known(world.digest) == 1
    (left,) = process.store.sboms.departures()
    assert left.document_digest == raised.value.sboms[0].document_digest


@pytest.mark.parametrize("data", [b"!", b"[]", b'{"_type": "https://example.com/Other/v1", "predicateType": ""}'])
def test_what_an_earlier_reader_took_out_of_a_statement_goes_on_counting_while_that_cannot_be_opened(world, kit, data):
    """Which document is in it is not known, so nothing that was found in the place before leaves it."""
    kind = "application/vnd.in-toto+json"
    subject = world.layout.descriptor(world.digest)
    sealed = images.artifact(world.layout, [(kind, data)], artifactType=kind, subject=subject)
    world.server.hold(world.layout, "app")
    both = images.listed(world.layout, sealed, world.attached)
    world.server.on(world.list, Answer(body=both, headers=LIST))
    process = Process(kit(world.server.host, attachments=FRESH))
    image = f"{world.name}@{world.digest}"
    former = Sbom("cyclonedx-json", "1.6", f"sha256:{'f' * 64}", (parse_purl(RIGHT),))
    process.store.sboms.record(Digest(world.digest), Look(world.name, {"referrers": [former]}))
    process.look_again(image)
    assert process.known(world.digest) == 2
    assert process.trouble(image)

    world.server.on(world.list, Answer(body=images.listed(world.layout, world.attached), headers=LIST))
    process.look_again(image)
    assert process.known(world.digest) == 1


def test_what_an_earlier_reader_made_of_a_document_goes_on_counting_while_it_is_attached(world, kit):
    """Today's reader refuses the document, and another one is beside it: an upgrade must not loosen."""
    unreadable = broken(world.layout, world.digest)
    world.server.hold(world.layout, "app")
    both = images.listed(world.layout, unreadable, world.attached)
    world.server.on(world.list, Answer(body=both, headers=LIST))
    process = Process(kit(world.server.host, attachments=FRESH))
    image = f"{world.name}@{world.digest}"
    former = Sbom("cyclonedx-json", "1.6", f"sha256:{hashlib.sha256(b'not json').hexdigest()}", (parse_purl(RIGHT),))
    process.store.sboms.record(Digest(world.digest), Look(world.name, {"referrers": [former]}))
    process.look_again(image)
    assert process.known(world.digest) == 2
    assert "no known SBOM format" in process.trouble(image)
    assert process.store.sboms.departures() == []

    world.server.on(world.list, Answer(body=images.listed(world.layout, world.attached), headers=LIST))
    process.look_again(image)
    assert process.known(world.digest) == 1
    assert [left.document_digest for left in process.store.sboms.departures()] == [former.document_digest]


def test_a_document_that_cannot_be_got_any_more_goes_on_counting(world, kit):
    other = images.attached(world.layout, world.digest, named(RIGHT, "2"))
    world.server.hold(world.layout, "app")
    world.server.on(world.list, Answer(body=images.listed(world.layout, world.attached, other), headers=LIST))
    process = Process(kit(world.server.host, attachments=FRESH))
    image = f"{world.name}@{world.digest}"
    process.search(image)
    assert (process.known(world.digest), process.trouble(image)) == (2, "")
    world.server.on(world.blob, Answer(404))
    process.states.clear()
    assert not process.look_again(image)
    assert process.known(world.digest) == 2
    assert "does not have" in process.trouble(image)
    assert process.store.sboms.departures() == []


@pytest.mark.parametrize("lie", ["missing", "large", "damaged"])
def test_one_attachment_that_cannot_be_got_does_not_freeze_the_others(lie, world, kit):
    process = Process(kit(world.server.host, attachments=FRESH, options=RegistryOptions(max_manifest_bytes=5000)))
    image = f"{world.name}@{world.digest}"
    process.search(image)
    assert (process.known(world.digest), process.trouble(image)) == (1, "")
    bad = broken(world.layout, world.digest, b"x" * 10)
    layer = json.loads(world.layout.blobs[bad])["layers"][0]["digest"]
    new = images.attached(world.layout, world.digest, named(RIGHT, "2"))
    world.server.hold(world.layout, "app")
    if lie == "missing":
        world.server.on(f"/v2/app/blobs/{layer}", Answer(404))
    elif lie == "large":
        world.server.on(f"/v2/app/manifests/{bad}", Answer(body=b" " * 6000))
    else:
        world.server.on(f"/v2/app/manifests/{bad}", Answer(body=b"{}"))
    listed = images.listed(world.layout, bad, world.attached, new)
    world.server.on(world.list, Answer(body=listed, headers=LIST))
    assert not process.look_again(image)
    assert process.known(world.digest) == 2
    assert process.trouble(image)


def test_what_nobody_signed_hides_no_signed_sbom_of_a_platform(listing, kit, signer):
    layout = Layout()
    platforms = {"linux/amd64": images.image(layout, name="amd"), "linux/arm64": images.image(layout, name="arm")}
    index = images.index(layout, platforms, "1")
    for digest in platforms.values():
        bundle(layout, digest, signer.envelope(digest, named(LEFT, digest)))
    bundle(layout, index, images.envelope(images.statement(index, images.cyclonedx(RIGHT))))
    bundle(layout, index, b"{}")
    foreign = images.statement(platforms["linux/amd64"], images.cyclonedx(RIGHT))
    bundle(layout, platforms["linux/arm64"], images.envelope(foreign))
    layout.push(f"http://{listing}/v2/team/unsigned-index")
    found = kit(listing, attachments=signer.rule(listing)).explain(f"{listing}/team/unsigned-index:1")
    assert (found.result, purls(found.sboms), found.incomplete) == ("found", {LEFT}, "")
    assert sum("does not count" in look.answer for look in found.looked) == 3


def test_a_signed_document_that_cannot_be_read_is_not_overlooked(plain, kit, signer):
    layout = Layout()
    digest = images.image(layout, "1", name="signed-broken")
    att(layout, digest, signer.envelope(digest, named(LEFT, "1")), signer.envelope(digest, {"bomFormat": "Other"}))
    layout.push(f"http://{plain}/v2/team/signed-broken")
    found = kit(plain, attachments=signer.rule(plain)).explain(f"{plain}/team/signed-broken:1")
    assert (found.result, purls(found.sboms)) == ("found", {LEFT})
    assert found.incomplete.startswith("cosign-attestation: ")


@pytest.mark.parametrize("suffix", [".att", ""], ids=["att", "list"])
def test_a_tag_that_cannot_be_read_hides_nothing(suffix, world, kit, signer):
    layout, digest = world.layout, world.digest
    signed = signer.envelope(digest, named(LEFT, "1"))
    if suffix:
        listed = images.listed(layout, bundle(layout, digest, signed))
        world.server.hold(layout, "app")
        world.server.on(world.list, Answer(body=listed, headers=LIST))
    else:
        att(layout, digest, signed)
        world.server.hold(layout, "app")
        world.server.on(world.list, Answer(404))
    old = Answer(body=json.dumps({"schemaVersion": 1}).encode())
    world.server.on(f"/v2/app/manifests/{digest.replace(':', '-')}{suffix}", old)
    one = kit(world.server.host, attachments=signer.rule(world.server.host))
    found = one.explain(f"{world.name}@{digest}")
    assert (found.result, purls(found.sboms)) == ("found", {LEFT})
    assert "schema 1" in found.incomplete


def test_layers_that_are_no_sboms_take_no_place(plain, kit, signer):
    layout = Layout()
    digest = images.image(layout, "1", name="layers")
    files = [("application/octet-stream", str(number).encode()) for number in range(20)]
    subject = layout.descriptor(digest)
    crowd = images.artifact(layout, files, artifactType="application/vnd.example", subject=subject)
    fallback(layout, digest, crowd, images.attached(layout, digest, images.cyclonedx(RIGHT)))
    images.artifact(
        layout, [*files, (DSSE, signer.envelope(digest, named(LEFT, "1")))], digest.replace(":", "-") + ".att"
    )
    layout.push(f"http://{plain}/v2/team/layers")
    found = kit(plain, attachments=AttachmentOptions(max_layers=10)).explain(f"{plain}/team/layers:1")
    assert (purls(found.sboms), found.incomplete) == ({LEFT, RIGHT}, "")
    found = kit(plain, attachments=signer.rule(plain, max_layers=10)).explain(f"{plain}/team/layers:1")
    assert (purls(found.sboms), found.incomplete) == ({LEFT}, "")


def test_what_was_attached_since_the_list_was_read_is_seen(listing, kit):
    layout = Layout()
    digest = images.image(layout, "1", name="meanwhile")
    images.attached(layout, digest, named(LEFT, "1"))
    layout.push(f"http://{listing}/v2/team/meanwhile")
    image, process = f"{listing}/team/meanwhile@{digest}", Process(kit(listing))
    process.search(image)
    images.attached(layout, digest, named(RIGHT, "2"))
    layout.push(f"http://{listing}/v2/team/meanwhile")
    assert process.look_again(image)
    assert process.known(digest) == 2


def test_a_document_of_the_future_replaces_none(plain, kit, signer):
    layout = Layout()
    digest = images.image(layout, "1", name="future")
    times = {"past": "2020-01-01T00:00:00Z", "now": "2024-01-01T00:00:00Z", "future": "2999-01-01T00:00:00Z"}
    documents = [named(f"pkg:npm/{name}@1.0.0", name, timestamp=time) for name, time in times.items()]
    att(layout, digest, *(signer.envelope(digest, document) for document in documents))
    layout.push(f"http://{plain}/v2/team/future")
    found = kit(plain, attachments=signer.rule(plain, newest=True)).explain(f"{plain}/team/future:1")
    assert purls(found.sboms) == {"pkg:npm/now@1.0.0", "pkg:npm/future@1.0.0"}


def test_a_document_of_the_future_replaces_others_once_its_time_has_come(plain, kit, signer):
    layout = Layout()
    digest = images.image(layout, "1", name="to-come")
    times = {"old": "2024-01-01T00:00:00Z", "new": "2999-01-01T00:00:00Z"}
    documents = [named(f"pkg:npm/{name}@1.0.0", name, timestamp=time) for name, time in times.items()]
    att(layout, digest, *(signer.envelope(digest, document) for document in documents))
    layout.push(f"http://{plain}/v2/team/to-come")
    one = kit(plain, attachments=signer.rule(plain, newest=True, listing_seconds=0))
    image, process = f"{plain}/team/to-come@{digest}", Process(one)
    process.search(image)
    assert process.look_again(image)
    assert process.known(digest) == 2
    one.search._clock = Later()
    assert process.look_again(image)
    assert process.known(digest) == 1
    assert process.look_again(image)
    process.read.clear()
    assert process.look_again(image)
    assert process.read == [], "nothing is to come any more"


class Later(RealClock):
    def now(self) -> dt.datetime:
        return dt.datetime(2999, 1, 2, tzinfo=dt.UTC)


def test_what_was_read_before_the_registry_failed_counts_with_what_is_known_and_never_fewer(world, kit):
    """Two documents are attached; then the second, or what is new, is not given any more."""
    other = images.attached(world.layout, world.digest, named(RIGHT, "2"))
    world.server.hold(world.layout, "app")
    world.server.on(world.list, Answer(body=images.listed(world.layout, world.attached, other), headers=LIST))
    process, image = Process(kit(world.server.host, attachments=FRESH)), f"{world.name}@{world.digest}"
    process.search(image)
    assert process.known(world.digest) == 2
    third = images.attached(world.layout, world.digest, named("pkg:npm/third@1.0.0", "3"))
    world.server.hold(world.layout, "app")
    world.server.on(world.list, Answer(body=images.listed(world.layout, third, other), headers=LIST))
    failing = next(path for path in world.server.answers if path.endswith(f"/manifests/{other}"))
    layer = json.loads(world.server.answers[failing][0].body)["layers"][0]["digest"]
    world.server.on(failing.replace(f"/manifests/{other}", f"/blobs/{layer}"), Answer(503))
    with pytest.raises(PartlyRead, match="503") as raised:
        world.fetch()
    assert (purls(raised.value.sboms), raised.value.is_short, raised.value.is_passing) == (
        {"pkg:npm/third@1.0.0"},
        True,
        True,
    )
    assert not process.look_again(image)
    assert process.known(world.digest) == 3
    assert not process.store.sboms.departures()
    assert process.trouble(image) == "", "it was read whole before, and is looked at again"
    found = kit(world.server.host).explain(image)
    assert (found.result, "503" in found.incomplete) == ("found", True)
