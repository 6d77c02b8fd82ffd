"""Expiring: the duty ``expiry``, which counts the assessments that end soon, and those that open something then.

Nothing is written: expiry is judged when a decision is made. This is only to tell people in time.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from webhook.engines.assessing.rules import RuleSource
from webhook.engines.readmodel import ReadModel
from webhook.model.actions import Action
from webhook.model.assessments import Assessment
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.evaluation import Rules
from webhook.policy.judge import Judge
from webhook.policy.precedence import ANYWHERE, Place
from webhook.ports import Clock
from webhook.telemetry.metrics import Metrics

WINDOW = dt.timedelta(days=7)
"""How long before its end an assessment is told of."""
_INTERVAL, _FIRST_INTERVAL = 300.0, 5.0

_Pair = tuple[Purl, Vulnerability]
_Window = tuple[dt.datetime, dt.datetime]
"""Now, and until when an end is soon."""


@dataclass(frozen=True, slots=True)
class Ending:
    """An assessment that is in force and ends soon.

    Attributes:
        assessment: the record.
        action: what it asks for now.
        opens: whether it denies now, and what takes its place does not.
    """

    assessment: Assessment
    action: Action
    opens: bool


def ending(model: ReadModel, rules: Rules, now: dt.datetime, window: dt.timedelta = WINDOW) -> Sequence[Ending]:
    """Each assessment in force for a vulnerable component that ends within the window, once.

    Whether something opens is asked for each component that it is in force for; one that opens is enough. For an
    assessment that is narrowed to images, what counts elsewhere is taken for what takes its place.

    Args:
        model: what is known.
        rules: types and policy.
        now: UTC, aware.
        window: how soon is soon.
    """
    times = (now, now + window)
    pairs = [(item.purl, found) for _, item in model.vulnerable() for found in item.vulnerabilities]
    found: dict[Assessment, Ending] = {}
    for other_in_image in (*_everywhere(model, rules, times, pairs), *_in_images(model, rules, times, pairs)):
        if other_in_image.opens or other_in_image.assessment not in found:
            found[other_in_image.assessment] = other_in_image
    return list(found.values())


def _everywhere(model: ReadModel, rules: Rules, window: _Window, pairs: Sequence[_Pair]) -> Iterator[Ending]:
    """Those that are not narrowed to images."""
    for place in (ANYWHERE, *(Place(namespace=name) for name in sorted(model.assessments.namespaces))):
        judge = Judge(rules, model.assessments, window[0], place)
        for purl, vulnerability in pairs:
            finding = judge.finding(purl, vulnerability)
            assessment = finding.assessment
            if assessment is not None and _ends_soon(assessment, window):
                after = _after(model, rules, assessment, place, (purl, vulnerability))
                yield Ending(assessment, finding.action, finding.action is Action.DENY and after is not Action.DENY)


def _in_images(model: ReadModel, rules: Rules, window: _Window, pairs: Sequence[_Pair]) -> Iterator[Ending]:
    """Those that are."""
    if not model.assessments.has_image_scopes:
        return
    for assessment in model.assessments:
        if assessment.type is None or assessment.scope.image is None or not _ends_soon(assessment, window):
            continue
        kind = rules.types.get(assessment.type) or rules.types.retired(assessment.type)
        action = Action.WARN if kind is None else kind.action
        place = Place(namespace=assessment.scope.namespace or "")
        about = [pair for pair in pairs if _is_about(assessment, *pair)]
        afterwards = [_after(model, rules, assessment, place, pair) for pair in about]
        if about:
            yield Ending(assessment, action, action is Action.DENY and min(afterwards) is not Action.DENY)


def _after(model: ReadModel, rules: Rules, assessment: Assessment, place: Place, pair: _Pair) -> Action:
    """What is asked for when the assessment has ended."""
    assert assessment.until is not None
    return Judge(rules, model.assessments, assessment.until, place).finding(*pair).action


def _ends_soon(assessment: Assessment, window: _Window) -> bool:
    return assessment.until is not None and window[0] < assessment.until <= window[1]


def _is_about(assessment: Assessment, purl: Purl, vulnerability: Vulnerability) -> bool:
    names = {identifier.casefold() for identifier in vulnerability.identifiers}
    return assessment.vulnerability.casefold() in names and assessment.scope.package in (None, purl.package)


class ExpiryDuty:
    """Tells in metrics what ends soon; implements ``Duty``.

    Args:
        model: what is known.
        rules: gives the rules in force.
        clock: time.
        metrics: of this process.
    """

    name = "expiry"

    def __init__(self, model: ReadModel, rules: RuleSource, clock: Clock, metrics: Metrics) -> None:
        self._model, self._rules, self._clock, self._metrics = model, rules, clock, metrics

    @property
    def interval_seconds(self) -> float:
        """Seconds until the next count; soon while nothing is known yet."""
        return _INTERVAL if self._model.loaded else _FIRST_INTERVAL

    def run(self) -> None:
        """Count, once something is known."""
        if not self._model.loaded:
            return
        found = ending(self._model, self._rules(), self._clock.now())
        by_action = Counter(ending.action.word for ending in found)
        counts: dict[tuple[str, ...], float] = {(action.word,): by_action[action.word] for action in Action}
        self._metrics.replace("bomgate_assessments_expiring", counts)
        self._metrics.set("bomgate_assessments_opening", sum(ending.opens for ending in found))
