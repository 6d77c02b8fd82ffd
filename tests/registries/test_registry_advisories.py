"""Advisories and KEV as artefacts in a registry: found by title, known by digest, and refused where they lie."""

from __future__ import annotations

import io
import json
import random

import pytest

from tests.copies import replace
from tests.osv import openssl, zipped
from tests.registries import images
from tests.registries.attesting import BUNDLE, Signer, fallback
from tests.registries.kit import Kit, loopback
from tests.registries.layouts import Layout, sha256
from tests.registries.lying import Answer
from webhook.clients.artifacts import ArtifactFeed
from webhook.clients.exploits.source import ExploitFileSource
from webhook.clients.feeds import LIMITS
from webhook.clients.http.exchange import Exchange
from webhook.clients.osv.options import SourceRule, check_sources
from webhook.clients.osv.source import OsvSource
from webhook.clients.registry.artifactsignatures import ArtifactSignatures
from webhook.clients.registry.listings import Listings
from webhook.clients.registry.options import AttachmentOptions
from webhook.clients.registry.signatures import read_public_key
from webhook.errors import ConfigError, Final, SourceError
from webhook.model.advisories import AdvisorySetInfo

TITLE = "org.opencontainers.image.title"
ZIP, JSON = "application/zip", "application/json"
CATALOG = {"dateReleased": "2026-01-02", "vulnerabilities": [{"cveID": "CVE-2021-44228", "dateAdded": "2021-12-10"}]}


def layout(*files: tuple[str, str, bytes], tag: str = "latest") -> Layout:
    made = Layout()
    images.artifact(made, [(kind, data, {TITLE: title}) for title, kind, data in files], tag)
    return made


def source(host: str, place: str = "mirror/osv:latest", **more) -> OsvSource | ExploitFileSource:
    kit = Kit([loopback(host)])
    rule = SourceRule(
        **{"name": "osv", "kind": "osv", "ecosystems": ("Debian",), "location": f"oci://{host}/{place}", **more}
    )
    check_sources([rule])
    kit.options = replace(kit.options, max_blob_bytes=rule.max_bytes)
    kit.__post_init__()
    signatures = None
    if rule.public_key_file is not None:
        listings = Listings(kit.client, AttachmentOptions(), kit.clock)
        signatures = ArtifactSignatures(kit.client, listings, read_public_key(rule.public_key_file))
    feed = ArtifactFeed(rule, kit.client, kit.locations, kit.clock, signatures)
    made = OsvSource if rule.kind == "osv" else ExploitFileSource
    return made(rule, Exchange(LIMITS, kit.clock), kit.clock, feed)


def test_an_artefact_of_a_real_registry_is_read_once_and_then_known_by_its_digest(plain):
    archive = zipped([openssl()])
    layout(("Debian/all.zip", ZIP, archive), ("npm/all.zip", ZIP, zipped([]))).push(f"http://{plain}/v2/mirror/osv")
    osv = source(plain)
    assert osv.check().ok
    first = osv.fetch("Debian", None)
    assert [advisory.id for advisory in first.content.advisories] == ["DEBIAN-CVE-2023-0286"]
    assert first.tag == first.digest == sha256(archive)
    now = Kit([]).clock.now()
    info = AdvisorySetInfo("osv", "Debian", first.digest, first.tag, now, now, 1)
    assert osv.fetch("Debian", info).content is None
    layout(("Debian/all.zip", ZIP, zipped([openssl("3.0.9-1")]))).push(f"http://{plain}/v2/mirror/osv")
    assert osv.fetch("Debian", info).content is not None
    kept = source(plain, f"mirror/osv@{sha256(archive)}")
    assert not kept.check().ok


def test_the_only_file_of_an_artefact_counts_whatever_its_title_is(plain):
    layout(("kev.json", JSON, json.dumps(CATALOG).encode())).push(f"http://{plain}/v2/mirror/kev")
    kev = source(plain, "mirror/kev:latest", name="kev", kind="kev", ecosystems=())
    assert list(kev.fetch(None).content.values) == ["cve-2021-44228"]


