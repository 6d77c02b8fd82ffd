"""Returning: where a browser goes on to, once it has signed in; never to another host."""

from __future__ import annotations

from urllib.parse import quote

from flask import Request

HOME = "/"
_MOST = 2000
_IN_QUERIES = "/?:@!$&'()*+,;=%"


def own_address(given: Request) -> str:
    """The address of a request on this console; what a browser would read as another host is quoted."""
    query = given.query_string.decode("latin-1")
    return quote(given.path) + (f"?{quote(query, safe=_IN_QUERIES)}" if query else "")


def safe_address(text: str) -> str:
    """An address on this console to go on to; the overview for anything that a browser might read as another host.

    A path of one slash, of visible ASCII characters without backslash, and not the sign-in itself.
    """
    is_path = text.startswith("/") and not text.startswith("//") and "\\" not in text
    is_plain = len(text) <= _MOST and text.isascii() and text.isprintable() and " " not in text
    return text if is_path and is_plain and not text.startswith(("/sign-", "/api/")) else HOME
