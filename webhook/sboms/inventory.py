"""The inventory that a reader fills, and what of an entry is usable.

An entry is one of four things:

* *usable*: its purl can be read and names a package that a registry may hold;
* *skipped*: it cannot be looked up, and the reason is kept;
* *not in the image*: the document says so; such an entry is only counted;
* *no package*: its purl is of type ``oci`` or ``docker`` (the image itself, a base image, a layer), or it has no purl
  and the document says that it is an operating system, a container, a file and the like. Such an entry is only counted:
  it has no vulnerabilities, and what it contains is listed by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Set
from functools import partial
from itertools import compress, count
from operator import methodcaller, ne

from webhook.errors import InvalidInput
from webhook.model.components import SkippedComponent, SkipReason
from webhook.model.purls import Purl
from webhook.model.purlshapes import common_keys
from webhook.sboms.contexts import located
from webhook.sboms.entries import NAMELESS, Entry, as_read, identity, restored, shown, shown_name
from webhook.sboms.gosubpaths import GO, readings
from webhook.sboms.limits import Limits

_NPM = "pkg:npm/"
_DEB = "pkg:deb/"
_RESTORED = frozenset([GO[4:6], _NPM[4:6]])
"""How the types begin of which the document's name can restore what the purl's spelling lost."""
_PACKAGED = methodcaller("startswith", ("pkg:apk/", "pkg:deb/", "pkg:rpm/"))
_MOST_SYSTEMS = 8
_UNUSABLE = Purl("")
_IMAGES = ("pkg:docker/", "pkg:oci/")
_IMAGE = re.compile(r"pkg:(?:docker|oci)/[A-Za-z0-9._/-]++@sha256(?::|%3A)[0-9a-f]{64}(?:\?|\Z)").match
"""How nearly every document names the image that it is about."""
_DEVEL = re.compile(r"pkg:golang/((?:[A-Za-z0-9._~-]++/)++[A-Za-z0-9._~-]++)@(?:\(devel\)|%28devel%29)\Z").match
"""How programs in Go state modules that were built from a folder."""
_PACKAGE_OF_GO = "type=package"
_MOST_FOLDERS = 64
"""Between a Go package and the root of its module."""


class Inventory:
    """Collects the entries of one document, in document order.

    Entries with a purl are appended to two columns of equal length, since a call for each would cost more than reading
    it; :meth:`settle` finds out which of them are usable.

    Args:
        limits: the bounds.

    Attributes:
        purls: purls as written, one for each entry that has one.
        entries: what else the document says of these.
        systems: name and version of each operating system that the document lists.
        components: the usable components, once settled.
        spellings: how the document spelt some of them, see :class:`webhook.model.components.Sbom`.
        skipped: the entries that cannot be looked up.
        not_packages: how many entries are no packages.
        not_in_image: how many entries are not in the image.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.purls: list[str] = []
        self.entries: list[Entry] = []
        self.systems: list[tuple[str, str]] = []
        self.components: tuple[Purl, ...] = ()
        self.skipped: list[SkippedComponent] = []
        self.spellings: dict[Purl, dict[Purl, None]] = {}
        self.not_packages = 0
        self.not_in_image = 0
        self._expected = 0
        self._found: list[str] = []
        self._tool = ""

    def expect(self, entries: int) -> None:
        """Announce entries before they are added.

        Raises:
            InvalidInput: the document holds more than the limit.
        """
        self._expected += entries
        if self._expected > self.limits.max_entries:
            raise InvalidInput(
                f"The SBOM lists more than {self.limits.max_entries} components",
                remedy="Split it by layer or ecosystem, or raise the limit.",
            )

    def add_without_purl(self, name: str | None, *, is_package: bool) -> None:
        """Add an entry that states no purl.

        Args:
            name: what the document calls it.
            is_package: False when the document says that it is something else.
        """
        if is_package:
            self.skipped.append(SkippedComponent(shown(name) if name else "", SkipReason.NO_PURL))
        else:
            self.not_packages += 1

    def add_system(self, name: str | None, version: str | None) -> None:
        """Note an operating system; at most a few, as no image has more."""
        if name and len(self.systems) < _MOST_SYSTEMS:
            self.systems.append((name, version or ""))

    def settle(self, tool: str = "") -> None:
        """Read the purls; in one go, because that is where the time goes.

        Args:
            tool: that wrote the document.
        """
        self._tool = tool
        lines = "\n".join([*self.purls, ""])
        found, unread = common_keys(self.purls, lines)
        entries = self.entries
        go_packages: list[int] = []
        subpaths: list[int] = []
        for place in self._unsettled(found, unread, lines):
            key, text = found[place], self.purls[place]
            if key.startswith(_DEB):
                found[place] = self._read(text, self.entries[place])
                continue
            if key and key[4:6] not in _RESTORED:
                continue
            if key:
                found[place] = restored(key, entries[place]) or self._read(text, entries[place])
            elif text.startswith(GO) and _PACKAGE_OF_GO in text:
                go_packages.append(place)
            elif text.startswith(GO) and "#" in text:
                subpaths.append(place)
            else:
                found[place] = self._read(text, entries[place])
        if go_packages:
            self._fold_packages(found, go_packages)
        self._read_subpaths(found, subpaths, tool)
        self._found = found
        distinct = dict.fromkeys(found)
        distinct.pop("", None)
        self.components = tuple(map(Purl, distinct))

    def locate(self) -> Callable[[], tuple[Purl, ...]] | None:
        """Gives the usable components, once settled, with the contexts of packages of distributions; None without any.

        Writing contexts takes as long as all else, and most who read a document want none.
        """
        if not any(map(_PACKAGED, self._found)):
            return None
        return partial(located, self._found, self.purls, self.entries, self.systems, self._tool)

    def _unsettled(self, found: list[str], unread: list[int], lines: str) -> list[int]:
        """Places of the purls that were not read, and of those whose key the document's name may change."""
        if _DEB in lines and (lacking := self._without_epoch(found)):
            unread = sorted({*unread, *lacking})
        if GO not in lines and _NPM not in lines:
            return unread
        # A name without capitals restores none, and neither does one that stands in the key.
        names = _shown_names(self.entries)
        doubtful = [place for place in _with_capitals(names) if names[place] not in found[place]]
        return sorted({*unread, *doubtful}) if doubtful else unread

    def _without_epoch(self, found: list[str]) -> list[int]:
        """Places of packages of Debian whose epoch stands in nothing but the version beside the purl."""
        stated = [place for place, entry in enumerate(self.entries) if (said := entry.version) and ":" in said]
        return [place for place in stated if (key := found[place]).startswith(_DEB) and ":" not in key[4:]]

    def _read(self, text: str, entry: Entry) -> Purl:
        if _IMAGE(text):
            self.not_packages += 1
            return _UNUSABLE
        if (folder := _DEVEL(text)) and entry.name == folder[1] and entry.version in (None, "", "(devel)"):
            detail = f"{GO}{folder[1]}@%28devel%29: '(devel)' stands for a missing version"
            self._skip(entry.name, SkipReason.NO_VERSION, detail)
            return _UNUSABLE
        try:
            one, why = identity(text, entry)
        except InvalidInput as problem:
            if text.strip():
                # The sentence begins with the purl, which is cut already.
                self._skip(entry.name, SkipReason.MALFORMED_PURL, problem.message)
            else:
                self._skip(entry.name, SkipReason.NO_PURL)
            return _UNUSABLE
        purl = one.key
        if purl.startswith(_IMAGES):
            self.not_packages += 1
        elif why:
            self._skip(entry.name, why[0], f"{purl}: {why[1]}")
        else:
            if one.spelling:
                self.spellings.setdefault(purl, {})[one.spelling] = None
            return purl
        return _UNUSABLE

    def _read_subpaths(self, found: list[str], places: list[int], tool: str) -> None:
        """Read the purls of Go modules with a subpath, some of which may be one module or another."""
        for place in places:
            entry = self.entries[place]
            one, *others = readings(self.purls[place], entry.name or "", entry.group or "", tool)
            found[place] = self._read(one.purl, as_read(entry, one))
            for other in others:
                self.purls.append(other.purl)
                self.entries.append(as_read(entry, other))
                found.append(self._read(other.purl, self.entries[-1]))

    def _fold_packages(self, found: list[str], places: list[int]) -> None:
        """Take out the packages inside Go modules that cyclonedx-gomod lists beside the modules."""
        modules = set(found)
        for place in places:
            text, hash_sign, _ = self.purls[place].partition("#")
            entry = NAMELESS if hash_sign else self.entries[place]  # before a subpath stands the module
            try:
                key = identity(text, entry)[0].key
            except InvalidInput:
                key = _UNUSABLE
            if key and (key.version.startswith("go") or _is_inside(key, modules)):
                self.not_packages += 1
            else:
                found[place] = self._read(text, entry)

    def _skip(self, name: str | None, reason: SkipReason, detail: str = "") -> None:
        self.skipped.append(SkippedComponent(shown(name or ""), reason, shown(detail)))


def _is_inside(package: Purl, modules: Set[str]) -> bool:
    """Whether a Go package is in one of the modules; the package at a module's root has the same path."""
    path, _, version = package.rpartition("@")
    for _ in range(_MOST_FOLDERS):
        if len(path) <= len(GO):
            return False
        if f"{path}@{version}" in modules:
            return True
        path = path.rpartition("/")[0]
    return False


def _shown_names(entries: list[Entry]) -> list[str]:
    """What a document calls its packages; nearly all of one document have no group."""
    if any(entry.group for entry in entries):
        return [shown_name(entry) for entry in entries]
    return [entry.name or "" for entry in entries]


def _with_capitals(names: list[str]) -> Iterable[int]:
    """Places of the names that hold capitals."""
    together = "\n".join(names)
    small = together.lower()
    if small == together:
        return ()
    lowered = small.split("\n")
    if len(lowered) != len(names):  # one of them holds a line end
        return range(len(names))
    return compress(count(), map(ne, names, lowered))
