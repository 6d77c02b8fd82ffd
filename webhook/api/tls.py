"""TLS whose certificate can be changed under a running server.

Files are looked at once a second at most. A changed pair is loaded into a *new* context and swapped in only when it
loads; loading into the context in use would break it half-way when certificate and key do not belong together. Old
connections go on with what they have.
"""

from __future__ import annotations

import datetime as dt
import logging
import ssl
from collections.abc import Callable
from pathlib import Path

import gevent.ssl
from cryptography import x509

from webhook.errors import ConfigError

log = logging.getLogger("bomgate.tls")


class CertificateFiles:
    """A certificate and its key on disk, as a TLS context that follows them.

    Args:
        cert: PEM chain, possibly a symbolic link into a mounted Secret.
        key: PEM key.
        monotonic: seconds that never step.
        on_change: gets the end of the validity of each pair that comes into use, or None for one that could not be.
        former: whose pair is used when the files cannot be used now: a server with a good pair in memory goes on while
            a bad one is on disk, and so must the processes that it starts meanwhile.

    Raises:
        ConfigError: the files cannot be used, and there is no former pair.
    """

    def __init__(
        self,
        cert: Path,
        key: Path,
        monotonic: Callable[[], float],
        on_change: Callable[[dt.datetime | None], None] = lambda _: None,
        former: CertificateFiles | None = None,
    ) -> None:
        self._cert, self._key, self._monotonic, self._on_change = cert, key, monotonic, on_change
        self._signature: object = None
        self._next_look = 0.0
        try:
            self._signature = self._sign()
            self._current = self._load()
        except (OSError, ValueError) as problem:
            if former is None:
                raise ConfigError(
                    f"The certificate {cert} and key {key} cannot be used: {problem}",
                    remedy="Give serve.tlsCert a PEM chain and serve.tlsKey the key that belongs to it.",
                ) from problem
            self._current = former._current
            self._refuse(problem)

    def current(self) -> gevent.ssl.SSLContext:
        """The context with the newest pair that could be loaded."""
        now = self._monotonic()
        if now >= self._next_look:
            self._next_look = now + 1.0
            self._look()
        return self._current

    def server_context(self) -> gevent.ssl.SSLContext:
        """A context for a listening socket, which gives each handshake the newest pair."""
        base = self._current  # not loaded again: what is on disk by now may not be usable

        def choose(connection: ssl.SSLObject | ssl.SSLSocket, _name: str | None, _context: ssl.SSLContext) -> None:
            connection.context = self.current()

        base.sni_callback = choose  # runs for every handshake, with or without a server name
        return base

    def _look(self) -> None:
        try:
            signature = self._sign()
            if signature == self._signature:
                return
            self._signature = signature
            self._current = self._load()
            log.info("certificate changed", extra={"certificate": str(self._cert)})
        except (OSError, ValueError) as problem:
            self._refuse(problem)

    def _refuse(self, problem: Exception) -> None:
        self._on_change(None)
        log.error("changed certificate files cannot be used; the former stay", extra={"error": str(problem)})

    def _paths(self) -> tuple[Path, Path]:
        """Both files in the one folder that the kubelet has made current.

        A mounted Secret is swapped by one link, ``..data``. Reading the two files through their own links could read
        the certificate before and the key after the swap.
        """
        link = self._cert.parent / "..data"
        if link.exists() and self._key.parent == self._cert.parent:
            folder = link.resolve()
            return folder / self._cert.name, folder / self._key.name
        return self._cert, self._key

    def _sign(self) -> object:
        return tuple(
            (str(path), path.stat().st_mtime_ns, path.stat().st_size, path.stat().st_ino) for path in self._paths()
        )

    def _load(self) -> gevent.ssl.SSLContext:
        cert, key = self._paths()
        context = gevent.ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(cert, key)
        self._on_change(x509.load_pem_x509_certificate(cert.read_bytes()).not_valid_after_utc)
        return context
