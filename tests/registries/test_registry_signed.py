"""The rule that SBOMs have to be signed, with signatures that cosign made."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.registries.kit import CYCLONEDX, SPDX, purls
from webhook.clients.registry.options import AttachmentOptions, VerifyRule
from webhook.errors import InvalidInput
from webhook.sboms import parse

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
