"""Certifying: which step the rotation of bomgate's own certificates needs next; a pure function of what is there.

The rules, each of which keeps the webhook trusted at every moment:

1. A new authority is first made known: the bundle of the webhook configurations holds the old and the new one.
2. The serving certificate is signed by the new authority only when every bundle has held it for ``overlapSeconds``.
3. The old authority leaves the bundle only when the Secret has held no certificate of it for ``overlapSeconds``, which
   is longer than a kubelet takes to bring a changed Secret to the Pods.

One step is taken at a time and everything is read again after it, so a controller may die anywhere, and two of them may
work at once. Both rely on the order of reading: bundles, then the serving certificate, then the authority. Whoever
writes one of the first two with old news of the third finds that somebody has changed it meanwhile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from webhook.engines.controlling.options import CertificateOptions
from webhook.model.certificates import BACKDATED, Certificate, KeyPair

_MOST_PREVIOUS = 4


@dataclass(frozen=True, slots=True)
class Authority:
    """What the authority's Secret holds.

    Attributes:
        current: the authority that signs; None when there is none that can be used.
        previous: those that are still trusted.
        published_at: since when every bundle holds the current one; None when that is not certain.
        switched_at: since when the serving certificate is surely not one of the previous; None when that is not so.
    """

    current: KeyPair | None = None
    previous: tuple[Certificate, ...] = ()
    published_at: dt.datetime | None = None
    switched_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """What there is.

    Attributes:
        authority: see above.
        leaf: the serving certificate; None when there is none that can be used for the names that are wanted.
        issuer: the authority that signed it.
        bundles: of every entry of every webhook configuration.
        found: the certificates in the bundles.
    """

    authority: Authority = Authority()
    leaf: KeyPair | None = None
    issuer: Certificate | None = None
    bundles: tuple[str, ...] = ()
    found: tuple[Certificate, ...] = ()

    @property
    def leaf_is_current(self) -> bool:
        """Whether the serving certificate is signed by the current authority."""
        current = self.authority.current
        return self.leaf is not None and current is not None and self.issuer == current.certificate


@dataclass(frozen=True, slots=True)
class MakeAuthority:
    """Make a new authority and keep it, with those that stay trusted."""

    previous: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class KeepAuthority:
    """Write down a change of what is known about the authority."""

    authority: Authority


@dataclass(frozen=True, slots=True)
class Publish:
    """Put this bundle into every entry that has another."""

    bundle: str


@dataclass(frozen=True, slots=True)
class IssueLeaf:
    """Make a new serving certificate, signed by the current authority."""

    authority: KeyPair


Step = MakeAuthority | KeepAuthority | Publish | IssueLeaf


def next_step(situation: Situation, now: dt.datetime, options: CertificateOptions) -> Step | None:
    """What has to be done now; None when all is well for the moment.

    Args:
        situation: what there is.
        now: UTC, aware.
        options: lives and overlap.
    """
    authority = situation.authority
    if authority.current is None or _needs_successor(authority, now):
        return MakeAuthority(_still_trusted(situation, now))
    return (
        _adopt(situation)
        or _publish(situation, authority.current)
        or _mark_published(authority, now)
        or _renew_leaf(situation, authority.current, now, options)
        or _retire(situation, now, options)
    )


def bundle_of(authority: Authority) -> str:
    """The PEM text of all authorities that are to be trusted."""
    current = () if authority.current is None else (authority.current.certificate,)
    return "".join(certificate.pem for certificate in (*current, *authority.previous))


def renew_at(certificate: Certificate) -> dt.datetime:
    """When a third of a certificate's life is left."""
    life = certificate.not_after - certificate.not_before - BACKDATED
    return certificate.not_after - life / 3


def _needs_successor(authority: Authority, now: dt.datetime) -> bool:
    assert authority.current is not None
    certificate = authority.current.certificate
    # While a former rotation goes on, the next one waits, unless there is nothing left to wait with.
    return now >= certificate.not_after or (now >= renew_at(certificate) and not authority.previous)


def _still_trusted(situation: Situation, now: dt.datetime) -> tuple[Certificate, ...]:
    """Authorities whose certificates may still be served when a new one takes over."""
    authority = situation.authority
    known: list[Certificate] = [] if situation.issuer is None else [situation.issuer]
    known += [] if authority.current is None else [authority.current.certificate]
    known += authority.previous
    if authority.current is None:
        known += situation.found  # the Secret is lost, and what Pods have mounted may be signed by one of these
    return _distinct(certificate for certificate in known if now < certificate.not_after)


def _distinct(certificates: Iterable[Certificate]) -> tuple[Certificate, ...]:
    return tuple({certificate.pem: certificate for certificate in certificates}.values())[:_MOST_PREVIOUS]


def _adopt(situation: Situation) -> Step | None:
    """An authority that nobody knows, but whose certificate is served, stays trusted until that is replaced."""
    authority, issuer = situation.authority, situation.issuer
    if issuer is None or situation.leaf_is_current or issuer in authority.previous:
        return None
    return KeepAuthority(replace(authority, previous=_distinct((issuer, *authority.previous)), switched_at=None))


def _publish(situation: Situation, current: KeyPair) -> Step | None:
    authority = situation.authority
    bundle = bundle_of(authority)
    if all(other_bundle == bundle for other_bundle in situation.bundles):
        return None
    lacking = any(current.certificate.pem not in bundle for bundle in situation.bundles)
    if lacking and authority.published_at is not None and not situation.leaf_is_current:
        return KeepAuthority(replace(authority, published_at=None))  # first, or a crash would leave the older moment
    return Publish(bundle)


def _mark_published(authority: Authority, now: dt.datetime) -> Step | None:
    return KeepAuthority(replace(authority, published_at=now)) if authority.published_at is None else None


def _renew_leaf(situation: Situation, current: KeyPair, now: dt.datetime, options: CertificateOptions) -> Step | None:
    leaf, published_at = situation.leaf, situation.authority.published_at
    if leaf is None or now >= leaf.certificate.not_after:
        return IssueLeaf(current)  # nothing is served that waiting could keep trusted
    if situation.leaf_is_current:
        return IssueLeaf(current) if now >= renew_at(leaf.certificate) else None
    assert published_at is not None
    return IssueLeaf(current) if now >= published_at + options.overlap else None


def _retire(situation: Situation, now: dt.datetime, options: CertificateOptions) -> Step | None:
    authority = situation.authority
    if not situation.leaf_is_current:
        return KeepAuthority(replace(authority, switched_at=None)) if authority.switched_at is not None else None
    if not authority.previous:
        return None
    if authority.switched_at is None:
        return KeepAuthority(replace(authority, switched_at=now))
    if now >= authority.switched_at + options.overlap:
        return KeepAuthority(replace(authority, previous=(), switched_at=None))
    return None
