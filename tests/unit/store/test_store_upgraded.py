"""An upgrade from the release before, with data of every kind: at no step does an image get a milder verdict."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import FakeClock
from tests.unit.store.formerrelease import NOW, Image, actions, images, rule
from webhook.engines.rereader import Rereader
from webhook.model.actions import Action
from webhook.model.components import ComponentState
from webhook.model.images import parse_image
from webhook.model.vulnerabilities import ComponentAnswer
from webhook.sboms import READER, parse
from webhook.store import StoreOptions
from webhook.store.repositories import Store, open_store

FOLDER = Path(__file__).parent / "former-release"
FORMERLY = json.loads((FOLDER / "actions.json").read_text(encoding="utf-8"))


@pytest.fixture
def clock() -> FakeClock:
    """A moment after the former release has been used."""
    return FakeClock(NOW + dt.timedelta(seconds=60))


@pytest.fixture
def upgraded(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    """The store of the former release, upgraded."""
    path = tmp_path / "bomgate.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript((FOLDER / "store.sql").read_text(encoding="utf-8"))
    store = open_store(StoreOptions(url=f"sqlite:///{path}"), clock)
    store.admin.upgrade()
    yield store
    store.close()


def milder(store: Store) -> list[Any]:
    """Images whose action is milder than in the former release."""
    return [
        (image.former, image.kind, FORMERLY[image.name], now)
        for image, now in zip(images(), actions(store).values(), strict=True)
        if any(_action(text) < _action(was) for was, text in zip(FORMERLY[image.name], now, strict=True))
    ]


def _action(word: str) -> Action:
    return Action[word.upper()]


def hand_in(store: Store) -> Iterator[None]:
    """The documents come again, from wherever they came, and are read again as they come."""
    for image in images():
        reference = parse_image(f"{image.name}:1")
        store.sboms.add(image.digest, parse(image.document), place="added", image=reference)
        yield


def read_kept(store: Store) -> Iterator[None]:
    """The documents were kept, and are read again by the duty."""
    store.documents.keep([parse(image.document) for image in images()])
    assert milder(store) == [], "after the documents have come"
    for _ in Rereader(store.readings, store.documents, parse, READER).run():
        yield


def record(store: Store, clock: FakeClock, some: list[Image]) -> None:
    """OSS Index answers for today's keys: it knows the same vulnerabilities."""
    clock.advance(1)
    answers = [
        ComponentAnswer(image.today, (image.vulnerability,), clock.now()) for image in some if image.today is not None
    ]
    store.components.record(answers, assess=rule, now=clock.now())


def test_the_data_of_the_former_release_has_every_action() -> None:
    assert {word for words in FORMERLY.values() for word in words} == {"allow", "warn", "deny"}
    assert len(FORMERLY) == len(list(images()))


@pytest.mark.parametrize("read_again", [hand_in, read_kept])
def test_no_step_of_an_upgrade_makes_a_verdict_milder(
    upgraded: Store, clock: FakeClock, read_again: Callable[[Store], Iterator[None]]
) -> None:
    assert milder(upgraded) == [], "after the migration"
    rereader = Rereader(upgraded.readings, upgraded.documents, parse, READER)
    assert list(rereader.run()) == []
    assert rereader.counts().without_document == len(FORMERLY)
    for number, _ in enumerate(read_again(upgraded)):
        if number % 60 == 0:
            assert milder(upgraded) == [], f"after {number} documents have been read again"
    assert milder(upgraded) == [], "after all have been read again"
    counts, to_answer = rereader.counts(), sum(image.today is not None for image in images())
    assert (counts.waiting, counts.unread, counts.without_document) == (to_answer, 0, 0)
    rereader.advance()
    assert milder(upgraded) == [], "after the first look for answers"
    waiting = list(images())
    while waiting:
        some, waiting = waiting[::2], waiting[1::2]
        record(upgraded, clock, some)
        assert milder(upgraded) == [], "after some answers"
        rereader.advance()
        assert milder(upgraded) == [], "after some SBOMs have today's keys"
    assert rereader.counts().waiting == 0
    for image in images():
        (shown,) = upgraded.sboms.show(image.digest)
        assert shown.reader == READER
        kept = image.today or image.former
        assert shown.contents == ((kept, ComponentState.VULNERABLE),), image.package.name
