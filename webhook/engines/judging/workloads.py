"""Judges the images of workloads for admission, the audit and the command line alike."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from webhook.engines.judging.images import ImageChecker
from webhook.engines.judging.lookups import Lookup
from webhook.errors import BomgateError, InvalidInput
from webhook.model.images import ImageRef, parse_image
from webhook.model.pulling import NO_ACCESS, PullAccess
from webhook.model.verdicts import ImageVerdict, SbomStatus, Verdict, WorkloadVerdict
from webhook.policy.evaluation import Rules, Subject, workload_verdict
from webhook.policy.unseen import failed, missing

if TYPE_CHECKING:
    from webhook.model.deadlines import Deadline
    from webhook.model.workloads import ContainerRef

log = logging.getLogger("bomgate.judge")
_MOST_COMPOSED = 2_000
_Composed = tuple["ContainerRef | int", ...]
"""Containers, and the verdicts of their images by identity. The composed verdict keeps these alive."""


class WorkloadJudge:
    """Judges the images of containers, each once and all concurrently.

    Args:
        checker: judges single images.
        rules: policy and types.
        pull_secrets: whether registries are opened with the workload's pull secrets.
    """

    def __init__(self, checker: ImageChecker, rules: Rules, *, pull_secrets: bool = False) -> None:
        self._checker, self._rules, self._pull_secrets = checker, rules, pull_secrets
        self._parse = lru_cache(maxsize=4096)(parse_image)
        self._composed: dict[_Composed, WorkloadVerdict] = {}
        self._generation = -1

    def judge(
        self,
        containers: Sequence[ContainerRef],
        namespace: str,
        deadline: Deadline,
        access: PullAccess = NO_ACCESS,
        before_waiting: Callable[[], Deadline] | None = None,
    ) -> WorkloadVerdict:
        """Judge the images of some containers. Every error becomes a verdict.

        What memory knows is judged at once, and all searches for the others begin before any is waited for. As long as
        nothing changes, the same containers get the same object.

        Args:
            containers: places that name images.
            namespace: where they are to run.
            deadline: by when all must be judged.
            access: with whose credentials the images are pulled; those of another namespace never count.
            before_waiting: called when some images are searched for; what it gives is the deadline for these.
        """
        access = replace(access, namespace=namespace) if self._pull_secrets else NO_ACCESS
        verdicts: dict[str, Verdict | Lookup] = {}
        waits = False
        for container in containers:
            text = container.image
            if text in verdicts:
                continue
            try:
                image = self._parse(text)
            except InvalidInput as problem:
                verdicts[text] = _no_reference(text, namespace, problem, self._rules)
                continue
            try:
                verdicts[text] = begun = self._checker.check(image, namespace, access)
                waits = waits or isinstance(begun, Lookup)
            except Exception as problem:
                verdicts[text] = self._failed(image, namespace, problem)
        if waits:
            self._await(verdicts, namespace, before_waiting() if before_waiting is not None else deadline)
        if self._generation != self._checker.generation:
            # Those of earlier generations are not needed again, and each keeps its findings alive.
            self._composed, self._generation = {}, self._checker.generation
        key: _Composed = (*containers, *map(id, verdicts.values()))
        return self._composed.get(key) or self._compose(key, containers, verdicts)

    def _compose(
        self, key: _Composed, containers: Sequence[ContainerRef], verdicts: Mapping[str, Verdict | Lookup]
    ) -> WorkloadVerdict:
        labels: dict[str, list[str]] = {}
        for container in containers:
            labels.setdefault(container.image, []).append(container.label)
        verdict = workload_verdict(
            [
                ImageVerdict(verdict, tuple(labels[text]))
                for text, verdict in verdicts.items()
                if not isinstance(verdict, Lookup)
            ]
        )
        if len(self._composed) >= _MOST_COMPOSED:
            self._composed = {}
        self._composed[key] = verdict
        return verdict

    def _await(self, verdicts: dict[str, Verdict | Lookup], namespace: str, deadline: Deadline) -> None:
        """Replace look-ups with verdicts."""
        lookups = [(text, verdict) for text, verdict in verdicts.items() if isinstance(verdict, Lookup)]
        # Those with a short wait first, because their searches begin when it is over.
        lookups.sort(key=lambda pair: pair[1].impatience)
        for text, lookup in lookups:
            verdicts[text] = self._guarded(text, namespace, partial(self._checker.lookups.await_tag, lookup, deadline))
        for text, _ in lookups:
            resolved = verdicts[text]
            if isinstance(resolved, Lookup):
                finish = partial(self._checker.lookups.finish, resolved, deadline)
                verdicts[text] = self._guarded(text, namespace, finish)

    def _guarded(self, text: str, namespace: str, step: Callable[[], Verdict | Lookup]) -> Verdict | Lookup:
        try:
            return step()
        except Exception as problem:
            return self._failed(self._parse(text), namespace, problem)

    def _failed(self, image: ImageRef, namespace: str, problem: Exception) -> Verdict:
        """The last resort of the admission path: a decision with an id that leads to the error."""
        error_id = secrets.token_hex(4)
        detail = {"error_id": error_id, "image": image.text[:200], "namespace": namespace}
        if isinstance(problem, BomgateError):
            log.error("%s", problem.message, extra={**detail, "code": problem.code, "remedy": problem.remedy})
        else:
            log.error("unexpected error while judging an image", extra=detail, exc_info=problem)
        return failed(Subject(image, image.digest, namespace, 0), error_id, self._rules, has_sbom=self._has_sbom(image))

    def _has_sbom(self, image: ImageRef) -> bool:
        try:
            return self._checker.has_sbom(image)
        except Exception:  # the answer to errors must not raise one
            return False


def _no_reference(text: str, namespace: str, problem: InvalidInput, rules: Rules) -> Verdict:
    """The verdict for something that is not an image reference, which cannot have an SBOM."""
    image = ImageRef(host="", repository=text[:100], tag=None, digest=None, text=text[:200])
    return missing(Subject(image, None, namespace, 0), SbomStatus.MISNAMED, problem.message, rules)
