"""The board is made again in part, and must be what it would be if all were judged."""

from __future__ import annotations

import datetime as dt
import gc
import threading
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import cast

import pytest

from tests.copies import replace
from tests.fakes import NOON, FakeClock
from tests.ports.samples import answer, assessment, digest, make_sbom, vulnerability
from webhook.bootstrap import console
from webhook.bootstrap.parts import Parts, open_parts
from webhook.bootstrap.selfcheck import KeptChecks
from webhook.bootstrap.triage import open_triage
from webhook.engines.judging.images import ImageChecker
from webhook.engines.readmodel import ReadModel
from webhook.engines.triage.board import Board
from webhook.engines.triage.catalog import Catalog
from webhook.engines.triage.catalogs import Catalogs
from webhook.model.actions import Action
from webhook.model.assessments import Scope
from webhook.model.images import parse_image
from webhook.model.inventory import InventoriedImage, InventoriedWorkload
from webhook.model.policies import Mode
from webhook.model.purls import Purl
from webhook.model.records import AssessmentState
from webhook.model.verdicts import SbomStatus, Verdict
from webhook.policy.matching import AssessmentIndex
from webhook.settings import load_settings

PURLS = [Purl(f"pkg:npm/{name}@{version}") for name in "abcdef" for version in "12"]
KNOWN = [vulnerability(f"V-{n:02}", f"{n % 10}.{n % 7}", aliases=(f"A-{n}",)) for n in range(30)]
NAMESPACES = ("shop", "lab")
SETTINGS = """
assessmentTypes:
  - {name: Blocked, action: deny, autoAssess: {min: 9.0, max: 10.0}, expiresAfterDays: 20, onExpiry: reassess}
  - {name: Caution, action: warn, autoAssess: {min: 7.0, max: 8.9}, expiresAfterDays: 3}
  - {name: Ignore, action: allow}
policy: {maxReportAge: 72h}
"""


class World:
    """A store that changes at random, and a clock that goes on."""

    def __init__(self, parts: Parts, clock: FakeClock, dice: Random) -> None:
        self.parts, self.clock, self.dice = parts, clock, dice
        for number in range(8):
            self.attach(number)
        self.answer(PURLS)
        self.run_some()

    def change(self) -> None:
        """Let something happen."""
        happenings: tuple[Callable[[], None], ...] = (
            lambda: self.attach(self.dice.randrange(10)),
            lambda: self.answer(self.dice.sample(PURLS, 3)),
            self.decide,
            self.decide,
            self.run_some,
            lambda: self.clock.advance(self.dice.choice((60, 86_400, 4 * 86_400))),
        )
        for happening in self.dice.sample(happenings, self.dice.randint(1, 3)):
            happening()
        self.parts.refresher.refresh()

    def attach(self, number: int) -> None:
        name = parse_image(f"shop/i{number}:{self.dice.randint(1, 2)}")
        sbom = make_sbom(*self.dice.sample(PURLS, self.dice.randint(1, 4)))
        self.parts.store.sboms.add(digest(number), sbom, place="added", image=name)

    def answer(self, purls: list[Purl]) -> None:
        now = self.clock.now()
        answers = [answer(purl, *self.dice.sample(KNOWN, self.dice.randint(0, 4)), at=now) for purl in purls]
        self.parts.store.components.record(answers, assess=self.parts.assessor.auto_rule(), now=now)

    def decide(self) -> None:
        one, now = self.dice.choice(KNOWN), self.clock.now()
        scope = Scope(
            self.dice.choice((None, "pkg:npm/a")),
            image=self.dice.choice((None, None, "shop/i1", str(digest(2)))),
            namespace=self.dice.choice((None, None, "lab")),
        )
        until = self.dice.choice((None, now + dt.timedelta(days=self.dice.randint(1, 5))))
        kind = self.dice.choice(("Ignore", "Caution", "Blocked", None))
        made = assessment(self.dice.choice((one.id, *one.aliases)), kind, scope=scope, until=until)
        self.parts.store.assessments.append([replace(made, assessed_at=now)])

    def run_some(self) -> None:
        self.clock.advance(1)  # no two audits at one moment
        numbers = self.dice.sample(range(10), 6)
        shown = [
            InventoriedWorkload(
                f"uid-{n}", NAMESPACES[n % 2], "apps/v1", "Deployment", f"app-{n}", 1, Mode.DENY, Action.WARN, "x",
                (InventoriedImage(f"shop/i{n}:1@{digest(n)}", digest(n), ("app",), Action.WARN, SbomStatus.NONE),),
            )
            for n in numbers
        ]  # fmt: skip
        self.parts.store.inventory.replace(shown, taken_at=self.clock.now(), revision=1)


