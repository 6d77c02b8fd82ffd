"""The JSON of ``bomgate types``."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from webhook.model.assessments import AssessmentType
from webhook.policy.lint import Trap


@dataclass(frozen=True, slots=True)
class TypeShape:
    """One assessment type."""

    name: Annotated[str, "Its name."]
    action: Annotated[str, "What it asks for: allow, warn or deny."]
    cvss_min: Annotated[Decimal | None, "New vulnerabilities get it by themselves from this score on; null: never."]
    cvss_max: Annotated[Decimal | None, "… up to this score."]
    expires_after_days: Annotated[int | None, "Life of an assessment that states no end; null: it does not expire."]
    on_expiry: Annotated[str, "unassessed or reassess."]
    color: Annotated[str, "For the console; it decides nothing."]
    description: Annotated[str, "A sentence; possibly empty."]
    origin: Annotated[str, "settings, cluster, or retired: gone from the cluster, what was given keeps its action."]

    @classmethod
    def of(cls, one: AssessmentType, origin: str) -> TypeShape:
        """From the model."""
        band = one.auto_assess
        return cls(
            name=one.name,
            action=one.action.word,
            cvss_min=None if band is None else band.low,
            cvss_max=None if band is None else band.high,
            expires_after_days=one.expires_after_days,
            on_expiry=one.on_expiry.value,
            color=one.color,
            description=one.description,
            origin=origin,
        )


@dataclass(frozen=True, slots=True)
class TypeListShape:
    """``bomgate types list --output json``."""

    types: Annotated[tuple[TypeShape, ...], "In the order of the settings file, then those of the cluster."]


@dataclass(frozen=True, slots=True)
class TrapShape:
    """A valid configuration that does not do what its owner expects."""

    code: Annotated[str, "A stable word, such as opens-by-itself."]
    level: Annotated[str, "warning or note."]
    sentence: Annotated[str, "What will happen."]
    remedy: Annotated[str, "What to change."]

    @classmethod
    def of(cls, one: Trap) -> TrapShape:
        """From the model."""
        return cls(one.code, one.level.value, one.sentence, one.remedy)


@dataclass(frozen=True, slots=True)
class TrapListShape:
    """``bomgate types lint --output json``."""

    traps: Annotated[tuple[TrapShape, ...], "Warnings first."]
