"""The objects of a namespace as a watch tells them: what is looked at many times a second is asked for once."""

from __future__ import annotations

import json
import threading
import traceback
from collections.abc import Callable
from contextlib import closing
from typing import Any

import urllib3
from kubernetes.client import ApiException
from kubernetes.watch.watch import iter_resp_lines

Object = dict[str, Any]
_FEW_SECONDS = 10


class Watched:
    """The objects of one kind in a namespace, kept up to date by a separate thread as the kubelet keeps them.

    Args:
        method: of the official library; lists them.
        namespace: where they are.
        options: further ones of ``method``, such as a selector.

    Attributes:
        trouble: why they are not kept up to date any more; empty while they are.
    """

    def __init__(self, method: Callable[..., Any], namespace: str, **options: Any) -> None:
        self._method, self._namespace, self._options = method, namespace, options
        self._by_name: dict[str, Object] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="watch", daemon=True)
        self.trouble = ""

    def start(self) -> None:
        """Get them, and follow what becomes of them."""
        self._version = self._list()
        self._thread.start()

    def stop(self) -> None:
        """Follow no longer; the thread ends with the next event, or after some seconds."""
        self._stopped.set()

    def all(self) -> list[Object]:
        """Each object as the API server sent it."""
        return list(self._by_name.values())

    def named(self, name: str) -> Object | None:
        """The object of a name; None where there is none."""
        return self._by_name.get(name)

    def _list(self) -> str:
        answer = self._method(self._namespace, _preload_content=False, **self._options)
        listed = json.loads(answer.data)
        self._by_name = {item["metadata"]["name"]: item for item in listed["items"]}
        return str(listed["metadata"]["resourceVersion"])

    def _follow(self) -> None:
        try:
            while not self._stopped.is_set():
                if not self._take_events():
                    self._version = self._list()
        except (ApiException, urllib3.exceptions.HTTPError, OSError):
            if not self._stopped.is_set():
                self.trouble = traceback.format_exc()

    def _take_events(self) -> bool:
        """Take what happens until the API server ends its answer; whether it knows the version that was begun from."""
        options = {**self._options, "resource_version": self._version, "timeout_seconds": _FEW_SECONDS}
        answer = self._method(
            self._namespace, watch=True, allow_watch_bookmarks=True, _preload_content=False, **options
        )
        with closing(answer):
            for line in iter_resp_lines(answer):
                event = json.loads(line)
                if event["type"] == "ERROR" or self._stopped.is_set():
                    return False
                self._take(event["type"], event["object"])
        return True

    def _take(self, what: str, changed: Object) -> None:
        name = changed["metadata"].get("name", "")
        self._version = changed["metadata"]["resourceVersion"]
        if what == "DELETED":
            self._by_name.pop(name, None)
        elif what != "BOOKMARK":
            self._by_name[name] = changed
