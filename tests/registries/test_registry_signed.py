"""The rule that SBOMs have to be signed, with signatures that cosign made."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.registries import images
from tests.registries.attesting import Signer, att, bundle
from tests.registries.kit import CYCLONEDX, SPDX, purls
from tests.registries.layouts import Layout
from webhook.clients.registry.options import AttachmentOptions, VerifyRule
from webhook.errors import InvalidInput
from webhook.sboms import parse

LEFT, RIGHT = "pkg:npm/left-pad@1.3.0", "pkg:npm/right-pad@1.0.1"
COSIGN = Path(__file__).resolve().parent / "layouts" / "cosign.pub"


def signed_by(key: Path, prefix: str) -> AttachmentOptions:
    return AttachmentOptions(verify=(VerifyRule(prefix=prefix, public_key_file=key),))


@pytest.fixture
def stranger(tmp_path):
    path = tmp_path / "stranger.pub"
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    path.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


@pytest.mark.parametrize(
    ("repository", "expected"),
    [("attestation", CYCLONEDX | SPDX), ("attestation-text", SPDX), ("bundle-fallback", CYCLONEDX)],
)
def test_what_cosign_signed_passes_with_its_key_and_not_with_another(repository, expected, plain, stranger, kit):
    image = f"{plain}/team/{repository}:1"
    ours = kit(plain, attachments=signed_by(COSIGN, f"{plain}/team/"))
    assert purls(ours.fetch("cosignAttestation", image)) == expected
    theirs = kit(plain, attachments=signed_by(stranger, f"{plain}/team/"))
    with pytest.raises(InvalidInput, match="no signature"):
        theirs.fetch("cosignAttestation", image)


def test_a_signed_bundle_is_found_through_the_list(listing, kit):
    one = kit(listing, attachments=signed_by(COSIGN, listing))
    assert purls(one.fetch("cosignAttestation", f"{listing}/team/index:1")) == CYCLONEDX


@pytest.mark.parametrize(("repository", "source"), [("oras-fallback", "referrers"), ("attachment", "cosignAttachment")])
def test_unsigned_documents_do_not_count_where_signatures_are_wanted(repository, source, plain, kit):
    one = kit(plain, attachments=signed_by(COSIGN, f"{plain}/team"))
    assert one.fetch(source, f"{plain}/team/{repository}:1") == []
    found = one.explain(f"{plain}/team/{repository}:1")
    assert found.result == "none"
    assert "sbom.verify wants signatures" in " ".join(look.answer for look in found.looked)


def test_images_outside_the_prefix_need_no_signature(plain, stranger, kit):
    one = kit(plain, attachments=signed_by(stranger, f"{plain}/team/attest"))
    assert purls(one.fetch("cosignAttestation", f"{plain}/team/attestation:1")) == CYCLONEDX | SPDX


def test_the_document_of_an_attestation_is_the_payload_that_was_signed(plain, kit):
    one = kit(plain, attachments=signed_by(COSIGN, f"{plain}/team/"))
    found = one.fetch("cosignAttestation", f"{plain}/team/attestation:1")
    assert found
    for sbom in found:
        assert f"sha256:{hashlib.sha256(sbom.document).hexdigest()}" == sbom.document_digest
        assert not {"payload", "signatures", "predicateType"} & json.loads(sbom.document).keys()
        assert parse(sbom.document).components == sbom.components


@pytest.mark.parametrize("form", ["tag", "bundle"])
def test_an_attestation_with_several_signatures_passes_with_each_of_their_keys(form, listing, stranger, tmp_path, kit):
    """As two teams sign one attestation; cosign 2 puts it behind its tag, cosign 3 into a bundle in the list."""
    signers = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        signers.append(Signer(tmp_path / name))
    layout = Layout()
    digest = images.image(layout, "1", name=f"signed twice, {form}")
    both = [json.loads(signer.envelope(digest, images.cyclonedx(LEFT))) for signer in signers]
    both[0]["signatures"] += both[1]["signatures"]
    sealed = json.dumps(both[0]).encode()
    if form == "tag":
        att(layout, digest, sealed)
    else:
        bundle(layout, digest, sealed)
    repository = f"{listing}/team/signed-twice-{form}"
    layout.push(f"http://{listing}/v2/team/signed-twice-{form}", {})
    for signer in signers:
        one = kit(listing, attachments=signer.rule(repository))
        assert purls(one.fetch("cosignAttestation", f"{repository}:1")) == {LEFT}
        assert [look.used for look in one.explain(f"{repository}:1").looked if look.document] == [True]
    with pytest.raises(InvalidInput, match="no signature"):
        kit(listing, attachments=signed_by(stranger, repository)).fetch("cosignAttestation", f"{repository}:1")


def test_an_attestation_that_cosign_replaced_counts_no_longer(plain, tmp_path, kit):
    """``cosign attest --replace`` moves its tag to a manifest without the former attestations of the type."""
    signer, repository = Signer(tmp_path), f"{plain}/team/replaced"
    for purl in (LEFT, RIGHT):
        layout = Layout()
        digest = images.image(layout, "1", name="replaced")
        att(layout, digest, signer.envelope(digest, images.cyclonedx(purl)))
        layout.push(f"http://{repository.replace('/team', '/v2/team')}", {})
        one = kit(plain, attachments=signer.rule(repository))
        assert purls(one.fetch("cosignAttestation", f"{repository}:1")) == {purl}
        assert one.explain(f"{repository}:1").result == "found"
