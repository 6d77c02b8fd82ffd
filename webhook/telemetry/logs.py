"""Logs: one line a record, as JSON or as text, without secrets."""

from __future__ import annotations

import logging
import re
import sys
import time
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any, Protocol

import msgspec

from webhook.errors import ConfigError

_OWN = len(logging.makeLogRecord({}).__dict__)
"""How many attributes a record has by itself; what a caller adds comes behind them."""
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_SECRETS = (
    re.compile(r"sonatype_pat_[A-Za-z0-9_\-]+"),
    re.compile(r"(?i)(authorization['\"]?\s*[:=]\s*['\"]?)(basic|bearer)\s+[^\s'\",]+"),
    re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]+(?=@)"),
)

_MARKS = ("sonatype_pat_", "uthorization", "UTHORIZATION", "://")
"""One of these is in every text that holds a secret; looking for them costs less than the patterns."""


_ENCODER = msgspec.json.Encoder(enc_hook=str)

LEVELS = ("debug", "info", "warning", "error")
FORMATS = ("auto", "json", "text")


@dataclass(frozen=True, slots=True)
class LogOptions:
    """What is logged, and how."""

    level: str = field(default="info", metadata={"help": "debug, info, warning or error."})
    format: str = field(
        default="auto", metadata={"help": "json, text, or auto: text in a terminal and json elsewhere."}
    )

    def check(self) -> None:
        """Refuse words that mean nothing.

        Raises:
            ConfigError: for the first such word.
        """
        for name, value, known in (("level", self.level, LEVELS), ("format", self.format, FORMATS)):
            if value not in known:
                raise ConfigError(f"log.{name} cannot be {value!r:.60}", remedy=f"Write one of: {', '.join(known)}.")


def redact(text: str) -> str:
    """Replace what looks like a token or a password."""
    if not any(mark in text for mark in _MARKS):
        return text
    text = _SECRETS[0].sub("sonatype_pat_…", text)
    text = _SECRETS[1].sub(r"\1\2 …", text)
    return _SECRETS[2].sub(r"\1:…", text)


@lru_cache(maxsize=2)
def _second(since_epoch: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(since_epoch))


def _added(record: logging.LogRecord) -> list[tuple[str, Any]]:
    """What the caller added to a record."""
    return [pair for pair in islice(record.__dict__.items(), _OWN, None) if pair[0] not in _STANDARD]


class JsonFormatter(logging.Formatter):
    """One JSON object a line, with the record's extra fields, without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry: dict[str, Any] = {
            "time": f"{_second(int(record.created))}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry.update(_added(record))
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return redact(_ENCODER.encode(entry).decode())


class TextFormatter(logging.Formatter):
    """One readable line, for terminals."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        extra = " ".join(f"{key}={value}" for key, value in _added(record))
        line = f"{record.levelname.lower()}: {record.getMessage()}" + (f" ({extra})" if extra else "")
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return redact(line)


class TextStream(Protocol):
    """What a log can be written to."""

    def write(self, text: str, /) -> object:
        """Write text."""


def set_up_logs(level: str, style: str, stream: TextStream | None = None) -> None:
    """Send the ``bomgate`` loggers to a stream; other libraries only from warning on.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``.
        style: ``json`` or ``text``.
        stream: standard error when left out.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if style == "json" else TextFormatter())
    # Not in a line; found out for each record otherwise, some by a system call. The library's documentation names them.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("bomgate").setLevel(level.upper())
