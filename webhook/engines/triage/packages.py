"""Packages in any state, and the images that contain them."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from webhook.engines.readmodel import ReadModel
from webhook.engines.triage.board import Board
from webhook.engines.triage.boards import BoardSource
from webhook.engines.triage.judged import JudgedWorkload, KnownImage
from webhook.errors import InvalidInput
from webhook.model.components import ComponentState
from webhook.model.distributions import context_of
from webhook.model.images import Digest
from webhook.model.purls import Purl
from webhook.model.triage import ComponentLine, Key, PackageLine, PackageScan, Page
from webhook.ports import TriageStore

MOST_VERSIONS = 200
"""Versions of a package that are shown."""
_PORTION, _MOST_PORTIONS = 500, 10
_SHOWN_VERSIONS = 20


@dataclass(frozen=True, slots=True)
class PackageRow:
    """A package as people see it.

    Attributes:
        line: of the store.
        images: how many images have it, bounded.
    """

    line: PackageLine
    images: int


@dataclass(frozen=True, slots=True)
class PackageHolders:
    """A package, and who has it.

    Attributes:
        package: purl without version.
        versions: in use, each with how many images have it.
        images: that have one of them, sorted by title.
        workloads: that run one of these images.
    """

    package: str
    versions: tuple[tuple[ComponentLine, int], ...]
    images: tuple[KnownImage, ...]
    workloads: tuple[JudgedWorkload, ...]


class PackageLists:
    """Gives lists of packages and components.

    Args:
        store: where they are.
        model: what is known.
        boards: who has them.
    """

    def __init__(self, store: TriageStore, model: ReadModel, boards: BoardSource) -> None:
        self._store, self._model, self._boards = store, model, boards

    def page(self, scan: PackageScan, after: Key | None = None, most: int = 50) -> Page[PackageRow]:
        """A page in order of the names.

        Raises:
            TooBroad: it took too long.
            StoreError: the store did not answer.
        """
        board = self._boards.now()
        if scan.is_exact and scan.version_glob is not None:
            return Page(() if after is not None else self._of_version(board, str(scan.name), scan.version_glob))
        if board.limits is not None or scan.version_glob is not None:
            return self._page_within(board, scan, after, most)
        lines, where = self._store.packages(scan, after, most + 1), board.where
        rows = tuple(
            PackageRow(self._with_reasons(line), len(where.places((version.number for version in line.versions), 1000)))
            for line in lines[:most]
        )
        last = rows[-1].line if len(lines) > most else None
        return Page(rows, None if last is None else (last.name, last.package))

    def _told(self, lines: Sequence[ComponentLine]) -> Sequence[ComponentLine]:
        """With the reasons why no source covers them."""
        without = [line.number for line in lines if line.state is ComponentState.NOT_COVERED]
        if not without:
            return lines
        reasons = self._model.uncovered(without)
        return [replace(line, uncovered=reasons.get(line.number)) for line in lines]

    def _with_reasons(self, line: PackageLine) -> PackageLine:
        return replace(line, versions=tuple(self._told(line.versions)))

    def _of_version(self, board: Board, package: str, pattern: str) -> tuple[PackageRow, ...]:
        """The package with the versions that are looked for; none when no image of the board has one."""
        lines = self.versions(package, pattern)
        if board.limits is not None:
            lines = tuple(line for line in lines if board.where.places((line.number,)))
        if not lines:
            return ()
        shown, images = lines[:_SHOWN_VERSIONS], board.where.places((line.number for line in lines), 1000)
        line = PackageLine(package, Purl(package).name.lower(), shown, len(lines) > len(shown))
        return (PackageRow(line, len(images)),)

    def _page_within(self, board: Board, scan: PackageScan, after: Key | None, most: int) -> Page[PackageRow]:
        """A page with the packages, and versions, that are looked for and images of a board have; it may be short."""
        rows: list[PackageRow] = []
        for _ in range(_MOST_PORTIONS):
            lines = self._store.packages(scan, after, _PORTION)
            for line in lines:
                after = (line.name, line.package)
                versions: Sequence[ComponentLine] = line.versions
                if scan.version_glob is not None:
                    versions = self.versions(line.package, scan.version_glob)
                elif line.more:
                    versions = self._store.versions(line.package, None, MOST_VERSIONS)
                held = tuple(version for version in self._told(versions) if board.where.places((version.number,)))
                if held:
                    images = len(board.where.places((version.number for version in held), 1000))
                    rows.append(PackageRow(replace(line, versions=held, more=False), images))
                if len(rows) == most:
                    return Page(tuple(rows), after)
            if len(lines) < _PORTION:
                return Page(tuple(rows))
        return Page(tuple(rows), after)

    def holders(self, package: str) -> PackageHolders | None:
        """Who has a package, in whatever state; None when nobody has it.

        Args:
            package: purl without version.

        Raises:
            TooBroad: it took too long.
            StoreError: the store did not answer.
        """
        lines = self._told(self._store.versions(package, None, MOST_VERSIONS))
        if not lines:
            return None
        board = self._boards.now()
        if board.limits is not None:
            lines = [line for line in lines if board.where.places((line.number,))]
            if not lines:
                return None
        digests = board.where.images(line.number for line in lines)
        versions = tuple((line, len(board.where.places([line.number]))) for line in lines)
        return PackageHolders(package, versions, images_of(board, digests), workloads_of(board, digests))

    def versions(self, package: str, pattern: str | None = None) -> tuple[ComponentLine, ...]:
        """The components of a package, in order of their purls.

        Args:
            package: purl without version.
            pattern: a glob for their versions, with or without the epoch of an rpm; None means all.

        Raises:
            TooBroad: it took too long.
            StoreError: the store did not answer.
        """
        found: list[ComponentLine] = []
        after: str | None = None
        while True:
            lines = self._store.versions(package, after, MOST_VERSIONS)
            found += self._told(lines)
            if len(lines) < MOST_VERSIONS:
                break
            after = str(lines[-1].purl)
        if pattern is None:
            return tuple(found)
        return tuple(line for line in found if any(fnmatch.fnmatchcase(text, pattern) for text in _versions(line.purl)))

    def contents(self, digest: Digest, after: Key | None = None, most: int = 50) -> Page[ComponentLine]:
        """The components of an image, in order of their purls.

        Raises:
            InvalidInput: no SBOM of the image is known.
            StoreError: the store did not answer.
        """
        numbers = self._model.components_of(digest)
        if numbers is None:
            raise InvalidInput(f"No SBOM of the image {digest} is known.", remedy="Look at the list of images.")
        lines = self._store.components(numbers, None if after is None else str(after[0]), most + 1)
        is_more = len(lines) > most
        return Page(tuple(self._told(lines[:most])), (str(lines[most - 1].purl),) if is_more else None)


def _versions(purl: Purl) -> tuple[str, ...]:
    return (purl.version, context_of(purl).version) if purl.type == "rpm" else (purl.version,)


def images_of(board: Board, digests: Sequence[Digest]) -> tuple[KnownImage, ...]:
    """Images of a board, sorted by title."""
    found = [board.by_digest[digest] for digest in digests if digest in board.by_digest]
    return tuple(sorted(found, key=lambda image: (image.title, image.digest)))


def workloads_of(board: Board, digests: Sequence[Digest]) -> tuple[JudgedWorkload, ...]:
    """Workloads of a board that run one of some images, in its order."""
    places = {place for digest in digests for place in board.running.get(digest, ())}
    return tuple(board.workloads[place] for place in sorted(places))
