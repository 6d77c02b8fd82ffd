"""Fetching for what runs: sightings, and SBOMs of images that were there before bomgate."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from tests.fakes import FakeBackground, FakeSbomSource
from tests.worlds import LEFTPAD, World, digest_of, sbom_of
from webhook.engines.controlling.options import ControllerOptions
from webhook.engines.controlling.running_images import InventoryDuty, InventoryParts
from webhook.errors import Final, StoreError
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, ImageRef
from webhook.model.pulling import PullAccess
from webhook.model.records import Sighting, UnreadSbom
from webhook.model.running import ObjectRef, RunningImage, RunningWorkload
from webhook.model.workloads import ContainerRole

NEW, OLD = digest_of("new"), digest_of("old")
ACCESS = PullAccess("shop", ("pull",), "default")


@dataclass
class FakeSightings:
    """Keeps every sighting."""

    recorded: list[Sighting] = field(default_factory=list)

    def record(self, sightings: Sequence[Sighting]) -> None:
        self.recorded += sightings


@dataclass
class FakeRunning:
    """A cluster in which this runs."""

    there: list[RunningWorkload] = field(default_factory=list)

    def workloads(self, namespaces: Collection[str] = ()) -> Sequence[RunningWorkload]:
        return self.there

    def namespaces(self, names: Collection[str] = ()) -> Mapping[str, Mapping[str, str]]:
        return {}


def workload(name: str, *images: tuple[str, Digest | None, bool], access: PullAccess = ACCESS) -> RunningWorkload:
    owner = ObjectRef("apps", "v1", "Deployment", "shop", name, f"uid-{name}")
    found = tuple(
        RunningImage(text, digest, f"spec.containers[{number}] (c)", ContainerRole.CONTAINER, running)
        for number, (text, digest, running) in enumerate(images)
    )
    return RunningWorkload(owner, found, 1, access)


class Desk:
    """A duty in a world."""

    def __init__(
        self, *, pull_secrets: bool = False, hold: bool = False, refresh_seconds: float = 0.0, **options: float
    ) -> None:
        self.world, self.running = World(resolves=True), FakeRunning()
        self.background, self.sightings = FakeBackground(hold=hold), FakeSightings()
        world = self.world
        self.unread: list[UnreadSbom] = []
        self.outdated: list[int] = []
        self.parts = InventoryParts(
            running=self.running,
            checker=world.checker,
            background=self.background,
            sightings=self.sightings,
            model=world.model,
            refresher=world.refresher,
            clock=world.clock,
            pull_secrets=pull_secrets,
            sboms=world.store.sboms,
            refresh_seconds=refresh_seconds,
            unread=lambda digests: [sbom for sbom in self.unread if sbom.digest in digests],
            publish_outdated=self.outdated.append,
        )
        self.duty = InventoryDuty(self.parts, ControllerOptions(**options))
        world.directory.sboms[NEW] = [sbom_of(LEFTPAD)]

    @property
    def seen(self) -> set[tuple[str, Digest | None]]:
        return {(sighting.name, sighting.digest) for sighting in self.sightings.recorded}


def test_what_runs_is_noted_and_its_sbom_is_fetched() -> None:
    desk = Desk()
    desk.running.there = [workload("web", ("shop/web:1", NEW, True), ("shop/later:1", None, False))]
    desk.duty.run()
    assert desk.seen == {("docker.io/shop/web:1", NEW)}, "what only a template names does not run"
    assert desk.world.model.knows(NEW)
    asked = len(desk.world.directory.asked)
    desk.duty.run()
    assert len(desk.world.directory.asked) == asked, "what is known is not searched"


def test_an_image_without_a_digest_is_resolved() -> None:
    desk = Desk()
    desk.world.resolver.digests["docker.io/shop/web:1"] = NEW
    desk.running.there = [workload("web", ("shop/web:1", None, True))]
    desk.duty.run()
    assert desk.world.model.knows(NEW)
    assert desk.seen == {("docker.io/shop/web:1", None)}


def test_an_image_that_runs_on_is_noted_once_an_hour() -> None:
    desk = Desk()
    desk.running.there = [workload("web", ("shop/web:1", NEW, True)), workload("api", ("shop/web:1", NEW, True))]
    desk.duty.run()
    first = desk.world.clock.now()
    desk.world.clock.advance(3599)
    desk.duty.run()
    assert [sighting.at for sighting in desk.sightings.recorded] == [first]
    desk.world.clock.advance(1)
    desk.duty.run()
    assert [sighting.at for sighting in desk.sightings.recorded] == [first, desk.world.clock.now()]


def test_pull_secrets_of_the_workload_are_used_where_they_may_be() -> None:
    for pull_secrets in (False, True):
        desk = Desk(pull_secrets=pull_secrets)
        desk.running.there = [workload("web", ("shop/web:1", NEW, True))]
        desk.duty.run()
        assert (ACCESS in desk.world.opener.opened) is pull_secrets


def test_what_cannot_be_named_is_left_out() -> None:
    desk = Desk()
    desk.running.there = [workload("web", ("shop/WEB:1", None, True), ("shop/web:1", NEW, True))]
    desk.duty.run()
    assert desk.world.model.knows(NEW)


def test_searches_whose_turn_comes_too_late_are_left_to_the_next_pass() -> None:
    desk = Desk(hold=True, search_seconds=10.0)
    desk.running.there = [workload("web", ("shop/web:1", NEW, True))]
    desk.duty.run()
    assert [task.waited for task in desk.background.tasks] == [[10.0]]
    desk.world.clock.advance(10)
    desk.background.run_held()
    assert desk.world.directory.asked == []


def test_an_image_without_an_sbom_is_searched_for_less_and_less_often() -> None:
    desk = Desk()
    none = digest_of("none")
    desk.running.there = [workload("web", ("shop/none:1", none, True))]
    hours = []
    for minute in range(0, 48 * 60, 5):
        before = len(desk.world.directory.asked)
        desk.duty.run()
        if len(desk.world.directory.asked) > before:
            hours.append(minute / 60)
        desk.world.clock.advance(300)
    assert hours == [0, 0.25, 0.75, 1.75, 3.75, 7.75, 13.75, 19.75, 25.75, 31.75, 37.75, 43.75]


def test_an_error_of_the_store_is_told_after_all_were_searched() -> None:
    desk = Desk()
    other = digest_of("other")
    desk.world.directory.sboms[OLD] = StoreError("the database is full")
    desk.world.directory.sboms[other] = [sbom_of(LEFTPAD)]
    desk.running.there = [workload("web", ("shop/a:1", OLD, True), ("shop/b:1", other, True))]

    class Failing:
        def check_until(self, image: ImageRef, *arguments: object) -> object:
            if image.digest == OLD:
                raise StoreError("the database is full")
            return desk.world.checker.check_until(image, *arguments)

    parts = InventoryParts(
        **{**{name: getattr(desk.parts, name) for name in desk.parts.__slots__}, "checker": Failing()}
    )
    with pytest.raises(StoreError, match="the database is full"):
        InventoryDuty(parts, ControllerOptions()).run()
    assert desk.world.model.knows(other)


DAY = 86400.0


def test_what_runs_is_looked_at_again_after_a_while_and_what_is_gone_stops_counting() -> None:
    desk = Desk(refresh_seconds=DAY)
    world, asked = desk.world, desk.world.directory.asked
    desk.running.there = [workload("web", ("shop/web:1", NEW, True))]
    desk.duty.run()
    first = len(asked)
    world.clock.advance(DAY - 1)
    desk.duty.run()
    assert len(asked) == first, "not before its time"
    other = sbom_of(LEFTPAD, document="other")
    world.directory.sboms[NEW] = [other]
    world.clock.advance(2)
    desk.duty.run()
    assert len(asked) == first + 1
    assert [record.document_digest for record in world.store.sboms.show(NEW)] == [other.document_digest]
    assert len(world.store.sboms.departures(NEW)) == 1
    desk.duty.run()
    assert len(asked) == first + 1


def test_a_place_that_refuses_keeps_what_it_had_and_is_asked_again_soon() -> None:
    desk = Desk(refresh_seconds=DAY)
    world, asked = desk.world, desk.world.directory.asked
    desk.running.there = [workload("web", ("shop/web:1", NEW, True))]
    desk.duty.run()
    world.directory.sboms[NEW] = Final("503")
    world.clock.advance(DAY)
    desk.duty.run()
    before = len(asked)
    desk.duty.run()
    assert len(asked) == before
    world.clock.advance(900)
    desk.duty.run()
    assert len(asked) == before + 1
    assert len(world.store.sboms.show(NEW)) == 1


def test_images_that_came_due_together_are_spread_over_the_time() -> None:
    desk = Desk(refresh_seconds=DAY, inventory_seconds=DAY / 20)
    digests = [digest_of(f"image {n}") for n in range(40)]
    desk.world.directory.sboms.update({digest: [sbom_of(LEFTPAD, document=digest)] for digest in digests})
    images = [(f"shop/i{n}:1", digest, True) for n, digest in enumerate(digests)]
    desk.running.there = [workload("web", *images)]
    desk.duty.run()
    desk.world.clock.advance(DAY)
    passes = []
    for _ in range(12):
        before = len(desk.world.directory.asked)
        desk.duty.run()
        passes.append(len(desk.world.directory.asked) - before)
    assert sum(passes) == 40
    assert max(passes) == 4


def test_nothing_is_looked_at_again_where_that_is_switched_off() -> None:
    desk = Desk(refresh_seconds=0)
    desk.running.there = [workload("web", ("shop/web:1", NEW, True))]
    desk.duty.run()
    asked = len(desk.world.directory.asked)
    desk.world.clock.advance(100 * DAY)
    desk.duty.run()
    assert len(desk.world.directory.asked) == asked


@dataclass
class ConditionalPlace(FakeSbomSource):
    """A registry whose answer never changes."""

    place: str = "referrers"

    def state(self, image: ImageRef, digest: Digest, deadline: Deadline) -> str:
        return "as ever"


def lost(name: str, *, searchable: bool = True, kept: bool = False) -> UnreadSbom:
    """An SBOM that an older reader read."""
    return UnreadSbom(digest_of(name), digest_of(f"document of {name}"), kept, searchable)


def looked(place: FakeSbomSource, duty: InventoryDuty, passes: int = 1) -> list[int]:
    """How many images are looked at in each pass."""
    counts = []
    for _ in range(passes):
        before = len(place.asked)
        duty.run()
        counts.append(len(place.asked) - before)
    return counts


def test_an_sbom_of_an_older_reader_without_a_document_is_searched_again_at_once_though_nothing_changed() -> None:
    desk = Desk(refresh_seconds=DAY)
    place = ConditionalPlace(sboms={NEW: [sbom_of(LEFTPAD)]})
    desk.world.opener.common.places = [place]
    desk.running.there = [workload("web", ("shop/web:1", NEW, True))]
    desk.duty.run()
    desk.world.clock.advance(DAY)
    assert looked(place, desk.duty) == [1], "the first look again reads, to know the state"
    desk.world.clock.advance(DAY)
    assert looked(place, desk.duty) == [0], "then the place says that nothing is new"
    desk.unread = [lost("new")]
    assert looked(place, desk.duty, 3) == [1, 0, 0]
    assert desk.outdated[-1] == 1, "it was not found, and is told of"
    desk.unread = []
    desk.duty.run()
    assert desk.outdated[-1] == 0


def test_what_was_handed_in_and_what_is_kept_is_not_searched_again() -> None:
    for sbom in (lost("new", searchable=False), lost("new", kept=True)):
        desk = Desk(refresh_seconds=DAY)
        desk.running.there = [workload("web", ("shop/web:1", NEW, True))]
        desk.duty.run()
        desk.unread = [sbom]
        assert looked(desk.world.directory, desk.duty) == [0]
        assert desk.outdated[-1] == 1


def test_unread_sboms_come_before_others_and_faster() -> None:
    desk = Desk(refresh_seconds=DAY, inventory_seconds=DAY / 200)
    world = desk.world
    names = [f"image {n}" for n in range(40)]
    world.directory.sboms.update({digest_of(name): [sbom_of(LEFTPAD, document=name)] for name in names})
    images = [(f"shop/i{n}:1", digest_of(name), True) for n, name in enumerate(names)]
    desk.running.there = [workload("web", *images)]
    desk.duty.run()
    world.clock.advance(DAY)
    desk.unread = [lost(name) for name in names[:6]]
    assert looked(world.directory, desk.duty, 4) == [3, 3, 1, 1]
    assert {digest for _, digest in world.directory.asked[-8:-2]} == {digest_of(name) for name in names[:6]}


def test_a_place_that_is_down_does_not_hold_up_the_others() -> None:
    desk = Desk(refresh_seconds=DAY, inventory_seconds=DAY / 1000)
    world = desk.world
    world.directory.sboms[OLD] = [sbom_of(LEFTPAD, document="old")]
    desk.running.there = [workload("web", ("shop/a:1", NEW, True), ("shop/b:1", OLD, True))]
    desk.duty.run()
    desk.unread = [lost("old")]
    world.directory.sboms[OLD] = Final("503")
    assert looked(world.directory, desk.duty, 2) == [1, 0]
    world.clock.advance(DAY)
    desk.duty.run()
    desk.duty.run()
    assert {digest for _, digest in world.directory.asked[-2:]} == {NEW, OLD}
    world.directory.sboms[OLD] = [sbom_of(LEFTPAD, document="old")]
    world.clock.advance(900)
    assert looked(world.directory, desk.duty, 2) == [1, 0]


def test_unread_sboms_are_counted_where_nothing_is_looked_at_again() -> None:
    desk = Desk(refresh_seconds=0)
    desk.running.there = [workload("web", ("shop/web:1", NEW, True))]
    desk.duty.run()
    desk.unread = [lost("new")]
    assert looked(desk.world.directory, desk.duty) == [0]
    assert desk.outdated[-1] == 1
