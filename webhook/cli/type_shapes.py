"""The JSON of ``bomgate types``."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from webhook.cli.decision_shapes import ChangedVerdictShape
from webhook.engines.triage.typeediting import PlannedType
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
    origin: Annotated[
        str, "settings, cluster, console, or retired: can no longer be given, and what was given keeps its action."
    ]
    kev: Annotated[bool, "Vulnerabilities that are known to be exploited get it by themselves."] = False
    epss_min: Annotated[Decimal | None, "So do those with at least this EPSS score; null: never."] = None

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
            kev=one.auto_kev,
            epss_min=one.auto_epss,
        )


@dataclass(frozen=True, slots=True)
class TypeListShape:
    """``bomgate types list --output json``."""

    types: Annotated[tuple[TypeShape, ...], "In the order of the settings file, then those of the cluster."]


@dataclass(frozen=True, slots=True)
class MovedFindingsShape:
    """Findings that ask for something else."""

    before: Annotated[str, "What they ask for: allow, warn or deny."]
    after: Annotated[str, "What they would ask for, or ask for now."]
    findings: Annotated[int, "How many in known images and in what runs, each once."]


@dataclass(frozen=True, slots=True)
class ChangedTypeShape:
    """``bomgate types add``, ``edit`` and ``remove`` with ``--output json``."""

    type: Annotated[TypeShape, "As it is kept, or would be; retired when it was removed."]
    recorded: Annotated[bool, "Whether it was recorded; false with --dry-run."]
    moves: Annotated[tuple[MovedFindingsShape, ...], "Findings that change, the worst first."]
    images: Annotated[tuple[ChangedVerdictShape, ...], "Images whose verdict changes."]
    workloads: Annotated[tuple[ChangedVerdictShape, ...], "What runs, and would get something else now."]

    @classmethod
    def of(cls, one: PlannedType, *, recorded: bool) -> ChangedTypeShape:
        """From the engine."""
        return cls(
            TypeShape.of(one.type, "retired" if one.retires else "console"),
            recorded,
            tuple(
                MovedFindingsShape(before.word, after.word, number)
                for (before, after), number in sorted(one.moves.items(), reverse=True)
            ),
            tuple(map(ChangedVerdictShape.of, one.images)),
            tuple(map(ChangedVerdictShape.of, one.workloads)),
        )


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
