"""Replies of the hub: what it knows arrives as it is, and every form of a component can be asked for."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.clients.ossindex.forms import asked_by_key, forms
from webhook.engines.fleet.answering import read_question
from webhook.errors import DocumentRefused, InvalidInput
from webhook.model.fleetreports import FleetReport
from webhook.model.purls import Purl, parse_purl
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.fleetreplies import check_reply, decode_reports, encode_reports, sign_reply

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=50)
_SCORES = st.none() | st.decimals(0, 10, places=1) | st.sampled_from([Decimal("9.80"), Decimal("0"), Decimal("10")])
_VULNERABILITIES = st.builds(
    Vulnerability,
    id=st.sampled_from(["CVE-2026-1", "sonatype-2026-0001", "GHSA-xxxx"]),
    title=TEXT,
    cvss_score=_SCORES,
    cvss_vector=st.none() | TEXT,
    reference=TEXT,
    aliases=st.lists(TEXT, max_size=3).map(tuple),
    description=TEXT,
    cwe=st.none() | TEXT,
    external_references=st.lists(TEXT, max_size=3).map(tuple),
    scored_from_vector=st.booleans(),
    rejected=st.booleans(),
)
_REPORTS = st.lists(
    st.builds(
        FleetReport,
        st.sampled_from([Purl("pkg:npm/a@1.0.0"), Purl("pkg:nuget/Newtonsoft.Json@13.0.1")]),
        st.datetimes(timezones=st.just(dt.UTC)),
        st.none() | st.lists(_VULNERABILITIES, max_size=3).map(tuple),
    ),
    max_size=4,
)
_KEYS = st.one_of(
    st.builds(
        "pkg:nuget/{}@{}.0.1".format, st.from_regex(r"[a-z]{1,5}\.[a-z]{1,5}", fullmatch=True), st.integers(0, 9)
    ),
    st.builds("pkg:pypi/{}@{}".format, st.from_regex(r"[a-z]{1,5}-[a-z]{1,5}", fullmatch=True), st.integers(0, 9)),
    st.builds(
        "pkg:golang/github.com/{}/x@v{}.0.0".format, st.from_regex("[A-Za-z]{1,5}", fullmatch=True), st.integers(0, 9)
    ),
    st.builds("pkg:npm/%40{}/x@{}.0.0%2Bbuild".format, st.from_regex("[a-z]{1,5}", fullmatch=True), st.integers(0, 9)),
    st.builds("pkg:cargo/{}@{}.0.0%2Bmeta".format, st.from_regex("[A-Za-z]{1,5}", fullmatch=True), st.integers(0, 9)),
    st.builds(
        "pkg:maven/org.x/{}@1.{}.redhat-00001".format, st.from_regex("[a-z]{1,5}", fullmatch=True), st.integers(0, 9)
    ),
    st.builds(
        "pkg:rpm/redhat/{}@1.{}-9.el8".format, st.from_regex(r"[a-z]{1,5}\+\+", fullmatch=True), st.integers(0, 9)
    ),
    st.builds("pkg:composer/symfony/{}@{}.0.0".format, st.from_regex("[a-z]{1,5}", fullmatch=True), st.integers(0, 9)),
    st.builds(
        "pkg:swift/github.com/X/{}@{}.0.0".format, st.from_regex("[a-z]{1,5}", fullmatch=True), st.integers(0, 9)
    ),
)


@given(_REPORTS)
def test_reports_arrive_as_they_were(reports: list[FleetReport]) -> None:
    assert list(decode_reports(encode_reports(reports))) == reports


@given(_KEYS)
def test_every_form_of_a_component_can_be_asked_for(text: str) -> None:
    key = parse_purl(text)
    asked = [str(form.coordinates) for form in forms(key)]
    question = read_question("eu", json.dumps({"coordinates": asked}).encode()) if asked else None
    assert question is None or sorted(question.coordinates) == sorted(set(asked))
    assert (key in asked_by_key([key])) == (asked == [key])


def test_a_reply_counts_for_its_question_and_key_alone() -> None:
    def sign(data: bytes) -> tuple[str, bytes]:
        return "key", data[::-1]

    def verify(key: str, signature: bytes, data: bytes) -> bool:
        return key == "key" and signature == data[::-1]

    header = sign_reply("component-report", b"asked", b"answered", sign)
    check_reply("component-report", b"asked", b"answered", header, verify)
    for kind, asked, answered, said in (
        ("component-report", b"other", b"answered", header),
        ("component-report", b"asked", b"[]", header),
        ("inventory", b"asked", b"answered", header),
        ("component-report", b"asked", b"answered", ""),
        ("component-report", b"asked", b"answered", header.replace("key", "other")),
    ):
        with pytest.raises(DocumentRefused):
            check_reply(kind, asked, answered, said, verify)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[1]",
        b'[{"coordinates": "pkg:npm/a@1.0.0", "answeredAt": "2026-03-01T12:00:00", "vulnerabilities": []}]',
        b'[{"coordinates": "", "answeredAt": "2026-03-01T12:00:00Z", "vulnerabilities": []}]',
        b'[{"coordinates": "pkg:npm/a@1.0.0", "answeredAt": "2026-03-01T12:00:00Z", "vulnerabilities": null}]',
        b'[{"coordinates": "pkg:npm/a@1.0.0", "answeredAt": "2026-03-01T12:00:00Z", "vulnerabilities": [{"id": ""}]}]',
        b'[{"coordinates": "a", "answeredAt": "2026-03-01T12:00Z", "vulnerabilities": [{"id": "V", "cvssScore": 11}]}]',
        b'[{"coordinates": "a", "answeredAt": "2026-03-01T12:00Z", "vulnerabilities": [{"id": "V", "cvssScore": -1}]}]',
        b"[" * 10_000,
    ],
)
def test_what_no_hub_writes_is_refused(body: bytes) -> None:
    with pytest.raises(DocumentRefused):
        decode_reports(body)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"coordinates": {}}', b'{"coordinates": []}', b"[" * 10_000])
def test_what_is_no_question_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_question("eu", body)
