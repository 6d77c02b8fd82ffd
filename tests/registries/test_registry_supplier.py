"""A supplier attests VEX as cosign does, and a team attaches its own: from a real registry to the verdict and back."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.cli.installation import Installation
from tests.doubles.ossindex import OssIndexDouble
from tests.osv import openssl, publish
from tests.registries import images
from tests.registries.attesting import BUNDLE, Signer, att, fallback
from tests.registries.layouts import Layout
from tests.vexdocuments import cyclonedx, openvex, stated

LIBSSL = "pkg:deb/debian/libssl3@3.0.7-1"
KEY = f"{LIBSSL}?upstream=openssl&distro=debian-12"
CVE = "CVE-2023-0286"
OPENVEX = "https://openvex.dev/ns"
"""The predicate type of ``cosign attest --type openvex``; that of ``--type cyclonedx`` is CYCLONEDX_PREDICATE."""


def bundled(layout: Layout, digest: str, envelope: bytes, kind: str) -> str:
    """A bundle that refers to an image, with all that cosign 3 writes with a key (layouts/bundle-referrers)."""
    hint = base64.b64encode(b"\x03" * 32).decode()
    content = {
        "mediaType": BUNDLE,
        "verificationMaterial": {"publicKey": {"hint": hint}},
        "dsseEnvelope": json.loads(envelope),
    }
    notes = {
        "dev.sigstore.bundle.content": "dsse-envelope",
        "dev.sigstore.bundle.predicateType": kind,
        "org.opencontainers.image.created": "2026-11-24T12:10:11Z",
    }
    data = json.dumps(content).encode()
    descriptor = layout.descriptor(digest)
    return images.artifact(layout, [(BUNDLE, data)], artifactType=BUNDLE, subject=descriptor, annotations=notes)


def purl_of(digest: str) -> str:
    return f"pkg:oci/orders@{digest.replace(':', '%3A')}"


def by_openvex(digest: str) -> dict[str, Any]:
    products = [{"@id": purl_of(digest), "subcomponents": [{"@id": LIBSSL}]}]
    document: dict[str, Any] = json.loads(openvex(stated(vulnerability={"name": CVE}, products=products)))
    return document


def by_cyclonedx(digest: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(cyclonedx())
    document["metadata"]["component"]["purl"] = purl_of(digest)
    document["components"][0]["purl"] = LIBSSL
    document["vulnerabilities"][0]["id"] = CVE
    document["vulnerabilities"][0].pop("references")
    return document


class Shop:
    """A shop that runs one image, and trusts the attestations of one key.

    Args:
        folder: for its files.
        registry: ``host:port``.
        name: of the image.
        key: whose attestations count.
    """

    def __init__(self, folder: Path, registry: str, name: str, key: Path) -> None:
        folder.mkdir()
        self.registry, self.name, self.layout = registry, name, Layout()
        self.digest = images.image(self.layout, "1", name=name)
        self.image = f"{registry}/team/{name}@{self.digest}"
        publish(folder / "mirror", "Debian", [openssl()])
        osv = {"name": "osv", "kind": "osv", "location": str(folder / "mirror"), "ecosystems": ["Debian"]}
        with OssIndexDouble() as double:
            self.bomgate = Installation(folder, double)
        self.bomgate.configure(
            sources=[osv],
            registries=[{"prefix": registry, "plainHttp": True, "allowPrivate": True}],
            vex={"trust": [{"signer": str(key), "images": [f"{registry}/team/*"]}]},
        )

    def push(self) -> None:
        self.layout.push(f"http://{self.registry}/v2/team/{self.name}")

    def stock(self) -> None:
        """Store the SBOM of the image, and what advisories say."""
        components = [{"type": "library", "name": "libssl3", "purl": KEY}]
        content = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components}
        path = self.bomgate.write("sbom.json", json.dumps(content))
        self.bomgate.ok("sbom", "add", path, "--image", self.image)
        self.bomgate.ok("download")

    def finding(self) -> dict[str, Any]:
        ran = self.bomgate.run("check", self.image, "--output", "json")
        (found,) = ran.json["targets"][0]["images"][0]["findings"]
        assert isinstance(found, dict)
        return found


@pytest.fixture
def other(tmp_path: Path) -> Signer:
    (tmp_path / "other").mkdir()
    return Signer(tmp_path / "other")


@pytest.mark.parametrize("form", ["att", "bundle"])
@pytest.mark.parametrize(
    ("kind", "document"),
    [(OPENVEX, by_openvex), (images.CYCLONEDX_PREDICATE, by_cyclonedx)],
    ids=["openvex", "cyclonedx"],
)
def test_what_a_trusted_supplier_attests_loosens_and_what_others_attest_does_not(
    form, kind, document, plain, tmp_path, signer, other
):
    shop = Shop(tmp_path / "shop", plain, f"supplier-{form}-{document.__name__[3:]}".replace("_", "-"), signer.file)

    def attest(envelope: bytes) -> None:
        if form == "att":
            att(shop.layout, shop.digest, envelope)
        else:
            fallback(shop.layout, shop.digest, bundled(shop.layout, shop.digest, envelope, kind))
        shop.push()

    shop.push()
    shop.stock()
    assert shop.finding()["action"] == "deny"
    attest(images.envelope(images.statement(shop.digest, document(shop.digest), kind)))  # signed by nobody
    assert shop.bomgate.ok("vex", "fetch", shop.image, "--output", "json").json["documents"] == 0
    assert shop.finding()["action"] == "deny"
    attest(other.envelope(shop.digest, document(shop.digest), kind))
    assert shop.bomgate.ok("vex", "fetch", shop.image, "--output", "json").json["documents"] == 0
    assert shop.finding()["action"] == "deny"
    attest(signer.envelope(shop.digest, document(shop.digest), kind))
    assert shop.bomgate.ok("vex", "fetch", shop.image, "--output", "json").json["new"] == 1
    found = shop.finding()
    assert (found["action"], found["assessment"]["source"]) == ("allow", "vex")
    assert found["assessment"]["type"] == "VEX not_affected"
    (told,) = shop.bomgate.ok("vex", "explain", shop.image, "--output", "json").json["statements"]
    assert [entry["purl"].partition("?")[0] for entry in told["loosened"]] == [LIBSSL]


@pytest.mark.parametrize("registry", ["plain", "listing"])
def test_what_a_team_decides_is_attached_to_the_image_and_counts_elsewhere(registry, request, tmp_path, signer):
    host, key = request.getfixturevalue(registry), ec.generate_private_key(ec.SECP256R1())
    private, public = tmp_path / "team.key", tmp_path / "team.pub"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    here = Shop(tmp_path / "here", host, f"team-{registry}", public)
    here.push()
    here.stock()
    here.bomgate.ok("assess", CVE, "--type", "Ignore", "--author", "bob", "--comment", "never called", "--yes")
    there = Shop(tmp_path / "there", host, f"team-{registry}", public)
    there.stock()
    here.bomgate.ok("vex", "export", here.image, "--author", "bob", "--attach")
    assert there.bomgate.ok("vex", "fetch", there.image, "--output", "json").json["documents"] == 0, "unsigned"
    assert there.finding()["action"] == "deny"
    done = here.bomgate.ok(
        "vex", "export", here.image, "--author", "bob", "--attach", "--key", private, "--output", "json"
    )
    assert done.json["signed"] is True
    assert there.bomgate.ok("vex", "fetch", there.image, "--output", "json").json["documents"] == 1
    found = there.finding()
    assert (found["action"], found["assessment"]["source"]) == ("allow", "vex")
    assert "never called" in json.dumps(found["assessment"])
