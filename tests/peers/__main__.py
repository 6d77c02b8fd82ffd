"""Compare with osv-scanner over all of ``shared/``: ``python -m tests.peers``.

``… record`` writes its answers to the small set, and ``… grype`` those of Grype to what is exported as VEX.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.peers import grype, own, vexed
from tests.peers.comparing import (
    UNEXPLAINED,
    counts,
    differences,
    explained,
    ours,
    read_advisories,
    read_documents,
    shared_archives,
)
from tests.peers.scanner import PROGRAM, ask
from tests.shared import beside


def main(words: list[str]) -> int:
    """Print each explanation with its number of pairs; 1 when the table does not agree."""
    if words == ["grype"]:
        return _record_grype()
    program = PROGRAM.build()
    if words == ["record"]:
        found = ask(program, {own.DOCUMENT: own.document()}, own.archives())
        own.ANSWERS.write_text(json.dumps(sorted(found), indent=0) + "\n")
        print(f"{len(found)} answers in {own.ANSWERS.name}")
        return 0
    folder = beside(Path(__file__).resolve().parents[2])
    if folder is None:
        print("NOT COMPARED: shared/ is not beside the checkout")
        return 1
    archives = shared_archives(folder / "advisories")
    paths = sorted((folder / "corpus" / "images").rglob("*.json"))
    contents = {f"{path.parent.name}-{path.name}": path.read_bytes() for path in paths}
    theirs, documents = ask(program, contents, archives), read_documents(contents)
    advisories = read_advisories(archives)
    found = differences(theirs, documents, advisories)
    same = len(theirs & dict(ours(documents, advisories)).keys())
    print(f"{len(documents)} SBOMs, {same:,} pairs that both find")
    table, numbers = explained(), counts(found)
    for name in sorted({*table, *numbers}):
        print(f"  {name}: {numbers[name]:,} pairs, {table[name].pairs if name in table else 0:,} in the table")
    for missed in found.get(UNEXPLAINED, ())[:50]:
        print(f"    {missed}")
    return int(any(numbers[name] != (table[name].pairs if name in table else 0) for name in {*table, *numbers}))


def _record_grype() -> int:
    exported, sboms = vexed.exported(), vexed.sboms()
    found = grype.ask(grype.PROGRAM.build(), sboms, vexed.records(), exported)
    recorded = {
        image: {
            "scanned": [package.purl for package in vexed.IMAGES[image][1]],
            "exported": json.loads(exported[image]),
            **scan._asdict(),
        }
        for image, scan in found.items()
    }
    vexed.ANSWERS.write_text(json.dumps(recorded, indent=1) + "\n")
    for image, scan in found.items():
        print(f"{image}: {len(scan.ignored)} ignored, {len(scan.matched)} left")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
