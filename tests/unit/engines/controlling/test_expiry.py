from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.copies import replace
from tests.exports import exported
from tests.worlds import LODASH, LODASH_INJECTION, LOG4J, LOG4SHELL, PYYAML_RCE, YAML, World
from webhook.engines.assessing.rules import ModelRules
from webhook.engines.controlling.expiry import Ending, ExpiryDuty, ending
from webhook.engines.readmodel import ReadModel
from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, OnExpiry, Scope
from webhook.model.policies import Policy
from webhook.policy.evaluation import Rules
from webhook.policy.typetable import TypeTable
from webhook.telemetry.metrics import Metrics, exposition

DAY = 86400.0


@pytest.fixture
def world() -> World:
    """Two components that are blocked and one with a caution, each for 30 days from now on."""
    made = World()
    made.image("shop.example/web:1", LOG4J, YAML, LODASH)
    made.answer_all([(LOG4J, [LOG4SHELL]), (YAML, [PYYAML_RCE]), (LODASH, [LODASH_INJECTION])])
    return made


def soon(world: World, rules: Rules | None = None) -> Mapping[str, Ending]:
    """What ends soon, by vulnerability."""
    return {
        other_ending.assessment.vulnerability: other_ending
        for other_ending in ending(world.model, rules or world.rules, world.clock.now())
    }


def assess(world: World, type_name: str, days: int | None, scope: Scope | None = None) -> None:
    """Assess log4shell by hand."""
    now = world.clock.now()
    until = None if days is None else now + dt.timedelta(days=days)
    record = Assessment(
        LOG4SHELL.id, type_name, scope or Scope(), AssessmentSource.MANUAL, "ann", "because", now, until
    )
    world.store.assessments.append([record])
    world.refresher.refresh()


def test_nothing_is_told_more_than_7_days_before_the_end_nor_after_it(world: World) -> None:
    world.clock.advance(23 * DAY - 1)
    assert soon(world) == {}
    world.clock.advance(2)
    assert set(soon(world)) == {LOG4SHELL.id, PYYAML_RCE.id, LODASH_INJECTION.id}
    world.clock.advance(7 * DAY)
    assert soon(world) == {}


def test_what_denies_opens_and_what_warns_does_not(world: World) -> None:
    world.clock.advance(25 * DAY)
    found = soon(world)
    assert (found[LOG4SHELL.id].action, found[LOG4SHELL.id].opens) == (Action.DENY, True)
    assert (found[LODASH_INJECTION.id].action, found[LODASH_INJECTION.id].opens) == (Action.WARN, False)


def test_nothing_opens_where_the_unassessed_is_denied(world: World) -> None:
    world.clock.advance(25 * DAY)
    strict = Rules(world.rules.types, Policy(unassessed=Action.DENY))
    assert [other_ending.opens for other_ending in soon(world, strict).values()] == [False, False, False]


def test_nothing_opens_where_the_type_is_given_anew(world: World) -> None:
    world.clock.advance(25 * DAY)
    again = TypeTable(replace(assessment_type, on_expiry=OnExpiry.REASSESS) for assessment_type in world.rules.types)
    assert [other_ending.opens for other_ending in soon(world, Rules(again, Policy())).values()] == [
        False,
        False,
        False,
    ]


def test_an_assessment_that_another_one_outranks_is_not_told_of(world: World) -> None:
    world.clock.advance(25 * DAY)
    assess(world, "Ignore", None)
    assert set(soon(world)) == {PYYAML_RCE.id, LODASH_INJECTION.id}


def test_a_block_above_another_block_does_not_open(world: World) -> None:
    assess(world, "Blocked", 3)
    assert {name: other_ending.opens for name, other_ending in soon(world).items()} == {LOG4SHELL.id: False}


def test_a_block_in_one_namespace_opens_there(world: World) -> None:
    assess(world, "Ignore", None)
    assess(world, "Blocked", 3, Scope(namespace="shop"))
    assert {name: other_ending.opens for name, other_ending in soon(world).items()} == {LOG4SHELL.id: True}


def test_a_block_of_some_images_opens_them(world: World) -> None:
    assess(world, "Ignore", None)
    assess(world, "Blocked", 3, Scope(image="shop.example/*"))
    assert {name: (other_ending.action, other_ending.opens) for name, other_ending in soon(world).items()} == {
        LOG4SHELL.id: (Action.DENY, True)
    }


def test_what_no_component_has_is_not_told_of(world: World) -> None:
    assess(world, "Blocked", 3, Scope(package="pkg:npm/other", image="shop.example/*"))
    assert soon(world) == {}


def told(metrics: Metrics) -> Mapping[str, float]:
    """What is exposed, by the value of the label."""
    families = text_string_to_metric_families(exposition(metrics.registry)[0].decode())
    samples = [
        sample for family in families for sample in family.samples if sample.name.startswith("bomgate_assessments_")
    ]
    return {sample.labels.get("action", "opening"): sample.value for sample in samples}


def test_the_duty_tells_the_numbers_in_metrics(world: World) -> None:
    metrics = Metrics()
    duty = ExpiryDuty(world.model, ModelRules(world.rules, world.model), world.clock, metrics)
    duty.run()
    assert told(metrics) == {"allow": 0.0, "warn": 0.0, "deny": 0.0, "opening": 0.0}
    world.clock.advance(25 * DAY)
    duty.run()
    assert told(metrics) == {"allow": 0.0, "warn": 1.0, "deny": 2.0, "opening": 2.0}


def test_the_duty_tells_nothing_before_something_is_known_and_looks_again_soon(world: World) -> None:
    metrics, empty = Metrics(), ReadModel()
    duty = ExpiryDuty(empty, ModelRules(world.rules, empty), world.clock, metrics)
    duty.run()
    assert told(metrics) == {}
    assert duty.interval_seconds < 10
    empty.apply(exported(world.model))
    duty.run()
    assert told(metrics)["opening"] == 0.0
    assert duty.interval_seconds > 60
