"""Connections to registries: pools that are bounded, shared by all threads, and closed to forbidden addresses."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path
from typing import Any, ClassVar

import requests
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool

from webhook.clients.bounded import BoundedAdapter, BoundedHttpConnection, BoundedHttpsConnection
from webhook.clients.registry.addresses import connect
from webhook.clients.transport import new_session
from webhook.errors import Final

_HOSTS = 64


class _Http(BoundedHttpConnection):
    """A connection that checks the address it connects to."""

    allow_private: ClassVar[bool] = False

    def _new_conn(self) -> socket.socket:
        return connect(self.host, self.port, self.allow_private, _seconds(self.timeout))


class _Https(BoundedHttpsConnection):
    """The same with TLS on top."""

    allow_private: ClassVar[bool] = False

    def _new_conn(self) -> socket.socket:
        return connect(self.host, self.port, self.allow_private, _seconds(self.timeout))


class _PrivateHttp(_Http):
    allow_private = True


class _PrivateHttps(_Https):
    allow_private = True


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class _PrivateHttpPool(HTTPConnectionPool):
    ConnectionCls = _PrivateHttp


class _PrivateHttpsPool(HTTPSConnectionPool):
    ConnectionCls = _PrivateHttps


def _seconds(timeout: object) -> float | None:
    return float(timeout) if isinstance(timeout, (int, float)) else None


class _Adapter(BoundedAdapter):
    """An adapter whose connections check addresses.

    A proxy is the operator's own and is reached as usual; it is then the proxy that connects to the registry.
    """

    def __init__(self, connections: int, allow_private: bool, authorities: ssl.SSLContext | None) -> None:
        self._private, self._authorities = allow_private, authorities
        super().__init__(pool_connections=_HOSTS, pool_maxsize=connections, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **self._tls(pool_kwargs))
        self.poolmanager.pool_classes_by_scheme = (
            {"http": _PrivateHttpPool, "https": _PrivateHttpsPool}
            if self._private
            else {"http": _HttpPool, "https": _HttpsPool}
        )

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        return super().proxy_manager_for(proxy, **self._tls(proxy_kwargs))

    def _tls(self, given: dict[str, Any]) -> dict[str, Any]:
        return given if self._authorities is None else {**given, "ssl_context": self._authorities}


class Connections:
    """Sessions over pools that all threads share.

    Registries that may have private addresses, and those with authorities of their own, have pools of their own, so
    that nobody else gets to use a connection that was opened for them.

    Args:
        per_host: connections that are kept open to one host.
    """

    def __init__(self, per_host: int) -> None:
        self._per_host = per_host
        self._adapters: dict[tuple[bool, Path | None], tuple[int, _Adapter]] = {}
        self._lock = threading.Lock()

    def session(self, allow_private: bool, ca_file: Path | None = None) -> requests.Session:
        """A session for one request; it is not to be closed, because its connections are everybody's.

        Args:
            allow_private: whether private and loopback addresses are allowed.
            ca_file: certificate authorities that are trusted beside the usual ones; read again when the file changes.

        Raises:
            Final: the file cannot be read.
        """
        adapter = self._adapter(allow_private, ca_file)
        session = new_session()
        # A digest is over the bytes as they are; nothing may be compressed on the way.
        session.headers["Accept-Encoding"] = "identity"
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        return session

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for _, adapter in self._adapters.values():
                adapter.close()

    def _adapter(self, allow_private: bool, ca_file: Path | None) -> _Adapter:
        try:
            stamp = 0 if ca_file is None else ca_file.stat().st_mtime_ns
            with self._lock:
                known = self._adapters.get((allow_private, ca_file))
                if known is None or known[0] != stamp:
                    adapter = _Adapter(self._per_host, allow_private, _authorities(ca_file))
                    self._adapters[allow_private, ca_file] = known = (stamp, adapter)
                return known[1]
        except (OSError, ssl.SSLError) as problem:
            raise Final(
                f"The certificate authorities in {ca_file} cannot be read: {problem}",
                remedy="Check caFile under registries; it has to be a PEM file that this process may read.",
            ) from problem


def _authorities(ca_file: Path | None) -> ssl.SSLContext | None:
    if ca_file is None:
        return None
    context = ssl.create_default_context()  # the usual ones are added by requests, from its bundle or the environment
    context.load_verify_locations(cafile=str(ca_file))
    return context
