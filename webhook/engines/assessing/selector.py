"""Selecting vulnerabilities, with what is in force for each of them now."""

from __future__ import annotations

from collections.abc import Callable

from webhook.engines.assessing.rules import RuleSource
from webhook.errors import InvalidInput
from webhook.model.records import AssessmentQuery
from webhook.policy.judge import Judge, worst_first
from webhook.policy.matching import AssessmentIndex
from webhook.policy.plaintext import plain
from webhook.policy.selections import Affected, JudgedVulnerability, Selection, read_selection
from webhook.policy.vex import NO_VEX, VexIndex
from webhook.ports import AssessmentStore, Clock, VulnerabilityStore


class Selector:
    """Selects vulnerabilities that affect a known component.

    Args:
        assessments: what was decided.
        vulnerabilities: what is known of vulnerabilities.
        rules: gives types and policy, each time that they are used.
        clock: time.
        vex: what VEX documents state, each time that it is used.
    """

    def __init__(
        self,
        assessments: AssessmentStore,
        vulnerabilities: VulnerabilityStore,
        rules: RuleSource,
        clock: Clock,
        vex: Callable[[], VexIndex] = lambda: NO_VEX,
    ) -> None:
        self._vex = vex
        self._assessments, self._vulnerabilities, self._rules, self._clock = assessments, vulnerabilities, rules, clock

    def states(self, selection: Selection) -> tuple[JudgedVulnerability, ...]:
        """Vulnerabilities that affect a known component, with what is in force now, in the order of the store.

        Args:
            selection: which ones.

        Raises:
            InvalidInput: a part of the selection cannot be read, or names an image or a package that nobody knows.
        """
        query, place = read_selection(selection)
        store = self._vulnerabilities
        if query.image is not None and not store.knows_image(query.image):
            raise InvalidInput(
                f"The store has no SBOM of an image {plain(selection.image or '', 200)}.",
                remedy="`bomgate sbom list` shows the images that it knows.",
            )
        if query.package is not None and not store.knows_package(query.package):
            raise InvalidInput(
                f"No known image has a component {plain(selection.package or '', 200)}.",
                remedy="Write the package as `bomgate sbom show` shows it, with or without its version.",
            )
        index = AssessmentIndex.of(self._assessments.find(AssessmentQuery())).with_vex(self._vex())
        judge = Judge(self._rules(), index, self._clock.now(), place)
        found = []
        for record in self._vulnerabilities.find(query):
            findings = [judge.finding(purl, record.vulnerability) for purl in record.components]
            if any(selection.includes(finding) for finding in findings):
                found.append(JudgedVulnerability(record, tuple(sorted(findings, key=worst_first))))
        return tuple(found)

    def select(self, selection: Selection) -> tuple[Affected, ...]:
        """The (vulnerability, package) pairs of a selection, for assessing in bulk.

        Args:
            selection: which ones; state and type are asked of each component.

        Raises:
            InvalidInput: a part of the selection cannot be read.
        """
        pairs = {
            (state.record.vulnerability.id, finding.purl.package): state.record.vulnerability
            for state in self.states(selection)
            for finding in state.findings
            if selection.includes(finding)
        }
        return tuple(Affected(vulnerability, package) for (_, package), vulnerability in pairs.items())
