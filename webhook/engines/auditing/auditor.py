"""Judges everything that runs with the code that judges at admission.

Each distinct image is judged once, and once more for each namespace with its own assessments. Images that are
not known are searched for like at admission, together and with a limit, because nobody waits for an audit but the next
one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from msgspec.structs import replace

from webhook.engines.auditing.options import AuditOptions
from webhook.engines.judging.workloads import WorkloadJudge
from webhook.engines.readmodel import ReadModel
from webhook.engines.refresher import Refresher
from webhook.model.actions import Action
from webhook.model.audits import AuditedWorkload, AuditResult
from webhook.model.deadlines import Deadline
from webhook.model.policies import Mode, Policy
from webhook.model.pulling import NO_ACCESS, PullAccess
from webhook.model.registration import NAME_LABEL, LeftOut, RegisteredEntry, left_out
from webhook.model.running import RunningImage, RunningWorkload
from webhook.model.verdicts import ImageVerdict, SbomStatus, Verdict, WorkloadVerdict
from webhook.model.workloads import ContainerRef
from webhook.policy.evaluation import workload_verdict
from webhook.policy.modes import ENFORCE_LABEL, enforced, namespace_mode
from webhook.policy.reasons import weightiest
from webhook.ports import Clock, RunningWorkloads

log = logging.getLogger("bomgate.audit")
_NOT_LOOKED_AT = WorkloadVerdict(Action.ALLOW)
_UNSURE = (SbomStatus.REFUSED, SbomStatus.UNRESOLVED)
_SURE_SECONDS = 900.0
"""For how long an image without an SBOM is not searched for again, to spare the registries: audits follow every change
of the data."""

Modes = Callable[[Mapping[str, str]], Mode]
"""The labels of a namespace → its mode."""


@dataclass(frozen=True, slots=True)
class AuditParts:
    """What an audit works with.

    Attributes:
        running: what runs.
        registered: the entries of the webhook's registration; None when they are not known.
        judge: judges images.
        model: what is known.
        refresher: keeps the model up to date.
        clock: time.
        policy: what decides where no assessment does.
        excluded: namespaces in which the webhook is not asked, whatever the registration says.
        pull_secrets: whether registries are opened with the workloads' pull secrets.
        rehearse: what is done to the model, and to nothing else, before it is judged with.
    """

    running: RunningWorkloads
    registered: Callable[[], Sequence[RegisteredEntry] | None]
    judge: WorkloadJudge
    model: ReadModel
    refresher: Refresher
    clock: Clock
    policy: Policy
    excluded: frozenset[str] = frozenset()
    pull_secrets: bool = False
    rehearse: Callable[[], None] = lambda: None


def labelled_modes(policy: Policy) -> Modes:
    """Modes as the labels and the policy say."""
    return partial(namespace_mode, policy=policy)


def enforcing_modes(policy: Policy, *, everywhere: bool) -> Modes:
    """Modes as if bomgate enforced in every namespace that has not opted out.

    Args:
        policy: what else counts.
        everywhere: also where the label says warn or audit.
    """
    enforcing = replace(policy, enforce=Mode.DENY)

    def mode(labels: Mapping[str, str]) -> Mode:
        stated = namespace_mode(labels, enforcing)
        return Mode.DENY if everywhere and stated is not Mode.OFF else stated

    return mode


class Auditor:
    """Judges what runs.

    Args:
        parts: what it works with.
        options: how long it waits for what is not known.
        modes: of namespaces where the webhook is asked.
    """

    def __init__(self, parts: AuditParts, options: AuditOptions, modes: Modes) -> None:
        self._parts, self._options, self._modes = parts, options, modes
        self._without: dict[_Key, tuple[float, Verdict]] = {}

    def audit(self, namespaces: Collection[str] = ()) -> AuditResult:
        """Judge everything that runs.

        Args:
            namespaces: only what runs in these; everything when there are none.

        Raises:
            SourceError: the API server did not say what runs.
            StoreError: the store did not answer.
        """
        parts, began = self._parts, self._parts.clock.monotonic()
        parts.refresher.refresh()
        parts.rehearse()
        revision = parts.model.revision
        workloads = parts.running.workloads(namespaces)
        # Namespaces after what runs in them: one that is missing now has gone with all that was in it.
        places, entries = parts.running.namespaces(namespaces), parts.registered()
        modes = self._modes_of(places, entries)
        found = [
            (workload, modes[workload.owner.namespace]) for workload in workloads if workload.owner.namespace in modes
        ]
        judging = _Judging(parts, self._options, self._without)
        judging.begin([workload for workload, mode in found if mode not in (None, Mode.OFF)])
        audited = tuple(self._audited(workload, mode, judging) for workload, mode in found)
        self._without = judging.without()
        seconds = parts.clock.monotonic() - began
        log.info("audited", extra={"workloads": len(audited), "images": judging.distinct, "seconds": round(seconds, 3)})
        missed = None if entries is None else _left_out(places, entries)
        return AuditResult(parts.clock.now(), seconds, revision, audited, judging.images(), missed)

    def _modes_of(
        self, namespaces: Mapping[str, Mapping[str, str]], entries: Sequence[RegisteredEntry] | None
    ) -> dict[str, Mode | None]:
        """The mode of each namespace; None where the webhook is not asked, whatever the label for the mode says."""
        found: dict[str, Mode | None] = {}
        for name, labels in namespaces.items():
            known = {NAME_LABEL: name, **labels}
            # The label that says the mode is left out: the registration has it to spare calls, and to fail safely.
            asked = entries is None or any(entry.namespaces.matches(known, ignoring=ENFORCE_LABEL) for entry in entries)
            found[name] = self._modes(labels) if asked and name not in self._parts.excluded else None
        return found

    def _audited(self, workload: RunningWorkload, mode: Mode | None, judging: _Judging) -> AuditedWorkload:
        if mode is None or mode is Mode.OFF:
            reason = "excluded" if mode is None else "off"
            return AuditedWorkload(workload, mode, _NOT_LOOKED_AT, Action.ALLOW, reason)
        verdict = judging.workload(workload)
        # Whatever its owner is, what a denial keeps from running is a Pod.
        action = enforced(verdict.action, "Pod", mode, self._parts.policy)
        return AuditedWorkload(workload, mode, verdict, action, weightiest(verdict))


_Key = tuple[str, str, PullAccess]
"""What is judged: the image, the namespace where that matters, and the pull secrets where they do."""


class _Judging:
    """The verdicts of one audit.

    Args:
        parts: what the audit works with.
        options: how long it waits for what is not known.
        without: images that had no SBOM when they were last searched for, and until when that is believed.
    """

    def __init__(self, parts: AuditParts, options: AuditOptions, without: Mapping[_Key, tuple[float, Verdict]]) -> None:
        self._parts, self._options = parts, options
        now = parts.clock.monotonic()
        self._end = now + options.search_seconds
        self._without = {key: pair for key, pair in without.items() if now < pair[0] and not self._is_known(pair[1])}
        self._verdicts = {key: verdict for key, (_, verdict) in self._without.items()}
        self._used: set[_Key] = set()

    def begin(self, workloads: Sequence[RunningWorkload]) -> None:
        """Judge what is known, and let all searches for what is not begin together.

        Tags are left out: without the time to ask a registry for one, an older answer would do, with a complaint.
        """
        for workload in workloads:
            for image in workload.images:
                key = self._key(image, workload)
                if "@" in image.judged and key not in self._verdicts:
                    verdict = self._judge(image, workload, seconds=0.0)
                    if verdict.sbom not in _UNSURE:
                        self._verdicts[key] = verdict

    def workload(self, workload: RunningWorkload) -> WorkloadVerdict:
        """The verdict about all images of a workload."""
        labels: dict[_Key, list[str]] = {}
        for image in workload.images:
            key = self._key(image, workload)
            self._used.add(key)
            labels.setdefault(key, []).append(image.container)
            if key not in self._verdicts:
                left = max(0.0, self._end - self._parts.clock.monotonic())
                self._verdicts[key] = self._judge(image, workload, seconds=min(self._options.image_seconds, left))
        return workload_verdict([ImageVerdict(self._verdicts[key], tuple(names)) for key, names in labels.items()])

    @property
    def distinct(self) -> int:
        """How many verdicts there are."""
        return len(self._used)

    def without(self) -> dict[_Key, tuple[float, Verdict]]:
        """Images that are known to have no SBOM, and until when that is believed."""
        until = self._parts.clock.monotonic() + _SURE_SECONDS
        found = {key: self._verdicts[key] for key in self._used}
        return {
            key: self._without.get(key, (until, verdict))
            for key, verdict in found.items()
            if verdict.sbom in (SbomStatus.NONE, SbomStatus.UNREADABLE) and not _has_failed(verdict)
        }

    def images(self) -> tuple[Verdict, ...]:
        """The verdict about each distinct image, once; the worst where several namespaces see it differently."""
        worst: dict[str, Verdict] = {}
        for verdict in (self._verdicts[key] for key in self._used):
            name = verdict.digest or verdict.image.text
            if name not in worst or verdict.action > worst[name].action:
                worst[name] = verdict
        return tuple(worst.values())

    def _key(self, image: RunningImage, workload: RunningWorkload) -> _Key:
        namespace = workload.owner.namespace
        scope = namespace if namespace in self._parts.model.assessments.namespaces else ""
        return (image.judged, scope, workload.pull_access if self._parts.pull_secrets else NO_ACCESS)

    def _judge(self, image: RunningImage, workload: RunningWorkload, *, seconds: float) -> Verdict:
        container = ContainerRef(image.role, "", image.judged, image.container)
        deadline = Deadline(self._parts.clock.monotonic() + seconds)
        namespace, access = workload.owner.namespace, workload.pull_access
        return self._parts.judge.judge([container], namespace, deadline, access).images[0].verdict

    def _is_known(self, verdict: Verdict) -> bool:
        return verdict.digest is not None and self._parts.model.knows(verdict.digest)


def _left_out(namespaces: Mapping[str, Mapping[str, str]], entries: Sequence[RegisteredEntry]) -> tuple[LeftOut, ...]:
    denying = ((name, labels) for name, labels in namespaces.items() if labels.get(ENFORCE_LABEL) == Mode.DENY.value)
    found = (left_out(name, labels, entries) for name, labels in sorted(denying))
    return tuple(place for place in found if place is not None)


def _has_failed(verdict: Verdict) -> bool:
    return any(reason.code == "error" for reason in verdict.reasons)