@pytest.fixture
def parts(tmp_path: Path, clock: FakeClock) -> Parts:
    (tmp_path / "c.yaml").write_text(f"database: {{url: 'sqlite:///{tmp_path}/b.db'}}\n{SETTINGS}")
    return replace(open_parts(load_settings(tmp_path / "c.yaml", {}, {"HOME": str(tmp_path)})), clock=clock)


def seen(board: Board) -> list[object]:
    """All that people see of a board."""

    def said(verdict: Verdict | None) -> object:
        return None if verdict is None else replace(verdict, revision=0)

    return [
        [(image.digest, image.names, said(image.verdict), image.workloads) for image in board.images],
        [
            (
                judged.workload,
                judged.action,
                judged.verdict,
                [(image.action, said(image.verdict)) for image in judged.images],
            )
            for judged in board.workloads
        ],
        board.valid_until,
        board.catalog.entries,
        *held(board),
    ]


def held(board: Board) -> list[object]:
    """What lists choose from."""
    catalog = board.catalog
    return [
        {state: catalog.in_state(state) for state in AssessmentState},
        {name: catalog.of_type(name) for name in ("Blocked", "Caution", "Ignore")},
        catalog.ending(NOON, NOON + dt.timedelta(days=400)),
        [catalog.changed_by(NOON + dt.timedelta(days=day)) for day in (10, 30, 400)],
        {key: entries for key, entries in catalog.records.items() if entries},
        board.running,
        board.called,
        board.vulnerable_in(),
        board.open,
    ]


@pytest.mark.parametrize("seed", range(6))
def test_a_board_made_in_part_is_what_judging_everything_gives(seed: int, parts: Parts, clock: FakeClock) -> None:
    world = World(parts, clock, Random(seed))
    parts.refresher.refresh()
    kept = open_triage(parts)
    kept.boards.refresh()
    for _ in range(25):
        world.change()
        assert seen(kept.boards.refresh()) == seen(open_triage(parts).boards.refresh())
    parts.store.close()


