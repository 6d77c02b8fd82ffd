"""Keys of the hub: Ed25519, in PEM files. The hub signs with one, members trust some."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from webhook.errors import ConfigError, InvalidInput

_PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]*-----END PUBLIC KEY-----")


def fingerprint(key: Ed25519PublicKey) -> str:
    """SHA-256 of a public key (DER), the first 16 hex digits, as of other keys that bomgate knows."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()[:16]


def public_pem(key: Ed25519PublicKey) -> str:
    """A public key as PEM."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def write_key(path: Path) -> Ed25519PublicKey:
    """Make a private key, and write it to a file that only its owner can read; its public key.

    Raises:
        InvalidInput: the file is there already, or cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    except OSError as problem:
        raise InvalidInput(
            f"The key was not written to {path}: {problem.strerror or problem}.",
            remedy="Name a file that is not there yet: a key is never overwritten.",
        ) from problem
    return key.public_key()


class HubSigner:
    """Signs documents of the hub.

    Args:
        path: of the private key (PEM, not encrypted).

    Raises:
        ConfigError: the file cannot be read, or holds no such key.
    """

    def __init__(self, path: Path) -> None:
        try:
            key = load_pem_private_key(path.read_bytes(), None)
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as problem:
            raise _unusable(path, str(problem)) from problem
        if not isinstance(key, Ed25519PrivateKey):
            raise _unusable(path, "it is no Ed25519 key")
        self._key, self.public_key = key, key.public_key()
        self.fingerprint = fingerprint(self.public_key)

    def sign(self, data: bytes) -> tuple[str, bytes]:
        """The fingerprint of the key, and a signature."""
        return self.fingerprint, self._key.sign(data)


class HubKeys:
    """The keys of the hub that a member trusts.

    Args:
        paths: of files with one or more public keys (PEM).

    Raises:
        ConfigError: a file cannot be read, or holds no such key.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._keys = {fingerprint(key): key for path in paths for key in _public_keys(path)}

    def verify(self, name: str, signature: bytes, data: bytes) -> bool:
        """Whether the key of this fingerprint is trusted and has made the signature over these bytes."""
        key = self._keys.get(name)
        if key is None:
            return False
        try:
            key.verify(signature, data)
        except InvalidSignature:
            return False
        return True


def _public_keys(path: Path) -> Iterator[Ed25519PublicKey]:
    try:
        blocks = _PEM.findall(path.read_bytes())
        keys = [load_pem_public_key(block) for block in blocks]
    except (OSError, ValueError, UnsupportedAlgorithm) as problem:
        raise _unusable(path, str(problem)) from problem
    if not keys:
        raise _unusable(path, "it has no public key in PEM form")
    for key in keys:
        if not isinstance(key, Ed25519PublicKey):
            raise _unusable(path, "it is no Ed25519 key")
        yield key


def _unusable(path: Path, why: str) -> ConfigError:
    return ConfigError(
        f"The key {path} cannot be used: {why[:150]}.", remedy="Use an Ed25519 key that `bomgate fleet key` has made."
    )
