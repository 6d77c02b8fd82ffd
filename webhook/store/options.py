"""Options of the store."""

from __future__ import annotations

from dataclasses import dataclass, field


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
