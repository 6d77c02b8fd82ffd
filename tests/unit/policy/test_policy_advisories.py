from __future__ import annotations

import datetime as dt
import json
import zipfile
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared import shared
from webhook.model.policies import Policy
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.advisories import identifiers_in, is_for_subscribers, is_rejected, score_of_vector
from webhook.policy.evaluation import Rules
from webhook.policy.judge import Judge
from webhook.policy.matching import AssessmentIndex
from webhook.policy.typetable import default_types


@pytest.mark.parametrize(
    ("vector", "score"),
    [
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P", "7.5"),
        ("AV:N/AC:L/Au:N/C:C/I:C/A:C", "10.0"),
        ("CVSS:2.0/AV:N/AC:L/Au:N/C:P/I:P/A:P", "7.5"),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "9.8"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", "10.0"),
        ("AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", "10.0"),
        ("CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:N/A:N", "5.5"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", "0.0"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O/RC:U", "9.8"),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "9.3"),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:U/MAV:P", "9.3"),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N", "8.7"),
        ("av:n/ac:l/au:n/c:p/i:p/a:p", "7.5"),
        ("Au:N/AC:L/AV:N/C:P/A:P/I:P", "7.5"),
        ("(AV:N/AC:L/Au:N/C:P/I:P/A:P)", "7.5"),
        ("cvss:2.0/au:n/av:n/ac:l/c:p/i:p/a:p/e:poc/rl:of/rc:c", "7.5"),
        ("cvss:3.1/av:n/ac:l/pr:n/ui:n/s:u/c:h/i:h/a:h", "9.8"),
        (" CVSS:3.1/PR:N/AV:N/AC:L/UI:N/S:U/C:H/I:H/A:H/\n", "9.8"),
        ("PR:N/AV:N/AC:L/UI:N/S:U/C:H/I:H/A:H", "9.8"),
        ("cvss:4.0/av:n/ac:l/at:n/pr:n/ui:n/vc:h/vi:h/va:h/sc:n/si:n/sa:n/u:red", "9.3"),
        ("AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "9.3"),
    ],
)
def test_a_vector_gives_its_base_score(vector: str, score: str) -> None:
    assert score_of_vector(vector) == Decimal(score)


@pytest.mark.parametrize(
    "vector",
    [
        *(None, "", "CVSS:3.1", "CVSS:3.1/", "CVSS:9.9/AV:N", "AV:N", "/", "CVSS:3.1/AV:N/AC:L", "x" * 5000),
        "CVSS:3.1/AV:N/AV:L/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "CVSS:3.1/AV:Q/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/" * 9,
    ],
)
def test_what_is_no_whole_vector_gives_none(vector: str | None) -> None:
    assert score_of_vector(vector) is None


METRICS = "AV:N AC:L Au:N C:P I:P A:P PR:N UI:R S:C C:H I:H A:H AT:N VC:H VI:X E:U : // é \x00 RL:"
PARTS = st.sampled_from(METRICS.split(" "))
HEADS = st.sampled_from(["", "CVSS:2.0/", "CVSS:3.0/", "CVSS:3.1/", "CVSS:4.0/", "CVSS:4.", "CVSS:"])


@given(st.one_of(st.text(max_size=60), st.builds("{}{}".format, HEADS, st.lists(PARTS, max_size=14).map("/".join))))
@settings(max_examples=300)
def test_a_hostile_vector_gives_a_score_or_none(vector: str) -> None:
    score = score_of_vector(vector)
    assert score is None or 0 <= score <= 10


def test_the_ids_of_github_are_read_from_the_pages_of_their_advisories() -> None:
    references = [
        "https://github.com/advisories/GHSA-269g-pwp5-87pp",
        "https://github.com/junit-team/junit4/security/advisories/ghsa-269G-pwp5-87pp?x=1",
        "https://osv.dev/vulnerability/GHSA-aaaa-bbbb-cccc/",
        "https://github.com/some/pull/1?also=GHSA-dddd-eeee-ffff",
        "https://example.org/GHSA-1111-2222-3333.html",
        "http://web.nvd.nist.gov/view/vuln/detail?vulnId=CVE-2020-15250",
    ]
    assert identifiers_in(references) == ("GHSA-269g-pwp5-87pp", "GHSA-aaaa-bbbb-cccc")


