"""Judge the images of a workload: the same for admission, the audit and the command line."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from functools import lru_cache

from webhook.engines.checking.images import ImageChecker
from webhook.errors import BomgateError, InvalidInput
from webhook.model.deadlines import Deadline
from webhook.model.images import ImageRef, parse_image
from webhook.model.pulling import NO_ACCESS, PullAccess
from webhook.model.verdicts import ImageVerdict, SbomStatus, Verdict, WorkloadVerdict
from webhook.model.workloads import ContainerRef
from webhook.policy.evaluation import Rules, Subject, failed, missing, workload_verdict

log = logging.getLogger("bomgate.judge")


class WorkloadJudge:
    """Judges the images that containers name, each image once.

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
        access = access if self._pull_secrets else NO_ACCESS
        by_image: dict[str, list[str]] = {}
        for container in containers:
            by_image.setdefault(container.image, []).append(container.label)
        return workload_verdict(
            [
                ImageVerdict(self._check(text, namespace, deadline, access), tuple(labels))
                for text, labels in by_image.items()
            ]
        )

    def _check(self, text: str, namespace: str, deadline: Deadline, access: PullAccess) -> Verdict:
        try:
            image = self._parse(text)
        except InvalidInput as problem:
            return _no_reference(text, namespace, problem, self._rules)
        try:
            return self._checker.check(image, namespace, deadline, access)
        except Exception as problem:  # the last resort of the admission path: a decision, with an id to find it by
            error_id = secrets.token_hex(4)
            detail = {"error_id": error_id, "image": text[:200], "namespace": namespace}
            if isinstance(problem, BomgateError):
                log.error("%s", problem.message, extra={**detail, "code": problem.code, "remedy": problem.remedy})
            else:
                log.exception("unexpected error while judging an image", extra=detail)
            return failed(Subject(image, image.digest, namespace, 0), error_id, self._rules)


def _no_reference(text: str, namespace: str, problem: InvalidInput, rules: Rules) -> Verdict:
    """The verdict about something that is no image reference: there can be no SBOM for it."""
    image = ImageRef(host="", repository=text[:100], tag=None, digest=None, text=text[:200])
    return missing(Subject(image, None, namespace, 0), SbomStatus.MISNAMED, problem.message, rules)
