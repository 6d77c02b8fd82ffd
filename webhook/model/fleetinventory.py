"""Inventories of a fleet: what a member tells its hub of what runs there, in differences."""

from __future__ import annotations

import datetime as dt

import msgspec

from webhook.model.actions import Action
from webhook.model.purls import Purl


class ClusterImage(msgspec.Struct, frozen=True, rename="camel"):
    """An image of a workload.

    Attributes:
        reference: with its tag.
        digest: what was judged; empty when the tag could not be resolved.
        action: what the audit there made of it.
    """

    reference: str
    digest: str
    action: str


class ClusterWorkload(msgspec.Struct, frozen=True, rename="camel"):
    """A workload of a member, as that cluster's own audit judged it.

    Attributes:
        uid, namespace, kind, name: of the object.
        pods: how many Pods of it there are.
        mode: of its namespace; empty where the webhook is not asked.
        action: what its Pods would have got.
        reason: what weighed most.
        images: of its template and of its Pods.
    """

    uid: str
    namespace: str
    kind: str
    name: str
    pods: int
    mode: str
    action: str
    reason: str
    images: tuple[ClusterImage, ...] = ()


class ImageContent(msgspec.Struct, frozen=True):
    """Which components an image has, by the hash of their purls."""

    digest: str
    content: str


class Content(msgspec.Struct, frozen=True):
    """Components by the hash of their purls; see :func:`webhook.policy.fleetinventory.content_hash`."""

    content: str
    components: tuple[str, ...]


class WaitingRequests(msgspec.Struct, frozen=True):
    """Requests for exceptions that wait for an answer.

    Attributes:
        count: how many.
        oldest: since when the oldest of them has waited, by the clock of the cluster; None when none waits.
    """

    count: int
    oldest: dt.datetime | None = None


class ClusterReport(msgspec.Struct, frozen=True, rename="camel"):
    """What a member tells at once: the whole, or what differs from what it told before.

    Attributes:
        session: random digits of a series of reports.
        sequence: 1 for the first of a session, which begins with nothing; then one more each time.
        taken_at: when the cluster was looked at, by its own clock.
        workloads, gone: those that are new or differ, and the uids of those that are there no more.
        images, gone_images: the same for images, by digest.
        contents: those that the hub has asked for.
        refusals: how many requests were denied so far, by reason.
        requests: those for exceptions that wait there; None from a member that does not tell.
    """

    session: str
    sequence: int
    taken_at: dt.datetime | None = None
    workloads: tuple[ClusterWorkload, ...] = ()
    gone: tuple[str, ...] = ()
    images: tuple[ImageContent, ...] = ()
    gone_images: tuple[str, ...] = ()
    contents: tuple[Content, ...] = ()
    refusals: dict[str, int] = {}
    requests: WaitingRequests | None = None


class ClusterReceipt(msgspec.Struct, frozen=True, rename="camel"):
    """What the hub says to a report.

    Attributes:
        sequence: of the last report that it has.
        wanted: hashes of contents that it does not know.
        left_out: how many things of the report could not be kept, such as purls that are none.
    """

    sequence: int
    wanted: tuple[str, ...] = ()
    left_out: int = 0


class CheckedContent(msgspec.Struct, frozen=True):
    """Components whose hash was found to be right."""

    content: str
    components: tuple[Purl, ...]


class CheckedReport(msgspec.Struct, frozen=True):
    """What a hub keeps of a report: within bounds, and without what cannot be so.

    Attributes:
        report: workloads, images and hashes that are well-formed; without contents.
        contents: those whose hash is right, with the purls that are some.
        left_out: how many things were left out.
    """

    report: ClusterReport
    contents: tuple[CheckedContent, ...]
    left_out: int


class ClusterLine(msgspec.Struct, frozen=True):
    """A member as the console shows it.

    Attributes:
        name: of the member.
        reported_at: when it last reported, by the hub's clock; None: never.
        taken_at: when the cluster was looked at, by its own clock.
        workloads: how many run, by what they would get.
        images: how many images run there.
        without_content: for how many the hub does not know the components.
        left_out: how many things of its last report could not be kept.
        refusals: how many requests were denied there so far, by reason.
        requests: those for exceptions that wait there; None when it did not tell.
    """

    name: str
    reported_at: dt.datetime | None
    taken_at: dt.datetime | None
    workloads: dict[Action, int]
    images: int
    without_content: int
    left_out: int
    refusals: dict[str, int]
    requests: WaitingRequests | None = None


class ClusterWorkloadLine(msgspec.Struct, frozen=True):
    """A workload of a member, in a list."""

    cluster: str
    workload: ClusterWorkload

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """Where the list goes on behind it."""
        one = self.workload
        return (one.namespace, one.kind, one.name, self.cluster, one.uid)
