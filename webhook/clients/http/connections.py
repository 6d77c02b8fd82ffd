"""Connections: pools that are bounded, shared by all threads, and closed to forbidden addresses."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import requests
import requests.adapters
from requests.utils import urldefragauth
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from webhook.clients.http.addresses import connect
from webhook.clients.http.destination import Destination, Reach
from webhook.clients.http.responses import BoundedResponse
from webhook.errors import Final

_HOSTS = 64


class _Http(HTTPConnection):
    """A connection that gives answers within their time, and has no way to a forbidden address."""

    response_class = BoundedResponse

    def __init__(self, *arguments: Any, reach: Reach, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._reach = reach

    def _new_conn(self) -> socket.socket:
        seconds = float(self.timeout) if isinstance(self.timeout, (int, float)) else None
        allow_private = None if self._reach is Reach.ANY else self._reach is Reach.PRIVATE
        return connect(self.host, self.port, allow_private, seconds)


class _Https(_Http, HTTPSConnection):
    """The same with TLS."""


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class Way(NamedTuple):
    """The way to the server of an address.

    Attributes:
        adapter: that the pool is of.
        pool: connections to the server, or to a proxy.
        names_server: whether requests name the whole address, as those through a proxy without a tunnel do.
    """

    adapter: _Adapter
    pool: Any
    names_server: bool

    def target(self, prepared: requests.PreparedRequest) -> str:
        """What the first line of a request names."""
        return urldefragauth(prepared.url or "") if self.names_server else prepared.path_url


class _Adapter(requests.adapters.HTTPAdapter):
    """The pools of one kind of destination.

    A proxy is the operator's own and is reached as usual; it is then the proxy that connects to the server.
    """

    def __init__(self, connections: int, reach: Reach, tls: Mapping[str, Any]) -> None:
        self._reach, self._tls = reach, tls
        super().__init__(pool_connections=_HOSTS, pool_maxsize=connections, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **{**pool_kwargs, **self._tls})
        self.poolmanager.pool_classes_by_scheme = _pools(self._reach)

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **{**proxy_kwargs, **self._tls})
        manager.pool_classes_by_scheme = _pools(Reach.ANY)
        return manager

    def way(self, prepared: requests.PreparedRequest, proxies: Any, verify: Any, certificate: Any) -> Way:
        """The way to a server, with proxies and certificates as ``requests`` takes them; good for all its addresses."""
        pool = self.get_connection_with_tls_context(prepared, verify, proxies=proxies, cert=certificate)
        verified: Any = self.cert_verify
        verified(pool, prepared.url, verify, certificate)
        return Way(self, pool, not self.request_url(prepared, proxies).startswith("/"))


def _pools(reach: Reach) -> dict[str, Any]:
    return {"http": partial(_HttpPool, reach=reach), "https": partial(_HttpsPool, reach=reach)}


class Connections:
    """Pools that all threads share.

    Destinations with another reach, other certificate authorities beside the usual ones, or another name have other
    pools, so that nobody else gets to use a connection that was opened for them.

    Args:
        per_host: connections that are kept open to one host.
    """

    def __init__(self, per_host: int) -> None:
        self._per_host = per_host
        self._adapters: dict[tuple[Reach, Path | None, str], tuple[int, _Adapter]] = {}
        self._lock = threading.Lock()

    def adapter(self, destination: Destination) -> _Adapter:
        """What sends requests to a destination.

        Raises:
            Final: the file of certificate authorities cannot be read.
        """
        file = None if destination.ca_only else destination.ca_file
        key = (destination.reach, file, destination.server_name)
        try:
            stamp = 0 if file is None else file.stat().st_mtime_ns
            with self._lock:
                known = self._adapters.get(key)
                if known is None or known[0] != stamp:
                    tls: dict[str, Any] = {"ssl_context": _authorities(file)} if file is not None else {}
                    if destination.server_name:
                        tls["server_hostname"] = destination.server_name
                    adapter = _Adapter(self._per_host, destination.reach, tls)
                    self._adapters[key] = known = (stamp, adapter)
                return known[1]
        except (OSError, ssl.SSLError) as problem:
            raise Final(
                f"The certificate authorities in {file} cannot be read: {problem}",
                remedy=f"It has to be a PEM file that this process may read. {destination.remedies.certificate}",
            ) from problem

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for _, adapter in self._adapters.values():
                adapter.close()


def _authorities(ca_file: Path) -> ssl.SSLContext:
    context = ssl.create_default_context()  # the usual ones are added by requests, from its bundle or the environment
    context.load_verify_locations(cafile=str(ca_file))
    return context
