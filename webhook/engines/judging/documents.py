"""Judges SBOMs of images that are not stored, such as a file in a build. Nothing is written."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import structs
from msgspec.structs import replace

from webhook.model.changes import VulnerableComponent
from webhook.model.components import ComponentState
from webhook.model.support import release_past_support
from webhook.model.uncovered import Uncovered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from webhook.engines.judging.images import ImageChecker
    from webhook.engines.readmodel import ReadModel
    from webhook.engines.refresher import Refresher
    from webhook.model.advisories import ComponentMatch
    from webhook.model.assessments import Assessment
    from webhook.model.changes import ImageFacts
    from webhook.model.components import Sbom
    from webhook.model.images import ImageRef
    from webhook.model.purls import Purl
    from webhook.model.verdicts import Verdict
    from webhook.ports import AutoAssess


@dataclass(frozen=True, slots=True)
class UnstoredAnswers:
    """What sources say at once of components that the store does not know.

    Attributes:
        covers: whether a source covers a component.
        asks: whether one has to be asked about it, so that it is not clean before that has answered.
        match: what advisories say; None without sources of advisories.
        assess: gives the auto-assessment rule for what they say.
    """

    covers: Callable[[Purl], bool]
    asks: Callable[[Purl], bool]
    match: Callable[[Sequence[Purl]], Sequence[ComponentMatch]] | None
    assess: Callable[[], AutoAssess]


class SbomChecker:
    """Judges SBOMs by the same rules as images.

    Args:
        checker: judges facts.
        model: what is known.
        refresher: gives the numbers of known components, and keeps the model up to date.
        answers: what is said of components that the store does not know.
    """

    def __init__(self, checker: ImageChecker, model: ReadModel, refresher: Refresher, answers: UnstoredAnswers) -> None:
        self._checker, self._model, self._refresher, self._answers = checker, model, refresher, answers

    def check(self, sbom: Sbom, image: ImageRef, namespace: str = "") -> Verdict:
        """Judge an SBOM as that of ``image``.

        Args:
            sbom: as parsed; components that the store does not know are matched with advisories, and otherwise unknown.
            image: what to call it, for assessments that are narrowed to an image.
            namespace: where it is to run; empty when that is not known.

        Raises:
            StoreError: the store did not answer.
        """
        keys = sbom.keys
        known = self._refresher.component_ids(keys)
        strangers = [purl for purl in keys if purl not in known]
        matches = self._matched(strangers)
        states = Counter(self._state(purl, matches.get(purl)) for purl in strangers)
        facts = self._model.facts_of(
            sorted(set(known.values())),
            unknown=states[ComponentState.UNKNOWN],
            uncovered=self._uncovered(strangers, matches),
            unusable=len(sbom.skipped),
            not_in_image=sbom.not_in_image,
            stale_before=self._checker.stale_before,
        )
        covered = (match for match in matches.values() if match.ecosystem)
        past = sum(bool(release_past_support(match.purl)) for match in covered)
        facts = replace(facts, past_support=facts.past_support + past)
        vulnerable = [match for match in matches.values() if match.vulnerabilities]
        if not vulnerable and not states[ComponentState.CLEAN]:
            return self._checker.judge_facts(facts, image, namespace)
        facts = _with(facts, vulnerable, states[ComponentState.CLEAN], _oldest(matches.values()))
        return self._checker.judge_facts(facts, image, namespace, self._automatic(vulnerable))

    def _matched(self, strangers: Sequence[Purl]) -> dict[Purl, ComponentMatch]:
        if self._answers.match is None or not strangers:
            return {}
        return {match.purl: match for match in self._answers.match(strangers)}

    def _state(self, purl: Purl, match: ComponentMatch | None) -> ComponentState:
        """What all sources say of a component together, where those that are asked have not answered."""
        if match is not None and match.state is ComponentState.VULNERABLE:
            return ComponentState.VULNERABLE
        if not self._answers.covers(purl):
            return ComponentState.NOT_COVERED
        if match is None or self._answers.asks(purl):
            return ComponentState.UNKNOWN
        if match.state is not ComponentState.CLEAN:  # not covered: its source package is not known
            return match.state
        is_stale = int(match.answered_at.timestamp()) < self._checker.stale_before
        return ComponentState.UNKNOWN if is_stale else ComponentState.CLEAN

    def _uncovered(self, strangers: Sequence[Purl], matches: Mapping[Purl, ComponentMatch]) -> Mapping[Uncovered, int]:
        """How many components no source covers, by reason."""
        without = (purl for purl in strangers if self._state(purl, matches.get(purl)) is ComponentState.NOT_COVERED)
        return Counter(matches[purl].uncovered if purl in matches else Uncovered.NO_SOURCE for purl in without)

    def _automatic(self, vulnerable: Sequence[ComponentMatch]) -> list[Assessment]:
        """What the CVSS ranges would give to what no answer has named before, as when the SBOM is stored."""
        if not vulnerable:
            return []
        seen = {(found.id, held.purl.package) for _, held in self._model.vulnerable() for found in held.vulnerabilities}
        recorded = self._model.assessments.records()
        rule = self._answers.assess()
        made = []
        for match in vulnerable:
            for found in match.vulnerabilities:
                pair = (found.id, match.purl.package)
                if pair not in seen and (found.id.casefold(), pair[1]) not in recorded:
                    made.append(rule(found, pair[1]))
                seen.add(pair)
        return [assessment for assessment in made if assessment is not None]


def _with(
    facts: ImageFacts, vulnerable: Sequence[ComponentMatch], clean: int, oldest: dt.datetime | None
) -> ImageFacts:
    answers = [at for at in (facts.answered_at, oldest) if at is not None]
    return replace(
        facts,
        total=facts.total + len(vulnerable) + clean,
        clean=facts.clean + clean,
        vulnerable=(*facts.vulnerable, *map(_component, vulnerable)),
        answered_at=min(answers, default=None),
    )


def _component(match: ComponentMatch) -> VulnerableComponent:
    fixed = match.fixed
    found = [structs.replace(each, fixed=fixed.get(each.id, "")) for each in match.vulnerabilities]
    return VulnerableComponent(match.purl, tuple(found))


def _oldest(matches: Iterable[ComponentMatch]) -> dt.datetime | None:
    said = (ComponentState.CLEAN, ComponentState.VULNERABLE)
    return min((match.answered_at for match in matches if match.state in said), default=None)
