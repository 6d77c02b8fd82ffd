"""What the objects of the cluster become in the store, and what their status says."""

from __future__ import annotations

import datetime as dt
import logging
from decimal import Decimal

import pytest

from tests.copies import replace
from tests.fakes import NOON
from tests.unit.engines.controlling.desks import DAY, PACKAGE, SCOPE, Desk
from tests.worlds import LOG4J, LOG4SHELL
from webhook.engines.assessing.assessor import Assessor
from webhook.engines.assessing.rules import StoreRules
from webhook.engines.assessing.settingsfile import FileAssessments
from webhook.errors import Final, InvalidInput, Retryable
from webhook.model.actions import Action
from webhook.model.assessments import AssessmentType, CvssRange, Scope, StoredType, TypeOrigin
from webhook.model.records import AssessmentQuery
from webhook.model.resources import (
    AssessmentResource,
    Resource,
    ResourceKind,
    StatedAssessment,
)
from webhook.model.triage import AuditNote


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_assessment_of_a_type_of_the_cluster_decides_and_its_removal_opens_again(desk: Desk) -> None:
    desk.put_type("accepted", Action.ALLOW, expires_after_days=7)
    desk.put("log4shell", "accepted")
    assert desk.action() is Action.DENY
    reported = desk.run()
    assert desk.action() is Action.ALLOW
    told = reported["log4shell"]
    assert (told.ready, told.reason, told.images, told.until) == (True, "Provisioned", 1, NOON + 7 * DAY)
    assert reported["accepted"].reason == "Loaded"
    assert desk.published == {
        ("AssessmentType", True): 1,
        ("AssessmentType", False): 0,
        ("Assessment", True): 1,
        ("Assessment", False): 0,
    }
    desk.cluster.stored_assessments = {}
    desk.run()
    assert desk.action() is Action.DENY


def test_nothing_is_written_when_nothing_changed(desk: Desk) -> None:
    desk.put_type("watched", Action.WARN, "4.0", "5.0")
    desk.put("stated", "watched", until=NOON + dt.timedelta(days=3, microseconds=5))
    desk.run()
    position = desk.world.store.feed.position()
    desk.world.clock.current += DAY
    assert desk.run() == {}
    desk.duty = desk.new_duty()
    assert desk.run() == {}, "another controller finds nothing to do either"
    assert desk.world.store.feed.position() == position


def test_what_has_expired_is_told_without_anybody_changing_it(desk: Desk) -> None:
    desk.put("stated", "Ignore", until=NOON + DAY)
    assert not desk.run()["stated"].expired
    since = desk.cluster.reported[0][1].since
    desk.world.clock.current += DAY
    told = desk.run()["stated"]
    assert (told.ready, told.reason, told.expired, told.since) == (True, "Expired", True, since)
    assert desk.action() is Action.DENY


def test_a_date_in_the_past_is_taken_and_has_no_effect(desk: Desk) -> None:
    desk.put("stated", "Ignore", until=NOON - DAY)
    assert desk.run()["stated"].reason == "Expired"
    assert desk.action() is Action.DENY


def test_a_type_that_vanishes_keeps_what_it_denied_denied(desk: Desk) -> None:
    desk.put_type("banned")
    desk.put_type("accepted", Action.ALLOW)
    desk.put("closed", "banned", Scope(package=PACKAGE, namespace="shop"))
    desk.put("open", "accepted", Scope(package=PACKAGE, namespace="lab"))
    desk.run()
    assert (desk.action("shop"), desk.action("lab")) == (Action.DENY, Action.ALLOW)
    desk.cluster.stored_types = {}
    reported = desk.run()
    assert {name: (status.ready, status.reason) for name, status in reported.items()} == {
        "closed": (False, "UnknownType"),
        "open": (False, "UnknownType"),
    }
    assert "stays in force" in reported["closed"].message
    assert (desk.action("shop"), desk.action("lab")) == (Action.DENY, Action.WARN)
    verdict = desk.world.check("shop/web:1", "shop")
    assert "banned is gone; its last action was deny" in verdict.findings[0].note
    desk.cluster.stored_assessments = {}
    desk.run()
    assert desk.action("lab") is Action.DENY, "with the object its record goes, and the range counts again"


