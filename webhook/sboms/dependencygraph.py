"""The graph of dependencies in a document: its parts, what needs and what contains what, and the shortest way.

What names an unknown reference is left out; circles end where they began.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote

from webhook.errors import InvalidInput
from webhook.model.dependencies import DependencyPath, PathStep
from webhook.model.purls import STANDARD_LIBRARY, Purl, identify
from webhook.sboms.entries import shown
from webhook.sboms.gosubpaths import GO
from webhook.sboms.limits import Limits

_MOST_EDGES = 2_000_000
_FORWARD = frozenset(["DEPENDS_ON", "HAS_PREREQUISITE"])
_BACKWARD = ("DEPENDENCY_OF", "PREREQUISITE_FOR")
"""How the relationships end that say it the other way round, such as ``RUNTIME_DEPENDENCY_OF``."""


class DependencyGraph:
    """What a document says of its parts.

    Attributes:
        steps: by reference.
        found: references of the component that is looked for.
        roots: references of what the document is about.
        depends, contains: references by reference.

    Args:
        wanted: key of the component that is looked for.
        limits: the bounds on what it may cost.
    """

    def __init__(self, wanted: Purl, limits: Limits) -> None:
        self.steps: dict[str, PathStep] = {}
        self.found: set[str] = set()
        self.roots: list[str] = []
        self.depends: dict[str, list[str]] = {}
        self.contains: dict[str, list[str]] = {}
        self._wanted, self._limits, self._edges = wanted, limits, 0
        self._name = _folded(unquote(wanted.partition("@")[0].rpartition("/")[2]))
        if wanted.package == STANDARD_LIBRARY:
            self._name = "go"  # which the names of none of its spellings lack

    def add(self, ref: str | None, purls: Iterable[str], name: str, version: str, group: str) -> str:
        """Add a part; its reference."""
        if len(self.steps) >= self._limits.max_entries:
            raise InvalidInput(f"The SBOM lists more than {self._limits.max_entries} components", remedy="Split it.")
        key = ref if ref is not None and ref not in self.steps else f"\0{len(self.steps)}"
        purl = ""
        for text in purls:
            purl = purl or text
            if self._is_wanted(text, name, version, group):
                purl = text
                self.found.add(key)
        self.steps[key] = PathStep(shown(f"{name}@{version}" if version else name), shown(purl))
        return key

    def _is_wanted(self, text: str, name: str, version: str, group: str) -> bool:
        if self._name not in _folded(text) and self._name not in _folded(name):
            return False  # reading every purl would cost more than all else
        # A subpath of Go may be a package in the module, whoever wrote it.
        texts = (text, text.partition("#")[0]) if text.startswith(GO) and "#" in text else (text,)
        try:
            keys = [identify(spelling, name=name, group=group, version=version).key for spelling in texts]
        except InvalidInput:
            return False
        return self._wanted in keys

    def join(self, edges: dict[str, list[str]], start: str | None, end: str | None) -> None:
        """Note that one part has to do with another."""
        if start is None or end is None or start == end:
            return
        self._edges += 1
        if self._edges > _MOST_EDGES:
            raise InvalidInput(f"The SBOM states more than {_MOST_EDGES} relationships", remedy="Split it.")
        edges.setdefault(start, []).append(end)

    def relate(self, kind: str, start: str | None, end: str | None) -> None:
        """Note a relationship of SPDX 2, such as ``DEPENDS_ON``."""
        if kind == "DESCRIBES" and end is not None:
            self.roots.append(end)
        elif kind == "DESCRIBED_BY" and start is not None:
            self.roots.append(start)
        elif kind in _FORWARD:
            self.join(self.depends, start, end)
        elif kind.endswith(_BACKWARD):
            self.join(self.depends, end, start)
        elif kind == "CONTAINS":
            self.join(self.contains, start, end)
        elif kind == "CONTAINED_BY":
            self.join(self.contains, end, start)

    def way(self, sources: Iterable[str], *edges: Mapping[str, list[str]]) -> list[str]:
        """The shortest way from one of some parts to the component; empty when there is none."""
        before: dict[str, str | None] = {ref: None for ref in sources if ref in self.steps}
        waiting = deque(before)
        while waiting:
            here = waiting.popleft()
            if here in self.found:
                return list(_back(before, here))[::-1]
            for there in (other for kind in edges for other in kind.get(here, ())):
                if there in self.steps and there not in before:
                    before[there] = here
                    waiting.append(there)
        return []

    def answer(self) -> DependencyPath:
        """The shortest way that is known."""
        if not self.found:
            return DependencyPath(reason="The document does not list the component.")
        needed = {ref for there in self.depends.values() for ref in there}
        tops = [ref for ref in self.steps if ref in self.depends and ref not in needed]
        for sources in (self.roots, tops):
            way = self.way(sources, self.depends)
            if len(way) > 1:
                return DependencyPath(tuple(self.steps[ref] for ref in way), is_dependency=True)
        way = self.way(self.roots, self.depends, self.contains)
        if len(way) > 1:
            return DependencyPath(tuple(self.steps[ref] for ref in way))
        if not self.found.isdisjoint(self.roots):
            return DependencyPath(reason="The document is about the component itself.")
        if not self.depends and not self.contains:
            return DependencyPath(reason="The document states no relationships.")
        return DependencyPath(reason="The document does not say what brings the component in.")


def _folded(text: str) -> str:
    """A text without what spellings of one name differ in."""
    return unquote(text).lower().replace("_", "-").replace(".", "-")


def _back(before: Mapping[str, str | None], here: str) -> Iterator[str]:
    ref: str | None = here
    while ref is not None:
        yield ref
        ref = before[ref]
