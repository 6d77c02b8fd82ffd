"""The vulnerabilities that people name, looked up in the store."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

from webhook.errors import InvalidInput
from webhook.model.assessments import Assessment, Scope
from webhook.model.records import VulnerabilityQuery
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.decisions import NotAffected, Target, check_package
from webhook.policy.plaintext import plain
from webhook.policy.scopes import canonical_identifier
from webhook.ports import VulnerabilityStore

_SHOWN = 5


def distinct_identifiers(identifiers: Iterable[str]) -> list[str]:
    """Identifiers in canonical form, each once, in any case.

    Raises:
        InvalidInput: there is none, or one cannot be an identifier.
    """
    distinct = {identifier.casefold(): identifier for identifier in map(canonical_identifier, identifiers)}
    if not distinct:
        raise InvalidInput("No vulnerability was given.", remedy="Give one identifier or several.")
    return list(distinct.values())


def find_target(store: VulnerabilityStore, identifier: str, scope: Scope, *, allow_unknown: bool) -> Target:
    """What a decision about one vulnerability is recorded for.

    Args:
        store: what is known of vulnerabilities.
        identifier: id or alias, in any case.
        scope: canonical.
        allow_unknown: accept an identifier that the store does not know, and a package that it does not affect.

    Raises:
        NotAffected: the identifier or the package is not known; similar identifiers are named.
        StoreError: the store did not answer.
    """
    record = store.show(identifier)
    if record is None:
        if not allow_unknown:
            raise _unknown(store, identifier)
        return Target(identifier, scope)
    if not allow_unknown:
        check_package(record, scope)
    vulnerability = record.vulnerability
    folded = identifier.casefold()
    # The identifier as the source spells it; an alias stays one, for it may be shared by several vulnerabilities.
    spelling = next((name for name in vulnerability.identifiers if name.casefold() == folded), identifier)
    return Target(spelling, scope, vulnerability.cvss_score)


def _unknown(store: VulnerabilityStore, identifier: str) -> NotAffected:
    known = {
        name.casefold(): name
        for record in store.find(VulnerabilityQuery())
        for name in record.vulnerability.identifiers
    }
    near = [known[name] for name in difflib.get_close_matches(identifier.casefold(), known, _SHOWN, 0.75)]
    remedy = f"Near ones are: {', '.join(plain(name, 60) for name in near)}." if near else ""
    return NotAffected(
        f"{plain(identifier, 80)} affects no known component.",
        remedy=remedy or "`bomgate vulns list` shows those that do.",
    )


def known_vulnerabilities(
    store: VulnerabilityStore, records: Iterable[Assessment]
) -> Mapping[str, Sequence[Vulnerability]]:
    """What sources say of the vulnerabilities that records name, by the name in lower case; unknown ones are left out.

    What shares a name is taken for the same vulnerability, as in a component.

    Args:
        store: what is known of vulnerabilities.
        records: of assessments.

    Raises:
        StoreError: the store did not answer.
    """
    return store.same({record.vulnerability for record in records})
