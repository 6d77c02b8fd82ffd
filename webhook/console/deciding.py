"""Decisions as forms and JSON have them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from webhook.engines.triage.deciding import Planned
from webhook.errors import InvalidInput
from webhook.model.assessments import Scope
from webhook.policy.decisions import Decision
from webhook.policy.expiry import parse_until
from webhook.policy.phrases import decided
from webhook.policy.scopes import described

SCOPE = ("package", "versions", "image", "namespace")
_MOST_IDS = 20


def scope_of(values: Mapping[str, str]) -> Scope:
    """What a decision is narrowed to."""
    return Scope(*(values.get(name, "").strip() or None for name in SCOPE))


def decision_of(values: Mapping[str, str], author: str) -> Decision:
    """What was decided.

    Raises:
        InvalidInput: the end or the number of days cannot be read.
    """
    until, days = values.get("until", "").strip(), values.get("days", "").strip()
    if days and not days.isdigit():
        raise InvalidInput("The number of days cannot be read.", remedy="Write it as 30.")
    return Decision(
        type=values.get("type", ""),
        author=author,
        comment=values.get("comment", ""),
        until=parse_until(until) if until else None,
        days=int(days[:6]) if days else None,
    )


def command(ids: Sequence[str], values: Mapping[str, str], author: str) -> str:
    """The command line that does the same."""
    parts = ["bomgate", "assess", *ids[:_MOST_IDS]]
    for name in ("type", "comment", *SCOPE, "until", "days"):
        if values.get(name, "").strip():
            parts += [f"--{name}", values[name].strip()]
    return " ".join(map(shlex.quote, [*parts, "--author", author]))


def planned_json(planned: Planned) -> dict[str, Any]:
    """What a decision would change, or has changed."""
    effects = planned.effects

    def change(one: Any) -> dict[str, str]:
        return {"title": one.title, "before": one.before.word, "after": one.after.word}

    return {
        "records": len(planned.records),
        "findings": effects.findings,
        "touched": effects.touched,
        "images": [change(image) for image in effects.images],
        "workloads": [change(workload) for workload in effects.workloads],
        "namespaces": list(effects.namespaces),
        "replaced": [
            f"{assessment.vulnerability} for {described(assessment.scope)}: {assessment.type} {decided(assessment)}"
            for assessment in effects.replaced
        ],
        "decidedSince": planned.decided_since,
    }
