"""Credentials for registries: who may have some for a repository, and the file that a registry names.

As the kubelet does, all credentials that match a repository are tried, until the registry accepts one.

Helpers that a file names (``credsStore``, ``credHelpers``) are programs of a person's own machine; they are never run.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from webhook.clients.registry.dockerconfig import Credential, DockerConfig, read_docker_config
from webhook.clients.registry.locations import Repository
from webhook.errors import Final, InvalidInput, SourceError
from webhook.model.deadlines import Deadline


class Keychain(Protocol):
    """Somebody who may have credentials for a repository."""

    def offers(self, repository: Repository, deadline: Deadline) -> Iterator[Credential]:
        """The credentials, in the order in which they are tried; each is looked for when it is wanted.

        Raises:
            SourceError: some credentials cannot be read; all others have been given before.
        """

    def note(self, repository: Repository) -> str:
        """Why there is none, as a sentence for people; empty when there is nothing to say."""


class Before:
    """A keychain before others, which are asked only where it has nothing; implements :class:`Keychain`.

    Args:
        first: the keychain.
        others: in order.
    """

    def __init__(self, first: Keychain, others: Sequence[Keychain]) -> None:
        self._first, self._others = first, others

    def offers(self, repository: Repository, deadline: Deadline) -> Iterator[Credential]:
        """See :class:`Keychain`."""
        found = False
        for credential in self._first.offers(repository, deadline):
            found = True
            yield credential
        if not found:
            yield from union(self._others, repository, deadline)

    def note(self, repository: Repository) -> str:
        """See :class:`Keychain`."""
        notes = (keychain.note(repository) for keychain in (self._first, *self._others))
        return next(filter(None, notes), "")


def union(keychains: Sequence[Keychain], repository: Repository, deadline: Deadline) -> Iterator[Credential]:
    """What all keychains have, each credential once.

    Raises:
        SourceError: the first trouble of a keychain, after all that the others have.
    """
    given, trouble = set[Credential](), None
    for keychain in keychains:
        try:
            for credential in keychain.offers(repository, deadline):
                if credential not in given:
                    given.add(credential)
                    yield credential
        except SourceError as problem:
            trouble = trouble or problem
    if trouble is not None:
        raise trouble


class FileKeychain:
    """The credentials file that a registry names; read again whenever it changes, as a mounted Secret does."""

    def __init__(self) -> None:
        self._files: dict[Path, tuple[tuple[int, int], DockerConfig]] = {}
        self._lock = threading.Lock()

    def offers(self, repository: Repository, deadline: Deadline) -> Iterator[Credential]:
        """See :class:`Keychain`."""
        config = self._config(repository)
        if config is not None:
            for key in config.keys(repository.registry.host, repository.path):
                yield config.entries[key]

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
