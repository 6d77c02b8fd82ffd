"""The parts of a process that people's decisions take: rules, assessments and requests for exceptions.

Each is made when it is first asked for, and what it is made of is imported there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from webhook.policy.evaluation import Rules
from webhook.settings import Settings

if TYPE_CHECKING:
    from webhook.bootstrap.sources import Sources
    from webhook.bootstrap.vex import Vex
    from webhook.engines.assessing.assessor import Assessor
    from webhook.engines.assessing.rules import StoreRules
    from webhook.engines.assessing.selector import Selector
    from webhook.engines.assessing.settingsfile import FileAssessments
    from webhook.engines.requesting.desk import RequestDesk
    from webhook.policy.lint import Trap
    from webhook.ports import Clock
    from webhook.store.repositories import Store


@dataclass
class DecisionParts:
    """What decides, and what people decide with.

    Attributes:
        recording: component reports to answer with instead of asking OSS Index; None asks it.
    """

    settings: Settings
    clock: Clock
    store: Store
    recording: bytes | None = None

    @cached_property
    def rules(self) -> Rules:
        """The policy, and the types of the settings file."""
        return Rules(self.settings.types, self.settings.policy)

    @cached_property
    def rules_now(self) -> StoreRules:
        """Gives the policy, and the types of the settings file and of the cluster, as the store has them now."""
        from webhook.engines.assessing.rules import StoreRules

        return StoreRules(self.rules, self.store.types)

    @cached_property
    def sources(self) -> Sources:
        """Who is asked about components, and whose advisories they are matched with."""
        from webhook.bootstrap.sources import Sources

        return Sources(self.settings, self.clock, self.recording)

    @cached_property
    def vex(self) -> Vex:
        """VEX documents, and whose count."""
        from webhook.bootstrap.vex import Vex

        return Vex(self.settings, self.clock, self.store)

    @cached_property
    def assessor(self) -> Assessor:
        """Gives assessments."""
        from webhook.engines.assessing.assessor import Assessor

        store, by_two = self.store, self.settings.requests.required
        given = (store.assessments, store.vulnerabilities, store.components)
        tells = self.sources.matches
        return Assessor(*given, self.rules_now, self.clock, by_two=by_two, vex=self.vex.index, tells_fixes=tells)

    @cached_property
    def selector(self) -> Selector:
        """Selects vulnerabilities, with what is in force for them."""
        from webhook.engines.assessing.selector import Selector

        store = self.store
        return Selector(store.assessments, store.vulnerabilities, self.rules_now, self.clock, self.vex.index)

    @cached_property
    def desk(self) -> RequestDesk:
        """Takes requests for exceptions, and what people answer."""
        from webhook.engines.requesting.desk import RequestDesk
        from webhook.engines.requesting.reader import RequestReader

        given = (self.store.vulnerabilities, self.rules_now, self.settings.requests, self.clock)
        reader = RequestReader(*given, tells_fixes=self.sources.matches)
        return RequestDesk(self.store.requests, reader, self.clock, hub_answers=self.settings.fleet.hub_answers)

    @cached_property
    def _file(self) -> FileAssessments:
        from webhook.engines.assessing.settingsfile import FileAssessments

        given = (self.store.assessments, self.store.vulnerabilities, self.rules_now, self.clock)
        return FileAssessments(*given, tells_fixes=self.sources.matches)

    def traps(self, rules: Rules | None = None) -> tuple[Trap, ...]:
        """Traps in the configuration, what it provisions included.

        Args:
            rules: with the types of the cluster; those of the settings file alone when left out, because they can be
                told while the database is down.
        """
        from webhook.policy.decisions import provisioned
        from webhook.policy.lint import lint

        now = self.clock.now()
        records = [provisioned(entry, self.settings.types, now, None) for entry in self.settings.assessments]
        return lint(rules or self.rules, records, now=now)

    def unknown_identifiers(self) -> tuple[str, ...]:
        """What the settings file assesses and nobody knows; none before the source was asked for the first time."""
        if not self.settings.assessments or self.store.runs.last() is None:
            return ()
        return self._file.unknown_identifiers(self.settings.assessments)

    def provision(self) -> int:
        """Bring the assessments of the settings file into the store; how many records that took."""
        return self._file.provision(self.settings.assessments)
