"""Recording beside many records costs what the records of the same vulnerability cost, and not those of all others."""

from __future__ import annotations

import pytest

from tests.calls import calls
from tests.fakes import NOON, FakeClock
from tests.ports.samples import answer, assessment, digest, make_sbom, vulnerability
from webhook.engines.assessing.assessor import Assessor
from webhook.engines.assessing.rules import StoreRules
from webhook.model.assessments import Scope
from webhook.model.policies import Policy
from webhook.model.purls import Purl
from webhook.policy.decisions import Decision
from webhook.policy.evaluation import Rules
from webhook.policy.loosening import ApprovalNeeded
from webhook.policy.typetable import default_types
from webhook.store.repositories import Store

PACKAGE = "pkg:npm/lodash"


def assessor_of(store: Store, clock: FakeClock) -> Assessor:
    rules = StoreRules(Rules(default_types(), Policy()), store.types)
    return Assessor(store.assessments, store.vulnerabilities, store.components, rules, clock, by_two=True)


def caution_costs(store: Store, clock: FakeClock) -> int:
    def work() -> None:
        with pytest.raises(ApprovalNeeded):
            decision = Decision("Caution", "ana", "why", None)
            assessor_of(store, clock).assess(["CVE-1"], Scope(PACKAGE, namespace="shop"), decision)

    work()  # statements are compiled once
    return calls(work)


def fill(store: Store) -> None:
    store.sboms.add(digest(1), make_sbom(Purl(f"{PACKAGE}@1")), place="added")
    found = [vulnerability("CVE-1", aliases=("GHSA-1",)), vulnerability("CVE-2")]
    store.components.record([answer(f"{PACKAGE}@1", *found, at=NOON)], assess=lambda v, p: None, now=NOON)
    store.assessments.append([assessment("GHSA-1", "Blocked", scope=Scope(PACKAGE))])


def test_records_of_other_vulnerabilities_cost_nothing(real_store: Store, clock: FakeClock) -> None:
    store = real_store
    fill(store)
    few = caution_costs(store, clock)
    store.assessments.append([assessment(f"CVE-9{number}", "Caution") for number in range(400)])
    assert caution_costs(store, clock) < few + 100


def test_twice_as_many_of_the_same_vulnerability_cost_about_twice_as_much(real_store: Store, clock: FakeClock) -> None:
    store = real_store
    fill(store)
    counted = []
    for turn in range(2):
        for_namespaces = [Scope(PACKAGE, namespace=f"ns-{turn}-{number}") for number in range(200)]
        store.assessments.append([assessment("CVE-1", "Caution", scope=scope) for scope in for_namespaces])
        counted.append(caution_costs(store, clock))
    assert counted[1] < 3 * counted[0]