def test_what_is_not_there_is_told_with_what_is(plain):
    layout(("Debian/all.zip", ZIP, b"x"), ("npm/all.zip", ZIP, b"y")).push(f"http://{plain}/v2/mirror/parts")
    told = source(plain, "mirror/parts:latest", ecosystems=("Go",)).check()
    assert (told.ok, "its files are Debian/all.zip, npm/all.zip" in told.message) == (False, True)
    with pytest.raises(Final, match="There is no"):
        source(plain, "mirror/none:latest").fetch("Debian", None)


class Pieces(io.BytesIO):
    """A file that remembers how large the pieces were that it was given."""

    def __init__(self):
        super().__init__()
        self.sizes = []

    def write(self, piece):
        self.sizes.append(len(piece))
        return super().write(piece)


def test_a_large_file_is_written_as_it_comes_and_begun_once_more_after_a_cut(lying):
    archive = random.Random(7).randbytes(1_000_000)
    manifest = layout(("Debian/all.zip", ZIP, archive))
    lying.on(
        "/v2/mirror/osv/manifests/latest",
        Answer(body=manifest.blobs[manifest.tags["latest"]], headers={"Content-Type": images.OCI_MANIFEST}),
    )
    lying.on(f"/v2/mirror/osv/blobs/{sha256(archive)}", Answer(body=archive, cut=300_000), Answer(body=archive))
    into = Pieces()
    feed = source(lying.host)._feed
    assert feed.download("Debian/all.zip", "Debian", "", into) == sha256(archive)
    assert into.getvalue() == archive
    assert (max(into.sizes) <= 256 * 1024, sum(into.sizes) > len(archive)) == (True, True)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=b"x" * 40),
        Answer(body=zipped([openssl("9.9")])),
        Answer(body=zipped([openssl()]), cut=100),
        Answer(status=404),
        Answer(status=503),
    ],
    ids=["short", "another", "cut", "missing", "away"],
)
def test_a_blob_that_is_not_what_the_manifest_says_is_refused(lying, answer):
    archive = zipped([openssl()])
    made = layout(("Debian/all.zip", ZIP, archive))
    manifest = made.blobs[made.tags["latest"]]
    lying.on("/v2/mirror/osv/manifests/latest", Answer(body=manifest, headers={"Content-Type": images.OCI_MANIFEST}))
    lying.on(f"/v2/mirror/osv/blobs/{sha256(archive)}", answer)
    with pytest.raises(SourceError) as raised:
        source(lying.host).fetch("Debian", None)
    assert "SBOM" not in raised.value.remedy


def test_a_manifest_under_a_pinned_digest_that_is_another_is_refused(lying):
    made, other = layout(("Debian/all.zip", ZIP, zipped([openssl()]))), layout(("Debian/all.zip", ZIP, b""))
    pinned = made.tags["latest"]
    lie = Answer(body=other.blobs[other.tags["latest"]], headers={"Content-Type": images.OCI_MANIFEST})
    lying.on(f"/v2/mirror/osv/manifests/{pinned}", lie)
    with pytest.raises(Final, match="does not match its digest"):
        source(lying.host, f"mirror/osv@{pinned}").fetch("Debian", None)


def test_a_file_that_is_too_large_is_not_read(lying):
    made = layout(("Debian/all.zip", ZIP, b"x" * 1_100_000))
    manifest = made.blobs[made.tags["latest"]]
    lying.on("/v2/mirror/osv/manifests/latest", Answer(body=manifest, headers={"Content-Type": images.OCI_MANIFEST}))
    with pytest.raises(Final, match="at most 1048576 are read"):
        source(lying.host, max_megabytes=1).fetch("Debian", None)


@pytest.mark.parametrize(
    ("more", "says"),
    [({"location": "oci://Bad Name"}, "names no artefact"), ({"plain_http": True}, "write them under registries")],
)
def test_locations_that_cannot_be_are_refused(more, says):
    with pytest.raises(ConfigError, match=says):
        source("127.0.0.1:1", **more)


SIGN = "https://sigstore.dev/cosign/sign/v1"
SIMPLE = "application/vnd.dev.cosign.simplesigning.v1+json"


