"""Certificates: the controller's duty that takes the steps which :mod:`.certifying` names."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from webhook.engines.controlling.options import CertificateOptions
from webhook.engines.controlling.rotation import (
    Authority,
    IssueLeaf,
    KeepAuthority,
    MakeAuthority,
    Publish,
    Situation,
    Step,
    bundle_of,
    next_step,
    renew_at,
)
from webhook.errors import Retryable
from webhook.model.certificates import Certificate, KeyPair, Registration, SecretRecord
from webhook.ports import Clock
from webhook.ports.certificates import Registrations, SecretKeeper, Signer

log = logging.getLogger("bomgate.certificates")

_CERTIFICATE, _KEY, _AUTHORITY, _PREVIOUS = "tls.crt", "tls.key", "ca.crt", "previous.crt"
_PUBLISHED, _SWITCHED = "bomgate.dev/published-at", "bomgate.dev/switched-at"
_MOST_STEPS = 20
"""Steps of one pass; a first pass takes four."""


@dataclass(frozen=True, slots=True)
class CertificateParts:
    """What the duty works with.

    Attributes:
        signer: makes certificates.
        secrets: where they are kept.
        registrations: where the authority is made known.
    """

    signer: Signer
    secrets: SecretKeeper
    registrations: Registrations


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was read, as it was read."""

    registrations: tuple[Registration, ...]
    leaf: SecretRecord | None
    authority: SecretRecord | None


