"""An SBOM of one platform says nothing of the others, and no index hides a platform."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.registries import images
from tests.registries.kit import Kit, loopback
from tests.registries.layouts import Layout
from tests.registries.lying import Answer, LyingServer
from webhook.clients.registry import AttachmentOptions
from webhook.errors import Final
from webhook.model.components import Sbom
from webhook.model.platforms import WHOLE, Coverage, joined, numbered, plain_name

AMD, ARM = "linux/amd64", "linux/arm64"


class Registry:
    """A registry with one index, whose platforms have SBOMs or not.

    Attributes:
        digest: of the index.
    """

    def __init__(self, server: LyingServer) -> None:
        self.server, self.layout = server, Layout()
        self.platforms = {one: images.image(self.layout, name=one) for one in (AMD, ARM)}
        self.digest = images.index(self.layout, self.platforms, "1")

    def attach(self, *subjects: str, nest: int = 0) -> None:
        """Serve the index, inside as many others, with an SBOM for each of these: a platform, or ``index``."""
        inner = self.digest
        for _ in range(nest):
            entry = self.layout.descriptor(self.digest)
            self.digest = self.layout.manifest(
                {"schemaVersion": 2, "mediaType": images.OCI_INDEX, "manifests": [entry]}, "1"
            )
        self.server.answers.clear()
        for subject in subjects:
            digest = {"index": self.digest, "inner": inner}.get(subject) or self.platforms[subject]
            document = images.cyclonedx(f"pkg:npm/left-pad@1.3.{len(subject)}")
            attached = images.attached(self.layout, digest, document)
            listed = Answer(body=images.listed(self.layout, attached), headers={"Content-Type": images.OCI_INDEX})
            self.server.on(f"/v2/app/referrers/{digest}", listed)
        self.server.hold(self.layout, "app")

    def fetch(self, *platforms: str) -> list[Sbom]:
        kit = Kit([loopback(self.server.host)], attachments=AttachmentOptions(platforms=platforms))
        try:
            return kit.fetch("referrers", f"{self.server.host}/app@{self.digest}")
        finally:
            kit.client.close()


@pytest.fixture
def registry():
    with LyingServer() as server:
        yield Registry(server)


def without(found: list[Sbom], *wanted: str) -> tuple[str, ...]:
    coverage = joined(sbom.coverage for sbom in found)
    assert coverage is not None
    return coverage.without(wanted)


def test_the_sbom_of_one_platform_leaves_the_other_without(registry):
    registry.attach(AMD)
    assert without(registry.fetch(), AMD, ARM) == (ARM,)
    assert without(registry.fetch(), AMD) == ()
    registry.attach(AMD, ARM)
    assert without(registry.fetch(), AMD, ARM) == ()


def test_the_sbom_of_the_index_is_for_all_platforms(registry):
    registry.attach("index")
    assert joined(sbom.coverage for sbom in registry.fetch()) == WHOLE


def test_the_sbom_of_an_index_inside_is_for_the_platforms_in_it(registry):
    registry.attach("inner", nest=1)
    assert without(registry.fetch(), AMD, ARM) == ()


@pytest.mark.parametrize("depth", [1, 3])
def test_an_image_in_an_index_inside_an_index_is_found(depth, registry):
    registry.attach(ARM, nest=depth)
    assert without(registry.fetch(), AMD, ARM) == (AMD,)


def test_indexes_are_opened_to_a_bounded_depth_and_number(registry):
    registry.attach(ARM, nest=9)
    with pytest.raises(Final, match="levels deep"):
        registry.fetch()
    layout, entries = registry.layout, []
    for number in range(20):
        more = layout.descriptor(images.image(layout, name=f"n{number}"))
        entries.append(layout.descriptor(images.index(layout, registry.platforms, more=(more,))))
    registry.digest = registry.layout.manifest(
        {"schemaVersion": 2, "mediaType": images.OCI_INDEX, "manifests": entries}, "1"
    )
    registry.attach()
    with pytest.raises(Final, match="more than 16 indexes"):
        registry.fetch()


def test_an_index_inside_that_the_registry_does_not_have_is_a_refusal(registry):
    inner = registry.digest
    registry.attach(ARM, nest=1)
    registry.server.on(f"/v2/app/manifests/{inner}", Answer(404))
    with pytest.raises(Final, match="does not have"):
        registry.fetch()


def test_a_second_manifest_of_a_platform_needs_an_sbom_too(registry):
    other = images.image(registry.layout, name="other")
    content = json.loads(registry.layout.blobs[registry.digest])
    second = registry.layout.descriptor(other, platform={"os": "linux", "architecture": "amd64"})
    registry.digest = registry.layout.manifest({**content, "manifests": [second, *content["manifests"]]}, "1")
    registry.attach(AMD, ARM)
    assert without(registry.fetch(), AMD, ARM) == (AMD,)


PLATFORMS = st.lists(
    st.sampled_from([AMD, ARM, "linux/arm/v6", "linux/arm/v7", "windows/amd64", "no platform"]), max_size=6
)


@given(PLATFORMS, st.data())
def test_a_platform_is_without_an_sbom_exactly_when_one_of_its_entries_is(platforms, data):
    names = numbered(platforms)
    assert len(set(names)) == len(platforms)
    covered = data.draw(st.lists(st.sampled_from(names), unique=True)) if names else []
    parts = [Coverage(tuple(names), (one,)) for one in covered]
    found = joined(parts)
    if found is None or not names:
        return
    missing = {plain_name(name) for name in names if name not in covered}
    assert set(found.without([AMD, ARM, "linux/arm", "windows/amd64"])) == missing
    assert set(found.without([ARM])) == missing & {ARM, "no platform"}
    assert joined([*parts, WHOLE]) == WHOLE
    assert joined([None, *parts]) == found
    assert joined([None]) is None
