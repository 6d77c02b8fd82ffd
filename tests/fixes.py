"""Advisories that a test sets row by row, with the fixed versions that they tell."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from tests.fakes import FakeClock
from tests.ports.samples import AutoRule, digest
from webhook.model.advisories import ComponentMatch
from webhook.model.components import ComponentState
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import Vulnerability
from webhook.sboms import parse
from webhook.store.repositories import Store

VULNERABILITY = "GHSA-35jh"


class AdvisoryTable:
    """What advisories say of some components, written as the matcher writes it.

    Args:
        store: where to.
        clock: time.
        purls: the components, which are added.
        name: of the vulnerability that they have.
    """

    def __init__(self, store: Store, clock: FakeClock, purls: Sequence[Purl], name: str = VULNERABILITY) -> None:
        self._store, self._clock, self._purls, self._name = store, clock, purls, name
        listed = [{"type": "library", "name": "x", "purl": purl} for purl in purls]
        content = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": listed}
        store.sboms.add(digest(1), parse(json.dumps(content).encode()), place="added")

    def say(self, fixed: Mapping[Purl, str], aliases: tuple[str, ...] = ()) -> None:
        """Say which components are vulnerable, and the fixed version of each; empty where none is known."""
        store, now = self._store.advisories, self._clock.now()
        numbers = {purl: number for number, purl in store.components(-1, 1000)}
        one = Vulnerability(self._name, aliases=aliases, source="osv")
        found = [
            ComponentMatch(
                numbers[purl],
                purl,
                "npm",
                ComponentState.VULNERABLE if purl in fixed else ComponentState.CLEAN,
                (one,) if purl in fixed else (),
                {self._name: fixed[purl]} if fixed.get(purl) else {},
                now,
            )
            for purl in self._purls
        ]
        assert store.record("", found, assess=AutoRule(), now=now, reassess=False) is not None
