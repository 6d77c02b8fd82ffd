"""The cluster in memory, as the controller sees it: a lock, Secrets, and webhook configurations with their versions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.copies import replace
from webhook.errors import BomgateError
from webhook.model.certificates import Registration, SecretRecord

if TYPE_CHECKING:
    from tests.fakes import FakeClock


@dataclass
class MemoryLease:
    """A lock that several hold in turn; one for each of them looks at it through :class:`MemoryLock`."""

    holder: str = ""
    until: float = 0.0


@dataclass
class MemoryLock:
    """One process's view of a lock; implements ``LeaderLock``.

    Attributes:
        lease: the lock.
        clock: of this process.
        seconds: life of the lease.
        errors: raised by the next calls, one each.
    """

    lease: MemoryLease
    clock: FakeClock
    seconds: float = 15.0
    errors: list[BomgateError] = field(default_factory=list)

    def acquire(self, holder: str, *, now: dt.datetime) -> bool:
        if self.errors:
            raise self.errors.pop(0)
        ticks = self.clock.monotonic()
        if self.lease.holder not in ("", holder) and ticks < self.lease.until:
            return False
        self.lease.holder, self.lease.until = holder, ticks + self.seconds
        return True

    def release(self, holder: str) -> None:
        if self.errors:
            raise self.errors.pop(0)
        if self.lease.holder == holder:
            self.lease.holder = ""


@dataclass
class MemoryCertificates:
    """Secrets and webhook configurations; implements ``SecretKeeper`` and ``Registrations``.

    Attributes:
        secrets: by name.
        registrations: by name.
        before: called with the name of each operation before it is done; may raise, as a process that dies does.
    """

    secrets: dict[str, SecretRecord] = field(default_factory=dict)
    registrations: dict[str, Registration] = field(default_factory=dict)
    before: Callable[[str], None] = lambda _: None
    _versions: int = 0

    def register(self, name: str, *bundles: str) -> None:
        """Have a configuration with these bundles, in the place of one of the same name."""
        self.registrations[name] = Registration(
            "ValidatingWebhookConfiguration", name, self._version(), bundles or ("",)
        )

    # -- SecretKeeper and Registrations -------------------------------------------------------------------------------

    def read_secret(self, name: str) -> SecretRecord | None:
        self.before(f"read {name}")
        return self.secrets.get(name)

    def write(self, name: str, record: SecretRecord) -> bool:
        self.before(f"write {name}")
        there = self.secrets.get(name)
        if (there.version if there else "") != record.version:
            return False
        self.secrets[name] = replace(record, version=self._version())
        return True

    def read_registrations(self) -> Sequence[Registration]:
        self.before("read registrations")
        return tuple(self.registrations.values())

    def publish(self, registration: Registration, bundle: str) -> bool:
        self.before(f"publish {registration.name}")
        there = self.registrations.get(registration.name)
        if there is None or there.version != registration.version:
            return False
        bundles = tuple(bundle for _ in there.bundles)
        self.registrations[there.name] = replace(there, bundles=bundles, version=self._version())
        return True

    def _version(self) -> str:
        self._versions += 1
        return str(self._versions)


@dataclass(frozen=True)
class MemorySecrets:
    """The Secrets of :class:`MemoryCertificates`; implements ``SecretKeeper``."""

    cluster: MemoryCertificates

    def read(self, name: str) -> SecretRecord | None:
        return self.cluster.read_secret(name)

    def write(self, name: str, record: SecretRecord) -> bool:
        return self.cluster.write(name, record)


@dataclass(frozen=True)
class MemoryRegistrations:
    """The configurations of :class:`MemoryCertificates`; implements ``Registrations``."""

    cluster: MemoryCertificates

    def read(self) -> Sequence[Registration]:
        return self.cluster.read_registrations()

    def publish(self, registration: Registration, bundle: str) -> bool:
        return self.cluster.publish(registration, bundle)
