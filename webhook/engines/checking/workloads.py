"""Judge the images of a workload: the same for admission, the audit and the command line."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from webhook.engines.checking.images import ImageChecker, Lookup
from webhook.errors import BomgateError, InvalidInput
from webhook.model.images import ImageRef, parse_image
from webhook.model.pulling import NO_ACCESS, PullAccess
from webhook.model.verdicts import ImageVerdict, SbomStatus, Verdict, WorkloadVerdict
from webhook.policy.evaluation import Rules, Subject, failed, missing, workload_verdict

if TYPE_CHECKING:
    from webhook.model.deadlines import Deadline
    from webhook.model.workloads import ContainerRef

log = logging.getLogger("bomgate.judge")


@dataclass(slots=True)
class Judging:
    """The images of a workload, of which some may still be looked for.

    Attributes:
        namespace: where they are to run.
        labels: the containers that name each image, by its reference as written.
        verdicts: by the same; a :class:`Lookup` for an image that is looked for.
        lookups: the references of those.
    """

    namespace: str
    labels: Mapping[str, Sequence[str]]
    verdicts: dict[str, Verdict | Lookup]
    lookups: Sequence[str]


class WorkloadJudge:
    """Judges the images that containers name, each image once and all of them side by side.

    Args:
        checker: judges single images.
        rules: policy and types.
        pull_secrets: whether registries are opened with the workload's pull secrets.
    """

    def __init__(self, checker: ImageChecker, rules: Rules, *, pull_secrets: bool = False) -> None:
        self._checker, self._rules, self._pull_secrets = checker, rules, pull_secrets
        self._parse = lru_cache(maxsize=4096)(parse_image)

    def judge(
        self,
        containers: Sequence[ContainerRef],
        namespace: str,
        deadline: Deadline,
        access: PullAccess = NO_ACCESS,
    ) -> WorkloadVerdict:
        """Judge the images of some containers; whatever goes wrong becomes a verdict.

        Args:
            containers: places that name images.
            namespace: where they are to run.
            deadline: by when all must be judged.
            access: with whose credentials the images are pulled.
        """
        return self.finish(self.begin(containers, namespace, access), deadline)

    def begin(self, containers: Sequence[ContainerRef], namespace: str, access: PullAccess = NO_ACCESS) -> Judging:
        """Judge from memory what is known, and begin to look for all other images; never waits.

        Args:
            containers: places that name images.
            namespace: where they are to run.
            access: with whose credentials the images are pulled; those of another namespace never count.
        """
        access = replace(access, namespace=namespace) if self._pull_secrets else NO_ACCESS
        labels: dict[str, list[str]] = {}
        for container in containers:
            labels.setdefault(container.image, []).append(container.label)
        verdicts: dict[str, Verdict | Lookup] = {}
        lookups: list[str] = []
        for text in labels:
            begun = verdicts[text] = self._begin(text, namespace, access)
            if isinstance(begun, Lookup):
                lookups.append(text)
        return Judging(namespace, labels, verdicts, lookups)

    def finish(self, judging: Judging, deadline: Deadline) -> WorkloadVerdict:
        """Wait for what is looked for, and give the verdict about all images.

        Args:
            judging: what :meth:`begin` gave.
            deadline: by when all must be judged.
        """
        if judging.lookups:
            self._await(judging, deadline)
        labels = judging.labels
        return workload_verdict(
            [
                ImageVerdict(verdict, tuple(labels[text]))
                for text, verdict in judging.verdicts.items()
                if not isinstance(verdict, Lookup)
            ]
        )

    def _await(self, judging: Judging, deadline: Deadline) -> None:
        verdicts = judging.verdicts
        lookups = [(text, one) for text in judging.lookups if isinstance(one := verdicts[text], Lookup)]
        # Those first that are waited for only briefly: their searches begin when their time is over.
        lookups.sort(key=lambda pair: pair[1].impatience)
        for text, lookup in lookups:
            verdicts[text] = self._guarded(text, judging.namespace, partial(self._checker.await_tag, lookup, deadline))
        for text, _ in lookups:
            resolved = verdicts[text]
            if isinstance(resolved, Lookup):
                finish = partial(self._checker.finish, resolved, deadline)
                verdicts[text] = self._guarded(text, judging.namespace, finish)

    def _begin(self, text: str, namespace: str, access: PullAccess) -> Verdict | Lookup:
        try:
            image = self._parse(text)
        except InvalidInput as problem:
            return _no_reference(text, namespace, problem, self._rules)
        try:
            return self._checker.begin(image, namespace, access)
        except Exception as problem:
            return self._failed(image, namespace, problem)

    def _guarded(self, text: str, namespace: str, step: Callable[[], Verdict | Lookup]) -> Verdict | Lookup:
        try:
            return step()
        except Exception as problem:
            return self._failed(self._parse(text), namespace, problem)

    def _failed(self, image: ImageRef, namespace: str, problem: Exception) -> Verdict:
        """The last resort of the admission path: a decision, with an id to find the error by."""
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
        except Exception:  # this is the answer to errors, and may not be one itself
            return False


def _no_reference(text: str, namespace: str, problem: InvalidInput, rules: Rules) -> Verdict:
    """The verdict about something that is no image reference: there can be no SBOM for it."""
    image = ImageRef(host="", repository=text[:100], tag=None, digest=None, text=text[:200])
    return missing(Subject(image, None, namespace, 0), SbomStatus.MISNAMED, problem.message, rules)
