"""An SBOM of one platform says nothing of the others, and no index hides a platform."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.copies import replace
from tests.fakes import FakeBackground, FakeClock, FakeSbomSource
from tests.registries import images
from tests.registries.kit import Kit, loopback
from tests.registries.layouts import Layout
from tests.registries.lying import Answer, LyingServer
from tests.worlds import World, digest_of, sbom_of
from webhook.clients.registry.options import AttachmentOptions
from webhook.engines.searching.platforms import Platforms
from webhook.errors import Final, SourceError
from webhook.model.actions import Action
from webhook.model.components import Sbom
from webhook.model.images import parse_image
from webhook.model.platforms import WHOLE, Coverage, joined, numbered, plain_name
from webhook.model.policies import Policy
from webhook.model.verdicts import Verdict

AMD, ARM = "linux/amd64", "linux/arm64"


class Registry:
    """A registry with one index, whose platforms have SBOMs or not.

    Attributes:
        digest: of the index.
    """

    def __init__(self, server: LyingServer) -> None:
        self.server, self.layout = server, Layout()
        self.platforms = {text: images.image(self.layout, name=text) for text in (AMD, ARM)}
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
    parts = [Coverage(tuple(names), (item,)) for item in covered]
    found = joined(parts)
    if found is None or not names:
        return
    missing = {plain_name(name) for name in names if name not in covered}
    assert set(found.without([AMD, ARM, "linux/arm", "windows/amd64"])) == missing
    assert set(found.without([ARM])) == missing & {ARM, "no platform"}
    assert joined([*parts, WHOLE]) == WHOLE
    assert joined([None, *parts]) == found
    assert joined([None]) is None


# -- the verdict ------------------------------------------------------------------------------------------------------

BOTH = (AMD, ARM)
IMAGE = "registry.example/shop/web:1"
DIGEST = digest_of(IMAGE)
PURL = "pkg:npm/left-pad@1.3.0"
DENY = Policy(missing_sbom=Action.DENY)


def world(*platforms: str, policy: Policy = DENY, **more: object) -> World:
    """A world in which these platforms are named, and the image's tag is known."""
    made = World(policy=policy, resolves=True, platforms=Platforms(platforms), **more)
    made.resolver.digests[parse_image(IMAGE).tagged] = DIGEST
    made.answer(PURL)
    return made


def describing(*covered: str, document: str = "") -> Sbom:
    coverage = Coverage(BOTH, covered) if covered else WHOLE
    return replace(sbom_of(PURL, document=document or repr(covered)), coverage=coverage)


def reasons(verdict: Verdict) -> list[tuple[str, Action]]:
    return [(reason.code, reason.action) for reason in verdict.reasons]


def test_a_platform_that_counts_and_has_no_sbom_is_a_missing_sbom():
    made = world(AMD, ARM)
    made.directory.sboms[DIGEST] = [describing(AMD)]
    for _ in range(2):
        verdict = made.check(IMAGE)
        assert (verdict.action, reasons(verdict)) == (Action.DENY, [("missing-sbom", Action.DENY)])
        assert "linux/arm64" in verdict.reasons[0].text
        assert "linux/amd64" not in verdict.reasons[0].text
    assert len(made.directory.asked) == 1, "what was not found is believed for a while"
    made.clock.advance(61)
    made.directory.sboms[DIGEST] = [describing(AMD), describing(ARM)]
    assert made.check(IMAGE).action is Action.ALLOW


def test_the_policy_decides_what_a_missing_platform_weighs():
    made = world(ARM, policy=Policy(missing_sbom=Action.WARN))
    made.directory.sboms[DIGEST] = [describing(AMD)]
    assert made.check(IMAGE).action is Action.WARN


def test_a_platform_that_does_not_count_needs_no_sbom():
    made = world(AMD)
    made.directory.sboms[DIGEST] = [describing(AMD)]
    assert reasons(made.check(IMAGE)) == []


def test_where_nobody_says_what_counts_it_is_a_remark():
    made = world()
    made.directory.sboms[DIGEST] = [describing(AMD)]
    verdict = made.check(IMAGE)
    assert (verdict.action, reasons(verdict)) == (Action.ALLOW, [("platform-without-sbom", Action.ALLOW)])
    made.clock.advance(3600)
    made.check(IMAGE)
    assert len(made.directory.asked) == 1, "a remark is no reason to search again"


