"""Grants: what a use of break-glass leaves behind, so that the Pods that follow from it are admitted for a while."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from webhook.model.images import identity

BREAK_GLASS_ANNOTATION = "bomgate.dev/break-glass"
"""On an object: the ticket under which it is admitted although it would be denied."""
BREAK_GLASS_RESOURCE = "breakglass"
"""The virtual resource of the API group ``bomgate.dev`` that one must be allowed to ``use``."""
MAX_TICKET = 100
SERVICE_ACCOUNT = "system:serviceaccount:"
"""What the names of ServiceAccounts begin with, as users."""
_UNDER_WAY = dt.timedelta(seconds=90)
"""No request takes longer: the API server ends it after a minute."""


class SetTicket(msgspec.Struct, frozen=True):
    """A ticket on an object, as the API server has it.

    Attributes:
        text: what the annotation says.
        at: when whoever set it last wrote to the object, so not before it was set; None where nobody says.
    """

    text: str
    at: dt.datetime | None = None


class GrantedWorkload(msgspec.Struct, frozen=True):
    """The object that was admitted.

    Attributes:
        api_version: such as ``apps/v1``.
        kind: such as ``Deployment``.
        name: of the object.
        uid: of the object.
    """

    api_version: str
    kind: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class BreakGlassGrant:
    """A use of break-glass; the object ``BreakGlassGrant`` of ``bomgate.dev/v1alpha1``.

    Attributes:
        namespace: where the workload is, and the grant.
        ticket: what the user gave as the reason.
        user: who did it.
        workload: what was admitted.
        images: the images that would have been denied, with their digest where it is known.
        at: when, UTC.
        until: when it ends, UTC (ended when now ≥ until).
        made: when the API server made the object; None before it did.
        confirmed: whether the change was seen to have come about.
        name, uid: of the object; empty before there is one.
    """

    namespace: str
    ticket: str
    user: str
    workload: GrantedWorkload
    images: tuple[str, ...]
    at: dt.datetime
    until: dt.datetime
    made: dt.datetime | None = field(default=None, compare=False)
    confirmed: bool = field(default=False, compare=False)
    name: str = field(default="", compare=False)
    uid: str = field(default="", compare=False)

    def is_proven_by(self, ticket: SetTicket | None) -> bool:
        """Whether the live object shows that the change behind this came about: its ticket was set at that time."""
        if ticket is None or ticket.text.strip() != self.ticket or ticket.at is None or self.made is None:
            return False
        return self.made - _UNDER_WAY <= ticket.at <= self.made + _UNDER_WAY

    def covers(self, images: frozenset[str]) -> bool:
        """Whether it was given for all of these images."""
        return {identity(image) for image in images} <= {identity(image) for image in self.images}

    def touches(self, images: frozenset[str]) -> bool:
        """Whether it was given for one of these images, or for the same content under another name."""
        return not _contents(images).isdisjoint(_contents(self.images))


def _contents(images: Iterable[str]) -> frozenset[str]:
    """The digests of images, or their names where there is none."""
    return frozenset(identity(image).rpartition("@")[2] for image in images)
