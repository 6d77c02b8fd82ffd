"""Decisions reach components that older programs kept in a former spelling."""

from __future__ import annotations

from collections.abc import Callable

from tests.copies import replace
from tests.fakes import NOON
from tests.ports.samples import assessment, digest, make_sbom
from webhook.model.assessments import Scope
from webhook.model.records import AssessmentQuery
from webhook.store.repositories import Store

Open = Callable[..., Store]

FORMER, KEY = "pkg:nuget/Newtonsoft.Json", "pkg:nuget/newtonsoft.json"


def test_a_decision_is_recorded_for_each_spelling_that_the_database_holds(opened: Open, database_url: str) -> None:
    store = opened(database_url)
    store.admin.upgrade()
    store.sboms.add(digest(1), make_sbom(f"{FORMER}@1.0", f"{KEY}@2.0", "pkg:nuget/Other@1.0"), place="added")
    store.assessments.append([assessment("V-1", scope=Scope(KEY)), assessment("V-2", scope=Scope("pkg:npm/a"))])
    scopes = [other_assessment.scope.package for other_assessment in store.assessments.find(AssessmentQuery())]
    assert scopes == [KEY, FORMER, "pkg:npm/a"]


def test_what_the_settings_state_stays_in_force_for_the_former_spelling(opened: Open, database_url: str) -> None:
    store = opened(database_url)
    store.admin.upgrade()
    store.sboms.add(digest(1), make_sbom(f"{FORMER}@1.0"), place="added")
    stated = replace(assessment("V-1", "Ignore", scope=Scope(KEY)), author="settings")
    assert store.assessments.provision([stated], author="settings", now=NOON) == 2
    assert store.assessments.provision([stated], author="settings", now=NOON) == 0
    assert store.assessments.provision([], author="settings", now=NOON) == 2
