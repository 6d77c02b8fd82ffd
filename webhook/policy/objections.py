"""Why a person's decision about a vulnerability is refused, and what would be accepted instead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from webhook.errors import InvalidInput
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.records import VulnerabilityRecord
from webhook.policy.decisions import CLUSTER
from webhook.policy.plaintext import plain
from webhook.policy.scopes import described

_SHOWN = 5


def check_package(record: VulnerabilityRecord, scope: Scope) -> None:
    """Refuse to assess a vulnerability in a package that it does not affect.

    Raises:
        InvalidInput: the remedy names packages that it does affect.
    """
    packages = dict.fromkeys(purl.package for purl in record.components)
    if scope.package is None or scope.package in packages:
        return
    affected = ", ".join(plain(package, 200) for package in list(packages)[:_SHOWN]) or "no component that is known"
    raise InvalidInput(
        f"{plain(record.vulnerability.id, 80)} does not affect {plain(scope.package, 200)}.",
        remedy=f"It affects {affected}{' and more' if len(packages) > _SHOWN else ''}.",
    )


def also_stated(records: Sequence[Assessment], there: Iterable[Assessment]) -> Sequence[Assessment]:
    """What the settings file or the cluster states for exactly what some records of a person are about.

    Args:
        records: what the person decided.
        there: all assessments that can still matter.
    """
    about = {(record.vulnerability.casefold(), record.scope) for record in records}
    return [
        assessment
        for assessment in there
        if assessment.source is AssessmentSource.PROVISIONED
        and assessment.type is not None
        and (assessment.vulnerability.casefold(), assessment.scope) in about
    ]


def nothing_to_clear(identifier: str, scope: Scope, there: Sequence[Assessment]) -> InvalidInput:
    """What to say when there is no assessment by hand to withdraw.

    Args:
        identifier: of the vulnerability.
        scope: the exact scope that was named.
        there: all assessments of the vulnerability that are not automatic.
    """
    manual = dict.fromkeys(
        described(assessment.scope) for assessment in there if assessment.source is AssessmentSource.MANUAL
    )
    if manual:
        remedy = f"It was assessed by hand for: {'; '.join(list(manual)[:_SHOWN])}. Name one of these scopes."
    elif objects := dict.fromkeys(
        assessment.rule for assessment in there if assessment.author == CLUSTER and assessment.rule
    ):
        named = ", ".join(plain(item, 100) for item in list(objects)[:_SHOWN])
        remedy = (
            f"Its assessment is managed by the cluster ({named}); change that object with kubectl, or in its source."
        )
    elif there:
        remedy = "Its assessment comes from the configuration file; take it out there."
    else:
        remedy = "It was not assessed by hand; to override an automatic assessment, give another one."
    return InvalidInput(f"Nobody assessed {plain(identifier, 80)} by hand for {described(scope)}.", remedy=remedy)
