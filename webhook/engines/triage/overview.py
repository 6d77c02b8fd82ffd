"""The overview: what a person looks at first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

from webhook.engines.readmodel import ReadModel
from webhook.engines.triage.assessments import AssessmentFilter, AssessmentLists, AssessmentRow
from webhook.engines.triage.boards import BoardSource
from webhook.engines.triage.vulnerabilities import VulnerabilityLists
from webhook.engines.triage.vulnerabilityrows import VulnerabilityFilter, VulnerabilityRow
from webhook.errors import StoreUnreachable, TooBroad
from webhook.model.actions import Action
from webhook.model.components import ComponentState
from webhook.model.records import AssessmentState, RunRecord
from webhook.model.triage import AssessmentScan, VulnerabilityOrder
from webhook.ports import Clock, TriageStore

_SHOWN = 8
_SOON_DAYS = 7


@dataclass(frozen=True, slots=True)
class NamespaceRow:
    """What a namespace would get now.

    Attributes:
        namespace: its name.
        workloads: how many run in it, by what a new Pod of each would get.
    """

    namespace: str
    workloads: Mapping[Action, int]


@dataclass(frozen=True, slots=True)
class Overview:
    """What a person looks at first.

    Attributes:
        namespaces: the worst first.
        images: how many images would get what, as for no namespace.
        unassessed: critical, high and medium ones that nobody decided about, the worst severity first.
        open: how many are unassessed, by severity in lower case, the worst first, those without a score last.
        ending: assessments by people that end soon.
        components: how many are in each state.
        taken_at: when the cluster was audited; None without a cluster.
        newest_answer: when the source last answered.
        last_run: the newest run of the downloader.
        is_whole: whether the store answered; without it only what is in memory is shown.
    """

    namespaces: tuple[NamespaceRow, ...]
    images: Mapping[Action, int]
    unassessed: tuple[VulnerabilityRow, ...]
    open: Mapping[str, int]
    ending: tuple[AssessmentRow, ...]
    components: Mapping[ComponentState, int]
    taken_at: dt.datetime | None
    newest_answer: dt.datetime | None
    last_run: RunRecord | None
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Overviews:
    """Gives the overview."""

    store: TriageStore
    model: ReadModel
    boards: BoardSource
    vulnerabilities: VulnerabilityLists
    assessments: AssessmentLists
    clock: Clock

    def now(self) -> Overview:
        """The overview as of now; while the store does not answer, what is in memory.

        Raises:
            StoreError: the store answered with an error.
        """
        board = self.boards.now()
        namespaces = [NamespaceRow(name, counts) for name, counts in board.by_namespace.items()]
        namespaces.sort(key=lambda row: (-row.workloads[Action.DENY], -row.workloads[Action.WARN], row.namespace))
        known = Overview(
            tuple(namespaces),
            board.by_action,
            (),
            board.open,
            (),
            self.model.counts() if board.limits is None else {},
            board.taken_at,
            self.model.newest_answer,
            None,
            is_whole=False,
        )
        try:
            runs = self.store.runs(None, 1)
            return replace(
                known,
                unassessed=self._unassessed(),
                ending=self._ending(),
                last_run=runs[0][1] if runs else None,
                is_whole=True,
            )
        except StoreUnreachable:
            return known

    def _unassessed(self) -> tuple[VulnerabilityRow, ...]:
        found: list[VulnerabilityRow] = []
        for word in ("critical", "high", "medium"):
            if len(found) >= _SHOWN:
                break
            wanted = VulnerabilityFilter(VulnerabilityOrder.NEWEST, word, state=AssessmentState.UNASSESSED)
            try:
                found += self.vulnerabilities.page(wanted, None, _SHOWN).items
            except TooBroad:
                continue  # there are none among very many
        return tuple(found[:_SHOWN])

    def _ending(self) -> tuple[AssessmentRow, ...]:
        wanted = AssessmentFilter(ends_within=_SOON_DAYS, scan=AssessmentScan(by_hand=True))
        return tuple(self.assessments.page(wanted, None, _SHOWN).items)
