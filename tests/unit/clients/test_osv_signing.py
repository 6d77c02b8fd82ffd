"""Archives that a key has to have signed, in a folder and on a mirror, and those that it has not."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.copies import replace
from tests.fakes import FakeClock
from tests.mirrors import serving
from tests.osv import openssl, publish, zipped
from webhook.clients.feeds import LIMITS
from webhook.clients.http.exchange import Exchange
from webhook.clients.osv.options import SourceRule, check_sources
from webhook.clients.osv.source import OsvSource
from webhook.clients.registry.signatures import read_public_key
from webhook.errors import ConfigError, Final
from webhook.model.advisories import AdvisorySetInfo

Sign = Callable[[bytes], bytes]


def pair(folder: Path, kind: str = "ecdsa") -> tuple[Path, Sign]:
    """A public key, and what signs with the private one."""
    key: Any
    if kind == "ecdsa":
        key, arguments = ec.generate_private_key(ec.SECP256R1()), (ec.ECDSA(SHA256()),)
    elif kind == "rsa":
        key, arguments = rsa.generate_private_key(65537, 2048), (padding.PKCS1v15(), SHA256())
    else:
        key, arguments = ed25519.Ed25519PrivateKey.generate(), ()
    folder.mkdir(exist_ok=True)
    file = folder / "key.pub"
    file.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return file, lambda data: bytes(key.sign(data, *arguments))


def bundle(signature: bytes) -> bytes:
    """As ``cosign sign-blob --bundle`` writes it."""
    message = {"messageDigest": {"algorithm": "SHA2_256"}, "signature": base64.b64encode(signature).decode()}
    kind = "application/vnd.dev.sigstore.bundle.v0.3+json"
    return json.dumps({"mediaType": kind, "verificationMaterial": {}, "messageSignature": message}).encode()


def source(location: object, key: Path, clock: FakeClock) -> OsvSource:
    rule = SourceRule("osv", "osv", str(location), ("Debian",), plain_http=True, public_key_file=key)
    check_sources([rule])
    return OsvSource(rule, Exchange(LIMITS, clock), clock)


@pytest.mark.parametrize("kind", ["ecdsa", "rsa", "ed25519"])
@pytest.mark.parametrize("form", [".sig", ".sigstore.json"])
def test_a_signed_archive_is_taken_and_its_digest_kept(tmp_path: Path, clock: FakeClock, kind: str, form: str) -> None:
    key, sign = pair(tmp_path / "keys", kind)
    path = publish(tmp_path, "Debian", [openssl()])
    signature = sign(path.read_bytes())
    content = base64.b64encode(signature) + b"\n" if form == ".sig" else bundle(signature)
    path.with_name(f"all.zip{form}").write_bytes(content)
    fetched = source(tmp_path, key, clock).fetch("Debian", None)
    assert fetched.content is not None
    assert fetched.signature == f"{fetched.digest} by {read_public_key(key).fingerprint}"


def broken(form: str, tmp_path: Path, path: Path, sign: Sign) -> None:
    """Leave the archive without a signature that counts."""
    _, other = pair(tmp_path / "others")
    beside = path.with_name("all.zip.sigstore.json")
    if form == "a stranger":
        beside.write_bytes(bundle(other(path.read_bytes())))
    elif form == "changed since":
        beside.write_bytes(bundle(sign(path.read_bytes())))
        path.write_bytes(zipped([openssl("9")]))
    elif form == "damaged":
        beside.write_bytes(b"{")
    elif form == "no bundle":
        beside.write_bytes(json.dumps({"mediaType": "x", "messageSignature": {"signature": "x"}}).encode())
    elif form == "no base64":
        path.with_name("all.zip.sig").write_bytes(b"!!")


@pytest.mark.parametrize("form", ["nothing", "a stranger", "changed since", "damaged", "no bundle", "no base64"])
def test_an_archive_that_the_key_has_not_signed_is_refused(tmp_path: Path, clock: FakeClock, form: str) -> None:
    key, sign = pair(tmp_path / "keys")
    broken(form, tmp_path, publish(tmp_path, "Debian", [openssl()]), sign)
    with pytest.raises(Final, match="is not signed") as raised:
        source(tmp_path, key, clock).fetch("Debian", None)
    assert "cosign sign-blob" in raised.value.remedy


def test_a_mirror_has_the_signature_beside_the_archive_and_no_single_records(tmp_path: Path, clock: FakeClock) -> None:
    key, sign = pair(tmp_path / "keys")
    with serving() as mirror:
        mirror.publish("Debian", {"DEBIAN-CVE-2023-0286": openssl()})
        osv = source(mirror.url, key, clock)
        with pytest.raises(Final, match="is not signed"):
            osv.fetch("Debian", None)
        mirror.files["Debian/all.zip.sig"] = base64.b64encode(sign(mirror.files["Debian/all.zip"]))
        fetched = osv.fetch("Debian", None)
        assert fetched.content is not None
        assert not any("modified_id" in path for path in mirror.asked)
        now = clock.now()
        info = AdvisorySetInfo("osv", "Debian", fetched.digest, fetched.tag, now, now, 1, signature=fetched.signature)
        assert osv.fetch("Debian", info).content is None
        another, _ = pair(tmp_path / "others")
        with pytest.raises(Final, match="is not signed with this key"):
            source(mirror.url, another, clock).fetch("Debian", info)
        assert osv.fetch("Debian", replace(info, signature="")).content is not None


def test_files_in_a_folder_cannot_be_signed(tmp_path: Path, clock: FakeClock) -> None:
    key, _ = pair(tmp_path / "keys")
    (tmp_path / "Debian").mkdir()
    (tmp_path / "Debian" / "a.json").write_text(json.dumps(openssl()))
    with pytest.raises(Final, match="only an archive can be signed"):
        source(tmp_path, key, clock).fetch("Debian", None)


def test_a_key_that_is_none_and_a_kind_that_is_not_verified_are_refused(tmp_path: Path, clock: FakeClock) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        source(tmp_path, tmp_path / "none.pub", clock)
    with pytest.raises(ConfigError, match="no publicKeyFile"):
        check_sources([SourceRule("kev", "kev", "/kev.json", public_key_file=tmp_path)])
