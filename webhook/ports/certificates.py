"""Certificates: who signs them, and where they are kept and made known; implemented by ``clients``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from webhook.model.certificates import Certificate, KeyPair, Registration, SecretRecord


class Signer(Protocol):
    """Makes and reads certificates; asks nobody."""

    def new_authority(self, now: dt.datetime, life: dt.timedelta) -> KeyPair:
        """A certificate authority that has signed itself."""

    def issue(self, authority: KeyPair, names: Iterable[str], now: dt.datetime, until: dt.datetime) -> KeyPair:
        """A certificate for a server of these DNS names, with a new key."""

    def certificates(self, pem: str) -> Sequence[Certificate]:
        """The certificates in a text; what cannot be read as one is left out."""

    def pair(self, certificate: str, key: str) -> KeyPair | None:
        """A pair; None when one of the two cannot be read, or they do not belong together."""

    def signed(self, certificate: Certificate, authority: Certificate) -> bool:
        """Whether the authority may sign certificates, and has signed this one."""


class SecretKeeper(Protocol):
    """Secrets of bomgate's own namespace."""

    def read(self, name: str) -> SecretRecord | None:
        """A Secret; None when there is none of this name.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """

    def write(self, name: str, record: SecretRecord) -> bool:
        """Make the Secret, or replace the version that was read; False when somebody else was faster.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """


class Registrations(Protocol):
    """The webhook configurations by which the API server calls bomgate."""

    def read(self) -> Sequence[Registration]:
        """Those that there are.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """

    def publish(self, registration: Registration, bundle: str) -> bool:
        """Have each entry that calls bomgate's Service trust these authorities; False when somebody else was faster.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
