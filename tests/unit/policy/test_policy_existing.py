from __future__ import annotations

from dataclasses import replace

from tests.unit.policy.builders import DAY, LOG4J, NOW, vulnerability
from webhook.policy.automatic import auto_assessment
from webhook.policy.existing import plan_existing
from webhook.policy.matching import AssessmentIndex
from webhook.policy.typetable import default_types

TYPES = default_types()


def test_the_ranges_are_applied_to_what_was_never_assessed_and_nothing_else() -> None:
    new = replace(vulnerability(score="9.8"), id="CVE-2026-1", aliases=())
    assessed, expired = replace(new, id="CVE-2026-2"), replace(new, id="CVE-2026-3")
    unmatched = replace(new, id="CVE-2026-4", cvss_score=None)
    before = auto_assessment(TYPES, assessed, LOG4J.package, NOW)
    long_ago = auto_assessment(TYPES, expired, LOG4J.package, NOW - 400 * DAY)
    assert before is not None
    assert long_ago is not None
    pairs = [(one, LOG4J.package) for one in (new, assessed, expired, unmatched)]
    plan = plan_existing(pairs, AssessmentIndex.of([before, long_ago]), TYPES, NOW)
    assert plan.assessments == (auto_assessment(TYPES, new, LOG4J.package, NOW),)
    assert (plan.assessed, plan.expired, plan.unmatched) == (1, 1, 1)
