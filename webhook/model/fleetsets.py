"""Sets that a hub has for its members: advisories, KEV and EPSS, each as one body that its digest names."""

from __future__ import annotations

import datetime as dt

import msgspec

from webhook.model.advisories import FORMAT

ADVISORIES, KEV, EPSS = "osv", "kev", "epss"
SET_KINDS = (ADVISORIES, KEV, EPSS)


class OfferedSet(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One set of the hub, as members are told of it.

    Attributes:
        source: its name at the hub.
        kind: one of :data:`SET_KINDS`.
        name: an ecosystem, such as ``Debian``; of the other kinds ``KEV`` or ``EPSS``.
        digest: SHA-256 of its body, in hex digits.
        size: bytes of its body.
        records: how many count.
        checked_at: when the hub's source last said that this is its newest version, UTC.
        format: of advisories, see :data:`webhook.model.advisories.FORMAT`.
    """

    source: str
    kind: str
    name: str
    digest: str
    size: int
    records: int
    checked_at: dt.datetime
    format: int = FORMAT


class KeptSet(msgspec.Struct, frozen=True):
    """One set in the hub's store.

    Attributes:
        source: its name.
        kind: one of :data:`SET_KINDS`.
        name: as in :class:`OfferedSet`.
        digest: of the bytes that it was read from.
        checked_at: when its source last said that this is its newest version, UTC.
        changed_at: when it last became another, UTC.
        records: how many count.
    """

    source: str
    kind: str
    name: str
    digest: str
    checked_at: dt.datetime
    changed_at: dt.datetime
    records: int

    @property
    def version(self) -> tuple[str, ...]:
        """What another body has another one of; what was damaged may be replaced by the same."""
        return self.source, self.kind, self.name, self.digest, self.changed_at.isoformat()