def test_an_object_that_turns_bad_keeps_what_it_stated_before(desk: Desk) -> None:
    desk.put("stated", "Ignore")
    desk.run()
    desk.put("stated", "Ignore", Scope(package=PACKAGE, version_range="^2"))
    told = desk.run()["stated"]
    assert (told.ready, told.reason, told.generation, told.images) == (False, "BadDefinition", 2, 1)
    assert "'^2' is not a range of versions" in told.message
    assert desk.action() is Action.ALLOW


def test_a_specification_that_cannot_be_read_is_told(desk: Desk) -> None:
    resource = Resource(ResourceKind.ASSESSMENT, "odd", 1, NOON, problem=InvalidInput("It is odd."))
    desk.cluster.stored_assessments = {"odd": AssessmentResource(resource, None)}
    desk.put("good")
    reported = desk.run()
    assert (reported["odd"].reason, reported["odd"].message.startswith("It is odd.")) == ("BadDefinition", True)
    assert reported["good"].ready


def test_a_changed_type_that_overlaps_keeps_its_former_definition(desk: Desk) -> None:
    desk.put_type("low", Action.WARN, "4.0", "5.0")
    desk.put_type("middle", Action.WARN, "5.1", "6.0")
    desk.run()
    desk.put_type("low", Action.DENY, "4.0", "5.5")
    told = desk.run()["low"]
    assert (told.ready, told.reason, told.range) == (False, "Overlaps", "4.0–5.5")
    assert "low (4.0–5.5) and middle (5.1–6.0)" in told.message
    assert "stays in force" in told.message
    stored = {
        stored.type.name: (stored.type.action, str(stored.type.auto_assess)) for stored in desk.world.store.types.list()
    }
    assert stored["low"] == (Action.WARN, "4.0–5.0")


def test_what_people_made_counts_before_what_the_cluster_names(desk: Desk) -> None:
    store, note = desk.world.store, AuditNote("ana", "console", "create-type", "mine")
    mine = AssessmentType("mine", Action.ALLOW, CvssRange(Decimal("4.0"), Decimal("5.0")))
    store.types.edit(mine, retired=False, note=note, at=NOON, since=store.feed.position().revision)
    desk.put_type("mine", Action.DENY, "6.0", "6.5")
    desk.put_type("other", Action.DENY, "4.5", "5.5")
    reported = desk.run()
    assert (reported["mine"].reason, reported["other"].reason) == ("Shadowed", "Overlaps")
    assert store.types.list() == [StoredType(mine, origin=TypeOrigin.CONSOLE)]
    desk.cluster.stored_types = {}
    desk.run()
    assert store.types.list() == [StoredType(mine, origin=TypeOrigin.CONSOLE)]


def test_of_two_objects_for_one_scope_the_one_that_counts_already_stays(desk: Desk) -> None:
    desk.put("older", "Ignore", Scope(namespace="lab"))
    desk.put("newer", "Ignore")
    desk.run()
    desk.put("older", "Blocked")
    told = desk.run()["older"]
    assert told.reason == "Duplicate"
    assert f"Assessment newer assesses CVE-2021-44228 for {PACKAGE} already" in told.message
    assert (desk.action(), desk.action("lab")) == (Action.ALLOW, Action.ALLOW)


def test_the_settings_file_and_the_cluster_do_not_undo_each_other(desk: Desk) -> None:
    store, clock = desk.world.store, desk.world.clock
    rules = StoreRules(desk.world.rules, store.types)
    assessor = FileAssessments(store.assessments, store.vulnerabilities, rules, clock)
    entry = StatedAssessment("CVE-2021-44228", "Caution", SCOPE, "in the file", None)
    desk.put("stated", "Ignore")
    for _ in range(2):
        assessor.provision([entry])
        desk.run()
    assert len(store.assessments.find(AssessmentQuery(source="provisioned"))) == 2
    assert desk.action() is Action.ALLOW, "of two that were stated for one scope the newer one counts"
    assessor.provision([])
    desk.run()
    assert desk.action() is Action.ALLOW
    assessor.provision([entry])
    desk.cluster.stored_assessments = {}
    desk.run()
    assert desk.action() is Action.WARN


