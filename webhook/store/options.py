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
            "help": (
                "Address of the database: sqlite:///path/to/file.db or "
                "postgresql://user:password@host/name. A relative path is relative to the settings "
                "file that contains it, otherwise to the working directory."
            )
        },
    )
    busy_timeout_ms: int = field(
        default=10_000,
        metadata={"help": "Milliseconds to wait for another writer, or for a server to take over, before giving up."},
    )
    connect_timeout_seconds: int = field(
        default=5,
        metadata={
            "help": (
                "Seconds to wait for a connection to a PostgreSQL server. If the address lists "
                "several servers, at most 2 for each, so that a dead server does not delay a "
                "takeover."
            )
        },
    )
    pool_size: int = field(default=8, metadata={"help": "Maximum number of connections per process."})


@dataclass(frozen=True, slots=True)
class DocumentOptions:
    """Which documents are kept beside the SBOMs that were read from them."""

    keep_documents: bool = field(
        default=True,
        metadata={
            "help": (
                "Keep the documents of SBOMs, compressed, so that a later version of bomgate can read"
                " them again more accurately. If false, existing documents are removed."
            )
        },
    )
    document_bytes: int = field(
        default=4 * 1024 * 1024,
        metadata={
            "help": (
                "Maximum size of a document that is kept, in bytes before compression. bomgate must "
                "find a larger one again before it can read it again."
            )
        },
    )


KEEP_DOCUMENTS = DocumentOptions()
