"""A token server (distribution, token authentication), as small as docker-registry accepts it."""

from __future__ import annotations

import base64
import datetime as dt
import json
from pathlib import Path
from urllib.parse import parse_qs

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.x509.oid import NameOID

from tests.registries.lying import Answer, Asked, LyingServer

USER, PASSWORD = "robot", "s3cret:with:colons"
SERVICE, ISSUER = "tests", "bomgate-tests"


class TokenServer(LyingServer):
    """Gives ``USER`` tokens for whatever is asked, and anybody else tokens that allow nothing.

    Args:
        folder: for the certificate that the registry trusts.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
        now = dt.datetime.now(dt.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(1)
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(hours=12))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self._bundle = folder / "bundle.pem"
        self._bundle.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        self._x5c = base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()
        self.on("/token", self._give)

    @property
    def configuration(self) -> dict:
        """The ``auth`` section of docker-registry."""
        return {
            "token": {
                "realm": f"{self.url}/token",
                "service": SERVICE,
                "issuer": ISSUER,
                "rootcertbundle": str(self._bundle),
            }
        }

    def token(self, repository: str, actions: str) -> str:
        now = int(dt.datetime.now(dt.UTC).timestamp())
        access = [{"type": "repository", "name": repository, "actions": actions.split(",")}] if actions else []
        header = {"typ": "JWT", "alg": "ES256", "x5c": [self._x5c]}
        claims = {
            "iss": ISSUER,
            "sub": USER,
            "aud": SERVICE,
            "exp": now + 300,
            "nbf": now - 10,
            "iat": now,
            "jti": str(now),
            "access": access,
        }
        signed = b".".join(_b64(json.dumps(part).encode()) for part in (header, claims))
        r, s = utils.decode_dss_signature(self._key.sign(signed, ec.ECDSA(hashes.SHA256())))
        return (signed + b"." + _b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))).decode()

    def _give(self, asked: Asked) -> Answer:
        fields = parse_qs(asked.query)
        _, repository, actions = fields["scope"][0].split(":")
        credentials = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        known = asked.headers.get("Authorization") == f"Basic {credentials}"
        if "Authorization" in asked.headers and not known:
            return Answer(401, b'{"errors":[{"code":"UNAUTHORIZED"}]}')
        token = self.token(repository, actions if known else "")
        return Answer(200, msgspec.json.encode({"token": token, "expires_in": 300}))


def _b64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
