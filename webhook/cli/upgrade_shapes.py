"""The JSON of ``bomgate db upgrade``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from webhook.cli.decision_shapes import DatabaseShape
from webhook.engines.upgrade import FormerDecision
from webhook.model.records import StoreStatus


@dataclass(frozen=True, slots=True)
class RereadShape:
    """What ``--reread`` did."""

    read: Annotated[int, "Documents read again."]
    failed: Annotated[int, "Documents that today's reader cannot read; their SBOMs stay as they were read."]
    switched: Annotated[int, "SBOMs that have today's components now."]
    waiting: Annotated[int, "SBOMs that have their former components until OSS Index has answered for the new ones."]
    to_ask: Annotated[int, "Components of those that OSS Index was never asked for; each costs at least a credit."]
    without_document: Annotated[int, "SBOMs of older releases whose documents are not kept."]


@dataclass(frozen=True, slots=True)
class FormerDecisionShape:
    """An assessment that was made for a spelling which is no key any more."""

    vulnerability: Annotated[str, "As recorded."]
    type: Annotated[str, "As recorded."]
    package: Annotated[str, "The spelling that it was made for; it goes on counting for that as before."]
    source: Annotated[str, "manual, provisioned or auto."]
    author: Annotated[str, "Who made it."]
    packages: Annotated[
        tuple[str, ...], "Packages of today that it may have meant; it counts for them only where that is stricter."
    ]

    @classmethod
    def of(cls, one: FormerDecision) -> FormerDecisionShape:
        """From the engine."""
        record = one.assessment
        package = record.scope.package or ""
        return cls(record.vulnerability, record.type or "", package, record.source.value, record.author, one.packages)


@dataclass(frozen=True, slots=True)
class UpgradeShape(DatabaseShape):
    """``bomgate db upgrade --output json``."""

    reread: Annotated[RereadShape | None, "What --reread did; null without it."] = None
    former_decisions: Annotated[
        tuple[FormerDecisionShape, ...], "Assessments that were made for spellings which are no keys any more."
    ] = ()

    @classmethod
    def after(cls, status: StoreStatus, reread: RereadShape | None, former: Sequence[FormerDecision]) -> UpgradeShape:
        """From the model."""
        one = DatabaseShape.of(status)
        decisions = tuple(map(FormerDecisionShape.of, former))
        return cls(one.url, one.schema, one.expected_schema, one.revision, one.counts, one.last_run, reread, decisions)
