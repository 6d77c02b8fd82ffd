"""Encryption of texts that a browser or a program keeps for the console, and can neither read nor change.

They are kept nowhere else, so that no number of them pushes out another one. The key lives as long as the process.
"""

from __future__ import annotations

import datetime as dt

from cryptography.fernet import Fernet, InvalidToken

_MOST = 4000


class Cipher:
    """Encrypts texts, and decrypts what it has encrypted."""

    def __init__(self) -> None:
        self._fernet = Fernet(Fernet.generate_key())

    def encrypt(self, text: str, now: dt.datetime) -> str:
        """The text in letters that an address and a cookie take as they are.

        Args:
            text: any; it becomes a third longer.
            now: UTC, aware.
        """
        return self._fernet.encrypt_at_time(text.encode(), int(now.timestamp())).decode().rstrip("=")

    def decrypt(self, given: str, now: dt.datetime, seconds: int | None = None) -> str | None:
        """The text of :meth:`encrypt`; None for what was not encrypted here.

        Args:
            given: what came back.
            now: UTC, aware.
            seconds: for which it is good; None for as long as the process lives.
        """
        if len(given) > _MOST or not given.isascii():
            return None
        token = (given + "=" * (-len(given) % 4)).encode()
        try:
            if seconds is None:
                return self._fernet.decrypt(token).decode()
            return self._fernet.decrypt_at_time(token, seconds, int(now.timestamp())).decode()
        except InvalidToken:
            return None
