"""Authors: the person who decides at the command line, and the account and machine from which it is recorded."""

from __future__ import annotations

import getpass
import os
import socket

from webhook.bootstrap import Parts
from webhook.errors import InvalidInput
from webhook.model.people import LOCAL, Person

SERVICE_ACCOUNTS = ("bomgate", "nobody")
"""Users as which programs run; the image of bomgate runs as the first (Dockerfile)."""


def person(parts: Parts, claimed: str | None) -> str:
    """Who decides: the name that was given, else the user of the operating system.

    Args:
        parts: of this process.
        claimed: ``--author``; kept as a claim beside :func:`recorder`.

    Raises:
        InvalidInput: none was given, and the user of this process is no person.
    """
    if claimed is not None:
        return claimed
    user = _user()
    if user is None or user in SERVICE_ACCOUNTS:
        account = f"The user of this process, {user}, is a service account" if user else "This process has no user name"
        raise InvalidInput(
            f"{account}, so nobody would know who decided.",
            remedy=f"Say who decides: add --author '<your name>'. It is kept beside {recorder(parts)}.",
        )
    return user


def local_person() -> Person:
    """The user of the operating system; its rights are those of whoever can use the database.

    Raises:
        InvalidInput: the user of this process is no person.
    """
    user = _user()
    if user is None or user in SERVICE_ACCOUNTS:
        raise InvalidInput(
            "The user of this process is not a person.", remedy="Ask or answer in the console, under your own name."
        )
    return Person(user, "operating system", issuer=LOCAL, username=user, uid=str(os.getuid()))


def recorder(parts: Parts) -> str:
    """The account and the machine, or Pod and namespace, of this process."""
    kube = parts.settings.kube
    where = f" in namespace {kube.namespace}" if kube.cluster and kube.namespace else ""
    return f"{_user() or f'uid {os.getuid()}'}@{socket.gethostname()}{where}"


def _user() -> str | None:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return None
