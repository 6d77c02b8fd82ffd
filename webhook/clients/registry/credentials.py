"""Credentials for registries: docker config files, and how the keys of such files match a repository.

Sources: the docker config file (``auths``), ``kubernetes.io/dockerconfigjson`` and the older ``dockercfg``, and the
kubelet's rules for matching images to credentials. Helpers that a file names (``credsStore``, ``credHelpers``) are
programs of a person's own machine; they are never run.
"""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import msgspec

from webhook.clients.registry.locations import Repository
from webhook.errors import Final, InvalidInput
from webhook.model.images import canonical_host


@dataclass(frozen=True, slots=True)
class Credential:
    """What opens a repository; nothing of it is shown.

    Attributes:
        username: empty with tokens.
        password: belongs to ``username``.
        identity_token: an OAuth2 refresh token, given to the token server.
        registry_token: a bearer token, given to the registry as it is.
    """

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    registry_token: str = field(default="", repr=False)

    @property
    def basic(self) -> str:
        """The header of Basic authentication (RFC 7617, in UTF-8)."""
        return f"Basic {base64.b64encode(f'{self.username}:{self.password}'.encode()).decode('ascii')}"


class Keychain(Protocol):
    """Somebody who may have a credential for a repository."""

    def find(self, repository: Repository) -> Credential | None:
        """The credential; None when there is none.

        Raises:
            Final: the credentials cannot be read.
        """

    def note(self, repository: Repository) -> str:
        """Why there is none, as a sentence for people; empty when there is nothing to say."""


@dataclass(frozen=True, slots=True)
class DockerConfig:
    """A docker config file, read.

    Attributes:
        entries: credentials by normalised key, ``host`` or ``host/path``.
        helpers: hosts for which the file names a helper; ``*`` stands for all of them.
    """

    entries: Mapping[str, Credential]
    helpers: frozenset[str] = frozenset()

    def find(self, host: str, path: str) -> Credential | None:
        """The credential of the key that matches a repository most closely."""
        matching = [key for key in self.entries if matches_image(key, host, path)]
        return self.entries[max(matching, key=_closeness)] if matching else None


class FileKeychain:
    """The credentials file that a registry names; read again whenever it changes, as a mounted Secret does."""

    def __init__(self) -> None:
        self._files: dict[Path, tuple[tuple[int, int], DockerConfig]] = {}
        self._lock = threading.Lock()

    def find(self, repository: Repository) -> Credential | None:
        """See :class:`Keychain`."""
        config = self._config(repository)
        return None if config is None else config.find(repository.registry.host, repository.path)

    def note(self, repository: Repository) -> str:
        """See :class:`Keychain`."""
        config = self._config(repository)
        if config is None or not config.helpers & {"*", repository.registry.host}:
            return ""
        return "The credentials file names a helper program, which is not run; put the credentials into the file."

    def _config(self, repository: Repository) -> DockerConfig | None:
        path = repository.registry.credentials_file
        if path is None:
            return None
        try:
            status = path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            with self._lock:
                known = self._files.get(path)
                if known is None or known[0] != stamp:
                    known = self._files[path] = (stamp, read_docker_config(path.read_bytes()))
                return known[1]
        except (OSError, InvalidInput) as problem:
            raise Final(
                f"The credentials in {path} cannot be read: {problem}",
                remedy="Check credentialsFile under registries; it has the form of a docker config file.",
            ) from problem


def read_docker_config(data: bytes) -> DockerConfig:
    """Read a docker config file, or the older ``dockercfg``, which is its ``auths`` alone.

    Raises:
        InvalidInput: it is damaged; what it holds is not repeated in the message.
    """
    try:
        content = msgspec.json.decode(data, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise InvalidInput("it is not JSON of the form of a docker config file") from None
    known = ("auths", "credsStore", "credHelpers", "HttpHeaders", "currentContext")
    auths = (content.get("auths") if any(key in content for key in known) else content) or {}
    if not isinstance(auths, dict):
        raise InvalidInput("its auths are not an object")
    entries = {}
    for key, entry in auths.items():
        credential = _credential(key, entry)
        if credential is not None:
            entries[normal_key(key)] = credential
    helpers = {normal_key(key) for key in content.get("credHelpers") or {}}
    return DockerConfig(entries, frozenset(helpers | ({"*"} if content.get("credsStore") else set())))


def normal_key(key: str) -> str:
    """A key of such a file as ``host`` or ``host/path``; URLs lose their scheme and the API's version.

    The host is in the spelling of references (:func:`webhook.model.images.canonical_host`).
    """
    host, _, path = key.partition("://")[2].partition("/") if "://" in key else key.partition("/")
    path = path.strip("/")
    for version in ("v1", "v2"):
        path = "" if path == version else path.removeprefix(f"{version}/")
    host = canonical_host(host)
    return f"{host}/{path}" if path else host


def matches_image(pattern: str, host: str, path: str) -> bool:
    """Whether a key matches a repository, by the kubelet's rules.

    The host's labels are compared one by one and may hold ``*``; a port has to be equal; a path is a prefix, of whole
    parts.

    Args:
        pattern: ``host[:port][/path]``, with the host in the spelling of references.
        host: of the repository, with its port.
        path: of the repository.
    """
    wanted_host, _, wanted_path = pattern.partition("/")
    wanted_name, _, wanted_port = wanted_host.partition(":")
    name, _, port = host.partition(":")
    if wanted_port != port or (wanted_path and path != wanted_path and not path.startswith(f"{wanted_path}/")):
        return False
    labels, wanted = name.split("."), wanted_name.split(".")
    return len(labels) == len(wanted) and all(map(_label_matches, wanted, labels))


def _label_matches(pattern: str, label: str) -> bool:
    head, star, tail = pattern.partition("*")
    if not star:
        return pattern == label
    return len(label) >= len(head) + len(tail) and label.startswith(head) and label.endswith(tail)


def _closeness(key: str) -> tuple[int, int]:
    host, _, path = key.partition("/")
    return (len(path), -host.count("*"))


def _credential(key: str, entry: Any) -> Credential | None:
    if not isinstance(entry, dict):
        raise InvalidInput(f"its entry {key[:100]!r} is not an object")
    values = {name: str(entry.get(name) or "") for name in ("username", "password", "identitytoken", "registrytoken")}
    auth = str(entry.get("auth") or "")
    if auth:
        try:
            text = base64.b64decode(auth, validate=True).decode()
        except (binascii.Error, UnicodeError):
            raise InvalidInput(f"its entry {key[:100]!r} holds an auth that is not Base64") from None
        values["username"], colon, password = text.partition(":")
        if not colon:
            raise InvalidInput(f"its entry {key[:100]!r} holds an auth without a colon")
        values["password"] = password.rstrip("\x00")
    found = Credential(values["username"], values["password"], values["identitytoken"], values["registrytoken"])
    return found if any((found.username, found.identity_token, found.registry_token)) else None