def test_a_decision_judges_only_the_images_that_it_is_about(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    store = parts.store
    for number, purl in enumerate(PURLS):
        store.sboms.add(digest(number), make_sbom(purl), place="added", image=parse_image(f"shop/i{number}:1"))
    answers = [answer(purl, KNOWN[number], at=NOON) for number, purl in enumerate(PURLS)]
    store.components.record(answers, assess=parts.assessor.auto_rule(), now=NOON)
    parts.refresher.refresh()
    boards = open_triage(parts).boards
    boards.refresh()
    store.assessments.append([assessment(KNOWN[3].id, "Blocked")])
    parts.refresher.refresh()
    judged, judge = [], ImageChecker.unremembered

    def noting(checker: ImageChecker, image: object, *rest: object) -> Verdict | None:
        judged.append(image)
        return judge(checker, image, *rest)

    monkeypatch.setattr(ImageChecker, "unremembered", noting)
    board = boards.refresh()
    assert [str(image.digest) for image in judged] == [digest(3)]
    assert board.by_digest[digest(3)].verdict.action is Action.DENY
    store.close()


def test_a_decision_walks_neither_all_components_nor_all_records(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    store = parts.store
    store.sboms.add(digest(1), make_sbom(*PURLS), place="added", image=parse_image("shop/i1:1"))
    answers = [answer(purl, KNOWN[number], at=NOON) for number, purl in enumerate(PURLS)]
    store.components.record(answers, assess=parts.assessor.auto_rule(), now=NOON)
    parts.refresher.refresh()
    boards = open_triage(parts).boards
    boards.refresh()
    for walk in ("findings", "contents", "names", "answers"):
        monkeypatch.setattr(ReadModel, walk, lambda _: pytest.fail("everything was walked"))
    monkeypatch.setattr(AssessmentIndex, "records", lambda _: pytest.fail("every record was walked"))
    store.assessments.append([assessment(KNOWN[3].id, "Blocked")])
    parts.refresher.refresh()
    board = boards.refresh()
    assert board.by_digest[digest(1)].verdict.action is Action.DENY
    assert KNOWN[3].id in board.catalog.of_type("Blocked")
    monkeypatch.undo()
    store.components.record([answer(PURLS[0], KNOWN[20], at=NOON)], assess=parts.assessor.auto_rule(), now=NOON)
    parts.refresher.refresh()
    assert KNOWN[20].id in boards.refresh().catalog.entries
    store.close()


def test_what_is_recorded_while_a_board_is_made_is_in_the_next_one(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = parts.store
    store.sboms.add(digest(1), make_sbom(PURLS[0]), place="added", image=parse_image("shop/i1:1"))
    store.components.record([answer(PURLS[0], KNOWN[3], at=NOON)], assess=parts.assessor.auto_rule(), now=NOON)
    parts.refresher.refresh()
    boards, refresh = open_triage(parts).boards, Catalogs.refresh
    boards.refresh()

    def overtaken(catalogs: Catalogs) -> Catalog:
        catalog = refresh(catalogs)
        monkeypatch.undo()
        store.assessments.append([assessment(KNOWN[3].id, "Blocked")])
        parts.refresher.refresh()
        return catalog

    monkeypatch.setattr(Catalogs, "refresh", overtaken)
    store.assessments.append([assessment(KNOWN[9].id, "Ignore")])
    parts.refresher.refresh()
    boards.refresh()
    assert boards.refresh().by_digest[digest(1)].verdict.action is Action.DENY
    store.close()


def test_the_garbage_collector_passes_over_a_board_that_a_decision_made(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts.refresher.refresh()
    triage, stop, frozen = open_triage(parts), threading.Event(), list[Board | None]()

    class Checks:
        def refresh(self) -> None:
            parts.store.assessments.append([assessment(KNOWN[3].id, "Blocked")])
            parts.refresher.refresh()
            triage.boards.refresh(inventory=False)

    def freeze() -> None:
        frozen.append(triage.whole.latest)
        if len(frozen) == 2:
            stop.set()

    monkeypatch.setattr(gc, "freeze", freeze)
    late = threading.Timer(20, stop.set)
    late.start()
    console._follow(parts, triage, cast("KeptChecks", Checks()), stop)
    late.cancel()
    assert frozen[1:] == [triage.whole.latest]
    parts.store.close()


def test_an_image_that_only_workloads_name_is_judged_by_the_name_that_it_is_shown_with(parts: Parts) -> None:
    store, number = parts.store, digest(1)
    store.sboms.add(number, make_sbom(PURLS[0]), place="added")
    store.components.record([answer(PURLS[0], KNOWN[3], at=NOON)], assess=parts.assessor.auto_rule(), now=NOON)
    store.assessments.append([assessment(KNOWN[3].id, "Blocked", scope=Scope(image="mirror.corp/only/*"))])
    parts.refresher.refresh()
    boards = open_triage(parts).boards
    assert boards.refresh().by_digest[number].verdict.action is not Action.DENY
    running = InventoriedImage(f"mirror.corp/only/here:3@{number}", number, ("app",), Action.WARN, SbomStatus.FOUND)
    workload = InventoriedWorkload(
        "uid", "shop", "apps/v1", "Deployment", "web", 1, Mode.DENY, Action.WARN, "findings", (running,)
    )
    store.inventory.replace([workload], taken_at=NOON, revision=1)
    board = boards.refresh()
    assert (board.images[0].title, board.images[0].verdict.action) == ("mirror.corp/only/here:3", Action.DENY)
    assert board.workloads[0].action is Action.DENY
    store.assessments.append([assessment(KNOWN[3].id, "Ignore", scope=Scope(image="mirror.corp/only/here:3"))])
    parts.refresher.refresh()
    assert boards.refresh().by_digest[number].verdict.action is Action.ALLOW
    store.close()
