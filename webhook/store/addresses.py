"""The database's address, checked, and in a form that is safe to show.

SQLAlchemy reads addresses. That of a plain SQLite file is read here, because loading SQLAlchemy takes longer than all
else that a short command does.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from webhook.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

_REMEDY = "Write it as sqlite:///path/to/file.db or postgresql://user:password@host:5432/database."
_HOSTS = re.compile(
    r"(?P<before>postgres(?:ql)?://(?:[^/?]*@)?)(?P<hosts>[^/?@,]+(?:,[^/?@,]+)+)(?P<path>/[^?]*)?(?:\?(?P<query>.*))?"
)
_SECRETS = ("password", "sslpassword")
_FILE = re.compile(r"(?P<before>sqlite(?:\+pysqlite)?:///)(?P<path>[^?]+)")
_NO_FILE = (":memory:", "file:")


def parse_address(text: str) -> URL:
    """Check the address of a database and name the driver that bomgate uses for it.

    Args:
        text: ``sqlite:///path``, or ``postgresql://…`` (``postgres://`` is taken, too).

    Raises:
        ConfigError: it is no address, or of a database that bomgate cannot use. The text is not repeated, because it
            may hold a password.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

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
    if not url.database or url.database.startswith(_NO_FILE):
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
    """With several hosts, look for the server that takes writes, unless the address says otherwise."""
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


def plain_file(address: str) -> Path | None:
    """The file that an address names, if it is SQLite's and says nothing else; None for every other address."""
    plain = _FILE.fullmatch(address)
    path = unquote(plain["path"]) if plain is not None else ""
    return None if not path or path.startswith(_NO_FILE) else Path(path)


def file_of(address: str) -> Path | None:
    """The file of an SQLite database; None for PostgreSQL.

    Args:
        address: as the settings state it.

    Raises:
        ConfigError: it is no address, see :func:`parse_address`.
    """
    return plain_file(address) or sqlite_path(parse_address(address))


def in_folder(address: str, folder: Path) -> str:
    """The address with a relative SQLite path taken relative to a folder; every other address as it is.

    Args:
        address: as the settings state it.
        folder: absolute.

    Raises:
        ConfigError: it is no address, see :func:`parse_address`.
    """
    path = file_of(address)
    if path is None or path.is_absolute():
        return address
    # The name of the driver stays as it was written; only the path changes.
    plain = _FILE.fullmatch(address)
    if plain is not None:
        return plain["before"] + quote(str(folder / path), safe=" +/")
    from sqlalchemy.engine import make_url

    return make_url(address).set(database=str(folder / path)).render_as_string(hide_password=False)


def fingerprint(address: str) -> str:
    """Tells databases apart, whoever signs in to them and how: 16 hex digits.

    Args:
        address: as the settings state it.

    Raises:
        ConfigError: it is no address, see :func:`parse_address`.
    """
    path = file_of(address)
    if path is not None:
        said = f"sqlite {path.absolute()}"
    else:
        url = parse_address(address)
        found = {key: url.query.get(key, "") for key in ("host", "port", "dbname", "service")}
        said = f"postgresql {url.host} {url.port} {url.database} {sorted(found.items())}"
    return blake2b(said.encode(), digest_size=8).hexdigest()


def shown_address(url: URL) -> str:
    """The address without driver and secrets, for people."""
    hidden = url.set(drivername=url.get_backend_name())
    for key in _SECRETS:
        if key in hidden.query:
            hidden = hidden.update_query_dict({key: "***"})
    return hidden.render_as_string(hide_password=True)
