"""The JSON of ``bomgate db upgrade``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from webhook.cli.decision_shapes import DatabaseShape
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
class UpgradeShape(DatabaseShape):
    """``bomgate db upgrade --output json``."""

    reread: Annotated[RereadShape | None, "What --reread did; null without it."] = None

    @classmethod
    def after(cls, status: StoreStatus, reread: RereadShape | None) -> UpgradeShape:
        """From the model."""
        one = DatabaseShape.of(status)
        return cls(one.url, one.schema, one.expected_schema, one.revision, one.counts, one.last_run, reread)
