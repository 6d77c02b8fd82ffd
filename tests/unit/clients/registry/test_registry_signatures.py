"""Keys of every kind that cosign uses, and envelopes that were tampered with."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.copies import replace
from webhook.clients.registry.options import VerifyRule
from webhook.clients.registry.signatures import Verification, read_public_key
from webhook.errors import ConfigError
from webhook.model.images import parse_image
from webhook.sboms.envelopes import Envelope

UNSIGNED = Envelope("application/vnd.in-toto+json", b'{"payload": true}', ())
PSS = padding.PSS(padding.MGF1(SHA256()), padding.PSS.MAX_LENGTH)


def ecdsa(curve, hashing):
    key = ec.generate_private_key(curve)
    return key, lambda data: key.sign(data, ec.ECDSA(hashing))


def rsa_key(scheme):
    key = rsa.generate_private_key(65537, 2048)
    return key, lambda data: key.sign(data, scheme, SHA256())


def ed25519_key():
    key = ed25519.Ed25519PrivateKey.generate()
    return key, key.sign


KINDS = {
    "P-256": lambda: ecdsa(ec.SECP256R1(), SHA256()),
    "P-384 with SHA-256": lambda: ecdsa(ec.SECP384R1(), SHA256()),
    "P-384 with SHA-384": lambda: ecdsa(ec.SECP384R1(), SHA384()),
    "RSA PKCS": lambda: rsa_key(padding.PKCS1v15()),
    "RSA PSS": lambda: rsa_key(PSS),
    "Ed25519": ed25519_key,
}


@pytest.fixture
def written(tmp_path):
    """Writes a public key."""

    def write(key) -> object:
        path = tmp_path / "key.pub"
        path.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        return path

    return write


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_of_the_key_is_recognised_and_nothing_else(kind, written):
    key, sign = KINDS[kind]()
    public = read_public_key(written(key))
    signed = replace(UNSIGNED, signatures=(b"another's", sign(UNSIGNED.signed_bytes)))
    assert public.signed(signed)
    assert not public.signed(UNSIGNED)
    assert not public.signed(replace(signed, payload=b'{"payload": false}'))
    assert not public.signed(replace(signed, payload_type="application/json"))
    assert not public.signed(replace(signed, signatures=(sign(UNSIGNED.payload),))), "the payload alone is not signed"
    assert not public.signed(replace(signed, signatures=(b"",)))


@pytest.mark.parametrize(
    "key",
    [
        lambda: rsa.generate_private_key(65537, 1024),
        lambda: ec.generate_private_key(ec.SECP256K1()),
        lambda: dsa.generate_private_key(2048),
    ],
)
def test_weak_and_unusual_keys_are_refused(key, written):
    with pytest.raises(ConfigError, match="type that is not supported"):
        read_public_key(written(key()))


def test_what_is_no_public_key_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read_public_key(tmp_path / "missing.pub")
    (tmp_path / "bad.pub").write_text("-----BEGIN PUBLIC KEY-----\nno\n-----END PUBLIC KEY-----\n")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_public_key(tmp_path / "bad.pub")


def test_the_first_rule_for_an_image_counts(written):
    path = written(ed25519_key()[0])
    rules = [VerifyRule("registry.corp/team/", path), VerifyRule("docker.io", path)]
    verification = Verification(rules)
    assert verification.key(parse_image("registry.corp/team/app:1")) is not None
    assert verification.key(parse_image("nginx")) is not None
    assert verification.key(parse_image("registry.corp/teams/app:1")) is None
    assert Verification().key(parse_image("nginx")) is None


@pytest.mark.parametrize("host", ["Registry.corp", "registry.corp:443", "registry.corp:80", "REGISTRY.CORP:80"])
def test_another_spelling_of_a_host_needs_the_same_signature(host, written):
    verification = Verification([VerifyRule("registry.corp/team", written(ed25519_key()[0]))])
    assert verification.key(parse_image(f"{host}/team/app:1")) is not None
