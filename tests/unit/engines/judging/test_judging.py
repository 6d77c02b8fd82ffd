"""Checking an image: what is known, what is searched for, and what is remembered."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.copies import replace
from tests.worlds import LEFTPAD, LODASH, LODASH_INJECTION, LOG4J, LOG4SHELL, OPENSSL, World, digest_of, sbom_of
from webhook.errors import Final, InvalidInput, StoreError
from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.components import SkippedComponent, SkipReason
from webhook.model.images import parse_image
from webhook.model.looks import Look, origin_of
from webhook.model.policies import Policy
from webhook.model.verdicts import SbomStatus


def manual(world: World, type_name: str, *, scope: Scope | None = None, days: int | None = None) -> None:
    now = world.clock.now()
    until = None if days is None else now + dt.timedelta(days=days)
    record = Assessment(
        LOG4SHELL.id, type_name, scope or Scope(), AssessmentSource.MANUAL, "someone", "why", now, until
    )
    world.store.assessments.append([record])
    world.refresher.refresh()


def test_a_known_vulnerability_in_the_blocked_range_denies() -> None:
    world = World()
    digest = world.image("shop/web:1", LOG4J, LEFTPAD, OPENSSL)
    world.answer_all([(LOG4J, [LOG4SHELL]), (LEFTPAD, [])])
    verdict = world.check("shop/web:1")
    assert (verdict.action, verdict.digest, verdict.sbom) == (Action.DENY, digest, SbomStatus.FOUND)
    counts = verdict.counts
    assert (counts.total, counts.vulnerable, counts.clean, counts.not_covered, counts.unknown) == (3, 1, 1, 1, 0)
    assert [finding.vulnerability.id for finding in verdict.findings] == [LOG4SHELL.id]
    assert world.background.tasks == [], "a known image is judged from memory alone"


def test_the_same_digest_is_judged_alike_by_tag_and_by_digest() -> None:
    world = World()
    digest = world.image("shop/web:1", LODASH)
    world.answer(LODASH, LODASH_INJECTION)
    assert world.check("shop/web:1").action is world.check(f"shop/web@{digest}").action is Action.WARN


def test_a_component_nobody_answered_for_is_unknown_and_warns() -> None:
    world = World()
    world.image("shop/web:1", LOG4J)
    verdict = world.check("shop/web:1")
    assert (verdict.action, verdict.counts.unknown) == (Action.WARN, 1)
    assert [reason.code for reason in verdict.reasons] == ["unknown"]


def test_a_new_assessment_counts_with_the_next_refresh() -> None:
    world = World()
    world.image("shop/web:1", LOG4J)
    world.answer(LOG4J, LOG4SHELL)
    assert world.check("shop/web:1").action is Action.DENY
    manual(world, "Ignore")
    assert world.check("shop/web:1").action is Action.ALLOW


def test_a_verdict_that_was_cached_ends_when_its_assessment_expires() -> None:
    world = World()
    world.image("shop/web:1", LOG4J)
    world.answer(LOG4J, LOG4SHELL)
    manual(world, "Ignore", days=1)
    assert world.check("shop/web:1").action is Action.ALLOW
    world.clock.advance(86_399)
    assert world.check("shop/web:1").action is Action.ALLOW
    world.clock.advance(1)
    assert world.check("shop/web:1").action is Action.DENY, "the automatic assessment is in force again"


def test_an_assessment_for_one_namespace_changes_nothing_elsewhere() -> None:
    world = World()
    world.image("shop/web:1", LOG4J)
    world.answer(LOG4J, LOG4SHELL)
    manual(world, "Ignore", scope=Scope(namespace="lab"))
    assert world.check("shop/web:1", "shop").action is Action.DENY
    assert world.check("shop/web:1", "lab").action is Action.ALLOW
    assert world.check("shop/web:1", "shop").action is Action.DENY


def test_an_assessment_for_one_image_name_changes_nothing_under_another_name() -> None:
    world = World()
    digest = world.image("shop/web:1", LOG4J)
    world.answer(LOG4J, LOG4SHELL)
    manual(world, "Ignore", scope=Scope(image="docker.io/shop/*"))
    assert world.check("shop/web:1").action is Action.ALLOW
    assert world.check(f"other/web@{digest}").action is Action.DENY


def test_clean_answers_grow_old_and_vulnerable_ones_do_not_open() -> None:
    world = World(Policy(max_report_age=dt.timedelta(days=7)))
    world.image("shop/web:1", LEFTPAD)
    world.image("shop/bad:1", LOG4J)
    world.answer_all([(LEFTPAD, []), (LOG4J, [LOG4SHELL])])
    assert world.check("shop/web:1").action is Action.ALLOW
    world.clock.advance(7 * 86_400 + 1)
    aged = world.check("shop/web:1")
    assert (aged.action, aged.counts.unknown, aged.counts.clean) == (Action.WARN, 1, 0)
    assert world.check("shop/bad:1").counts.vulnerable == 1


def test_the_union_of_two_sboms_of_one_image_counts() -> None:
    world = World()
    digest = world.image("shop/web:1", LEFTPAD)
    world.store.sboms.add(digest, sbom_of(LEFTPAD, LOG4J), place="added")
    world.answer_all([(LEFTPAD, []), (LOG4J, [LOG4SHELL])])
    verdict = world.check("shop/web:1")
    assert (verdict.action, verdict.counts.total) == (Action.DENY, 2)


def test_an_sbom_found_in_a_place_is_kept_and_judged_at_once() -> None:
    world = World()
    digest = digest_of("new")
    world.directory.sboms[digest] = [sbom_of(LOG4J)]
    world.answer(LOG4J, LOG4SHELL)
    assert world.check(f"shop/web@{digest}").action is Action.DENY
    assert world.check(f"shop/web@{digest}").action is Action.DENY
    assert len(world.directory.asked) == 1
    assert [record.place for record in world.store.sboms.show(digest)] == ["directory"]


@pytest.mark.parametrize(
    ("found", "status"),
    [
        ((), SbomStatus.NONE),
        (InvalidInput("not JSON"), SbomStatus.UNREADABLE),
        (Final("401"), SbomStatus.REFUSED),
        ([sbom_of()], SbomStatus.NO_PURLS),
    ],
)
def test_the_four_ways_to_have_no_usable_sbom_stay_apart_and_none_is_clean(found: Any, status: SbomStatus) -> None:
    world = World()
    digest = digest_of("new")
    world.directory.sboms[digest] = found
    verdict = world.check(f"shop/web@{digest}")
    assert (verdict.sbom, verdict.action) == (status, Action.WARN)
    assert verdict.reasons[0].remedy


def test_a_usable_sbom_counts_beside_one_without_a_usable_purl_whose_entries_stay_counted() -> None:
    world = World()
    digest = digest_of("new")
    bare = replace(sbom_of(document="bare"), skipped=(SkippedComponent("busybox", SkipReason.NO_PURL, ""),))
    world.directory.sboms[digest] = [bare]
    assert world.check(f"shop/web@{digest}").sbom is SbomStatus.NO_PURLS
    image = parse_image(f"shop/web@{digest}")
    found = Look(origin_of(image.name), {"directory": [bare, sbom_of(LEFTPAD)]})
    world.store.sboms.record(digest, found)
    world.refresher.refresh()
    world.answer(LEFTPAD)
    verdict = world.check(f"shop/web@{digest}")
    assert (verdict.sbom, verdict.action) == (SbomStatus.FOUND, Action.ALLOW)
    assert (verdict.counts.clean, verdict.counts.unusable) == (1, 1)
    assert [reason.code for reason in verdict.reasons] == ["unusable"]
    world.store.sboms.record(digest, replace(found, trouble="referrers: 403", passing=False))
    world.refresher.refresh()
    world.directory.sboms[digest] = Final("403")
    assert "missing-sbom" in [reason.code for reason in world.check(f"shop/web@{digest}").reasons]


def test_an_unknown_tag_is_said_to_be_unresolved() -> None:
    assert World().check("shop/web:unheard").sbom is SbomStatus.UNRESOLVED


def test_a_resolver_that_does_not_answer_is_not_an_unknown_tag() -> None:
    world = World(resolves=True)
    world.resolver.digests["docker.io/shop/web:1"] = Final("registry says no")
    verdict = world.check("shop/web:1")
    assert verdict.sbom is SbomStatus.REFUSED
    assert "registry says no" in verdict.reasons[0].text


def test_a_failed_search_is_not_repeated_for_a_while_and_then_is() -> None:
    world = World()
    digest = digest_of("new")
    for _ in range(3):
        assert world.check(f"shop/web@{digest}").sbom is SbomStatus.NONE
    assert len(world.directory.asked) == 1
    world.clock.advance(61)
    world.directory.sboms[digest] = [sbom_of(LEFTPAD)]
    assert world.check(f"shop/web@{digest}").sbom is SbomStatus.FOUND


def test_a_search_that_outlives_the_deadline_goes_on_and_the_next_request_profits() -> None:
    world = World()
    world.background.hold = True
    digest = digest_of("new")
    world.directory.sboms[digest] = [sbom_of(LEFTPAD)]
    world.answer(LEFTPAD)
    first = world.check(f"shop/web@{digest}", seconds=1.0)
    assert (first.sbom, first.action) == (SbomStatus.REFUSED, Action.WARN)
    assert world.background.tasks[0].waited == [pytest.approx(1.0)]
    world.check(f"shop/web@{digest}", seconds=1.0)
    assert len(world.background.tasks) == 1, "whoever asks for the same image joins the search"
    world.background.run_held()
    assert world.check(f"shop/web@{digest}").action is Action.ALLOW


def test_a_store_that_cannot_keep_what_was_found_is_an_error_and_not_clean() -> None:
    world = World()
    digest = digest_of("new")
    world.directory.sboms[digest] = StoreError("disk full")
    with pytest.raises(StoreError, match="disk full"):
        world.check(f"shop/web@{digest}")
    with pytest.raises(StoreError, match="disk full"):
        world.check(f"shop/web@{digest}")
