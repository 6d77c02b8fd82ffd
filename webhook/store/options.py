"""Options of the store, and the database's address in a form that is safe to show."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from webhook.errors import ConfigError

_REMEDY = "Write it as sqlite:///path/to/file.db or postgresql://user:password@host:5432/database."
_HOSTS = re.compile(
    r"(?P<before>postgres(?:ql)?://(?:[^/?]*@)?)(?P<hosts>[^/?@,]+(?:,[^/?@,]+)+)(?P<path>/[^?]*)?(?:\?(?P<query>.*))?"
)
_SECRETS = ("password", "sslpassword")


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """How the database is reached; the address is left out of ``repr`` because it may hold a password."""

    url: str = field(
        default="",
        repr=False,
        metadata={
            "help": "Address of the database: sqlite:///path/to/file.db or postgresql://user:password@host/name. A "
            "relative path is relative to the settings file that names it, else to the working directory."
        },
    )
    busy_timeout_ms: int = field(
        default=10_000,
        metadata={
            "help": "Milliseconds to wait for another writer, or for a server that takes over, before giving up."
        },
    )
    connect_timeout_seconds: int = field(
        default=5,
        metadata={
            "help": "Seconds to wait for a connection to a PostgreSQL server; where the address names several, at most "
            "2 for each, so that a dead one does not hold up a takeover."
        },
    )
    pool_size: int = field(default=8, metadata={"help": "The most connections that one process holds."})


@dataclass(frozen=True, slots=True)
class DocumentOptions:
    """Which documents are kept beside the SBOMs that were read from them."""

    keep_documents: bool = field(
        default=True,
        metadata={
            "help": "Keep the documents that SBOMs are read from, compressed, so that a later bomgate that reads more "
            "correctly can read them again. When switched off, those that are there are removed."
        },
    )
    document_bytes: int = field(
        default=4 * 1024 * 1024,
        metadata={
            "help": "Bytes of the largest document that is kept, not compressed. A larger one has to be found again "
            "where it came from before it can be read again."
        },
    )


KEEP_DOCUMENTS = DocumentOptions()


def parse_address(text: str) -> URL:
    """Check the address of a database and name the driver that bomgate uses for it.

    Args:
        text: ``sqlite:///path``, or ``postgresql://…`` (``postgres://`` is taken, too).

    Raises:
        ConfigError: it is no address, or of a database that bomgate cannot use. The text is not repeated, because it
            may hold a password.
    """
    try:
        url = make_url(_hosts_apart(text))
    except (ArgumentError, ValueError):
        raise ConfigError("The address of the database cannot be read.", remedy=_REMEDY) from None
    url = _finding_the_primary(url)
    scheme = url.drivername.partition("+")[0]
    if scheme in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if scheme != "sqlite":
        raise ConfigError(f"bomgate cannot use a database of the kind {scheme!r}.", remedy=_REMEDY)
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise ConfigError("The address of an SQLite database has to name a file.", remedy=_REMEDY)
    return url.set(drivername="sqlite+pysqlite")


def _hosts_apart(text: str) -> str:
    """The address with a list of hosts and ports as libpq writes it, in the form that SQLAlchemy reads."""
    listed = _HOSTS.fullmatch(text)
    if listed is None:
        return text
    hosts = "&".join(f"host={host}" for host in listed["hosts"].split(","))
    return f"{listed['before']}{listed['path'] or '/'}?{listed['query'] + '&' if listed['query'] else ''}{hosts}"


def _finding_the_primary(url: URL) -> URL:
    """With several hosts, look for the one that takes changes, unless the address says otherwise."""
    if not has_several_hosts(url) or "target_session_attrs" in url.query:
        return url
    return url.update_query_dict({"target_session_attrs": "read-write"})


def has_several_hosts(url: URL) -> bool:
    """Whether an address of PostgreSQL names more than one server."""
    hosts = url.query.get("host")
    return isinstance(hosts, tuple) or "," in (url.host or "") or "," in str(hosts)


def sqlite_path(url: URL) -> Path | None:
    """The file of an SQLite database; None for PostgreSQL."""
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def in_folder(address: str, folder: Path) -> str:
    """The address with a relative SQLite path taken relative to a folder; every other address as it is.

    Args:
        address: as the settings state it.
        folder: absolute.

    Raises:
        ConfigError: it is no address, see :func:`parse_address`.
    """
    path = sqlite_path(parse_address(address))
    if path is None or path.is_absolute():
        return address
    # The name of the driver stays as it was written; only the path changes.
    return make_url(address).set(database=str(folder / path)).render_as_string(hide_password=False)


def shown_address(url: URL) -> str:
    """The address without driver and secrets, for people."""
    hidden = url.set(drivername=url.get_backend_name())
    for key in _SECRETS:
        if key in hidden.query:
            hidden = hidden.update_query_dict({key: "***"})
    return hidden.render_as_string(hide_password=True)
