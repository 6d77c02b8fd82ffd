"""The authority: creates and reads bomgate's own certificates; implements ``Signer`` without I/O.

EC P-256 keys, signed with SHA-256: what every supported API server verifies, with small Secrets and fast handshakes.

Source: RFC 5280 (profile of certificates), RFC 6125 (names in subjectAltName).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from webhook.model.certificates import BACKDATED, Certificate, KeyPair

_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_LONGEST_NAME = 64
"""Characters of a common name (RFC 5280, upper bounds); who connects looks at subjectAltName."""


class CertificateSigner:
    """Signs with keys that the caller keeps; has no state."""

    def new_authority(self, now: dt.datetime, life: dt.timedelta) -> KeyPair:
        """A certificate authority that has signed itself.

        Args:
            now: UTC, aware.
            life: how long it is valid.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        # A unique name: a verifier looks an issuer up by name, and two of one name would be mixed up.
        name = _name(f"bomgate authority {now:%Y-%m-%d} {x509.random_serial_number():040x}"[:48])
        builder = _builder(name, name, key, (now - BACKDATED, now + life))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
        return _pair(builder.sign(key, hashes.SHA256()), key)

    def issue(self, authority: KeyPair, names: Iterable[str], now: dt.datetime, until: dt.datetime) -> KeyPair:
        """A certificate for a server of these DNS names, with a new key.

        Args:
            authority: signs; a pair that :meth:`new_authority` or :meth:`pair` gave.
            names: at least one.
            now: UTC, aware.
            until: when it stops being valid.
        """
        issuer = x509.load_pem_x509_certificate(authority.certificate.pem.encode())
        issuer_key = serialization.load_pem_private_key(authority.key.encode(), password=None)
        assert isinstance(issuer_key, ec.EllipticCurvePrivateKey)
        key, places = ec.generate_private_key(ec.SECP256R1()), [x509.DNSName(name) for name in names]
        subject = _name(places[0].value[:_LONGEST_NAME])
        builder = _builder(subject, issuer.subject, key, (now - BACKDATED, until))
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        builder = builder.add_extension(x509.SubjectAlternativeName(places), critical=False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
        return _pair(builder.sign(issuer_key, hashes.SHA256()), key)

    def certificates(self, pem: str) -> Sequence[Certificate]:
        """The certificates in a text; what cannot be read as one is left out."""
        found = []
        for block in _BLOCK.findall(pem):
            try:
                found.append(_described(x509.load_pem_x509_certificate(block.encode())))
            except ValueError:
                continue
        return found

    def pair(self, certificate: str, key: str) -> KeyPair | None:
        """A pair of an EC key and its certificate; None when one of the two cannot be read, or they do not match."""
        try:
            read = x509.load_pem_x509_certificate(certificate.encode())
            private = serialization.load_pem_private_key(key.encode(), password=None)
        except (ValueError, TypeError):  # TypeError: the key is encrypted
            return None
        if not isinstance(private, ec.EllipticCurvePrivateKey) or read.public_key() != private.public_key():
            return None
        return KeyPair(_described(read), key)

    def signed(self, certificate: Certificate, authority: Certificate) -> bool:
        """Whether the authority may sign certificates, and has signed this one."""
        issuer = x509.load_pem_x509_certificate(authority.pem.encode())
        try:
            constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
            x509.load_pem_x509_certificate(certificate.pem.encode()).verify_directly_issued_by(issuer)
        except (x509.ExtensionNotFound, ValueError, TypeError, InvalidSignature):
            return False
        return constraints.ca


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    valid: tuple[dt.datetime, dt.datetime],
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid[0])
        .not_valid_after(valid[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> KeyPair:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return KeyPair(_described(certificate), private.decode())


def _described(certificate: x509.Certificate) -> Certificate:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        dns = frozenset(names.get_values_for_type(x509.DNSName))
    except (x509.ExtensionNotFound, ValueError):
        dns = frozenset()
    return Certificate(
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
        dns,
    )
