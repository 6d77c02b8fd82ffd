"""Claims of searches: renewed while the searches go on, so that those of a killed process end soon."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from webhook.errors import StoreError

if TYPE_CHECKING:
    from webhook.model.searches import SearchClaim, SearchOutcome
    from webhook.ports import SearchedStore

log = logging.getLogger("bomgate.search")

LEASE_SECONDS = 10.0
_RENEW_SECONDS = 3.0


class SearchClaims:
    """The claims of one process.

    Args:
        store: knows who searches what, across processes.
        holder: unique identity of this process.
        renew_seconds: between two renewals.
    """

    def __init__(self, store: SearchedStore, holder: str, *, renew_seconds: float = _RENEW_SECONDS) -> None:
        self._store, self._holder, self._pause = store, holder, renew_seconds
        self._lock = threading.Lock()
        self._held: set[str] = set()
        self._is_renewing = False

    def begin(self, key: str) -> SearchClaim | None:
        """Claim a search; None when this process has it now, else what another one is doing, or did a moment ago.

        Raises:
            StoreError: the store does not answer.
        """
        other = self._store.searches.begin(key, self._holder, lease_seconds=LEASE_SECONDS)
        if other is None:
            with self._lock:
                self._held.add(key)
                if not self._is_renewing:
                    self._is_renewing = True
                    threading.Thread(target=self._renew, name="search-claims", daemon=True).start()
        return other

    def end(self, key: str, outcome: SearchOutcome, *, seconds: float) -> None:
        """Say how a search ended, and for how many seconds others are to believe it.

        Raises:
            StoreError: the store does not answer; the claim ends with its lease.
        """
        with self._lock:
            self._held.discard(key)
        self._store.searches.end(key, self._holder, outcome, seconds=seconds)

    def _renew(self) -> None:
        """Renew what is held until nothing is."""
        pause = threading.Event()
        while True:
            pause.wait(self._pause)
            with self._lock:
                keys = sorted(self._held)
                if not keys:
                    self._is_renewing = False
                    return
            try:
                self._store.searches.renew(keys, self._holder, lease_seconds=LEASE_SECONDS)
            except StoreError as problem:
                log.warning("claims of searches not renewed", extra={"error": problem.message})
