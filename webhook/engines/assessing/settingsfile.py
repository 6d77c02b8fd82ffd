"""The assessments of the settings file, brought into the store."""

from __future__ import annotations

from collections.abc import Iterable

from webhook.engines.assessing.rules import RuleSource
from webhook.model.assessments import PROVISIONER, AssessmentSource
from webhook.model.records import AssessmentQuery
from webhook.model.resources import StatedAssessment
from webhook.policy.decisions import provisioned_all
from webhook.ports import AssessmentStore, Clock, VulnerabilityStore


class FileAssessments:
    """Makes the store equal to what the settings file states.

    Args:
        assessments: where they are kept.
        vulnerabilities: what is known of vulnerabilities.
        rules: gives types.
        clock: time.
        tells_fixes: whether a source that tells fixed versions is configured.
    """

    def __init__(
        self,
        assessments: AssessmentStore,
        vulnerabilities: VulnerabilityStore,
        rules: RuleSource,
        clock: Clock,
        *,
        tells_fixes: bool = False,
    ) -> None:
        self._assessments, self._vulnerabilities = assessments, vulnerabilities
        self._rules, self._clock, self._tells_fixes = rules, clock, tells_fixes

    def provision(self, definitions: Iterable[StatedAssessment]) -> int:
        """Make the provisioned assessments equal to the configuration; how many records that took.

        Without an end an assessment lives as long as its type says, from when it was first provisioned:
        applying the same file again does not renew it.

        Args:
            definitions: all that the file states.

        Raises:
            ConfigError: one of them cannot be used; nothing was recorded.
            StoreError: nothing was recorded.
        """
        now, types = self._clock.now(), self._rules().types
        before = self._assessments.find(AssessmentQuery(source=AssessmentSource.PROVISIONED.value))
        assessments = provisioned_all(definitions, types, now, before, tells_fixes=self._tells_fixes)
        return self._assessments.provision(assessments, author=PROVISIONER, now=now)

    def unknown_identifiers(self, definitions: Iterable[StatedAssessment]) -> tuple[str, ...]:
        """The identifiers of definitions that are neither the id nor an alias of a vulnerability in the store.

        Args:
            definitions: all that the file states.

        Raises:
            StoreError: the database does not answer.
        """
        named = dict.fromkeys(definition.vulnerability for definition in definitions)
        return tuple(text for text in named if self._vulnerabilities.show(text) is None)
