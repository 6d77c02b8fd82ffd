"""Options of the console."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ConsoleOptions:
    """Where people look further."""

    url: str = field(
        default="",
        metadata={"help": "Address of the console for links in denials, such as https://bomgate.corp; empty: no link."},
    )
    listen: str = field(
        default="127.0.0.1:8470",
        metadata={
            "help": "Host and port of `bomgate console`; port 0 takes a free one. Its sign-in is for one machine, so "
            "other than loopback addresses are refused."
        },
    )
    session_hours: float = field(default=8.0, metadata={"help": "Hours after which a person has to sign in again."})
    threads: int = field(default=8, metadata={"help": "Requests that the console answers at a time."})
