"""The first decision about an image after something changed, so that no verdict is remembered.

Ten thousand components, and images of 300 with 0, 10 and 50 findings. Before each decision another assessment comes, or
another answer; what is measured is the CPU of this thread for the decision alone, the least of several for each image,
which a busy machine disturbs least, and the median of all images. What a first one ever costs stands beside it.
"""

from __future__ import annotations

import datetime as dt
import random
import statistics
import time
from array import array
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from bench import Row, show
from tests.fakes import NOON
from tests.worlds import World
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.changes import UINT32, Changes, Position, StoredSbom
from webhook.model.components import ComponentState
from webhook.model.images import Digest, parse_image
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.evaluation import Subject, evaluate

COMPONENTS, VULNERABLE, IMAGES, PER_IMAGE = 10_000, 500, 300, 300
FINDINGS = (0, 10, 50)
GOAL_MICROSECONDS, ROUNDS = 50, 5
_MOMENT = NOON


class _Measured:
    """A model with images that have some findings each."""

    def __init__(self, findings: int) -> None:
        self._dice, self._world = random.Random(1), World()
        vulnerable = sorted(self._dice.sample(range(COMPONENTS), VULNERABLE))
        purls = {number: Purl(f"pkg:npm/package-{number}@1.{number % 9}.0") for number in vulnerable}
        self._known = [self._vulnerability(number) for number in range(2 * VULNERABLE)]
        found = {
            number: tuple(known.id for known in self._known[2 * at : 2 * at + 2])
            for at, number in enumerate(vulnerable)
        }
        others = sorted(set(range(COMPONENTS)) - set(vulnerable))
        states = bytearray([ComponentState.CLEAN]) * COMPONENTS
        for number in vulnerable:
            states[number] = ComponentState.VULNERABLE
        for number in others[::9]:
            states[number] = ComponentState.NOT_COVERED
        self._spare, count = others[1], findings // 2
        sboms = [
            StoredSbom(
                Digest(f"sha256:{image:064x}"),
                f"sha256:{image + IMAGES:064x}",
                array(
                    UINT32,
                    sorted([*self._dice.sample(vulnerable, count), *self._dice.sample(others, PER_IMAGE - count)]),
                ),
                {},
                "added",
            )
            for image in range(IMAGES)
        ]
        self._digests, self._revision = [sbom.digest for sbom in sboms], 1
        self._apply(
            complete=True,
            component_ids=array(UINT32, range(COMPONENTS)),
            states=bytes(states),
            answered_at=array(UINT32, [int(_MOMENT.timestamp())]) * COMPONENTS,
            purls=purls,
            findings=found,
            vulnerabilities=tuple(self._known),
            assessments=tuple(map(self._assessment, self._known)),
            sboms=tuple(sboms),
        )

    def _vulnerability(self, number: int) -> Vulnerability:
        score = Decimal(self._dice.randint(10, 100)) / 10
        return Vulnerability(f"CVE-2020-{10_000 + number}", "[CWE-125] Out-of-bounds Read", score, cwe="CWE-125")

    def _assessment(self, one: Vulnerability) -> Assessment:
        until = _MOMENT + dt.timedelta(days=30)
        return Assessment(one.id, "Caution", Scope(), AssessmentSource.AUTO, "auto-assess", "", _MOMENT, until)

    def _apply(self, **changes: Any) -> None:
        self._revision += 1
        self._world.model.apply(Changes(Position("bench", self._revision), **changes))

    def assess(self) -> None:
        """Somebody decides about a vulnerability that few images have."""
        self._apply(assessments=(self._assessment(self._known[0]),))

    def answer(self) -> None:
        """A component of few images turns out not to be covered, or to be clean."""
        state = (ComponentState.CLEAN, ComponentState.NOT_COVERED)[self._revision % 2]
        at = array(UINT32, [int(_MOMENT.timestamp())])
        self._apply(component_ids=array(UINT32, [self._spare]), states=bytes([state]), answered_at=at)

    def decide(self, change: Callable[[], None]) -> float:
        """Microseconds of a decision behind a change: the least of several for each image, median of all."""
        return statistics.median(min(self._once(digest, change) for _ in range(ROUNDS)) for digest in self._digests)

    def decide_from_scratch(self) -> float:
        """Microseconds of a decision for which nothing is kept: the least of several for each image, median of all."""
        return statistics.median(min(self._scratch(digest) for _ in range(ROUNDS)) for digest in self._digests)

    def _scratch(self, digest: Digest) -> float:
        world, image = self._world, parse_image(f"registry.example/app@{digest}")
        subject = Subject(image, digest, "shop", self._revision)
        began = time.thread_time_ns()
        facts = world.model.facts(digest)
        assert facts is not None
        evaluate(facts, subject, world.rules, world.model.assessments, world.clock.now())
        return (time.thread_time_ns() - began) / 1000

    def decide_afresh(self) -> float:
        """Microseconds of a decision about images that were never judged."""
        return statistics.median(self._once(digest, lambda: None) for digest in self._digests)

    def _once(self, digest: Digest, change: Callable[[], None]) -> float:
        image = parse_image(f"registry.example/app@{digest}")
        change()
        began = time.thread_time_ns()
        self._world.checker.known(image, digest, "shop")
        return (time.thread_time_ns() - began) / 1000


def main() -> list[Row]:
    """Measure and print."""
    rows = []
    for findings in FINDINGS:
        measured = _Measured(findings)
        never = measured.decide_afresh()
        rows.append(Row(f"{findings} findings: an image that was never judged", f"{never:.0f} µs"))
        scratch = measured.decide_from_scratch()
        rows.append(Row(f"{findings} findings: with nothing kept", f"{scratch:.0f} µs"))
        for name, change in (("an assessment", measured.assess), ("an answer", measured.answer)):
            took = measured.decide(change)
            goal = f"≤ {GOAL_MICROSECONDS} µs"
            rows.append(
                Row(f"{findings} findings: first after {name}", f"{took:.0f} µs", goal, took <= GOAL_MICROSECONDS)
            )
    show(f"The first decision about an image of {PER_IMAGE} components after a change", rows)
    return rows


if __name__ == "__main__":
    main()
