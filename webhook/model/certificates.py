"""Certificates: bomgate's own authority, what it has signed, and where the API server learns whom to trust."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

BACKDATED = dt.timedelta(minutes=5)
"""How long before they are made certificates become valid, for machines whose clocks differ."""


class Certificate(msgspec.Struct, frozen=True):
    """A certificate.

    Attributes:
        pem: one PEM block, with its line break at the end.
        not_before, not_after: between which moments it is valid, UTC.
        names: DNS names that it is for; empty for an authority.
    """

    pem: str
    not_before: dt.datetime
    not_after: dt.datetime
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate and the private key that belongs to it.

    Attributes:
        certificate: the public half.
        key: PEM, PKCS #8, not encrypted.
    """

    certificate: Certificate
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SecretRecord:
    """A Secret.

    Attributes:
        data: its entries, decoded.
        annotations: of bomgate; others stay as they are when it is written.
        version: ``resourceVersion`` of what was read; empty for a Secret that is to be made.
    """

    data: Mapping[str, bytes] = field(repr=False)
    annotations: Mapping[str, str] = field(default_factory=dict)
    version: str = ""


@dataclass(frozen=True, slots=True)
class Registration:
    """A ValidatingWebhookConfiguration or a MutatingWebhookConfiguration.

    Attributes:
        kind: which of the two.
        name: of the object.
        version: ``resourceVersion`` of what was read.
        bundles: the ``caBundle`` of each entry that calls bomgate's Service, decoded; empty where there is none.
        content: the whole object, as JSON.
    """

    kind: str
    name: str
    version: str
    bundles: tuple[str, ...]
    content: bytes = field(default=b"", repr=False)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
