"""A signer without keys: certificates are words, so that thousands can be made in a test."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Iterable, Sequence

from webhook.model.certificates import BACKDATED, Certificate, KeyPair


class FakeSigner:
    """Signs by name; implements ``Signer``. A certificate's PEM is one line of JSON that says what it is."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def new_authority(self, now: dt.datetime, life: dt.timedelta) -> KeyPair:
        name = f"authority-{next(self._numbers)}"
        return _pair(name, name, now - BACKDATED, now + life, ())

    def issue(self, authority: KeyPair, names: Iterable[str], now: dt.datetime, until: dt.datetime) -> KeyPair:
        return _pair(f"leaf-{next(self._numbers)}", authority.key, now - BACKDATED, until, tuple(names))

    def certificates(self, pem: str) -> Sequence[Certificate]:
        return [read(line) for line in pem.splitlines() if line.startswith("{")]

    def pair(self, certificate: str, key: str) -> KeyPair | None:
        found = self.certificates(certificate)
        return KeyPair(found[0], key) if found and name_of(found[0]) == key else None

    def signed(self, certificate: Certificate, authority: Certificate) -> bool:
        return json.loads(certificate.pem)["by"] == name_of(authority)


def name_of(certificate: Certificate) -> str:
    """The name that the signer gave it."""
    return str(json.loads(certificate.pem)["name"])


def read(line: str) -> Certificate:
    """The certificate that a line describes."""
    content = json.loads(line)
    before, after = (dt.datetime.fromisoformat(content[key]) for key in ("from", "until"))
    return Certificate(line.rstrip("\n") + "\n", before, after, frozenset(content["names"]))


def _pair(name: str, by: str, before: dt.datetime, after: dt.datetime, names: Sequence[str]) -> KeyPair:
    content = {"name": name, "by": by, "from": before.isoformat(), "until": after.isoformat(), "names": list(names)}
    return KeyPair(read(json.dumps(content)), name)
