"""What is worth telling: what is blocked or critical in what runs, and blocks that end."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.worlds import LODASH, LODASH_INJECTION, LOG4J, LOG4SHELL, PYYAML_RCE, YAML, World
from webhook.engines.notifying.watching import endings, news
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.notifications import Topic
from webhook.model.purls import Purl

DAY = dt.timedelta(days=1)


@pytest.fixture
def world() -> World:
    """log4shell and the YAML loader are blocked by their scores, for 30 days; lodash has a caution."""
    made = World()
    made.image("shop.example/web:1", LOG4J, YAML, LODASH)
    made.answer_all([(LOG4J, [LOG4SHELL]), (YAML, [PYYAML_RCE]), (LODASH, [LODASH_INJECTION])])
    return made


def told(world: World, *workloads: str) -> dict[str, Topic]:
    running = [(name, [world.check("shop.example/web:1")]) for name in workloads]
    return {item.key: item.topic for item in news(running)}


def withdraw(world: World, vulnerability: str) -> None:
    record = Assessment(
        vulnerability,
        None,
        Scope(Purl(LOG4J).package),
        AssessmentSource.AUTO,
        "auto-assess",
        "",
        world.clock.now(),
        None,
    )
    world.store.assessments.append([record])
    world.refresher.refresh()


def test_what_is_blocked_in_what_runs_is_told_once_with_where_it_runs(world: World) -> None:
    running = [(name, [world.check("shop.example/web:1")]) for name in ("Deployment shop/web", "Job shop/once")]
    found = {item.key: item for item in news(running)}
    assert set(found) == {f"blocked/{key.id.casefold()}" for key in (LOG4SHELL, PYYAML_RCE)}
    one = found[f"blocked/{LOG4SHELL.id.casefold()}"]
    assert one.facts["runs in"] == "Deployment shop/web, Job shop/once" and LOG4J in one.facts["packages"]
    assert one.path == f"/vulnerabilities/{LOG4SHELL.id}"


def test_a_critical_one_that_nobody_assessed_is_another_topic(world: World) -> None:
    withdraw(world, LOG4SHELL.id)
    assert told(world, "Deployment shop/web")[f"unassessed/{LOG4SHELL.id.casefold()}"] is Topic.UNASSESSED


def test_only_a_few_places_are_named(world: World) -> None:
    running = [(f"Job shop/job-{number:02}", [world.check("shop.example/web:1")]) for number in range(40)]
    assert news(running)[0].facts["runs in"].endswith("Job shop/job-04 and 35 others")


def test_a_block_is_told_of_in_its_lead_time_alone(world: World) -> None:
    def ends(days: float) -> set[str]:
        found = endings(world.model, world.rules, world.clock.now(), dt.timedelta(days=days))
        assert all(item.topic is Topic.BLOCK_ENDS for item in found)
        return {item.subject for item in found}

    world.clock.advance(26.5 * 86400)
    assert ends(3) == set()
    assert ends(4) == {LOG4SHELL.id, PYYAML_RCE.id}, "the caution ends as well, and is no block"
    assert ends(0) == set()
