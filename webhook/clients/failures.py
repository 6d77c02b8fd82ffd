"""Failures: what went wrong on the way to a server, in bomgate's words, for the transport.

The libraries' own words may quote addresses with passwords in them, so they are not shown.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import requests
import urllib3

from webhook.errors import Final, Retryable, SourceError


def origin_of(url: str) -> str:
    """Scheme, host and port, for people; never user, path or query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def explained(problem: Exception, origin: str) -> SourceError:
    """The error in bomgate's words.

    Args:
        problem: what a library raised.
        origin: whom the request was for, see :func:`origin_of`.
    """
    reason = _reason(problem)
    if isinstance(problem, requests.exceptions.SSLError) and "certificate" in str(problem).lower():
        return Final(
            f"The certificate of {origin} is not trusted{reason}.",
            remedy="Name the certificate authority of your proxy or mirror in the settings (ca_file).",
        )
    if isinstance(problem, requests.exceptions.ProxyError):
        return Retryable(
            f"The proxy on the way to {origin} refused or did not answer{reason}.",
            remedy="Check HTTPS_PROXY and NO_PROXY in the environment.",
        )
    if isinstance(problem, (requests.Timeout, urllib3.exceptions.TimeoutError)):
        return Retryable(f"{origin} did not answer in time.", remedy="Try again later, or allow it more time.")
    cut = (requests.exceptions.ChunkedEncodingError, urllib3.exceptions.HTTPError)
    if isinstance(problem, cut):
        return Retryable(f"The answer of {origin} was cut off or damaged{reason}.")
    if isinstance(problem, (requests.ConnectionError, OSError)) and not isinstance(problem, ValueError):
        return Retryable(
            f"{origin} cannot be reached{reason}.",
            remedy="Check the address, the network policy and HTTPS_PROXY; nothing already fetched is lost.",
        )
    return Final(f"No request can be made to {origin} ({type(problem).__name__}).", remedy="Check the address.")


def _reason(problem: BaseException) -> str:
    """What the operating system said, if it is in there: `` (Connection refused)``."""
    seen: list[BaseException] = [problem]
    for one in seen:
        if isinstance(one, OSError) and one.strerror and not isinstance(one, requests.RequestException):
            return f" ({one.strerror})"
        inside = (*one.args, one.__cause__, one.__context__, getattr(one, "reason", None))
        seen += [other for other in inside if isinstance(other, BaseException) and other not in seen]
    return ""
