"""Reports with SBOMs in the cluster: the ``ClusterSbomReport`` and ``SbomReport`` of Trivy Operator.

Source: aquasecurity/trivy-operator, ``pkg/apis/aquasecurity/v1alpha1/sbom_types.go`` and ``pkg/sbomreport/builder.go``.
A report exists only after the image ran in the cluster once, and only while the operator keeps it; where its custom
resources are not installed there is none. Reports are read one by one, by name: a list of a thousand of them is some
100 MB. A report counts only when it states the very digest that is asked for; it is worth as much as the right to
write it, so whoever may write ``sbomreports`` in one namespace decides what this source says of an image.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from webhook.clients.kube.api import KubeApi
from webhook.clients.trail import Trail
from webhook.errors import InvalidInput
from webhook.model.components import Sbom
from webhook.model.deadlines import Deadline
from webhook.model.images import DEFAULT_HOST, Digest, ImageRef, split_host
from webhook.model.workloads import Workload

GROUP, VERSION = "aquasecurity.github.io", "v1alpha1"
CLUSTER = (GROUP, VERSION, "clustersbomreports")
NAMESPACED = (GROUP, VERSION, "sbomreports")

_HUB = "index.docker.io"
_LABEL_VALUE = re.compile(r"(?=.{1,63}\Z)[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?\Z")
_SAFE = "bcdfghjklmnpqrstvwxz2456789"


class _Artifact(msgspec.Struct):
    digest: str = ""


class _Data(msgspec.Struct):
    artifact: _Artifact
    components: msgspec.Raw


class _Report(msgspec.Struct):
    report: _Data


@dataclass(frozen=True, slots=True)
class _Key:
    """What one report is asked for by."""

    kind: tuple[str, str, str]
    name: str
    namespace: str = ""

    @property
    def at(self) -> str:
        return f"{self.kind[2]}/{self.namespace}/{self.name}" if self.namespace else f"{self.kind[2]}/{self.name}"


class ClusterReports:
    """SBOMs of images in cluster-scoped reports; implements ``SbomSource``.

    Args:
        api: the API server.
        parse: bytes → Sbom.
    """

    place = "cluster-report"

    def __init__(self, api: KubeApi, parse: Callable[[bytes], Sbom]) -> None:
        self._api, self._parse = api, parse

    def fetch(self, image: ImageRef, digest: Digest, deadline: Deadline) -> Sequence[Sbom]:
        """See :class:`webhook.ports.SbomSource`."""
        return self.examine(image, digest, deadline, Trail())

    def examine(self, image: ImageRef, digest: Digest, deadline: Deadline, trail: Trail) -> Sequence[Sbom]:
        """The same, with notes on a trail."""
        keys = [_Key(CLUSTER, name) for name in cluster_report_names(image)]
        return self.first(keys, digest, deadline, trail)

    def of(self, workload: Workload, container: str) -> WorkloadReports:
        """A source that knows the workload too, and hence the names of namespaced reports."""
        names = workload_report_names(workload, container)
        return WorkloadReports(self, [_Key(NAMESPACED, name, workload.namespace) for name in names])

    def first(self, keys: Sequence[_Key], digest: Digest, deadline: Deadline, trail: Trail) -> Sequence[Sbom]:
        """The SBOM of the first report about a digest.

        Raises:
            InvalidInput: the report cannot be read.
            SourceError: the API server did not answer, or refused to.
        """
        for key in keys:
            content = self._api.custom(key.kind, key.name, key.namespace, deadline)
            if content is None:
                trail.note(self.place, key.at, "there is no such report")
                continue
            data = _decoded(content, key)
            stated = data.artifact.digest.rpartition("@")[2]
            if stated != digest:
                trail.note(
                    self.place, key.at, f"about {stated[:80]}" if stated else "states no digest, so it is ignored"
                )
                continue
            look = trail.note(self.place, key.at, "a report about this digest")
            sbom = self._read(data, key)
            look.used, look.document = True, sbom.document_digest
            return (sbom,)
        return ()

    def _read(self, data: _Data, key: _Key) -> Sbom:
        try:
            return self._parse(bytes(data.components))
        except InvalidInput as problem:
            raise InvalidInput(f"{key.at}: {problem.message}", remedy=problem.remedy) from problem


class WorkloadReports:
    """SBOMs in the reports of one workload, and then in the cluster-scoped ones; implements ``SbomSource``."""

    place = ClusterReports.place

    def __init__(self, reports: ClusterReports, keys: Sequence[_Key]) -> None:
        self._reports, self._keys = reports, keys

    def fetch(self, image: ImageRef, digest: Digest, deadline: Deadline) -> Sequence[Sbom]:
        """See :class:`webhook.ports.SbomSource`."""
        return self.examine(image, digest, deadline, Trail())

    def examine(self, image: ImageRef, digest: Digest, deadline: Deadline, trail: Trail) -> Sequence[Sbom]:
        """The same, with notes on a trail."""
        found = self._reports.first(self._keys, digest, deadline, trail)
        return found or self._reports.examine(image, digest, deadline, trail)


def cluster_report_names(image: ImageRef) -> list[str]:
    """The names that Trivy Operator may have given to the cluster-scoped report of an image.

    It makes them of the registry, the repository without ``library/``, and the tag, which counts as empty for an image
    that is named by its digest, so that all digests of a repository share one name. It takes the registry as the first
    workload wrote it, so a name is made of the usual spelling, and of the one at hand where that is another.
    """
    registry, _, repository = image.name.partition("/")
    path = repository.removeprefix("library/")
    hosts = dict.fromkeys((registry, split_host(image.text)[0] if registry != DEFAULT_HOST else registry))
    tags = ([""] if image.digest else []) + ([image.tag] if image.tag else [])
    names = (f"{_HUB if host == DEFAULT_HOST else host}/{path}" for host in hosts)
    return [short_hash(f"{name}:{tag}") for name in names for tag in tags]


def workload_report_names(workload: Workload, container: str) -> list[str]:
    """The names of the namespaced reports of a container: of the workload's controller first, then its own.

    Args:
        workload: with a name; one without has run nowhere.
        container: the container's name.
    """
    owner = workload.controller
    owners = ([(owner.kind, owner.name)] if owner else []) + [(workload.kind, workload.name)]
    return list(_workload_names(owners, container)) if workload.namespace else []


def _workload_names(owners: Sequence[tuple[str, str]], container: str) -> Iterator[str]:
    for kind, name in owners:
        if kind and name:
            whole = f"{kind.lower()}-{name}-{container}"
            yield whole if _LABEL_VALUE.match(whole) else f"{kind.lower()}-{short_hash(f'{name}-{container}')}"


def short_hash(text: str) -> str:
    """The operator's hash of a text: 32-bit FNV-1a, in decimal, with digits that spell no words.

    The hash is of the text as a Go value is printed with its type, so ``(string)`` stands before it.
    """
    value = 0x811C9DC5
    for byte in f"(string){text}".encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return "".join(_SAFE[ord(digit) % len(_SAFE)] for digit in str(value))


def _decoded(content: bytes, key: _Key) -> _Data:
    try:
        return msgspec.json.decode(content, type=_Report).report
    except (msgspec.DecodeError, UnicodeError, RecursionError) as problem:
        raise InvalidInput(
            f"{key.at} does not have the shape of a report: {problem}", remedy="Check the version of Trivy Operator."
        ) from problem
