"""The duty ``audit``: what the controller does when the data changed, when time changed a verdict, and by period."""

from __future__ import annotations

from webhook.engines.auditing.auditor import Auditor, AuditParts
from webhook.engines.auditing.noting import AuditNotes
from webhook.engines.auditing.options import AuditOptions
from webhook.engines.auditing.publisher import AuditPublisher, publish
from webhook.model.audits import AuditResult
from webhook.telemetry.metrics import Metrics


class AuditDuty:
    """Audits what runs; implements ``Duty``.

    Args:
        parts: what the auditor works with.
        auditor: judges.
        publisher: tells.
        options: how often.
        metrics: of this process.
        notes: keeps what was found; None keeps nothing.

    Attributes:
        latest: the last audit; None before the first.
    """

    name = "audit"

    def __init__(
        self,
        parts: AuditParts,
        auditor: Auditor,
        publisher: AuditPublisher,
        options: AuditOptions,
        metrics: Metrics,
        notes: AuditNotes | None = None,
    ) -> None:
        self._parts, self._auditor, self._publisher = parts, auditor, publisher
        self._options, self._metrics, self._notes = options, metrics, notes
        self._ended = 0.0
        self.latest: AuditResult | None = None

    @property
    def interval_seconds(self) -> float:
        """Seconds between two looks for a reason to audit."""
        return self._options.min_seconds

    def run(self) -> None:
        """Audit when there is a reason to, and tell what was found.

        Raises:
            SourceError: the API server did not answer, or refused to.
            StoreError: the store did not answer.
        """
        self._parts.refresher.refresh()
        if self._is_due():
            self.latest = self._auditor.audit()
            self._ended = self._parts.clock.monotonic()
            publish(self.latest, self._metrics)
            if self._notes is not None:
                self._notes.take(self.latest)
            self._publisher.tell(self.latest)
        elif self.latest is not None and self._publisher.unfinished:
            self._publisher.tell(self.latest)

    def _is_due(self) -> bool:
        if self.latest is None:
            return True
        since = self._parts.clock.monotonic() - self._ended
        if since < self._options.min_seconds:
            return False
        until = self.latest.valid_until
        expired = until is not None and self._parts.clock.now() >= until
        return expired or since >= self._options.period_minutes * 60 or self._changed(self.latest)

    def _changed(self, latest: AuditResult) -> bool:
        # A search of the audit itself may have brought an SBOM in: that is a change, too, and is judged once more.
        return self._parts.model.revision != latest.revision
