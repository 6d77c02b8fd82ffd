"""Credentials for registries: who may have one for a repository, and the file that a registry names.

Helpers that a file names (``credsStore``, ``credHelpers``) are programs of a person's own machine; they are never run.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Protocol

from webhook.clients.registry.dockerconfig import Credential, DockerConfig, read_docker_config
from webhook.clients.registry.locations import Repository
from webhook.errors import Final, InvalidInput


class Keychain(Protocol):
    """Somebody who may have a credential for a repository."""

    def find(self, repository: Repository) -> Credential | None:
        """The credential; None when there is none.

        Raises:
            Final: the credentials cannot be read.
        """

    def note(self, repository: Repository) -> str:
        """Why there is none, as a sentence for people; empty when there is nothing to say."""


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
        if config is None:
            return ""
        notes = [f"The credentials file cannot be used as a whole: {note}." for note in config.notes]
        if config.helpers & {"*", repository.registry.host}:
            notes.append(
                "The credentials file names a helper program, which is not run; put credentials into the file."
            )
        return " ".join(notes)

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
