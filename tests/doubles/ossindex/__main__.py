"""``python -m tests.doubles.ossindex``: the double by hand."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tests.doubles.ossindex.behaviour import PAT, TOKEN, USERNAME, Behaviour
from tests.doubles.ossindex.server import OssIndexDouble


def main() -> None:
    """Serve until interrupted; the first line of output is the address."""
    parser = argparse.ArgumentParser(prog="python -m tests.doubles.ossindex", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--advisories", type=Path, help="JSON: purl → list of vulnerabilities")
    parser.add_argument("--synthetic", type=float, default=0.0, help="share of components with invented advisories")
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--credits", help="credits left; none given: no end")
    parser.add_argument("--behaviour", type=Path, help="JSON: any fields of Behaviour")
    options = parser.parse_args()
    given = json.loads(options.advisories.read_text()) if options.advisories else {}
    behaviour = Behaviour(advisories=given, synthetic_share=options.synthetic, latency_ms=options.latency_ms)
    double = OssIndexDouble(behaviour, options.port, host=options.host)
    changes = json.loads(options.behaviour.read_text()) if options.behaviour else {}
    if options.credits is not None:
        changes["credits"] = options.credits
    double.control("PUT", "/_control/behaviour", json.dumps(changes).encode())
    sys.setswitchinterval(0.0005)  # a reply that is due does not wait for others that are being made
    print(double.url, flush=True)
    print(f"token {PAT}, or user {USERNAME} with token {TOKEN}; Ctrl-C ends it", flush=True)
    try:
        double.serve()
    except KeyboardInterrupt:
        print("stopped")


if __name__ == "__main__":
    main()
