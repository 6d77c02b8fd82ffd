"""How many records carry a type, at any moment; and the order of few vulnerabilities among many."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.fakes import NOON
from tests.ports.samples import assessment, vulnerability
from webhook.engines.triage.affected import AffectedComponents
from webhook.engines.triage.typelists import TypeUsage
from webhook.model.purls import Purl
from webhook.model.triage import VulnerabilityOrder
from webhook.policy.matching import AssessmentIndex


def test_a_record_counts_until_the_very_moment_of_its_end() -> None:
    end = NOON + dt.timedelta(seconds=30)
    records = [
        assessment("CVE-1", "Ignore", until=end, sequence=1),
        assessment("CVE-2", "ignore", until=NOON + dt.timedelta(days=1), sequence=2),
        assessment("CVE-3", "Ignore", until=None, sequence=3),
        assessment("CVE-4", "Blocked", until=None, sequence=4),
    ]
    usage = TypeUsage.of(AssessmentIndex.of(records).records())
    assert usage.counted("Ignore", NOON) == (3, 0)
    assert usage.counted("Ignore", end - dt.timedelta(microseconds=1)) == (3, 0)
    assert usage.counted("IGNORE", end) == (2, 1)
    assert usage.counted("Blocked", end) == (1, 0) and usage.counted("Caution", end) == (0, 0)
    assert usage.names == {"ignore", "blocked"}


@pytest.mark.parametrize("order", VulnerabilityOrder)
def test_few_vulnerabilities_come_in_the_order_of_all(order: VulnerabilityOrder) -> None:
    facts = {f"CVE-{n:04}": vulnerability(f"CVE-{n:04}", f"{n % 7}.{n % 3}") for n in range(2000)}
    affecting = [(n, Purl(f"pkg:npm/a{n}@1"), (key,)) for n, key in enumerate(facts)]
    affected = AffectedComponents(affecting, facts, {key: n % 11 for n, key in enumerate(facts)})
    few, everything = {f"CVE-{n:04}" for n in range(0, 2000, 170)} | {"CVE-gone"}, list(affected.walk(order, None))
    expected = [key for key in everything if key in few]
    assert len(expected) == 12 and list(affected.walk(order, None, few)) == expected
    after = affected.key(order, expected[5])
    assert list(affected.walk(order, after, few)) == expected[6:]
    assert list(affected.walk(order, after, facts.keys())) == list(affected.walk(order, after))