def simple(digest: str, kind: str = "cosign container image signature") -> bytes:
    """What cosign signed before it signed statements."""
    image = {"docker-manifest-digest": digest}
    critical = {"identity": {"docker-reference": "registry.example/mirror/osv"}, "image": image, "type": kind}
    return json.dumps({"critical": critical, "optional": None}).encode()


def tagged(made: Layout, about: str, payload: bytes, signature: str) -> None:
    tag = f"{about.replace(':', '-')}.sig"
    images.artifact(made, [(SIMPLE, payload, {"dev.cosignproject.cosign/signature": signature})], tag)


def bundled(made: Layout, about: str, bundle: bytes) -> str:
    notes = {"dev.sigstore.bundle.predicateType": SIGN}
    return images.artifact(
        made, [(BUNDLE, bundle)], artifactType=BUNDLE, subject=made.descriptor(about), annotations=notes
    )


@pytest.mark.parametrize("form", ["tag", "bundle", "beside others"])
def test_an_artefact_that_the_key_has_signed_is_taken(plain, signer, tmp_path, form):
    (tmp_path / "stranger").mkdir()
    other = Signer(tmp_path / "stranger")
    archive = zipped([openssl()])
    made = layout(("Debian/all.zip", ZIP, archive))
    digest = made.tags["latest"]
    if form == "tag":
        tagged(made, digest, simple(digest), signer.signature(simple(digest)))
    else:
        others = [bundled(made, digest, other.bundle(digest, SIGN))] if form == "beside others" else []
        fallback(made, digest, *others, bundled(made, digest, signer.bundle(digest, SIGN)))
    place = f"mirror/signed-{form.replace(' ', '-')}"
    made.push(f"http://{plain}/v2/{place}")
    osv = source(plain, f"{place}:latest", public_key_file=signer.file)
    assert osv.check().ok
    assert str(signer.file) in osv.check().message
    first = osv.fetch("Debian", None)
    assert first.content is not None
    assert first.signature == f"{digest} by {read_public_key(signer.file).fingerprint}"
    now = Kit([]).clock.now()
    info = AdvisorySetInfo("osv", "Debian", first.digest, first.tag, now, now, 1, signature=first.signature)
    assert osv.fetch("Debian", info).content is None
    before = replace(info, signature="")
    assert osv.fetch("Debian", before).content is not None, "what was taken without a key is read again"


@pytest.mark.parametrize("form", ["nothing", "stranger", "another digest", "another kind", "an attestation", "damaged"])
def test_an_artefact_that_the_key_has_not_signed_is_refused(plain, signer, tmp_path, form):
    (tmp_path / "stranger").mkdir()
    other = Signer(tmp_path / "stranger")
    made = layout(("Debian/all.zip", ZIP, zipped([openssl()])))
    digest, elsewhere = made.tags["latest"], sha256(b"elsewhere")
    if form == "stranger":
        tagged(made, digest, simple(digest), other.signature(simple(digest)))
        fallback(made, digest, bundled(made, digest, other.bundle(digest, SIGN)))
    elif form == "another digest":
        tagged(made, digest, simple(elsewhere), signer.signature(simple(elsewhere)))
        fallback(made, digest, bundled(made, digest, signer.bundle(elsewhere, SIGN)))
    elif form == "another kind":
        odd = simple(digest, "something else")
        tagged(made, digest, odd, signer.signature(odd))
    elif form == "an attestation":
        fallback(made, digest, bundled(made, digest, signer.bundle(digest, images.CYCLONEDX_PREDICATE)))
    elif form == "damaged":
        tagged(made, digest, simple(digest), "no base64")
        fallback(made, digest, bundled(made, digest, b"{"))
    place = f"mirror/unsigned-{form.replace(' ', '-')}"
    made.push(f"http://{plain}/v2/{place}")
    osv = source(plain, f"{place}:latest", public_key_file=signer.file)
    with pytest.raises(Final, match="is not signed") as raised:
        osv.fetch("Debian", None)
    assert "publicKeyFile" in raised.value.remedy
    assert not osv.check().ok
