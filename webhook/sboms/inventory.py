"""The inventory that a reader fills, and what of an entry is usable.

An entry is one of three things:

* *usable*: its purl can be read and names one version;
* *skipped*: it cannot be looked up, and the reason is kept;
* *no package*: its purl is of type ``oci`` or ``docker`` (the image itself, a base image, a layer), or it has no purl
  and the document says that it is an operating system, a container, a file and the like. Such an entry is only counted:
  it has no vulnerabilities of its own, and what it contains is listed by itself.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from webhook.errors import InvalidInput
from webhook.model.components import SkippedComponent, SkipReason
from webhook.model.purls import Purl, parse_common, parse_purl
from webhook.sboms.limits import Limits

MAX_SHOWN = 200
"""Characters of a name or detail that is kept for people."""

_UNUSABLE = Purl("")
_IMAGES = ("pkg:docker/", "pkg:oci/")
_NO_VERSIONS = frozenset(["(devel)", "latest", "noassertion", "none", "null", "undefined", "unknown", "unspecified"])
_RANGE = re.compile(r"\A[<>^=~]|\*|\|\||\$\{")


class Heading(NamedTuple):
    """What a document says about itself; the fields are those of :class:`webhook.model.components.Sbom`."""

    format: str
    version: str
    tool: str


class Inventory:
    """Collects the entries of one document, in document order.

    Entries with a purl are appended to two columns of equal length, since a call for each would cost more than reading
    it; :meth:`settle` finds out which of them are usable.

    Args:
        limits: the bounds.

    Attributes:
        purls: purls as written, one for each entry that has one.
        names: what the document calls these entries.
        components: the usable components, once settled.
        skipped: the entries that cannot be looked up.
        not_packages: how many entries are no packages.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.purls: list[str] = []
        self.names: list[str | None] = []
        self.components: dict[Purl, None] = {}
        self.skipped: list[SkippedComponent] = []
        self.not_packages = 0
        self._expected = 0

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
            self._skip(name, SkipReason.NO_PURL)
        else:
            self.not_packages += 1

    def settle(self) -> None:
        """Read the purls; in one go, because that is where the time goes."""
        found = parse_common(self.purls)
        for place in [place for place, purl in enumerate(found) if not purl]:
            found[place] = self._read(self.purls[place], self.names[place])
        self.components = dict.fromkeys(found)
        self.components.pop(_UNUSABLE, None)

    def _read(self, text: str, name: str | None) -> Purl:
        try:
            purl = parse_purl(text)
        except InvalidInput as problem:
            if text.strip():
                # The sentence begins with the purl, which is cut already.
                self._skip(name, SkipReason.MALFORMED_PURL, problem.message)
            else:
                self._skip(name, SkipReason.NO_PURL)
            return _UNUSABLE
        if purl.startswith(_IMAGES):
            self.not_packages += 1
        elif names_one_version(purl):
            return purl
        else:
            self._skip(name, SkipReason.NO_VERSION, purl)
        return _UNUSABLE

    def _skip(self, name: str | None, reason: SkipReason, detail: str = "") -> None:
        self.skipped.append(SkippedComponent(shown(name or ""), reason, shown(detail)))


def names_one_version(purl: Purl) -> bool:
    """Whether the version is one that can be looked up: neither missing, nor a word for a missing one, nor a range.

    Asking a source for ``UNKNOWN`` or ``^1.2`` gives no vulnerabilities, which would look clean.
    """
    version = purl.version
    return bool(version) and version.lower() not in _NO_VERSIONS and not _RANGE.search(version)


def shown(text: str) -> str:
    """The text cut to 200 characters and without characters that could upset a terminal or a log."""
    if len(text) > MAX_SHOWN:
        text = text[:MAX_SHOWN]
    return text if text.isprintable() else "".join(char if char.isprintable() else "\ufffd" for char in text)
