"""The schema's version: the database's, the version that this program needs, and the upgrade between them.

A database may be newer than the program, because an update was rolled back. It says itself which is the oldest program
that can still use it (docs/adr/0017). What says no such thing is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from webhook.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection

VERSION = "0044"
"""The version this program needs. Written here so that alembic is loaded only to migrate; a test compares the two."""
KNOWN = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
    "0006",
    "0007",
    "0008",
    "0009",
    "0010",
    "0011",
    "0012",
    "0013",
    "0014",
    "0015",
    "0016",
    "0017",
    "0018",
    "0019",
    "0020",
    "0021",
    "0022",
    "0023",
    "0025",
    "0026",
    "0028",
    "0030",
    "0031",
    "0032",
    "0033",
    "0034",
    "0035",
    "0036",
    "0037",
    "0038",
    "0039",
    "0040",
    "0041",
    "0042",
    "0043",
    VERSION,
)
"""Every version there was, oldest first."""
FOUND_VERSION = "SELECT version_num FROM alembic_version"
_LOCK = 4_702_111_234_876  # any number, the same for every bomgate


def found_version(connection: Connection) -> str:
    """The version of the database; empty when it has none.

    Raises:
        StoreError: an SQLite file that has tables, but none of bomgate's.
    """
    from sqlalchemy import inspect

    names = inspect(connection).get_table_names()
    if "alembic_version" in names:
        return str(connection.exec_driver_sql(FOUND_VERSION).scalar() or "")
    if names and connection.dialect.name == "sqlite":
        raise StoreError(
            f"The database belongs to another program: it has a table {names[0]!r} and none of bomgate's.",
            remedy="Give the address of another file; a new one is made.",
        )
    return ""


def is_usable(connection: Connection, found: str) -> bool:
    """Whether this program can use the database as it is: it has this version, or a newer one that says so."""
    return found == VERSION or (found not in ("", *KNOWN) and _oldest_program(connection) in KNOWN)


def refuse_newer(connection: Connection, found: str) -> None:
    """Raise when the database is of a version that this program does not know, and that does not say that it may be.

    Raises:
        StoreError: it is.
    """
    if found and found not in KNOWN and not is_usable(connection, found):
        raise StoreError(
            f"This database belongs to a newer bomgate: its schema is {found}, this program knows {VERSION}.",
            remedy="Update bomgate, or restore the database from before the update.",
        )


def _oldest_program(connection: Connection) -> str:
    """The version of the oldest program that can use the database; empty when it does not say."""
    from sqlalchemy import inspect

    if not inspect(connection).has_table("compatibility"):
        return ""
    return str(connection.exec_driver_sql("SELECT oldest_program FROM compatibility").scalar() or "")


def outdated(found: str, address: str) -> StoreError:
    """The error for a database that has to be upgraded by hand."""
    state = f"has schema {found}; this program needs {VERSION}" if found else "has no tables of bomgate yet"
    return StoreError(f"The database at {address} {state}.", remedy="Run `bomgate db upgrade`.")


def lock_postgresql(connection: Connection) -> None:
    """Wait until no other process migrates, and hold that until the transaction ends; SQLite has its write lock."""
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%(key)s)", {"key": _LOCK})


def upgrade(connection: Connection) -> None:
    """Run the migrations that are missing, in the connection's transaction; the caller commits.

    Raises:
        StoreError: the database belongs to a newer program.
    """
    found = found_version(connection)
    refuse_newer(connection, found)
    if is_usable(connection, found):
        return
    # Loaded here because the webhook never migrates, and alembic would cost each of its workers some megabytes.
    from importlib.resources import as_file, files

    from alembic import command
    from alembic.config import Config

    with as_file(files("webhook.store") / "migrations") as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
