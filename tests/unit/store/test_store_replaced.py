"""A database that another one took the place of: what a replica that followed the former one knows afterwards."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import update

from tests.exports import exported
from tests.fakes import NOON, FakeClock
from tests.ports.samples import AutoRule, answer, digest, make_sbom, vulnerability
from webhook.engines.readmodel import ReadModel
from webhook.engines.refresher import Refresher, RefreshOptions
from webhook.model.components import Sbom
from webhook.model.purls import Purl
from webhook.store.hotstart import HotStartFile
from webhook.store.repositories import Store
from webhook.store.tables.components import components

Open = Callable[..., Store]
IMAGE = digest(1)
BAD, GOOD = Purl("pkg:nuget/bad@1"), Purl("pkg:nuget/good@1")
DAY = dt.timedelta(days=1)


def fill(store: Store, *purls: str) -> None:
    """An image with these components; the first is vulnerable, the others are clean."""
    store.sboms.add(IMAGE, make_sbom(*purls), place="added")
    answers = [answer(purls[0], vulnerability("V-1", "9.8")), *(answer(purl) for purl in purls[1:])]
    store.components.record(answers, assess=AutoRule(), now=NOON)


def replica(store: Store, disk: HotStartFile) -> tuple[ReadModel, Refresher]:
    model = ReadModel()
    return model, Refresher(model, store.feed, disk, FakeClock(), RefreshOptions())


def vulnerable(model: ReadModel) -> tuple[int, list[str]]:
    """How many components of the image are clean, and which are vulnerable."""
    facts = model.facts(IMAGE)
    assert facts is not None
    return facts.clean, [str(component.purl) for component in facts.vulnerable]


def test_a_replica_knows_nothing_of_the_former_database_when_the_new_one_has_the_higher_revision(
    opened: Open, tmp_path: Path
) -> None:
    former, new = (opened(f"sqlite:///{tmp_path / name}.db") for name in ("former", "new"))
    fill(former, "pkg:npm/bad@1.0.0", "pkg:npm/good@1.0.0")
    for number in (2, 3, 4):
        new.sboms.add(digest(number), make_sbom(f"pkg:npm/other{number}@1.0.0"), place="added")
    fill(new, "pkg:npm/bad@1.0.0", "pkg:npm/good@1.0.0")
    assert new.feed.position().revision > former.feed.position().revision

    disk = HotStartFile(tmp_path / "model")
    _, refresher = replica(former, disk)
    refresher.tick()
    model, refresher = replica(new, disk)
    assert refresher.warm_up()
    assert model.position == former.feed.position()
    assert vulnerable(model) == (1, ["pkg:npm/bad@1.0.0"])

    refresher.tick()
    at_once = ReadModel()
    at_once.apply(new.feed.changes())
    assert exported(model) == exported(at_once)
    assert (model.images, vulnerable(model)) == (4, (1, ["pkg:npm/bad@1.0.0"]))
    refresher.save()
    saved = disk.load()
    assert saved is not None
    assert saved.position == new.feed.position()


def test_answers_go_to_their_components_when_the_database_was_replaced_since_these_were_wanted(
    opened: Open, tmp_path: Path
) -> None:
    store = opened(f"sqlite:///{tmp_path}/a.db")
    odd = Sbom("cyclonedx-json", "1.6", f"sha256:{1:064x}", (BAD, GOOD), spellings={GOOD: (Purl("pkg:nuget/Good@1"),)})
    store.sboms.add(IMAGE, odd, place="added")
    assert {wanted.purl for wanted in store.components.wanted(now=NOON, ttl=DAY)} == {BAD, GOOD}
    number, other = (store.feed.component_ids([purl])[purl] for purl in (BAD, GOOD))
    with store.components._database.write() as connection:  # as another history has them
        for now, purl in ((number, "pkg:npm/aside@1.0.0"), (other, BAD), (number, GOOD)):
            connection.execute(update(components).where(components.c.id == now).values(purl=str(purl)))
    assert store.components.names([BAD, GOOD], settled_after=NOON).keys() == {BAD}, "whose id has the spelling now"

    asked = [answer(BAD, vulnerability("V-1", "9.8")), answer(GOOD)]
    store.components.record(asked, assess=AutoRule(), now=NOON)
    changes = store.feed.changes()
    assert {changes.purls[component]: keys for component, keys in changes.findings.items()} == {BAD: ("V-1",)}
    assert changes.findings.keys() == {other}


def test_a_component_is_found_though_another_one_is_remembered_under_its_former_id(
    opened: Open, tmp_path: Path
) -> None:
    store = opened(f"sqlite:///{tmp_path}/a.db")
    odd = Sbom("cyclonedx-json", "1.6", f"sha256:{1:064x}", (BAD, GOOD), spellings={BAD: (Purl("pkg:nuget/Bad@1"),)})
    store.sboms.add(IMAGE, odd, place="added")
    store.components.record([answer(BAD, vulnerability("V-1", "9.8"))], assess=AutoRule(), now=NOON)
    numbers = store.feed.component_ids([BAD, GOOD])
    hints = store.components._hints
    hints.learn({BAD: numbers[GOOD], GOOD: numbers[GOOD]})  # the first is from a database that this one replaced
    assert store.components.names([BAD, GOOD], settled_after=NOON).keys() == {BAD}
    clean = answer(BAD, at=NOON + DAY)._replace(spellings=(Purl("pkg:nuget/Bad@1"),))
    store.components.record([clean, answer(GOOD)], assess=AutoRule(), now=NOON + DAY)
    assert not store.feed.changes().findings, "it is not vulnerable any more"

    hints._recent = {BAD: numbers[GOOD]}
    assert store.components.names([BAD, GOOD], settled_after=NOON).keys() == {BAD}
