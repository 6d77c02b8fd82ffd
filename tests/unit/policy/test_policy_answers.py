from __future__ import annotations

from tests.copies import replace
from tests.unit.policy.builders import LOG4J, NOW, vulnerability
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import ComponentAnswer
from webhook.policy.answers import counts, descriptions, is_outdated, same_description

OTHER = Purl("pkg:maven/g/a@2")


def test_the_query_of_a_reference_is_no_difference() -> None:
    page = replace(vulnerability(), reference="https://ossindex.example/vulnerability/CVE-1?component=a")
    assert same_description(page, replace(page, reference="https://ossindex.example/vulnerability/CVE-1?component=b"))
    assert not same_description(
        page, replace(page, reference="https://ossindex.example/vulnerability/CVE-2?component=a")
    )
    assert not same_description(page, replace(page, title="another"))


def test_of_descriptions_that_differ_the_last_counts_and_of_equal_ones_the_first() -> None:
    first = replace(vulnerability(), reference="https://x/1?component=a")
    equal = replace(first, reference="https://x/1?component=b")
    changed = replace(first, title="changed")
    named = [ComponentAnswer(LOG4J, (first,), NOW), ComponentAnswer(OTHER, (equal,), NOW)]
    assert descriptions(named) == {first.id: first}
    assert descriptions([*named, ComponentAnswer(LOG4J, (changed,), NOW)]) == {first.id: changed}


def test_only_a_clean_answer_that_missed_a_spelling_is_outdated() -> None:
    clean = ComponentAnswer(LOG4J, (), NOW, spellings=(LOG4J,))
    assert is_outdated(clean, [LOG4J, OTHER])
    assert not is_outdated(clean, [LOG4J])
    assert not is_outdated(clean, [])
    assert not is_outdated(clean._replace(vulnerabilities=(vulnerability(),)), [OTHER])


def test_an_older_answer_never_replaces_a_newer_one() -> None:
    assert counts(7, 7)
    assert counts(8, 7)
    assert not counts(6, 7)
