"""Signatures: which images need signed SBOMs, and whether a key has signed an envelope.

Source: the DSSE specification; the algorithms are those that cosign uses with its own keys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from webhook.clients.registry.locations import has_prefix, normal_prefix
from webhook.clients.registry.options import VerifyRule
from webhook.errors import ConfigError
from webhook.model.images import ImageRef, registry_name
from webhook.sboms.envelopes import Envelope

_MIN_RSA_BITS = 2048
_Check = Callable[[bytes, bytes], None]
"""(signature, signed bytes); raises InvalidSignature."""


class PublicKey:
    """A public key; make one with :func:`read_public_key`.

    Args:
        name: for messages.
        fingerprint: SHA-256 of the key (DER), the first 16 hex digits: the same in every process.
        checks: the ways in which the key may have signed, tried in order.
    """

    def __init__(self, name: str, fingerprint: str, checks: Sequence[_Check]) -> None:
        self.name, self.fingerprint, self._checks = name, fingerprint, tuple(checks)

    def signed_bytes(self, signature: bytes, data: bytes) -> bool:
        """Whether a signature is of this key, over these bytes."""
        return any(_passes(check, signature, data) for check in self._checks)

    def signed(self, envelope: Envelope) -> bool:
        """Whether one of the envelope's signatures is of this key, over exactly this payload."""
        data = envelope.signed_bytes
        return any(_passes(check, signature, data) for signature in envelope.signatures for check in self._checks)


def read_public_key(path: Path) -> PublicKey:
    """Read a public key (PEM): ECDSA on P-256, P-384 or P-521, RSA of 2048 bits or more, or Ed25519.

    Raises:
        ConfigError: the file cannot be read, or holds no such key.
    """
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as problem:
        raise ConfigError(
            f"The public key {path} cannot be read: {str(problem)[:150]}",
            remedy="Name a public key in PEM form, such as the cosign.pub that `cosign generate-key-pair` writes.",
        ) from problem
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    fingerprint = hashlib.sha256(der).hexdigest()[:16]
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)):
        return PublicKey(str(path), fingerprint, _ecdsa(key))
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _MIN_RSA_BITS:
        return PublicKey(str(path), fingerprint, _rsa(key))
    if isinstance(key, ed25519.Ed25519PublicKey):
        return PublicKey(str(path), fingerprint, (key.verify,))
    raise ConfigError(
        f"The public key {path} has a type that is not supported for SBOMs.",
        remedy="Use ECDSA on P-256, P-384 or P-521, RSA of 2048 bits or more, or Ed25519.",
    )


def signer_with(path: Path) -> Callable[[bytes], bytes]:
    """Signs with a private key (PEM, not encrypted): ECDSA or RSA with SHA-256, or Ed25519.

    Raises:
        ConfigError: the file cannot be read, or holds no such key.
    """
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as problem:
        raise ConfigError(
            f"The private key {path} cannot be read: {str(problem)[:150]}",
            remedy="Name a private key in PEM form without a password, such as `openssl genpkey` writes.",
        ) from problem
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return lambda data: key.sign(data, ec.ECDSA(SHA256()))
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _MIN_RSA_BITS:
        return lambda data: key.sign(data, padding.PKCS1v15(), SHA256())
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign
    raise ConfigError(
        f"The private key {path} has a type that is not supported.",
        remedy="Use ECDSA, RSA of 2048 bits or more, or Ed25519.",
    )


class Verification:
    """Which key has to have signed the SBOMs of which images.

    Args:
        rules: in order; the first whose prefix matches counts.

    Raises:
        ConfigError: a prefix or a key cannot be read.
    """

    def __init__(self, rules: Sequence[VerifyRule] = ()) -> None:
        self._rules = [
            (_identity(normal_prefix("sbom.verify.prefix", rule.prefix)), read_public_key(rule.public_key_file))
            for rule in rules
        ]

    def key(self, image: ImageRef) -> PublicKey | None:
        """The key for an image, by the name that the workload uses; None when its SBOMs need no signature."""
        names = image.names
        return next((key for prefix, key in self._rules if any(has_prefix(name, prefix) for name in names)), None)


def _identity(prefix: str) -> str:
    """A prefix as the names of images have it."""
    host, slash, path = prefix.partition("/")
    return f"{registry_name(host)}{slash}{path}"


def _ecdsa(key: ec.EllipticCurvePublicKey) -> list[_Check]:
    def check(algorithm: ec.ECDSA) -> _Check:
        return lambda signature, data: key.verify(signature, data, algorithm)

    # By default cosign hashes with SHA-256 whatever the curve; others take the hash that fits the curve.
    return [check(ec.ECDSA(SHA256())), check(ec.ECDSA(SHA384())), check(ec.ECDSA(SHA512()))]


def _rsa(key: rsa.RSAPublicKey) -> list[_Check]:
    pss = padding.PSS(padding.MGF1(SHA256()), padding.PSS.AUTO)

    def pkcs(signature: bytes, data: bytes) -> None:
        key.verify(signature, data, padding.PKCS1v15(), SHA256())

    def probabilistic(signature: bytes, data: bytes) -> None:
        key.verify(signature, data, pss, SHA256())

    return [pkcs, probabilistic]


def _passes(check: _Check, signature: bytes, data: bytes) -> bool:
    try:
        check(signature, data)
    except InvalidSignature:
        return False
    return True