def test_an_sbom_of_the_whole_image_is_for_every_platform():
    made = world(AMD, ARM)
    made.directory.sboms[DIGEST] = [describing(AMD), describing(document="index")]
    assert reasons(made.check(IMAGE)) == []


@pytest.mark.parametrize("coverage", [Coverage(BOTH, (ARM,)), WHOLE], ids=["platform", "index"])
def test_an_sbom_without_a_usable_purl_describes_no_platform(coverage):
    made = world(AMD, ARM)
    useless = replace(sbom_of(document="useless"), coverage=coverage)
    made.directory.sboms[DIGEST] = [describing(AMD), useless]
    assert reasons(made.check(IMAGE)) == [("missing-sbom", Action.DENY)]
    assert "linux/arm64" in made.check(IMAGE).reasons[0].text
    made.clock.advance(61)
    made.directory.sboms[DIGEST] = [describing(AMD), useless, describing(ARM)]
    assert made.check(IMAGE).action is Action.ALLOW


def test_places_complete_each_other():
    made = world(AMD, ARM)
    first, second = FakeSbomSource("referrers"), FakeSbomSource("buildkit")
    made.opener.common = replace(made.opener.common, places=[first, second])
    first.sboms[DIGEST], second.sboms[DIGEST] = [describing(AMD)], [describing(ARM)]
    assert reasons(made.check(IMAGE)) == []
    first.sboms[DIGEST] = SourceError("refused")
    other = world(AMD, ARM)
    other.opener.common = replace(other.opener.common, places=[second, first])
    assert reasons(other.check(IMAGE)) == [("missing-sbom", Action.DENY)] * 2, (
        "the platform, and what the place may hold"
    )


def test_a_platform_that_is_named_later_is_missed_after_a_restart_too():
    before = world(AMD)
    before.directory.sboms[DIGEST] = [describing(AMD)]
    assert before.check(IMAGE).action is Action.ALLOW
    after = world(AMD, ARM, store=before.store)
    after.directory.sboms[DIGEST] = SourceError("the registry is down")
    assert reasons(after.check(IMAGE)) == [("missing-sbom", Action.DENY)]
    assert after.check(IMAGE).action is Action.DENY


def test_what_an_older_program_found_is_looked_at_again_behind_the_request():
    made, pinned = world(AMD, ARM), f"{IMAGE}@{DIGEST}"
    made.store.sboms.add(DIGEST, replace(describing(AMD), coverage=None), place="referrers", image=parse_image(IMAGE))
    made.refresher.refresh()
    made.background.hold = True
    made.directory.sboms[DIGEST] = [describing(AMD)]
    assert made.check(pinned).action is Action.ALLOW, "it is judged from memory"
    made.background.run_held()
    assert reasons(made.check(pinned)) == [("missing-sbom", Action.DENY)]


def nodes_world(answer: tuple[str, ...] | None) -> World:
    """A world whose platforms are those of nodes, which are asked in the background."""
    background, clock = FakeBackground(), FakeClock()
    made = world(background=background, clock=clock)
    made.platforms = Platforms((), lambda: answer, background, clock)
    made.__post_init__()
    made.directory.sboms[DIGEST] = [describing(AMD)]
    return made


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((ARM,), [("missing-sbom", Action.DENY)]),
        ((AMD,), []),
        (("linux/s390x",), []),
        (None, [("platform-without-sbom", Action.ALLOW)]),
        ((), [("platform-without-sbom", Action.ALLOW)]),
    ],
)
def test_the_nodes_say_which_platforms_count(answer, expected):
    assert reasons(nodes_world(answer).check(IMAGE)) == expected


def test_until_the_nodes_are_known_a_missing_platform_counts():
    made = nodes_world((AMD,))
    made.background.hold = True
    made.store.sboms.add(DIGEST, describing(AMD), place="referrers", image=parse_image(IMAGE))
    made.refresher.refresh()
    assert made.check(f"{IMAGE}@{DIGEST}").action is Action.DENY
    made.background.run_held()
    assert made.check(f"{IMAGE}@{DIGEST}").action is Action.ALLOW


def test_known_images_are_judged_without_asking_anybody():
    made = world(AMD, ARM)
    made.directory.sboms[DIGEST] = [describing(AMD), describing(ARM)]
    made.check(IMAGE)
    asked, tasks = len(made.directory.asked), len(made.background.tasks)
    for _ in range(10):
        made.check(IMAGE)
    assert (len(made.directory.asked), len(made.background.tasks)) == (asked, tasks)
