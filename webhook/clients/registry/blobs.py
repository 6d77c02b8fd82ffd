"""Blobs: bytes that must match their digest and size, in memory or in a file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import IO, TYPE_CHECKING

from webhook.errors import UnusableAnswer
from webhook.model.images import Digest

if TYPE_CHECKING:
    from hashlib import _Hash

_REMEDY = "The registry, a mirror, or a proxy in between changes what it passes on; nothing of it is used."


def checked_bytes(body: bytes, expected: Digest | None, size: int, where: str) -> Digest:
    """The digest of bytes that were read.

    Args:
        body: the bytes.
        expected: what it has to be; None when nothing says it, for SHA-256.
        size: how many bytes there have to be; negative when nothing says it.
        where: what they are, for people.

    Raises:
        UnusableAnswer: they are not what they should be.
    """
    algorithm = expected.partition(":")[0] if expected is not None else "sha256"
    return _checked(hashlib.new(algorithm, body), len(body), expected, size, where)


class BlobFile:
    """A file that takes a blob as it comes, and hashes it on the way.

    Args:
        into: what it has is replaced.
        expected: digest of the blob.
    """

    def __init__(self, into: IO[bytes], expected: Digest) -> None:
        self._into, self._expected = into, expected
        self._found, self._read = self._hash(), 0

    def begin(self) -> Callable[[bytes], object]:
        """Begin, also once more, when what came before was cut off; what each piece is to be handed to."""
        self._found, self._read = self._hash(), 0
        self._into.seek(0)
        self._into.truncate()
        return self._take

    def check(self, size: int, where: str) -> None:
        """Look whether it is the blob.

        Args:
            size: how many bytes there have to be.
            where: what they are, for people.

        Raises:
            UnusableAnswer: it is not.
        """
        _checked(self._found, self._read, self._expected, size, where)

    def _take(self, piece: bytes) -> None:
        self._found.update(piece)
        self._read += len(piece)
        self._into.write(piece)

    def _hash(self) -> _Hash:
        return hashlib.new(self._expected.partition(":")[0])


def _checked(found: _Hash, read: int, expected: Digest | None, size: int, where: str) -> Digest:
    if 0 <= size != read:
        raise UnusableAnswer(f"{where} has {read} bytes instead of {size}.", remedy=_REMEDY)
    digest = Digest(f"{found.name}:{found.hexdigest()}")
    if expected is not None and digest != expected:
        raise UnusableAnswer(f"{where} does not match its digest: its bytes have {digest.short}.", remedy=_REMEDY)
    return digest
