"""Signatures of archives: ``cosign sign-blob`` writes them beside the file, as a Sigstore bundle or as base64."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

import msgspec

from webhook.clients.registry.artifactsignatures import decoded
from webhook.clients.registry.signatures import PublicKey
from webhook.errors import Final

SUFFIXES = (".sigstore.json", ".sig")
"""Behind the name of the archive; the first that is there counts."""
MOST_BYTES = 256 * 1024
_BUNDLE = "application/vnd.dev.sigstore.bundle"


class _Message(msgspec.Struct):
    signature: str = ""


class _Bundle(msgspec.Struct, rename="camel"):
    media_type: str = ""
    message_signature: _Message | None = None


_bundles = msgspec.json.Decoder(_Bundle)


def check_signed(key: PublicKey, stream: IO[bytes], what: str, read: Callable[[str], bytes | None]) -> None:
    """Refuse an archive that the key has not signed; it is left at its beginning.

    Args:
        key: the key.
        stream: the archive, a file.
        what: it holds, for people.
        read: gives the file beside the archive with a suffix; None where there is none.

    Raises:
        Final: it is not signed, or not with this key.
        SourceError: the signature could not be read.
    """
    found = next(((suffix, data) for suffix in SUFFIXES if (data := read(suffix)) is not None), None)
    if found is None:
        raise unsigned(what, "is not signed", key)
    is_signed = key.signed_bytes(_signature(*found), stream.read())
    stream.seek(0)
    if not is_signed:
        raise unsigned(what, "is not signed with this key, or was changed since", key)


def unsigned(what: str, why: str, key: PublicKey) -> Final:
    """The error for what the key has not signed."""
    return Final(
        f"{what} {why}: {key.name}.",
        remedy="What is here stays. Check the mirror, and publicKeyFile of the source; sign archives with "
        "`cosign sign-blob`, artefacts with `cosign sign`.",
    )


def _signature(suffix: str, data: bytes) -> bytes:
    if suffix == SUFFIXES[1]:
        return decoded(data.strip())
    try:
        bundle = _bundles.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return b""
    is_bundle = bundle.media_type.startswith(_BUNDLE) and bundle.message_signature is not None
    return decoded(bundle.message_signature.signature) if is_bundle and bundle.message_signature else b""
