"""Taking out SBOMs where approvals are required: nobody opens an image by it alone."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.fakes import NOON, FakeClock
from tests.ports.samples import AutoRule, answer, assessment, digest, make_sbom, vulnerability
from webhook.engines.assessing.rules import StoreRules
from webhook.engines.judging.removing import SbomRemover
from webhook.engines.readmodel import ReadModel
from webhook.engines.refresher import Refresher, RefreshOptions
from webhook.model.actions import Action
from webhook.model.assessments import Scope
from webhook.model.images import parse_image
from webhook.model.policies import Policy
from webhook.model.purls import Purl
from webhook.policy.evaluation import Rules
from webhook.policy.loosening import ApprovalNeeded
from webhook.policy.typetable import default_types
from webhook.store.repositories import Store

IMAGE = parse_image("registry.example/shop/web:1")
BAD, FINE, PLAIN = "pkg:npm/bad@1", "pkg:npm/fine@1", "pkg:npm/plain@1"


@pytest.fixture
def filled(real_store: Store) -> Store:
    """An image with two documents, one of which lists a component that is denied."""
    real_store.sboms.add(digest(1), make_sbom(Purl(BAD), Purl(FINE)), place="added", image=IMAGE)
    real_store.sboms.add(digest(1), make_sbom(Purl(FINE), Purl(PLAIN)), place="added", image=IMAGE)
    answers = [answer(BAD, vulnerability("CVE-1", "9.8"), at=NOON), answer(FINE, at=NOON), answer(PLAIN, at=NOON)]
    real_store.components.record(answers, assess=AutoRule(), now=NOON)
    return real_store


def remover(store: Store, clock: FakeClock, *, by_two: bool = True, missing: Action = Action.WARN) -> SbomRemover:
    model = ReadModel()
    rules = StoreRules(Rules(default_types(), Policy(missing_sbom=missing)), store.types)
    refresher = Refresher(model, store.feed, None, clock, RefreshOptions())
    return SbomRemover(store.sboms, model, refresher, rules, clock, by_two=by_two)


def document_with(store: Store, purl: str) -> str:
    (found,) = [
        held.document_digest
        for held in store.sboms.show(digest(1))
        if purl in [str(component) for component, _ in held.contents]
    ]
    return found


def remove(store: Store, clock: FakeClock, document: str | None, **options: object) -> int:
    left, _ = remover(store, clock, **options).remove(digest(1), document=document, author="ana", why="")
    return len(left)


def test_a_document_with_what_denies_stays(filled: Store, clock: FakeClock) -> None:
    for document in (None, document_with(filled, BAD)):
        with pytest.raises(ApprovalNeeded, match="judged more mildly"):
            remove(filled, clock, document)
    assert len(filled.sboms.show(digest(1))) == 2
    assert remove(filled, clock, None, by_two=False) == 2


def test_a_document_that_changes_nothing_leaves(filled: Store, clock: FakeClock) -> None:
    assert remove(filled, clock, document_with(filled, PLAIN)) == 1
    with pytest.raises(ApprovalNeeded):
        remove(filled, clock, None)


def test_where_an_image_without_an_sbom_is_denied_all_may_leave(filled: Store, clock: FakeClock) -> None:
    assert remove(filled, clock, None, missing=Action.DENY) == 2


def test_what_is_denied_in_one_namespace_or_later_counts(filled: Store, clock: FakeClock) -> None:
    document = document_with(filled, BAD)
    ends = NOON + dt.timedelta(days=3)
    filled.assessments.append([assessment("CVE-1", "Ignore", until=ends)])
    with pytest.raises(ApprovalNeeded):
        remove(filled, clock, document)  # it is denied by its score when the exception ends
    filled.assessments.append([assessment("CVE-1", "Ignore")])
    filled.assessments.append([assessment("CVE-1", "Blocked", scope=Scope(namespace="shop"))])
    with pytest.raises(ApprovalNeeded):
        remove(filled, clock, document)
    filled.assessments.append([assessment("CVE-1", None, scope=Scope(namespace="shop"))])
    assert remove(filled, clock, document) == 1
