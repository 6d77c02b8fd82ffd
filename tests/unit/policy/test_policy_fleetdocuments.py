"""Documents of the hub: what they say comes back, and what is not whole, or not the hub's, is refused."""

from __future__ import annotations

import datetime as dt
import gzip
import random
from pathlib import Path

import pytest

from webhook.clients.hub.keys import HubKeys, HubSigner, public_pem, write_key
from webhook.errors import DocumentRefused
from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, AssessmentType, Scope, StoredType, TypeOrigin
from webhook.model.changes import Position
from webhook.model.fleet import FleetContent
from webhook.policy.fleetdocuments import decode, encode

NOON = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
BLOCK = Assessment(
    "CVE-2026-10001",
    "Blocked",
    Scope("pkg:npm/trim", "<2", "registry.corp/shop/*", "shop"),
    AssessmentSource.FLEET,
    "alice",
    "It is used.",
    NOON,
    NOON + dt.timedelta(days=30),
    recorded_by="manual",
    batch="b1",
)
CONTENT = FleetContent(
    Position("0a", 7, "f7"),
    Position("0a", 5, "f5"),
    NOON,
    (BLOCK,),
    (StoredType(AssessmentType("Blocked", Action.DENY), origin=TypeOrigin.FLEET),),
    NOON,
    ("pkg:npm/trim@1",),
)


@pytest.fixture
def signer(tmp_path: Path) -> HubSigner:
    write_key(tmp_path / "hub.key")
    return HubSigner(tmp_path / "hub.key")


@pytest.fixture
def keys(tmp_path: Path, signer: HubSigner) -> HubKeys:
    (tmp_path / "hub.pub").write_text(public_pem(signer.public_key))
    return HubKeys([tmp_path / "hub.pub"])


def test_what_a_document_says_comes_back(signer: HubSigner, keys: HubKeys) -> None:
    document = encode(CONTENT, signer.sign)
    assert decode(document, keys.verify) == CONTENT
    assert len(document) <= 1000, "one assessment takes more than a kilobyte"
    whole = FleetContent(CONTENT.position, None, NOON, (BLOCK,) * 1000)
    assert decode(encode(whole, signer.sign), keys.verify) == whole


def test_a_document_that_was_cut_anywhere_is_refused(signer: HubSigner, keys: HubKeys) -> None:
    document = encode(CONTENT, signer.sign)
    for length in range(len(document)):
        with pytest.raises(DocumentRefused):
            decode(document[:length], keys.verify)


def test_a_document_with_any_other_byte_is_refused_or_says_the_same(signer: HubSigner, keys: HubKeys) -> None:
    """The header of gzip and the last letter of Base64 have bits without a meaning."""
    document, chance, same = encode(CONTENT, signer.sign), random.Random(7), 0
    for place in range(len(document)):
        changed = bytearray(document)
        changed[place] ^= 1 << chance.randrange(8)
        try:
            content = decode(bytes(changed), keys.verify)
        except DocumentRefused:
            continue
        same += 1
        assert content == decode(document, keys.verify)
    assert same < 12


def test_a_document_that_another_key_has_signed_is_refused(tmp_path: Path, keys: HubKeys) -> None:
    write_key(tmp_path / "other.key")
    with pytest.raises(DocumentRefused, match="not signed with a key"):
        decode(encode(CONTENT, HubSigner(tmp_path / "other.key").sign), keys.verify)


def test_changes_do_not_pass_for_a_snapshot(signer: HubSigner, keys: HubKeys) -> None:
    document = encode(CONTENT, signer.sign)
    with pytest.raises(DocumentRefused):
        decode(document.replace(b" changes ", b" snapshot ", 1), keys.verify)


def test_a_signed_document_whose_rows_are_missing_or_too_many_is_refused(signer: HubSigner, keys: HubKeys) -> None:
    plain = gzip.decompress(encode(CONTENT, signer.sign).partition(b"\n")[2]).splitlines(keepends=True)
    for lines in (plain[:-1], [plain[0], *plain[2:]], [plain[0], plain[1], *plain[1:]], [b"{}\n"], [b""]):
        with pytest.raises(DocumentRefused):
            decode(_signed(b"".join(lines), signer), keys.verify)
    with pytest.raises(DocumentRefused, match="more than 100 bytes"):
        decode(encode(CONTENT, signer.sign), keys.verify, most=100)


def test_rows_and_keys_of_a_later_hub_are_passed_over(signer: HubSigner, keys: HubKeys) -> None:
    head, *rows, _ = gzip.decompress(encode(CONTENT, signer.sign).partition(b"\n")[2]).splitlines(keepends=True)
    later = [head.replace(b"{", b'{"colour":"red",', 1), *rows, b'{"parcel":{"x":1}}\n', b'{"end":4}\n']
    assert decode(_signed(b"".join(later), signer), keys.verify) == CONTENT


def _signed(plain: bytes, signer: HubSigner) -> bytes:
    import base64
    import hashlib

    payload = gzip.compress(plain)
    key, signature = signer.sign(b"bomgate-fleet 1 changes\n" + hashlib.sha512(payload).digest())
    return f"bomgate-fleet 1 changes {key} {base64.b64encode(signature).decode()}\n".encode() + payload
