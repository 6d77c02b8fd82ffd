"""A load generator for machines without wrk: threads that post one body over kept-alive TLS connections.

``python -m bench.loader URL BODY_FILE SECONDS CONNECTIONS`` prints requests per second. It talks to loopback only.
"""

from __future__ import annotations

import http.client
import ssl
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit


def main(url: str, body_file: str, seconds: str, connections: str) -> None:
    """Load a server for a while; exits with an error when a request fails."""
    parts, body, counts, failures = urlsplit(url), Path(body_file).read_bytes(), list[int](), list[str]()
    if parts.hostname != "127.0.0.1":
        sys.exit("only loopback is loaded")
    until = time.monotonic() + float(seconds)

    def post() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection("127.0.0.1", parts.port, context=context, timeout=10)
        count = 0
        while time.monotonic() < until:
            connection.request("POST", f"{parts.path}?{parts.query}", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                failures.append(f"HTTP {answer.status}")
                break
            count += 1
        counts.append(count)

    threads = [threading.Thread(target=post) for _ in range(int(connections))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures or len(counts) < len(threads):
        sys.exit(f"some requests failed: {failures[:3]}")
    print(sum(counts) / float(seconds))


if __name__ == "__main__":
    main(*sys.argv[1:])
