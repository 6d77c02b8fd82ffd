"""SBOMs made by the real Syft of images in a real registry, and what is said when that does not work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.generator.images import Images, debian, node
from tests.registries.kit import Kit, loopback
from webhook.clients.generator import GeneratedSource, Syft
from webhook.clients.generator_options import GeneratorOptions
from webhook.clients.machine import SystemClock
from webhook.clients.registry.options import AttachmentOptions, RegistryRule
from webhook.clients.registry.resolver import pull_target
from webhook.errors import Final, Retryable
from webhook.model.components import Sbom
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, parse_image
from webhook.model.pulling import PullTarget
from webhook.sboms import parse


def make(syft: Path, **options: Any) -> Syft:
    return Syft(GeneratorOptions(**{"generate": "syft", "syft": syft, **options}), {}, SystemClock())


def fetch(syft: Syft, images: Images, digest: Digest, soon: Deadline, **more: Any) -> list[Sbom]:
    """Make the SBOMs of an image as bomgate does, with what the registry client knows of the registry."""
    kit = Kit([loopback(images.host, **more.pop("rule", {}))], **more)
    source = GeneratedSource(
        syft, lambda image, asked, deadline: pull_target(kit.search, image, asked, deadline), parse
    )
    image = parse_image(f"{images.host}/{images.path}@{digest}")
    try:
        return list(source.fetch(image, digest, soon))
    finally:
        kit.client.close()


def names(sboms: list[Sbom]) -> set[str]:
    return {str(purl).partition("@")[0] for sbom in sboms for purl in sbom.components}


def test_the_packages_of_an_image_are_found(syft: Path, images: Images, soon: Deadline) -> None:
    digest = images.image({**debian("libc6", "curl"), **node("left-pad")})
    (sbom,) = fetch(make(syft), images, digest, soon)
    assert names([sbom]) == {"pkg:deb/debian/libc6", "pkg:deb/debian/curl", "pkg:npm/left-pad"}
    assert (sbom.format, sbom.tool) == ("cyclonedx-json", "syft 1.18.1")


def test_an_image_without_packages_has_an_sbom_without_components(syft: Path, images: Images, soon: Deadline) -> None:
    (sbom,) = fetch(make(syft), images, images.image({"hello": b"world"}), soon)
    assert sbom.components == ()


def test_every_platform_that_counts_is_scanned_and_no_other(syft: Path, images: Images, soon: Deadline) -> None:
    index = images.index(
        amd64=images.image(debian("on-amd")),
        arm64=images.image(debian("on-arm"), "arm64"),
        s390x=images.image(debian("on-mainframe"), "s390x"),
    )
    platforms = AttachmentOptions(platforms=("linux/amd64", "linux/arm64"))
    sboms = fetch(make(syft), images, index, soon, attachments=platforms)
    assert names(sboms) == {"pkg:deb/debian/on-amd", "pkg:deb/debian/on-arm"}


def test_credentials_are_passed_on(syft: Path, guarded: Images, tmp_path: Path, soon: Deadline) -> None:
    file = tmp_path / "config.json"
    file.write_text(f'{{"auths": {{"{guarded.host}": {{"username": "robot", "password": "hidden"}}}}}}')
    digest = guarded.image(debian("libc6"))
    assert names(fetch(make(syft), guarded, digest, soon, rule={"credentials_file": file})) == {"pkg:deb/debian/libc6"}


@pytest.mark.parametrize("password", ["", "wrong"])
def test_a_registry_that_refuses_is_said_so(syft: Path, guarded: Images, soon: Deadline, password: str) -> None:
    digest = guarded.image(debian("libc6"))
    target = PullTarget(guarded.host, guarded.path, (("image", digest),), True, None, password and "robot", password)
    with pytest.raises(Final, match="refused to let syft pull") as caught:
        make(syft).scan(target, digest, soon)
    assert "credentials" in caught.value.remedy


def test_an_image_that_the_registry_does_not_show_is_not_even_tried(
    syft: Path, guarded: Images, soon: Deadline
) -> None:
    digest = guarded.image(debian("libc6"))
    with pytest.raises(Final, match="without credentials"):
        fetch(make(Path("/nowhere/syft")), guarded, digest, soon)


def test_a_registry_that_is_not_to_be_asked_is_not_even_tried(syft: Path, images: Images, soon: Deadline) -> None:
    digest = images.image(debian("libc6"))
    kit = Kit([RegistryRule(prefix=images.host, plain_http=True)])
    with pytest.raises(Final, match="loopback address"):
        pull_target(kit.search, parse_image(f"{images.host}/{images.path}@{digest}"), digest, soon)


def test_a_registry_that_is_down_may_come_back(syft: Path, soon: Deadline) -> None:
    digest = Digest(f"sha256:{'a' * 64}")
    with pytest.raises(Retryable, match="connection refused"):
        make(syft).scan(PullTarget("127.0.0.1:9", "team/app", (("image", digest),), True), digest, soon)


def test_an_image_that_is_not_there_is_said_so(syft: Path, images: Images, soon: Deadline) -> None:
    digest = Digest(f"sha256:{'a' * 64}")
    target = PullTarget(images.host, images.path, (("image", digest),), True)
    with pytest.raises(Final, match="MANIFEST_UNKNOWN"):
        make(syft).scan(target, digest, soon)


def test_too_little_memory_is_said_so(syft: Path, images: Images, soon: Deadline) -> None:
    # The least that the options allow is enough for a small image, and not for a package that says very much of itself.
    talkative = b'{"name": "a", "version": "1.0.0", "author": "' + b"x" * 80_000_000 + b'"}'
    small, large = images.image(debian("libc6")), images.image({"app/node_modules/a/package.json": talkative})
    program = make(syft, syft_memory_mib=256)
    assert names(fetch(program, images, small, soon)) == {"pkg:deb/debian/libc6"}
    with pytest.raises(Final, match="takes syft more than 256 MiB of memory"):
        fetch(program, images, large, soon)


def test_an_image_that_unpacks_to_very_much_is_said_so(
    syft: Path, images: Images, soon: Deadline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    digest = images.zeros(64)
    with pytest.raises(Final, match="takes syft more than 32 MiB of disk space"):
        fetch(make(syft, syft_disk_mib=32), images, digest, soon)
    assert not [*tmp_path.iterdir()], "nothing is left behind"


def test_too_little_time_is_said_so(syft: Path, images: Images, soon: Deadline) -> None:
    digest = images.image(debian(*(f"package-{number}" for number in range(3000))))
    program = make(syft)
    program.check()
    short = Deadline(SystemClock().monotonic() + 0.5)
    with pytest.raises(Final, match="took syft more than"):
        program.scan(PullTarget(images.host, images.path, (("image", digest),), True), digest, short)


def test_syft_says_that_it_is_syft(syft: Path) -> None:
    assert make(syft).check() == syft
