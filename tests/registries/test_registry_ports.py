"""The ports ``ImageResolver`` and ``SbomSource``: one suite each, on the fake and on everything real."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes import FakeImageResolver, FakeSbomSource
from tests.registries import images
from tests.registries.kit import Kit, RealClock, loopback, purls
from tests.registries.lying import Answer
from webhook.clients.directory import DirectorySource
from webhook.errors import InvalidInput, Retryable, SourceError
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, parse_image
from webhook.ports import ImageResolver, SbomSource
from webhook.sboms import parse

DIGEST = Digest("sha256:" + "a" * 64)
BAD = Digest("sha256:" + "b" * 64)
NONE = Digest("sha256:" + "c" * 64)
PURL = "pkg:npm/left-pad@1.3.0"


def soon() -> Deadline:
    return Deadline(RealClock().monotonic() + 20)


@dataclass
class ResolverCase:
    """A resolver that knows ``known`` and not ``unknown``, and fails for ``down``."""

    resolver: ImageResolver
    digest: Digest
    known: str
    unknown: str
    down: str


@pytest.fixture(params=["fake", "registry"])
def resolver_case(request, world) -> ResolverCase:
    if request.param == "fake":
        names = ("docker.io/library/app:1", "docker.io/library/app:2", "docker.io/library/app:3")
        fake = FakeImageResolver({names[0]: DIGEST, names[2]: Retryable("It is down.")})
        return ResolverCase(fake, DIGEST, *names)
    world.server.on("/v2/app/manifests/down", Answer(503))
    resolver = Kit([loopback(world.server.host)]).resolver
    return ResolverCase(resolver, Digest(world.digest), f"{world.name}:1", f"{world.name}:none", f"{world.name}:down")


def test_a_resolver_knows_a_tag_or_nobody_does_or_it_says_that_it_failed(resolver_case):
    case = resolver_case
    assert case.resolver.resolve(parse_image(case.known), soon()) == case.digest
    assert case.resolver.resolve(parse_image(case.unknown), soon()) is None
    with pytest.raises(SourceError):
        case.resolver.resolve(parse_image(case.down), soon())


@dataclass
class SourceCase:
    """A place with an SBOM of ``good``, a damaged one of ``bad``, none of ``none``, and, if it can, one it refuses."""

    source: SbomSource
    image: str
    good: Digest
    bad: Digest
    none: Digest
    refused: Digest | None = None


def fake_source(world, folder: Path) -> SourceCase:
    sbom = parse(json.dumps(images.cyclonedx(PURL)).encode())
    refused = Digest("sha256:" + "d" * 64)
    fake = FakeSbomSource("fake", {DIGEST: [sbom], BAD: InvalidInput("damaged"), refused: Retryable("It is down.")})
    return SourceCase(fake, "app:1", DIGEST, BAD, NONE, refused)


def directory_source(world, folder: Path) -> SourceCase:
    (folder / f"app@sha256-{DIGEST.hex}.json").write_text(json.dumps(images.cyclonedx(PURL)))
    (folder / f"app@sha256-{BAD.hex}.json").write_text("{")
    return SourceCase(DirectorySource(folder, parse), "app:1", DIGEST, BAD, NONE)


def registry_source(name: str):
    """The case of one place in a registry: attaches a good and a damaged document there."""

    def make(world, folder: Path) -> SourceCase:
        digests = []
        for number, data in enumerate((json.dumps(images.cyclonedx(PURL)).encode(), b"{", None)):
            digest = images.image(world.layout, name=f"{name} {number}")
            world.server.on(f"/v2/app/referrers/{digest}", Answer(404))
            if data is not None:
                digest = ATTACH[name](world, digest, data)
            digests.append(Digest(digest))
        world.server.hold(world.layout, "app")
        refused = Digest("sha256:" + "e" * 64)
        world.server.on(f"/v2/app/manifests/{refused}", Answer(403))
        source = Kit([loopback(world.server.host)]).sources[name]
        return SourceCase(source, world.name, *digests, refused)

    return make


def by_list(world, digest: str, data: bytes) -> str:
    more = {"artifactType": images.CYCLONEDX, "subject": world.layout.descriptor(digest)}
    attached = images.artifact(world.layout, [(images.CYCLONEDX, data)], **more)
    headers = {"Content-Type": images.OCI_INDEX}
    world.server.on(f"/v2/app/referrers/{digest}", Answer(body=images.listed(world.layout, attached), headers=headers))
    return digest


def by_index(world, digest: str, data: bytes) -> str:
    statement = images.statement(digest, json.loads(data)) if data != b"{" else data
    entry = images.attestation_entry(world.layout, digest, [(images.CYCLONEDX_PREDICATE, statement)])
    return images.index(world.layout, {"linux/amd64": digest}, more=(entry,))


def by_attestation(world, digest: str, data: bytes) -> str:
    statement = images.statement(digest, json.loads(data)) if data != b"{" else data
    layers = [("application/vnd.dsse.envelope.v1+json", images.envelope(statement, b"unchecked"))]
    images.artifact(world.layout, layers, f"{digest.replace(':', '-')}.att")
    return digest


def by_attachment(world, digest: str, data: bytes) -> str:
    images.artifact(world.layout, [(images.CYCLONEDX, data)], f"{digest.replace(':', '-')}.sbom")
    return digest


ATTACH = {
    "referrers": by_list,
    "buildkit": by_index,
    "cosignAttestation": by_attestation,
    "cosignAttachment": by_attachment,
}
CASES = {"fake": fake_source, "directory": directory_source, **{name: registry_source(name) for name in ATTACH}}


@pytest.fixture(params=CASES)
def source_case(request, world, tmp_path) -> SourceCase:
    return CASES[request.param](world, tmp_path)


def test_a_source_has_an_sbom_or_none_or_one_that_cannot_be_read_or_refuses(source_case):
    case, image = source_case, parse_image(source_case.image)
    assert purls(case.source.fetch(image, case.good, soon())) == {PURL}
    assert list(case.source.fetch(image, case.none, soon())) == []
    with pytest.raises(InvalidInput):
        case.source.fetch(image, case.bad, soon())
    if case.refused is not None:
        with pytest.raises(SourceError):
            case.source.fetch(image, case.refused, soon())


def test_a_source_has_a_name_for_reports(source_case):
    assert source_case.source.place
    assert isinstance(source_case.source.place, str)
