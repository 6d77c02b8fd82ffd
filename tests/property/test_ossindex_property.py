"""Whatever OSS Index answers, it is read or refused in bomgate's own words, and nothing becomes clean by mistake."""

from __future__ import annotations

import json
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import NOON
from webhook.clients.http.headers import retry_after
from webhook.clients.ossindex.convert import convert
from webhook.clients.ossindex.fields import score_of, vector_of, web_address
from webhook.clients.ossindex.matching import match
from webhook.clients.ossindex.questions import Questions
from webhook.clients.ossindex.reading import clean_text, decode_others, decode_reports, message_of, number_of
from webhook.errors import BomgateError
from webhook.model.downloads import Names
from webhook.model.purls import Purl, parse_written

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
FIELDS = ("id", "displayName", "title", "description", "cvssScore", "cvssVector", "cwe", "cve", "reference")
vulnerabilities = st.fixed_dictionaries(
    {}, optional={**dict.fromkeys(FIELDS, anything), "externalReferences": anything}
)
names = st.text(st.sampled_from("abcXYZ019-_.+~ é/"), min_size=1, max_size=8)
asked = st.builds(
    lambda kind, space, name, version: purl_or_none(f"pkg:{kind}/{space}/{name}@{version}"),
    st.sampled_from(["maven", "npm", "golang", "nuget", "pypi", "composer"]),
    names,
    names,
    names,
).filter(lambda purl: purl is not None and bool(purl.version))


def purl_or_none(text: str) -> Purl | None:
    try:
        return parse_written(text)
    except BomgateError:
        return None


@settings(max_examples=150)
@given(st.binary(max_size=200) | anything.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_entries_or_an_error_of_ours(body: bytes) -> None:
    try:
        entries = decode_reports(body)
    except BomgateError as problem:
        assert problem.message
        return
    matched = match([Purl("pkg:maven/g/a@1")], entries)
    assert len(matched.foreign) + matched.nameless + sum(map(len, matched.found.values())) == len(entries)


@settings(max_examples=100)
@given(st.binary(max_size=200) | anything.map(lambda value: json.dumps(value).encode()))
def test_any_error_body_gives_one_line(body: bytes) -> None:
    assert "\n" not in message_of(body)


@settings(max_examples=150)
@given(st.lists(vulnerabilities | anything, max_size=5))
def test_an_answer_is_clean_only_when_its_list_is_empty(listed: list[object]) -> None:
    purl = Purl("pkg:maven/g/a@1")
    answer = convert(purl, [listed], NOON)
    assert answer is not None
    assert bool(answer.vulnerabilities) == bool(listed)
    for vulnerability in answer.vulnerabilities:
        assert vulnerability.id
        assert vulnerability.id not in vulnerability.aliases
        assert vulnerability.cvss_score is None or 0 <= vulnerability.cvss_score <= 10
        for text in (
            vulnerability.id,
            vulnerability.title,
            vulnerability.description,
            vulnerability.reference,
            *vulnerability.aliases,
        ):
            text.encode()  # a database can store it
            assert "\x00" not in text
        assert "utm_" not in vulnerability.reference.partition("?")[2].partition("=")[0]


@settings(max_examples=100)
@given(st.dictionaries(st.sampled_from(["coordinates", "vulnerabilities", "description", "reference"]), anything))
def test_a_report_of_any_shape_is_an_answer_or_none(report: dict[str, object]) -> None:
    purl = Purl("pkg:maven/g/a@1")
    matched = match([purl], decode_reports(json.dumps([{**report, "coordinates": purl}]).encode()))
    answer = convert(purl, matched.found[purl], NOON)
    assert (answer is None) == (not isinstance(report.get("vulnerabilities"), list))


@settings(max_examples=150)
@given(vulnerabilities | anything)
def test_bytes_of_a_vulnerability_say_what_its_json_says(stated: object) -> None:
    purl = Purl("pkg:maven/g/a@1")
    body = json.dumps([{"coordinates": purl, "vulnerabilities": [stated]}]).encode()
    as_bytes, as_json = decode_reports(body), decode_others(body)
    assert convert(purl, match([purl], as_bytes).found[purl], NOON) == convert(
        purl, match([purl], as_json).found[purl], NOON
    )


@settings(max_examples=100)
@given(anything)
def test_fields_of_any_type_are_read_or_left_out(value: object) -> None:
    score = score_of(value)
    assert score is None or isinstance(score, Decimal)
    assert isinstance(vector_of(value), str | None)
    assert isinstance(web_address(value), str)
    assert isinstance(clean_text(value, 10), str)


@settings(max_examples=100)
@given(st.text(max_size=40))
def test_headers_of_any_text_are_read_or_left_out(value: str) -> None:
    number, seconds = number_of(value), retry_after({"Retry-After": value}, NOON)
    assert number is None or number >= 0
    assert seconds is None or seconds >= 0


@settings(max_examples=150)
@given(
    st.lists(asked, min_size=1, max_size=8, unique=True).flatmap(
        lambda purls: st.tuples(st.just(purls), st.permutations(purls))
    )
)
def test_every_entry_that_repeats_its_coordinates_finds_its_component(both: tuple[list[Purl], list[Purl]]) -> None:
    purls, shuffled = both
    matched = match(purls, [{"coordinates": str(purl), "vulnerabilities": str(purl)} for purl in shuffled])
    assert matched.found == {purl: [purl] for purl in purls}
    assert not matched.foreign


@settings(max_examples=150)
@given(st.lists(asked, min_size=1, max_size=8, unique=True), st.data())
def test_an_entry_is_never_given_to_another_package(purls: list[Purl], data: st.DataObject) -> None:
    answered = data.draw(asked)
    assert answered is not None
    matched = match(purls, [{"coordinates": answered}])
    for purl in matched.found:
        assert purl.type == answered.type
        assert purl.version.replace("+", " ").casefold() == answered.version.replace("+", " ").casefold()
        assert purl.namespace.casefold() == answered.namespace.casefold()


@settings(max_examples=100)
@given(asked, st.sampled_from(["%20", "+", "%2B"]))
def test_the_three_spellings_of_a_plus_sign_are_one_version(purl: Purl | None, spelling: str) -> None:
    assert purl is not None
    plus = parse_written(f"{purl.package}@1.0+build")
    assert plus in match([plus], [{"coordinates": f"{purl.package}@1.0{spelling}build"}]).found


@given(st.lists(asked, max_size=12), st.data())
def test_what_is_remembered_of_components_without_names_changes_no_question(
    purls: list[Purl], data: st.DataObject
) -> None:
    remembered = Questions.of(purls, {}).nameless
    called = data.draw(st.lists(st.sampled_from(purls), max_size=4)) if purls else []
    spelt = {purl: Names(spellings=(Purl(f"{purl.package.upper()}@{purl.version}"),)) for purl in called}
    for names in ({}, spelt):
        usual, again = Questions.of(purls, names), Questions.of(purls, names, remembered)
        assert (again.prices(), again.forms, again.impossible) == (usual.prices(), usual.forms, usual.impossible)
        assert sorted(again.plain) == sorted(usual.plain)
        sent, others = ({purl for part in each.requests(4) for purl in part} for each in (usual, again))
        assert sent == others
