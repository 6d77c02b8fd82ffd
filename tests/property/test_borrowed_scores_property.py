"""Scores that an advisory gets of others: more data never lower them, and the order does not matter."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from webhook.model.advisories import Advisory, AdvisorySet, AffectedVersions, Interval
from webhook.model.purls import Purl
from webhook.policy.advisories import score_of_vector
from webhook.policy.advisoryindex import AdvisoryIndex
from webhook.policy.severitywords import WORDS

CVES = ("CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003")
VECTORS = (
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
    "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N",
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N",
    "CVSS:3.1/AV:N",
    "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N",
)
OPENSSL = Purl("pkg:rpm/alma/openssl@1-1.el8?distro=alma-8")
Others = Sequence[tuple[str, str]]
others = st.lists(st.tuples(st.sampled_from(CVES), st.sampled_from(VECTORS)), max_size=6)


def score(advisory: Advisory, known: Others) -> Decimal:
    affected = AffectedVersions(0, (Interval("0", fixed="2-1.el8"),))
    scored = [Advisory(f"X-{place}", (cve,), vector=vector) for place, (cve, vector) in enumerate(known)]
    sets = {
        ("osv", "AlmaLinux"): AdvisorySet([advisory], {"alma-8/openssl": [affected]}),
        ("osv", "Debian"): AdvisorySet(scored),
    }
    (found,) = AdvisoryIndex(sets).match(OPENSSL).vulnerabilities
    return found.cvss_score or Decimal(0)


@given(others, others)
def test_more_vectors_never_lower_a_score_and_their_order_does_not_matter(known: Others, more: Others) -> None:
    unworded = Advisory("ALSA-2026:1", parts=CVES)
    assert score(unworded, known) <= score(unworded, [*known, *more]) == score(unworded, [*more, *known][::-1])


@given(others)
def test_the_word_counts_until_each_part_has_a_score(known: Others) -> None:
    scores = {cve: [score_of_vector(vector) or 0 for named, vector in known if named == cve] for cve in CVES}
    highest = max([Decimal(0), *(value for some in scores.values() for value in some)])
    is_whole = all(any(some) for some in scores.values())
    worded = Advisory("ALSA-2026:1", parts=CVES, word="critical")
    assert score(worded, known) == (highest if is_whole else max(highest, WORDS["critical"]))
