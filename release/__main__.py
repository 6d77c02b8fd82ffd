"""``python -m release``: build a release, say what is in it and, loudly, what is not."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from release import artifacts
from release.image import DEBIAN, MACHINES, Base, image
from release.sources import ROOT, ReleaseError, Sources, exported, notes
from tests.run import box


class Release:
    """One release on its way.

    Args:
        sources: what it is made of.
        into: the folder for its files.
    """

    def __init__(self, sources: Sources, into: Path) -> None:
        self._sources, self._into = sources, into
        self.faults: list[str] = []
        self.remarks: list[str] = []

    def add(self, name: str, make: Callable[[], Path]) -> Path | None:
        """Make a part; None when it cannot be made, which is kept as a fault."""
        print(f"{name} ...", flush=True)
        try:
            return make()
        except ReleaseError as problem:
            self.faults.append(f"{name}: {problem}")
            print(f"{name}: NOT MADE", flush=True)
            return None

    def make(self, platforms: list[str], base: str, address: str) -> None:
        """Make all parts."""
        sources, into = self._sources, self._into
        if not sources.is_clean:
            self.remarks.append("The working tree has changes that are in no commit; the release does not have them.")
        self.add("notes", self._notes)
        wheel = self.add("wheel", lambda: artifacts.wheel(sources, into))
        self.add("chart", lambda: artifacts.chart(sources, into))
        if wheel is not None:
            self.add("SBOM", lambda: artifacts.sbom(sources, wheel, into))
        for platform in platforms:
            self.add(f"image for {platform}", partial(self._image, platform, base, address))
        artifacts.checksums(into)

    def _notes(self) -> Path:
        target = self._into / "NOTES.md"
        target.write_text(notes(self._sources), encoding="utf-8")
        return target

    def _image(self, platform: str, base: str, address: str) -> Path:
        target, remark = image(self._sources, self._into, platform, Base.chosen(self._sources, base), address)
        if remark:
            self.remarks.append(f"image for {platform}: {remark}")
        return target


def main(arguments: list[str]) -> int:
    """Build a release; 0 when all of it is there, or when the rest is only said."""
    parser = argparse.ArgumentParser(prog="make release RELEASE=...", description=__doc__)
    parser.add_argument("--into", type=Path, default=ROOT / "dist", help="folder for the files; it is emptied first")
    parser.add_argument("--platform", action="append", choices=sorted(MACHINES), help="of the image; default: all")
    parser.add_argument("--base", default="", help=f"base image, or {DEBIAN!r}; default: that of the Dockerfile")
    parser.add_argument("--source", default="", help="address of the repository, for the label of the image")
    parser.add_argument("--strict", action="store_true", help="fail where a part is missing or not as it has to be")
    options = parser.parse_args(arguments)
    try:
        with exported() as sources:
            print(f"bomgate {sources.version} at {sources.revision[:12]}", flush=True)
            shutil.rmtree(options.into, ignore_errors=True)
            options.into.mkdir(parents=True)
            release = Release(sources, options.into)
            release.make(options.platform or sorted(MACHINES), options.base, options.source)
    except ReleaseError as problem:
        sys.exit(str(problem))
    for path in sorted(options.into.iterdir()):
        print(f"{path.stat().st_size / 1e6:9.2f} MB  {path}")
    incomplete = [*release.faults, *release.remarks]
    if incomplete:
        outcome = "FAILED, because of --strict" if options.strict else "not fit to be published"
        print(box(f"This release is not whole: {outcome}", incomplete), file=sys.stderr)
    return 1 if options.strict and incomplete else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
