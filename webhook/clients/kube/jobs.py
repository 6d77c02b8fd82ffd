"""Jobs made from a CronJob, as ``kubectl create job --from`` makes them; implements ``RunStarter``."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec

from webhook.clients.kube.api import KubeApi, decoded, is_name
from webhook.clients.kube.problems import Wanted
from webhook.errors import ConfigError, Final
from webhook.model.deadlines import Deadline
from webhook.ports import Clock

_SECONDS = 10.0
_ROOT = "/apis/batch/v1/namespaces"
_MOST_PREFIX = 50


class _Metadata(msgspec.Struct):
    uid: str
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class _Template(msgspec.Struct):
    spec: dict[str, Any]
    metadata: dict[str, Any] = {}


class _Spec(msgspec.Struct, rename="camel"):
    job_template: _Template


class _CronJob(msgspec.Struct):
    metadata: _Metadata
    spec: _Spec


_DECODER = msgspec.json.Decoder(_CronJob)


class CronJobRuns:
    """Begins runs as Jobs of a CronJob.

    Args:
        api: the API server.
        namespace: of the CronJob.
        name: of the CronJob.
        clock: time.

    Raises:
        ConfigError: these cannot be names.
    """

    def __init__(self, api: KubeApi, namespace: str, name: str, clock: Clock) -> None:
        if not is_name(namespace) or not is_name(name):
            raise ConfigError(
                f"console.downloadCronJob cannot be {name!r:.60} in namespace {namespace!r:.60}.",
                remedy="Write the name of the CronJob in bomgate's namespace.",
            )
        self._api, self._namespace, self._name, self._clock = api, namespace, name, clock

    @property
    def way(self) -> str:
        """A sentence."""
        return f"It begins as a Job of the CronJob {self._name}, and takes some seconds to start."

    def start(self) -> str:
        """Make a Job; its name.

        Raises:
            SourceError: the API server did not answer, or refused to; no Job was made.
        """
        deadline = Deadline(self._clock.monotonic() + _SECONDS)
        wanted = Wanted("cronjobs", self._name, self._namespace)
        content = self._api.get(f"{_ROOT}/{self._namespace}/cronjobs/{self._name}", wanted, deadline)
        if content is None:
            raise Final(f"There is no CronJob {self._namespace}/{self._name}.", remedy="Check console.downloadCronJob.")
        cron: _CronJob = decoded(_DECODER, content, wanted)
        made = f"{self._name[:_MOST_PREFIX]}-{secrets.token_hex(4)}"
        self._api.send(
            "POST",
            f"{_ROOT}/{self._namespace}/jobs",
            Wanted("jobs", made, self._namespace),
            deadline,
            body=self._job(made, cron),
        )
        return f"Job {made}"

    def _job(self, name: str, cron: _CronJob) -> dict[str, Any]:
        template = cron.spec.job_template
        owner = {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "name": self._name,
            "uid": cron.metadata.uid,
            "controller": True,
        }
        return {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {
                "name": name,
                "namespace": self._namespace,
                "labels": template.metadata.get("labels") or {},
                "annotations": {"cronjob.kubernetes.io/instantiate": "manual"},
                "ownerReferences": [owner],
            },
            "spec": template.spec,
        }
