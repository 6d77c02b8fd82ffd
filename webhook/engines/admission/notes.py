"""Notes: kept in memory, off the admission path, and written to the store in batches."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from webhook.errors import BomgateError
from webhook.model.records import ControllerAccount

if TYPE_CHECKING:
    from webhook.ports import AccountStore

log = logging.getLogger("bomgate.notes")
_LIMIT = 10_000
K = TypeVar("K")
N = TypeVar("N")


class Notes(Generic[K, N]):
    """Collects notes and writes them periodically. Per key, one note is written at a time.

    Args:
        what: is noted, for the log.
        write: puts a batch into the store.
        merge: the note to keep of a former and a new one under the same key.
    """

    def __init__(self, what: str, write: Callable[[Sequence[N]], None], merge: Callable[[N, N], N]) -> None:
        self._what, self._write, self._merge = what, write, merge
        self._lock = threading.Lock()
        self._notes: dict[K, N] = {}
        self._dropped = 0

    @property
    def waiting(self) -> Mapping[K, N]:
        """The notes not written yet."""
        return self._notes

    def take(self, key: K, note: N) -> None:
        """Take a note. If too many wait to be written, it is dropped and counted."""
        with self._lock:
            former = self._notes.get(key)
            if former is None and len(self._notes) >= _LIMIT:
                self._dropped += 1
                return
            self._notes[key] = note if former is None else self._merge(former, note)

    def take_dropped(self) -> int:
        """How many notes were dropped since the last call."""
        with self._lock:
            dropped, self._dropped = self._dropped, 0
            return dropped

    def flush(self) -> None:
        """Write the notes. After a failure they are kept for the next time."""
        with self._lock:
            notes = dict(self._notes)
        if not notes:
            return
        try:
            self._write(tuple(notes.values()))
        except BomgateError as problem:
            log.warning("%s not written", self._what, extra={"error": problem.message, "waiting": len(notes)})
            return
        with self._lock:
            # A note that arrived meanwhile under a written key is a new one and waits for the next time.
            self._notes = {key: note for key, note in self._notes.items() if notes.get(key) is not note}

    def run(self, stop: threading.Event, interval_seconds: float = 5.0) -> None:
        """Flush until ``stop`` is set, and once more at the end; meant for a separate thread."""
        while not stop.wait(interval_seconds):
            self.flush()
        self.flush()


class AccountNotes(Notes[str, ControllerAccount]):
    """Collects accounts that make objects which have a controller; one row for each.

    Args:
        store: where they go.
    """

    def __init__(self, store: AccountStore) -> None:
        super().__init__("accounts", store.record, lambda former, _: former)

    def saw(self, account: ControllerAccount) -> None:
        """Take a note. If too many wait to be written, it is dropped."""
        if account.user not in self.waiting:
            self.take(account.user, account)