def test_a_kind_that_the_cluster_does_not_know_changes_nothing(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.put_type("accepted", Action.ALLOW)
    desk.put("stated", "accepted")
    desk.run()
    desk.cluster.stored_types = desk.cluster.stored_assessments = None
    with caplog.at_level(logging.WARNING, "bomgate.resources"):
        assert desk.run() == desk.run() == {}
    assert desk.action() is Action.ALLOW
    assert len(caplog.records) == 1, "it is said once"


def test_a_list_that_fails_changes_nothing(desk: Desk) -> None:
    desk.put("stated", "Ignore")
    desk.run()
    desk.cluster.failure = Retryable("the API server is away")
    with pytest.raises(Retryable):
        desk.duty.run()
    assert desk.action() is Action.ALLOW


def test_a_status_that_cannot_be_written_keeps_no_other_from_it(desk: Desk) -> None:
    desk.put("first", "Ignore")
    desk.put("second", "Ignore", Scope(namespace="lab"))
    desk.cluster.unwritable = {"first"}
    with pytest.raises(Final, match="first cannot be written"):
        desk.duty.run()
    assert [name for name, _ in desk.cluster.reported] == ["second"]
    desk.cluster.unwritable = set()
    assert list(desk.run()) == ["first"]


def test_touched_images_are_counted_by_scope_and_again_once_a_minute(desk: Desk) -> None:
    desk.put("all", "Ignore", Scope())
    desk.put("named", "Ignore", Scope(image="docker.io/shop/web*"))
    desk.put("other", "Ignore", Scope(image="docker.io/other/*"))
    desk.put("exact", "Ignore", Scope(package=LOG4J))
    desk.put("older", "Ignore", Scope(package=PACKAGE, version_range="<2.0"))
    counts = {name: status.images for name, status in desk.run().items()}
    assert counts == {"all": 1, "named": 1, "other": 0, "exact": 1, "older": 0}
    desk.world.image("other/api:1", LOG4J)
    assert desk.run() == {}
    desk.world.clock.ticks += 60
    assert {name: status.images for name, status in desk.run().items()} == {"all": 2, "other": 1, "exact": 2}


def test_a_type_of_the_cluster_is_given_to_new_vulnerabilities(desk: Desk) -> None:
    desk.put_type("medium", Action.DENY, "4.0", "6.9")
    desk.run()
    store, clock = desk.world.store, desk.world.clock
    rules = StoreRules(desk.world.rules, store.types)
    assessor = Assessor(store.assessments, store.vulnerabilities, store.components, rules, clock)
    made = assessor.auto_rule()(replace(LOG4SHELL, id="CVE-2", cvss_score=Decimal("5.0")), "pkg:npm/a")
    assert made is not None
    assert (made.type, made.rule) == ("medium", "medium 4.0–6.9")


@pytest.mark.parametrize(
    ("kind", "scope", "tells_fixes", "reason", "said"),
    [
        ("Ignore", SCOPE, False, "NoFixTold", "No source reports"),
        ("Blocked", SCOPE, True, "BadDefinition", "Blocked does not allow"),
        ("Ignore", Scope(), True, "BadDefinition", "has to be about one package"),
        ("Ignore", SCOPE, True, "Provisioned", "In force."),
    ],
)
def test_an_object_ends_by_a_fix_where_that_can_be(
    kind: str, scope: Scope, tells_fixes: bool, reason: str, said: str
) -> None:
    desk = Desk(tells_fixes=tells_fixes)
    desk.put("waits", kind, scope, until_fixed=True)
    status = desk.run()["waits"]
    assert (status.reason, said in status.message) == (reason, True)
    assert desk.run() == {}, "nothing is stated again"
    assert len(desk.world.store.assessments.find(AssessmentQuery(source="provisioned"))) == (reason == "Provisioned")
