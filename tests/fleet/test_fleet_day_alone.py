"""A member decides alone for a day: no verdict is wrong meanwhile, and one document brings it up to date afterwards."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import NOON, FakeClock
from tests.fleet.hubs import Hub, assessment
from tests.fleet.members import Member, content_of, documented
from tests.worlds import digest_of, sbom_of
from webhook.bootstrap import Parts, ThreadBackground
from webhook.model.actions import Action
from webhook.model.assessments import Assessment
from webhook.model.deadlines import Deadline
from webhook.model.images import parse_image
from webhook.model.purls import parse_purl
from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability
from webhook.store.repositories import open_store

STEPS, STEP = 48, dt.timedelta(minutes=30)
COMPONENTS = [f"pkg:npm/part-{number}@1.0.0" for number in range(12)]
VULNERABILITIES = [f"CVE-2026-{20000 + number}" for number in range(6)]
ACTIONS = {"Ignore": Action.ALLOW, "Caution": Action.WARN, "Blocked": Action.DENY}


class Town:
    """A hub and a member under one clock that a test moves, and what each image has to get, found out afresh."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.dice, self.clock = random.Random(seed), FakeClock(NOON)
        self.hub = Hub(folder / "hub")
        self.member = Member(folder / "member", self.hub)
        self.member.parts.store.close()
        self.answers: dict[str, tuple[str, ...]] = {}
        self.images: dict[str, tuple[str, ...]] = {}
        self.told: list[Assessment] = []  # by the hub, as far as the member has heard
        self.decided: list[Assessment] = []  # at the hub
        self.local: list[Assessment] = []
        self.start()

    def start(self) -> None:
        """Start the member's process, with nothing in memory."""
        settings = self.member.parts.settings
        store = open_store(settings.database, self.clock, documents=settings.documents, types=settings.types)
        self.parts = self.member.parts = Parts(settings, self.clock, store)
        self.checker = self.parts.checker(ThreadBackground(1))

    def decide(self, kept: list[Assessment], parts: Parts) -> None:
        """Let somebody decide about a vulnerability, for some hours or without an end."""
        name, hours = self.dice.choice(VULNERABILITIES), self.dice.choice([None, 1, 5, 13])
        kind = self.dice.choice([None, *ACTIONS])
        now = self.clock.now()
        until = None if hours is None or kind is None else now + dt.timedelta(hours=hours)
        kept.append(assessment(name, kind, at=now, until=until))
        parts.store.assessments.append(kept[-1:])

    def decide_at_hub(self) -> None:
        """Let somebody decide at the hub."""
        parts = self.hub.parts()
        self.decide(self.decided, parts)
        parts.store.close()

    def add_image(self) -> None:
        """Put a new image into the member's store; some of its components may be new as well."""
        name = f"registry.example/shop/image-{len(self.images)}:1"
        parts = tuple(self.dice.sample(COMPONENTS, self.dice.choice([1, 1, 2])))
        image = parse_image(name)
        self.parts.store.sboms.add(digest_of(name), sbom_of(*parts, document=name), place="added", image=image)
        self.images[name] = parts

    def answer(self) -> None:
        """Let the member learn what a component has, which may be nothing."""
        purl = self.dice.choice(COMPONENTS)
        self.answers[purl] = tuple(self.dice.sample(VULNERABILITIES, self.dice.choice([0, 0, 1, 2])))
        found = tuple(map(Vulnerability, self.answers[purl]))
        now = self.clock.now()
        answered = ComponentAnswer(parse_purl(purl), found, now)
        self.parts.store.components.record([answered], assess=lambda *_: None, now=now)

    def hear(self) -> None:
        """Let the member take over what the hub has for it."""
        now = self.clock.now()
        self.member.take(documented(self.hub, self.member.followed.position, now))
        self.told = list(self.decided)

    def wanted(self, image: str) -> Action:
        """What an image has to get: the worst of its components."""
        return max(self._of_component(purl) for purl in self.images[image])

    def _of_component(self, purl: str) -> Action:
        if purl not in self.answers:
            return Action.WARN
        return max(map(self._of_vulnerability, self.answers[purl]), default=Action.ALLOW)

    def _of_vulnerability(self, name: str) -> Action:
        """By the hub as long as its decision lasts, else a warning; people of the cluster can only be stricter."""
        by_hub, here = self._counts(self.told, name), self._counts(self.local, name)
        base = Action.WARN if by_hub is None else by_hub
        return base if here is None else max(base, here)

    def _counts(self, kept: list[Assessment], name: str) -> Action | None:
        """By the newest that has not ended, as long as none was withdrawn since."""
        for record in reversed(kept):
            if record.vulnerability != name:
                continue
            if record.type is None:
                return None
            if record.until is None or self.clock.now() < record.until:
                return ACTIONS[record.type]
        return None

    def check(self) -> None:
        """Compare all images."""
        self.parts.refresher.refresh()
        deadline = Deadline(self.clock.monotonic() + 5)
        for name in self.images:
            pinned = parse_image(f"{name.rpartition(':')[0]}@{digest_of(name)}")
            verdict = self.checker.check_until(pinned, "shop", deadline)
            assert verdict.action is self.wanted(name), (name, self.clock.now(), verdict)


@pytest.fixture(params=[1, 2, 3])
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Town]:
    town = Town(tmp_path, request.param)
    for _ in range(5):
        town.decide_at_hub()
        town.add_image()
    for _ in range(8):
        town.answer()
    town.hear()
    yield town
    town.parts.store.close()


def test_a_day_without_the_hub_makes_no_verdict_wrong_and_ends_with_one_document(town: Town) -> None:
    happens = [town.add_image, town.answer, lambda: town.decide(town.local, town.parts), town.decide_at_hub]
    seen = set()
    for step in range(STEPS):
        town.clock.advance(STEP.total_seconds())
        town.dice.choice(happens)()
        if step % 12 == 5:
            town.parts.store.close()
            town.start()
        town.check()
        seen |= {town.wanted(name) for name in town.images}
    assert seen == set(ACTIONS.values()), "a day on which nothing is denied, or nothing allowed, shows little"
    behind = town.member.followed
    assert town.clock.now() - behind.hub_at == STEPS * STEP, "how old is what it follows has to be seen"
    assert town.decided != town.told
    town.hear()
    town.check()
    assert town.member.followed.position == content_of(town.hub, at=town.clock.now()).position
