"""VEX documents that are attached to images, in real registries."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.copies import replace
from tests.registries import images
from tests.registries.attesting import BUNDLE, Process, Signer, att, fallback
from tests.registries.layouts import Layout
from tests.vexdocuments import csaf, cyclonedx, openvex, stated
from webhook.clients.registry.attaching import Attachment, attach
from webhook.clients.registry.signatures import read_public_key, signer_with
from webhook.clients.registry.vexattestations import VexAttestations
from webhook.engines.vexintake import VexIntake
from webhook.errors import Retryable, UnusableAnswer
from webhook.model.images import Digest, parse_image
from webhook.model.purls import parse_purl
from webhook.model.vex import VexOriginKind
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.precedence import Place
from webhook.policy.vex import VexIndex
from webhook.policy.vextrust import TrustedVex, VexTrust
from webhook.store.options import StoreOptions
from webhook.store.repositories import open_store

OPENVEX = "https://openvex.dev/ns/v0.2.0"
LATER = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
CSAF = "https://docs.oasis-open.org/csaf/csaf/v2.0/csaf_json_schema.json"
SBOM = images.cyclonedx("pkg:npm/left-pad@1.2.3")


def wrapped(layout: Layout, digest: str, envelope: bytes, kind: str = OPENVEX) -> str:
    """A bundle that refers to an image, as cosign 3 writes it."""
    data = json.dumps({"mediaType": BUNDLE, "dsseEnvelope": json.loads(envelope)}).encode()
    kinds = {"dev.sigstore.bundle.predicateType": kind}
    return images.artifact(
        layout, [(BUNDLE, data)], artifactType=BUNDLE, subject=layout.descriptor(digest), annotations=kinds
    )


def scout(layout: Layout, digest: str, document: dict) -> str:
    """An unsigned statement that refers to an image, as docker scout writes it."""
    data = images.statement(digest, document, OPENVEX)
    layer = (images.IN_TOTO, data, {"in-toto.io/predicate-type": OPENVEX})
    return images.artifact(layout, [layer], artifactType=images.IN_TOTO, subject=layout.descriptor(digest))


def places(kit, *signers: Signer) -> VexAttestations:
    return VexAttestations(kit.search, [read_public_key(signer.file) for signer in signers])


def looked(place: VexAttestations, kit, image: str, *, everything: bool = False):
    reference = parse_image(image)
    look = place.examine if everything else place.fetch
    return look(reference, reference.digest, kit.deadline())


@pytest.fixture
def other(tmp_path):
    (tmp_path / "other").mkdir()
    return Signer(tmp_path / "other")


def document(number: int = 1, **members) -> dict:
    return json.loads(openvex(stated(products=[], **members), **{"@id": f"https://supplier.example/{number}"}))


def test_what_a_listed_key_signed_is_found_behind_the_tag_and_in_the_list(plain, kit, signer, other):
    layout = Layout()
    digest = images.image(layout, "1", name="vex-kinds")
    att(
        layout,
        digest,
        signer.envelope(digest, document(1), OPENVEX),
        signer.envelope(digest, json.loads(csaf()), CSAF),
        signer.envelope(digest, {"Data": json.dumps(document(2))}, "https://cosign.sigstore.dev/attestation/v1"),
        signer.envelope(digest, SBOM),
        other.envelope(digest, document(3), OPENVEX),
    )
    bundled = wrapped(layout, digest, signer.envelope(digest, json.loads(cyclonedx()), images.CYCLONEDX_PREDICATE))
    fallback(layout, digest, bundled, scout(layout, digest, document(4)))
    layout.push(f"http://{plain}/v2/team/vex-kinds")
    one = kit(plain)
    image = f"{plain}/team/vex-kinds@{digest}"
    found = looked(places(one, signer), one, image)
    assert {each.document.id for each in found.attached} == {
        "https://supplier.example/1",
        "https://supplier.example/2",
        "https://supplier.example SUPPLIER-2026-1",
        "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
    }
    assert {each.signer for each in found.attached} == {read_public_key(signer.file).fingerprint}
    assert {each.subject for each in found.attached} == {digest}
    every = looked(places(one, signer), one, image, everything=True)
    unsigned = {each.document.id for each in every.attached if not each.signer}
    assert unsigned == {"https://supplier.example/3", "https://supplier.example/4"}
    assert looked(places(one), one, image).attached == ()


def test_a_statement_about_another_image_and_a_damaged_document_do_not_count(plain, kit, signer):
    layout = Layout()
    digest, elsewhere = images.image(layout, "1", name="vex-odd"), "sha256:" + "00" * 32
    att(
        layout,
        digest,
        signer.envelope(elsewhere, document(), OPENVEX),
        signer.envelope(digest, {"@context": "https://openvex.dev/ns", "statements": 7}, OPENVEX),
    )
    layout.push(f"http://{plain}/v2/team/vex-odd")
    one = kit(plain)
    found = looked(places(one, signer), one, f"{plain}/team/vex-odd@{digest}")
    assert (found.attached, len(found.remarks)) == ((), 2)
    assert "another image" in " ".join(found.remarks)
    assert "what a listed key has signed cannot be read" in found.trouble


def test_what_is_attached_to_a_platform_says_to_which_of_them(listing, kit, signer):
    layout = Layout()
    platforms = {f"linux/{cpu}": images.image(layout, name=f"vex-{cpu}") for cpu in ("amd64", "arm64")}
    digest = images.index(layout, platforms, "1")
    amd = platforms["linux/amd64"]
    wrapped(layout, amd, signer.envelope(amd, document(), OPENVEX))
    layout.push(f"http://{listing}/v2/team/vex-index")
    one = kit(listing)
    (found,) = looked(places(one, signer), one, f"{listing}/team/vex-index@{digest}").attached
    assert found.subject == amd
    assert set(found.parts) == set(platforms.values())


def test_of_too_much_nothing_is_read_and_that_is_said(plain, kit, signer):
    layout = Layout()
    digest = images.image(layout, "1", name="vex-many")
    fallback(layout, digest, *(scout(layout, digest, document(number)) for number in range(3)))
    layout.push(f"http://{plain}/v2/team/vex-many")
    one = kit(plain)
    one.search.options = replace(one.search.options, max_attachments=2)
    found = looked(places(one, signer), one, f"{plain}/team/vex-many@{digest}")
    assert found.attached == ()
    assert "3 attachments that may be VEX documents" in found.trouble


def junk(layout: Layout, digest: str) -> str:
    """A bundle that refers to an image, and is larger than it says."""
    content = json.loads(layout.blobs[wrapped(layout, digest, b'{"payload": "eHh4eA==", "signatures": []}')])
    content["layers"][0]["size"] = 5
    return layout.manifest(content)


def test_junk_hides_nothing_that_loosens_and_what_is_removed_behind_it_stays_without_effect(
    plain, kit, signer, tmp_path
):
    layout, repository = Layout(), f"{plain}/team/vex-junk"
    digest = images.image(layout, "1", name="vex-junk")
    att(layout, digest, signer.envelope(digest, SBOM), signer.envelope(digest, document(), OPENVEX))
    layout.push(f"http://{plain}/v2/team/vex-junk")
    one = kit(plain)
    place, store = places(one, signer), open_store(StoreOptions(url=f"sqlite:///{tmp_path}/vex.db"), one.clock)
    intake = VexIntake(store.vex, (), one.clock)
    trust = VexTrust((TrustedVex(VexOriginKind.ATTESTATION, read_public_key(signer.file).fingerprint),))
    image = parse_image(f"{repository}@{digest}")
    where = Place(image, Digest(digest), "shop")
    found = Vulnerability("CVE-2026-1")

    def is_loosened() -> bool:
        intake.attached(Digest(digest), image.name, looked(place, one, image.text))
        evidence = VexIndex(trust, store.vex.find()).evidence(found, parse_purl("pkg:npm/a@1.0.0"), where, LATER)
        return evidence.claim is not None

    assert is_loosened()
    hidden = Layout()
    images.image(hidden, "1", name="vex-junk")
    att(hidden, digest, signer.envelope(digest, SBOM))
    fallback(hidden, digest, junk(hidden, digest))
    hidden.push(f"http://{plain}/v2/team/vex-junk")
    assert not is_loosened()
    (held,) = store.vex.find()
    assert (held.gone_at, bool(held.document.statements)) == (None, True)
    assert "5 bytes" in held.trouble
    fallback(layout, digest)
    layout.push(f"http://{plain}/v2/team/vex-junk")
    assert is_loosened(), "once the junk is deleted"
    store.close()


def test_time_that_runs_out_and_unforeseen_errors_hide_nothing_that_loosens(plain, kit, signer, monkeypatch):
    layout = Layout()
    digest = images.image(layout, "1", name="vex-slow")
    layout.push(f"http://{plain}/v2/team/vex-slow")
    one, image = kit(plain), f"{plain}/team/vex-slow@{digest}"
    place, problem = places(one, signer), Retryable("it does not answer")

    def fail(*_: object) -> None:
        raise problem

    monkeypatch.setattr(one.search.listings, "entries", fail)
    with pytest.raises(Retryable):
        looked(place, one, image)
    monkeypatch.setattr(one.search, "is_over", lambda _: True)
    assert "could not be read in time" in looked(place, one, image).trouble
    process, kept = Process(one), []
    process.searching.looks._parts = replace(
        process.searching.looks._parts, attached=lambda *what: kept.append(what[-1].trouble)
    )
    process.searching.looks._parts.opener.common.vex = place
    problem = ValueError("unforeseen")
    process.look_again(image)
    assert kept == ["what is attached caused an unexpected error; the log has it"]


def test_a_search_keeps_what_is_attached_and_another_name_takes_nothing_away(plain, kit, signer, tmp_path):
    layout = Layout()
    digest = images.image(layout, "1", name="vex-kept")
    att(layout, digest, signer.envelope(digest, SBOM), signer.envelope(digest, document(), OPENVEX))
    copy = Layout()
    assert images.image(copy, "1", name="vex-kept") == digest
    layout.push(f"http://{plain}/v2/team/vex-kept")
    copy.push(f"http://{plain}/v2/team/vex-copy")
    one = kit(plain)
    process, store = Process(one), open_store(StoreOptions(url=f"sqlite:///{tmp_path}/vex.db"), one.clock)
    intake = VexIntake(store.vex, (), one.clock)
    process.searching.looks._parts = replace(process.searching.looks._parts, attached=intake.attached)
    process.searching.looks._parts.opener.common.vex = places(one, signer)
    process.search(f"{plain}/team/vex-kept@{digest}")
    (held,) = store.vex.find()
    assert (held.origin.kind, held.origin.image) == (VexOriginKind.ATTESTATION, digest)
    process.look_again(f"{plain}/team/vex-copy@{digest}")
    assert len(store.vex.find()) == 1
    trust = VexTrust((TrustedVex(VexOriginKind.ATTESTATION, read_public_key(signer.file).fingerprint),))
    index = VexIndex(trust, store.vex.find())
    image = parse_image(f"{plain}/team/vex-kept@{digest}")
    place = Place(image, Digest(digest), "shop")
    assert all(index.counts_at(each, place, dt.datetime(2026, 12, 1, tzinfo=dt.UTC)) for each in index.kept)
    bare = Layout()
    images.image(bare, "1", name="vex-kept")
    att(bare, digest, signer.envelope(digest, SBOM))
    bare.push(f"http://{plain}/v2/team/vex-kept")
    process.look_again(f"{plain}/team/vex-kept@{digest}")
    (held,) = store.vex.find()
    assert (held.gone_at is not None, held.document.statements) == (True, ())
    store.close()


@pytest.mark.parametrize("signed", [True, False], ids=["signed", "unsigned"])
@pytest.mark.parametrize("registry", ["plain", "listing"])
def test_what_is_attached_here_is_found_again(registry, signed, request, kit, tmp_path):
    host = request.getfixturevalue(registry)
    key, layout = ec.generate_private_key(ec.SECP256R1()), Layout()
    (tmp_path / "key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pub").write_bytes(public)
    digest = images.image(layout, "1", name=f"vex-out-{signed}")
    layout.push(f"http://{host}/v2/team/vex-out")
    one, image = kit(host), f"{host}/team/vex-out@{digest}"
    sign = signer_with(tmp_path / "key") if signed else None
    for number in (1, 2):
        text = json.dumps(document(number)).encode()
        attached = attach(
            one.client,
            one.locations.image(parse_image(image)),
            Digest(digest),
            Attachment(OPENVEX, text, sign),
            one.budget(),
        )
        assert attached.startswith("sha256:")
    place = VexAttestations(one.search, [read_public_key(tmp_path / "key.pub")])
    found = looked(place, one, image, everything=True)
    assert len(found.attached) == 2
    fingerprint = read_public_key(tmp_path / "key.pub").fingerprint
    assert {each.signer for each in found.attached} == {fingerprint if signed else ""}
    assert len(looked(place, one, image).attached) == (2 if signed else 0)


def test_nothing_is_attached_to_an_image_that_is_not_there(plain, kit):
    one, missing = kit(plain), Digest("sha256:" + "77" * 32)
    repository = one.locations.image(parse_image(f"{plain}/team/vex-out:1"))
    with pytest.raises(UnusableAnswer, match="does not have"):
        attach(one.client, repository, missing, Attachment(OPENVEX, openvex(), None), one.budget())
