"""Connecting: the API server and its credentials, from a kubeconfig file or the Pod's ServiceAccount.

Only a kubeconfig file is read with the official client, which knows its plugins and costs a quarter of a second and
35 MB; a Pod's ServiceAccount is two files and two variables.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from webhook.clients.http.destination import Destination, Reach, Remedies
from webhook.clients.http.headers import web_address
from webhook.clients.kube.options import KubeOptions
from webhook.errors import ConfigError
from webhook.ports import Clock

if TYPE_CHECKING:
    from kubernetes import client

_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_TOKEN_SECONDS = 60.0
_REMEDIES = Remedies(
    certificate="Check the address and the certificate authority in kube.kubeconfig.",
    tls="Check the address in kube.kubeconfig.",
    unreachable="Check that the API server runs, and the network policy.",
    size="If this is meant, raise kube.maxReportBytes.",
)


@dataclass(frozen=True, slots=True)
class Server:
    """The API server.

    Attributes:
        url: its address, without a slash at its end.
        destination: how it is reached.
        authorization: the ``Authorization`` header of the moment; empty without one.
    """

    url: str
    destination: Destination
    authorization: Callable[[], str]


def connect(
    options: KubeOptions, environment: Mapping[str, str], clock: Clock, folder: Path = _SERVICE_ACCOUNT
) -> Server:
    """The API server that a kubeconfig file or the Pod's ServiceAccount names; nothing is sent yet.

    Args:
        options: name the file.
        environment: names the server inside a cluster.
        clock: time.
        folder: where the kubelet mounts a Pod's ServiceAccount.

    Raises:
        ConfigError: there is neither, or it cannot be read.
    """
    options.check()
    return _of_pod(environment, clock, folder) if options.kubeconfig is None else _of_file(options, options.kubeconfig)


def own_namespace(options: KubeOptions, file: Path = _SERVICE_ACCOUNT / "namespace") -> str:
    """The namespace that bomgate runs in.

    Args:
        options: ``kube.namespace`` says it, wherever bomgate runs.
        file: where the kubelet writes it for a Pod.

    Raises:
        ConfigError: nothing says it.
    """
    if options.namespace:
        return options.namespace
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as problem:
        raise ConfigError(
            "The namespace that bomgate runs in is unknown.",
            remedy="Set kube.namespace (BOMGATE_KUBE_NAMESPACE); a Pod with a ServiceAccount's token needs not.",
        ) from problem


def _of_pod(environment: Mapping[str, str], clock: Clock, folder: Path) -> Server:
    """Source: Kubernetes, "Accessing the Kubernetes API from a Pod"."""
    host, port = (environment.get(f"KUBERNETES_SERVICE_{name}", "") for name in ("HOST", "PORT"))
    token = _Token(folder / "token", clock)
    try:
        if not host or not port:
            raise OSError("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set")
        if not (folder / "ca.crt").read_bytes():
            raise OSError(f"{folder / 'ca.crt'} is empty")
        token.read()
    except (OSError, ValueError) as problem:
        raise ConfigError(
            f"The API server cannot be found: {problem}",
            remedy="Inside a cluster, let the Pod mount its ServiceAccount's token; elsewhere set kube.kubeconfig.",
        ) from problem
    name = f"[{host}]" if ":" in host else host
    return Server(f"https://{name}:{port}", _destination(ca_file=folder / "ca.crt", ca_only=True), token.header)


class _Token:
    """The token of a ServiceAccount; read again every minute, as it is renewed while the Pod runs."""

    def __init__(self, file: Path, clock: Clock) -> None:
        self._file, self._clock = file, clock
        self._known: tuple[float, str] = (float("-inf"), "")
        self._lock = threading.Lock()

    def header(self) -> str:
        """The ``Authorization`` header; the last one where the file cannot be read, which the server may refuse."""
        with self._lock:
            until, header = self._known
            now = self._clock.monotonic()
            if now >= until:
                with suppress(OSError, ValueError):
                    header = self.read()
                self._known = (now + _TOKEN_SECONDS, header)
            return header

    def read(self) -> str:
        """The header that the file gives now.

        Raises:
            OSError: it cannot be read, or is empty.
            ValueError: it holds something else.
        """
        token = self._file.read_text(encoding="ascii").strip()
        if not token:
            raise OSError(f"{self._file} is empty")
        return f"Bearer {token}"


def _of_file(options: KubeOptions, file: Path) -> Server:
    from kubernetes import client, config
    from kubernetes.config.config_exception import ConfigException

    load: Callable[..., None] = config.load_kube_config  # the client library has no types for it
    configuration = client.Configuration()
    configuration.proxy = None  # the environment's is found when something is sent
    try:
        load(
            config_file=str(file),
            context=options.context or None,
            client_configuration=configuration,
            persist_config=False,
        )
        return server_of(configuration)
    except (ConfigException, yaml.YAMLError, OSError, ValueError, TypeError, KeyError) as problem:
        raise ConfigError(
            f"kube.kubeconfig: {file} cannot be used: {problem}",
            remedy="Check the file, and kube.context, with `kubectl --kubeconfig FILE config view`.",
        ) from problem


def server_of(configuration: client.Configuration) -> Server:
    """The API server that the official client's configuration names.

    Raises:
        ValueError: its address cannot be used.
    """
    url = configuration.host.rstrip("/")
    if web_address(url) is None:
        raise ValueError(f"{url[:100]!r} is not the address of a server")
    certificate = (configuration.cert_file, configuration.key_file)
    destination = _destination(
        ca_file=Path(configuration.ssl_ca_cert) if configuration.ssl_ca_cert else None,
        ca_only=bool(configuration.ssl_ca_cert),
        verify=bool(configuration.verify_ssl),
        server_name=configuration.tls_server_name or "",
        client_certificate=certificate if all(certificate) else None,
        proxy=configuration.proxy or "",
    )

    def authorization() -> str:
        return configuration.get_api_key_with_prefix("BearerToken", alias="authorization") or ""

    return Server(url, destination, authorization)


def _destination(**named: Any) -> Destination:
    """The operator names it, it may be anywhere, and no redirect is followed."""
    return Destination(_REMEDIES, Reach.ANY, name="the API server", **named)