@pytest.mark.parametrize(
    "text",
    [
        "** REJECT ** DO NOT USE THIS CANDIDATE NUMBER. ConsultIDs: CVE-2020-1.",
        "**REJECT**",
        "[REJECTED] Not a vulnerability.",
        "Rejected reason: This Record was REJECTED after determining it is not in compliance.",
        "REJECTED: duplicate of CVE-2020-1",
        "This CVE has been rejected as it was incorrectly assigned.",
        "This CVE ID has been rejected or withdrawn by its CVE Numbering Authority.",
        "This candidate was withdrawn by its CNA.",
        "This candidate has been rejected because it is a duplicate.",
        "This identifier has been withdrawn.",
        "WITHDRAWN: Potential proxy IP restriction bypass in Kubernetes",
        "Withdrawn Advisory: Teleport Access List owners can escalate their privileges",
        "# Withdrawn Advisory\nThis advisory has been withdrawn because it is no vulnerability.",
        "## Duplicate Advisory\nThis advisory has been withdrawn because it is a duplicate of GHSA-1.",
        "Duplicate Advisory: Something",
        '(This report has been withdrawn from the Go vulnerability database with reason: "NOT_A_VULNERABILITY")',
        "*** WITHDRAWN ***",
        "REJECTED",
        "Withdrawn",
        "(Withdrawn) Path traversal in a thing",
        "REJECTED - request smuggling",
        "WITHDRAWN \u2014 out-of-range index",
        "Rejected - Duplicate of CVE-2020-1",
        "Rejected: this record is a duplicate.",
        "**Withdrawn:** This advisory is a duplicate of GHSA-1.",
        "Withdrawn - see GHSA-aaaa-bbbb-cccc",
        "Withdrawn because the image now states another package.",
    ],
)
def test_a_rejected_or_withdrawn_id_says_so_at_the_beginning(text: str) -> None:
    assert is_rejected("", text)
    assert is_rejected(text, "")
    assert is_rejected(f"[CVE-2020-1] {text}", "A description.")


@pytest.mark.parametrize(
    "text",
    [
        "** DISPUTED ** A flaw that some call none.",
        "Reject unauthorized access with GitHub PATs in github.com/go-vela/server",
        "Rejecting a request leaks memory.",
        "HTTP client proxy tunnel headers: CR/LF bytes were not rejected.",
        "The option rejectUnauthorized is not honoured.",
        "A patch rejects all control characters. ** REJECT ** is what it says.",
        "Withdrawn funds can be withdrawn twice.",
        "A withdrawn key stays valid.",
        "This CVE is about requests that are rejected.",
        "The identifier is rejected by the parser, and the daemon crashes.",
        "The record is rejected by validation, and processed all the same.",
        "The candidate is rejected when there is no quorum, which stops the cluster.",
        "This id is rejected by the server and written to the log unescaped.",
        "This record was rejected by the parser, which then reads past its end.",
        "This vulnerability was rejected by the vendor, who calls it intended.",
        "Withdrawn: funds are sent twice by the vault.",
        "Withdrawn - tokens stay valid",
        "Rejected - login attempts are logged in the clear.",
        "Rejected: requests get past the proxy all the same",
        "Rejected-request memory leak",
        "Reject - handler frees a buffer twice",
        "reject: crash of the parser",
        "Rejected by the proxy, requests reach the backend all the same.",
        "",
    ],
)
def test_an_advisory_that_speaks_of_rejection_is_not_rejected(text: str) -> None:
    assert not is_rejected("", text)
    assert not is_rejected(text, "")
    assert not is_rejected(f"[CVE-2020-1] {text}", "")


def test_in_real_advisories_only_withdrawn_and_rejected_ones_are_found() -> None:
    wrong, right = [], 0
    for ecosystem in ("PyPI", "Go", "Bitnami"):
        with zipfile.ZipFile(shared("advisories") / ecosystem / "all.zip") as records:
            for name in records.namelist():
                record = json.loads(records.read(name))
                title, details = record.get("summary", ""), record.get("details", "")
                if is_rejected(title, details):
                    right += 1
                    if not record.get("withdrawn") and "reject" not in details[:100].lower():
                        wrong.append((name, title, details[:100]))
    assert wrong == []
    assert right >= 20


@pytest.mark.parametrize(
    ("purl", "fixed", "expected"),
    [
        ("pkg:deb/ubuntu/libesmtp6@1.0-1?distro=ubuntu-18.04", "1.0-1ubuntu0.1~esm1", True),
        ("pkg:deb/ubuntu/a@1.0-1%2Besm1?distro=ubuntu-18.04", "1.0-1+esm2", False),
        ("pkg:deb/ubuntu/a@1.0-1?distro=ubuntu-18.04", "1.0-2", False),
        ("pkg:deb/ubuntu/a@1.0-1?distro=ubuntu-18.04", "", False),
        ("pkg:deb/debian/a@1.0-1?distro=debian-12", "1.0-1+esm2", False),
    ],
)
def test_a_fix_for_subscribers_is_told_from_others(purl: str, fixed: str, expected: bool) -> None:
    assert is_for_subscribers(purl, fixed) is expected
    found = Vulnerability("CVE-2026-1", fixed=fixed)
    judge = Judge(Rules(default_types(), Policy()), AssessmentIndex(), dt.datetime(2026, 11, 24, tzinfo=dt.UTC))
    note = judge.finding(Purl(purl), found).note
    assert ("fixed for subscribers alone (Ubuntu Pro)" in note) is expected
