"""The authority: certificates that TLS libraries accept, and pairs that belong together."""

from __future__ import annotations

import datetime as dt
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from tests.certificates import Authority
from tests.copies import replace
from webhook.clients.authority import CertificateSigner
from webhook.model.certificates import Certificate, KeyPair

NOW = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
NAMES = ("bomgate-webhook.bomgate", "bomgate-webhook.bomgate.svc", "bomgate-webhook.bomgate.svc.cluster.local")
SIGNER = CertificateSigner()


@pytest.fixture(scope="module")
def authority() -> KeyPair:
    return SIGNER.new_authority(NOW, dt.timedelta(days=365))


@pytest.fixture(scope="module")
def leaf(authority: KeyPair) -> KeyPair:
    return SIGNER.issue(authority, NAMES, NOW, NOW + dt.timedelta(days=90))


def verify(leaf: Certificate, authority: Certificate, name: str, at: dt.datetime) -> None:
    """As a TLS client verifies a server, by the rules for certificates of the web."""
    store = Store([x509.load_pem_x509_certificate(authority.pem.encode())])
    verifier = PolicyBuilder().store(store).time(at).build_server_verifier(x509.DNSName(name))
    verifier.verify(x509.load_pem_x509_certificate(leaf.pem.encode()), [])


@pytest.mark.parametrize("name", NAMES)
def test_a_client_that_trusts_the_authority_accepts_each_name(authority: KeyPair, leaf: KeyPair, name: str) -> None:
    verify(leaf.certificate, authority.certificate, name, NOW)


def test_it_is_valid_from_a_little_earlier_to_its_end_and_for_no_other_name(authority: KeyPair, leaf: KeyPair) -> None:
    trusted, certificate = authority.certificate, leaf.certificate
    verify(certificate, trusted, NAMES[0], NOW - dt.timedelta(minutes=4))
    for name, at in (
        (NAMES[0], NOW - dt.timedelta(minutes=6)),
        (NAMES[0], NOW + dt.timedelta(days=91)),
        ("other.bomgate.svc", NOW),
    ):
        with pytest.raises(VerificationError):
            verify(certificate, trusted, name, at)
    assert certificate.names == frozenset(NAMES)
    assert certificate.not_after == NOW + dt.timedelta(days=90)


def test_another_authority_did_not_sign_it(authority: KeyPair, leaf: KeyPair) -> None:
    other = SIGNER.new_authority(NOW, dt.timedelta(days=365))
    assert SIGNER.signed(leaf.certificate, authority.certificate)
    assert SIGNER.signed(authority.certificate, authority.certificate)
    assert not SIGNER.signed(leaf.certificate, other.certificate)
    assert not SIGNER.signed(leaf.certificate, leaf.certificate), "it may sign nothing"
    with pytest.raises(VerificationError):
        verify(leaf.certificate, other.certificate, NAMES[0], NOW)


def test_a_certificate_that_may_sign_nothing_is_no_authority(leaf: KeyPair) -> None:
    below = SIGNER.issue(leaf, NAMES, NOW, NOW + dt.timedelta(days=1))
    assert not SIGNER.signed(below.certificate, leaf.certificate)


def test_pairs_that_do_not_belong_together_are_none(authority: KeyPair, leaf: KeyPair) -> None:
    assert SIGNER.pair(leaf.certificate.pem, leaf.key) == leaf
    assert SIGNER.pair(leaf.certificate.pem, authority.key) is None
    assert SIGNER.pair("", leaf.key) is None
    assert SIGNER.pair(leaf.certificate.pem, "") is None
    assert SIGNER.pair(leaf.certificate.pem, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n") is None


def test_a_bundle_is_read_as_far_as_it_can_be(authority: KeyPair, leaf: KeyPair) -> None:
    broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    bundle = f"# two\n{authority.certificate.pem}{broken}{leaf.certificate.pem}"
    assert SIGNER.certificates(bundle) == [authority.certificate, leaf.certificate]
    assert SIGNER.certificates("nothing") == []


def test_a_name_longer_than_a_common_name_may_be_is_still_accepted(authority: KeyPair) -> None:
    long = f"{'a' * 50}.{'b' * 50}.svc"
    leaf = SIGNER.issue(authority, (long,), NOW, NOW + dt.timedelta(days=1))
    verify(leaf.certificate, authority.certificate, long, NOW)


def test_two_authorities_never_have_one_name(authority: KeyPair) -> None:
    subjects = {
        x509.load_pem_x509_certificate(pair.certificate.pem.encode()).subject
        for pair in (authority, SIGNER.new_authority(NOW, dt.timedelta(days=1)))
    }
    assert len(subjects) == 2, "a client looks issuers up by name"


def test_openssl_serves_with_it(leaf: KeyPair, tmp_path: Path) -> None:
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    certificate.write_text(leaf.certificate.pem)
    key.write_text(leaf.key)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)


def test_a_key_is_not_shown(leaf: KeyPair) -> None:
    assert "PRIVATE" not in repr(leaf)
    assert "PRIVATE" not in repr(replace(leaf))


def test_an_authority_of_somebody_else_is_judged_alike() -> None:
    other = Authority()
    (certificate,) = SIGNER.certificates(other.pem.decode())
    (issued,) = SIGNER.certificates(other.issue().cert.decode())
    assert SIGNER.signed(issued, certificate)
