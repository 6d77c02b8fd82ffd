"""Workloads: all images side by side, the known ones from memory, whatever the others do."""

from __future__ import annotations

from tests.unit.engines.clusters import request, workload
from tests.worlds import LEFTPAD, LOG4J, LOG4SHELL, World, digest_of, sbom_of
from webhook.model.actions import Action
from webhook.model.deadlines import Deadline
from webhook.model.verdicts import SbomStatus, WorkloadVerdict

BAD, GOOD = "shop/bad:1", "shop/good:1"


def world_with_images(*, resolves: bool = False) -> World:
    world = World(resolves=resolves)
    bad, good = world.image(BAD, LOG4J), world.image(GOOD, LEFTPAD)
    world.answer_all([(LOG4J, [LOG4SHELL]), (LEFTPAD, [])])
    world.resolver.digests.update({f"docker.io/{BAD}": bad, f"docker.io/{GOOD}": good})
    return world


def judge(world: World, *images: str, seconds: float = 5.0) -> WorkloadVerdict:
    return world.judge.judge(workload(*images).containers, "shop", Deadline(world.clock.monotonic() + seconds))


def test_known_images_are_judged_from_memory_when_the_deadline_has_passed() -> None:
    world = world_with_images()
    world.background.hold = True
    unknown = [f"shop/new@{digest_of(str(number))}" for number in range(20)]
    verdict = judge(world, *unknown, BAD, seconds=-1.0)
    assert verdict.action is Action.DENY
    assert verdict.images[-1].verdict.findings[0].vulnerability.id == "CVE-2021-44228"
    assert len(world.background.tasks) == 20, "and the others are looked for all the same"


def test_all_searches_begin_before_any_is_waited_for() -> None:
    world = world_with_images(resolves=True)
    world.background.hold = True
    judge(world, "shop/a:1", f"shop/b@{digest_of('b')}", "shop/c:1", GOOD)
    tasks = world.background.tasks
    assert len(tasks) == 4, "three unknown images, and the tag of the known one"
    assert [bool(task.waited) for task in tasks] == [True] * 4


def test_a_search_follows_its_tag_at_once_although_nobody_waits_for_it() -> None:
    world = world_with_images(resolves=True)
    world.resolver.digests["docker.io/shop/new:1"] = digest_of("new")
    world.directory.sboms[digest_of("new")] = [sbom_of(LEFTPAD)]
    world.background.hold = True
    judge(world, "shop/new:1", seconds=0.0)
    world.background.run_held()  # the tag
    world.background.run_held()  # the search that it began
    assert world.directory.asked, "the search did not wait for the next request"
    assert judge(world, "shop/new:1").action is Action.ALLOW


def test_the_patience_for_a_known_tag_is_counted_once_for_all_images() -> None:
    world = world_with_images(resolves=True)
    world.background.hold = True
    others = [world.image(f"shop/known-{number}:1", LEFTPAD) for number in range(5)]
    verdict = judge(world, *(f"shop/known-{number}:1" for number in range(5)))
    assert [image.verdict.digest for image in verdict.images] == others
    assert all(task.waited == [1.0] for task in world.background.tasks), "with a clock that stands still"


def test_the_order_of_images_stays_that_of_the_workload() -> None:
    world = world_with_images()
    new = f"shop/new@{digest_of('new')}"
    verdict = judge(world, new, BAD, new, GOOD)
    assert [image.verdict.image.text for image in verdict.images] == [new, BAD, GOOD]
    assert verdict.images[0].verdict.sbom is SbomStatus.NONE
    assert verdict.images[0].containers == ("spec.containers[0] (c0)", "spec.containers[2] (c2)")


def test_searches_end_before_the_deadline_so_that_there_is_time_for_the_api_server() -> None:
    world = world_with_images()
    world.background.hold = True
    new = request(workload(f"shop/new@{digest_of('new')}"))
    for seconds, waited in ((5.0, 4.0), (1.0, 0.5)):
        world.reviewer.review(new, Deadline(world.clock.monotonic() + seconds))
        assert world.background.tasks[0].waited[-1] == waited


def test_what_was_composed_of_earlier_knowledge_is_not_kept() -> None:
    world = world_with_images()
    kept = []
    for number in range(4):
        world.image(f"shop/further:{number}", LEFTPAD)
        world.refresher.refresh()
        for image in (BAD, GOOD):
            assert judge(world, image) is judge(world, image)
        kept.append(len(world.judge._composed))
    assert kept == [2, 2, 2, 2]
