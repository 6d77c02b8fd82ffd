"""``python -m tests.node [--install]``: a real node to look at, with a shell in it; everything ends with the shell."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.e2e.controlplane.build import UnavailableError
from tests.node import catalogue, images, parts, rootfs
from tests.node.installation import NAMESPACE, VERSIONS, Installation
from tests.node.node import running_node


def main(arguments: list[str]) -> None:
    """Start a node, and install bomgate on it when asked to."""
    tools, image, roots = parts.built(), images.ensure(), rootfs.ensure()
    with tempfile.TemporaryDirectory(prefix="bomgate-images-") as folder:
        shelf = catalogue.stock(Path(folder), roots, image, VERSIONS)
        began = time.monotonic()
        with running_node(tools, shelf.layout) as node:
            print(f"The node is ready after {time.monotonic() - began:.1f} s.", flush=True)
            if "--install" in arguments:
                installation = Installation(node, shelf)
                installation.prepare()
                installation.release("install")
                installation.settled()
                print(f"bomgate is ready in {NAMESPACE} after {time.monotonic() - began:.1f} s.", flush=True)
            print("Images:", *map(shelf.reference, catalogue.CONTENTS), sep="\n  ", flush=True)
            print("kubectl, helm and ctr are set up in this shell; exit ends the node.", flush=True)
            node.shell()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except UnavailableError as reason:
        sys.exit(f"Not available: {reason}")