class CertificateDuty:
    """Keeps the webhook's certificate valid and the API server's trust in it; a ``Duty``.

    Args:
        parts: see :class:`CertificateParts`.
        namespace: of the Service.
        options: see :class:`CertificateOptions`.
        clock: time.
        on_authority: told after each pass until when the current authority is valid.
    """

    name = "certificates"

    def __init__(
        self,
        parts: CertificateParts,
        namespace: str,
        options: CertificateOptions,
        clock: Clock,
        on_authority: Callable[[dt.datetime], None] = lambda _: None,
    ) -> None:
        self._parts, self._options, self._clock, self._on_authority = parts, options, clock, on_authority
        self._names = _names(options.service, namespace)
        # By a forwarded port, browsers know it as localhost.
        self._console_names = _names(options.console_service, namespace) | {"localhost"}

    @property
    def interval_seconds(self) -> float:
        """Seconds between the end of one pass and the start of the next."""
        return self._options.interval_seconds

    def run(self) -> None:
        """Take steps until none is left for now.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        for _ in range(_MOST_STEPS):
            seen = self._read()
            situation = self._situation(seen)
            step = next_step(situation, self._clock.now(), self._options)
            if step is None:
                assert situation.authority.current is not None
                self._on_authority(situation.authority.current.certificate.not_after)
                self._keep_console(situation.authority)
                return
            if not self._take(step, seen):
                log.info("certificates: somebody else was faster; reading again", extra={"step": type(step).__name__})
        raise Retryable(
            "The certificates keep changing: whatever is written is overwritten at once.",
            remedy="Look who else writes the Secrets and webhook configurations of bomgate.",
        )

    # -- reading ----------------------------------------------------------------------------------------------------

    def _read(self) -> _Seen:
        # In this order; see the explanation in certifying.
        registrations = tuple(self._parts.registrations.read())
        leaf = self._parts.secrets.read(self._options.secret)
        return _Seen(registrations, leaf, self._parts.secrets.read(self._options.ca_secret))

    def _situation(self, seen: _Seen) -> Situation:
        authority = self._authority(seen.authority)
        bundles = tuple(bundle for registration in seen.registrations for bundle in registration.bundles)
        leaf, issuer = self._leaf(seen.leaf, authority)
        return Situation(authority, leaf, issuer, bundles, tuple(self._parts.signer.certificates("".join(bundles))))

    def _authority(self, record: SecretRecord | None) -> Authority:
        if record is None:
            return Authority()
        current = self._pair(record)
        if current is None or not self._parts.signer.signed(current.certificate, current.certificate):
            return Authority(previous=self._certificates(record, _CERTIFICATE, _PREVIOUS))
        return Authority(
            current,
            self._certificates(record, _PREVIOUS),
            _moment(record, _PUBLISHED),
            _moment(record, _SWITCHED),
        )

    def _leaf(self, record: SecretRecord | None, authority: Authority) -> tuple[KeyPair | None, Certificate | None]:
        pair = None if record is None else self._pair(record)
        if record is None or pair is None:
            return None, None
        known = () if authority.current is None else (authority.current.certificate,)
        issuers = (*known, *authority.previous, *self._certificates(record, _AUTHORITY))
        issuer = next((issuer for issuer in issuers if self._parts.signer.signed(pair.certificate, issuer)), None)
        usable = issuer is not None and pair.certificate.names >= self._names
        return pair if usable else None, issuer

    def _pair(self, record: SecretRecord) -> KeyPair | None:
        return self._parts.signer.pair(_text(record, _CERTIFICATE), _text(record, _KEY))

    def _certificates(self, record: SecretRecord, *entries: str) -> tuple[Certificate, ...]:
        return tuple(self._parts.signer.certificates("".join(_text(record, entry) for entry in entries)))

    # -- writing ----------------------------------------------------------------------------------------------------

    def _take(self, step: Step, seen: _Seen) -> bool:
        """Take one step; False when somebody else has changed what it begins from."""
        if isinstance(step, MakeAuthority):
            life = dt.timedelta(days=self._options.authority_days)
            made = self._parts.signer.new_authority(self._clock.now(), life)
            log.info("new certificate authority", extra={"until": made.certificate.not_after.isoformat()})
            return self._keep(Authority(made, step.previous), seen.authority)
        if isinstance(step, KeepAuthority):
            log.debug("certificate authority noted", extra=_marks(step.authority))
            return self._keep(step.authority, seen.authority)
        if isinstance(step, Publish):
            return self._publish(step.bundle, seen.registrations)
        return self._issue(step, seen.leaf)

    def _keep(self, authority: Authority, before: SecretRecord | None) -> bool:
        assert authority.current is not None
        data = {
            _CERTIFICATE: authority.current.certificate.pem.encode(),
            _KEY: authority.current.key.encode(),
            _AUTHORITY: bundle_of(authority).encode(),
        }
        if authority.previous:
            data[_PREVIOUS] = "".join(certificate.pem for certificate in authority.previous).encode()
        version = before.version if before is not None else ""
        return self._parts.secrets.write(self._options.ca_secret, SecretRecord(data, _marks(authority), version))

    def _publish(self, bundle: str, registrations: Sequence[Registration]) -> bool:
        for registration in registrations:
            if all(found == bundle for found in registration.bundles):
                continue
            if not self._parts.registrations.publish(registration, bundle):
                return False
            log.info("certificate authority made known", extra={"to": str(registration)})
        return True

    def _keep_console(self, authority: Authority) -> None:
        """Keep the console's certificate valid: no API server has to trust it, so that one step is enough."""
        name, current = self._options.console_secret, authority.current
        if not name or current is None:
            return
        record, now = self._parts.secrets.read(name), self._clock.now()
        pair = None if record is None else self._pair(record)
        is_good = (
            pair is not None
            and pair.certificate.names >= self._console_names
            and now < renew_at(pair.certificate)
            and self._parts.signer.signed(pair.certificate, current.certificate)
        )
        if not is_good:  # if another process was faster, its certificate is as good
            self._write_leaf(name, current, self._console_names, record)

    def _issue(self, step: IssueLeaf, before: SecretRecord | None) -> bool:
        return self._write_leaf(self._options.secret, step.authority, self._names, before)

    def _write_leaf(self, secret: str, authority: KeyPair, names: frozenset[str], before: SecretRecord | None) -> bool:
        now = self._clock.now()
        until = min(now + dt.timedelta(days=self._options.leaf_days), authority.certificate.not_after)
        pair = self._parts.signer.issue(authority, sorted(names), now, until)
        log.info("new certificate", extra={"secret": secret, "until": until.isoformat()})
        data = {
            _CERTIFICATE: pair.certificate.pem.encode(),
            _KEY: pair.key.encode(),
            _AUTHORITY: authority.certificate.pem.encode(),
        }
        version = before.version if before is not None else ""
        return self._parts.secrets.write(secret, SecretRecord(data, version=version))


def _names(service: str, namespace: str) -> frozenset[str]:
    """How a Service is called inside the cluster."""
    name = f"{service}.{namespace}"
    return frozenset((name, f"{name}.svc", f"{name}.svc.cluster.local"))


def _text(record: SecretRecord, entry: str) -> str:
    return record.data.get(entry, b"").decode(errors="replace")


def _moment(record: SecretRecord, annotation: str) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(record.annotations[annotation])
    except (KeyError, ValueError):
        return None
    return found if found.tzinfo is not None else None


def _marks(authority: Authority) -> dict[str, str]:
    marks = {_PUBLISHED: authority.published_at, _SWITCHED: authority.switched_at}
    return {name: moment.isoformat() for name, moment in marks.items() if moment is not None}
