"""Decisions as forms and JSON have them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from webhook.console.face import ConsoleFace
from webhook.console.lists.base import is_number
from webhook.engines.triage.effects import ChangedImage, ChangedWorkload, Effects
from webhook.engines.triage.plans import Planned
from webhook.errors import InvalidInput
from webhook.model.assessments import Scope
from webhook.policy.decisions import Decision
from webhook.policy.expiry import parse_until
from webhook.policy.loosening import ApprovalNeeded
from webhook.policy.phrases import decided
from webhook.policy.plaintext import plain
from webhook.policy.scopes import described

SCOPE = ("package", "versions", "image", "namespace")
_MOST_IDS = 500
"""Vulnerabilities that a command line names; what is longer is no line that somebody copies."""
_CALLED = {bool: "true or false", str: "a text", int: "a whole number", list: "a list", dict: "an object"}
_DECISION: Mapping[str, type] = {
    **dict.fromkeys(("type", "comment", *SCOPE, "until"), str),
    "days": int,
    "vulnerabilities": list,
    "filter": dict,
    "untilFixed": bool,
    "override": bool,
    "dryRun": bool,
}


def decision_request(body: object) -> Mapping[str, Any]:
    """The JSON of a decision. What would be overlooked could make it wider than it was meant, or record a rehearsal.

    Raises:
        InvalidInput: it has a member that is not known, or one of another type.
    """
    return members(body, _DECISION)


def is_rehearsal(body: object) -> bool:
    """Whether the JSON of an undo asks for no more than what it would change.

    Raises:
        InvalidInput: see :func:`decision_request`.
    """
    return bool(members(body, {"dryRun": bool}).get("dryRun"))


def members(body: object, known: Mapping[str, type]) -> Mapping[str, Any]:
    """The members of a JSON object that are not null.

    Args:
        body: decoded.
        known: the type of each member that there may be.

    Raises:
        InvalidInput: it has a member that is not known, or one of another type.
    """
    if not isinstance(body, dict):
        raise InvalidInput("The body is not a JSON object.")
    for name, value in body.items():
        kind = known.get(name)
        if kind is None:
            raise InvalidInput(f"{plain(name, 60)!r} is not known here.", remedy=f"Use {', '.join(known)}.")
        if value is not None and type(value) is not kind:
            raise InvalidInput(f"{name} has another type than {_CALLED[kind]}.", remedy=f"Write {_CALLED[kind]}.")
    return {name: value for name, value in body.items() if value is not None}


def scope_of(values: Mapping[str, str]) -> Scope:
    """What a decision is narrowed to."""
    return Scope(*(values.get(name, "").strip() or None for name in SCOPE))


def decision_of(values: Mapping[str, str], author: str) -> Decision:
    """What was decided.

    Raises:
        InvalidInput: the end or the number of days cannot be read.
    """
    until, days = values.get("until", "").strip(), values.get("days", "").strip()
    if days and not is_number(days):
        raise InvalidInput("The number of days cannot be read.", remedy="Write it as 30.")
    return Decision(
        type=values.get("type", ""),
        author=author,
        comment=values.get("comment", ""),
        until=parse_until(until) if until else None,
        days=int(days) if days else None,
        until_fixed=is_ticked(values, "untilFixed"),
    )


def is_ticked(values: Mapping[str, str], name: str) -> bool:
    """Whether a box of a form is ticked, or the member of a JSON object is true, as text."""
    return values.get(name, "") in ("yes", "True")


def command(ids: Sequence[str], values: Mapping[str, str], author: str, *, override: bool = False) -> str:
    """The command line that does the same; empty for more vulnerabilities than one can name."""
    if len(ids) > _MOST_IDS:
        return ""
    parts = ["bomgate", "assess", *ids]
    for name in ("type", "comment", *SCOPE, "until", "days"):
        if values.get(name, "").strip():
            parts += [f"--{name}", values[name].strip()]
    if is_ticked(values, "untilFixed"):
        parts.append("--until-fixed")
    if override:
        parts.append("--override")
    return " ".join(map(shlex.quote, [*parts, "--author", author]))


def rehearsed_json(face: ConsoleFace, planned: Planned) -> dict[str, Any]:
    """What a decision would change, and why another person has to approve it; empty where nobody has to.

    Raises:
        StoreError: the store did not answer.
    """
    try:
        face.decider.check_approval(planned)
        why = ""
    except ApprovalNeeded as problem:
        why = f"{problem.message} {problem.remedy}"
    return {**planned_json(planned), "approval": why, "batch": ""}


def planned_json(planned: Planned) -> dict[str, Any]:
    """What a decision would change, or has changed."""
    return {
        "records": len(planned.records),
        **effects_json(planned.effects),
        "decidedSince": planned.decided_since,
        "untilFixed": sum(record.until_fixed and not record.fixed_in for record in planned.records),
    }


def effects_json(effects: Effects) -> dict[str, Any]:
    """What some assessments would change."""
    return {
        "findings": effects.findings,
        "touched": effects.touched,
        "images": [effect_json(image) for image in effects.images],
        "workloads": [effect_json(workload) for workload in effects.workloads],
        "namespaces": list(effects.namespaces),
        "replaced": [
            f"{assessment.vulnerability} for {described(assessment.scope, 0)}: {assessment.type} {decided(assessment)}"
            for assessment in effects.replaced
        ],
    }


def effect_json(changed: ChangedImage | ChangedWorkload) -> dict[str, str]:
    """An image or a workload that would get something else."""
    return {"title": changed.title, "before": changed.before.word, "after": changed.after.word}
