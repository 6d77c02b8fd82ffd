"""SPDX 2.2 and 2.3 as tag-value text: the external references of type ``purl`` of each package.

A value may be a block ``<text>…</text>`` over many lines. What stands in a block is text, also when it looks like a
tag; a block that is never closed is an error, because it would swallow the packages after it.
Source: the SPDX specification 2.3, clause 7.21 and the tag-value rules of clause 5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from webhook.errors import InvalidInput
from webhook.sboms import spdx
from webhook.sboms.entries import Beside, Heading
from webhook.sboms.inventory import Inventory
from webhook.sboms.json_documents import refuse_bad_text

_VERSION_LINE = re.compile(rb"(?:\A|[\r\n])[ \t]*+SPDXVersion:")
_READ = frozenset(
    [
        b"Creator",
        b"ExternalRef",
        b"PackageName",
        b"PackageSourceInfo",
        b"PackageVersion",
        b"PrimaryPackagePurpose",
        b"SPDXVersion",
    ]
)
_BLANKS = b" \t"
_OPEN, _CLOSE = b"<text>", b"</text>"
_PIECE, _OVERLAP = 256 * 1024, 4 * 1024


class _Package:
    """The package whose tags are being read; packages and files open sections that end the one before."""

    group: str | None = None

    def __init__(self, name: str) -> None:
        self.name: str | None = name
        self.version: str | None = None
        self.purpose = ""
        self.source_info: str | None = None
        self.has_purl = False


def is_tag_value(data: bytes) -> bool:
    """Whether one of the lines states an SPDX version."""
    if b"SPDXVersion:" not in data:
        return False
    starts = range(0, len(data), _PIECE)
    return any(_VERSION_LINE.search(data, start, start + _PIECE + _OVERLAP) is not None for start in starts)


def read(data: bytes, inventory: Inventory) -> Heading:
    """Read a tag-value document.

    Args:
        data: the text, UTF-8 without a byte order mark.
        inventory: takes the entries.

    Raises:
        InvalidInput: it is no UTF-8, of another version, has an open text block, or is beyond the limits.
    """
    refuse_bad_text(data)
    version, creators = "", list[str]()
    package: _Package | None = None
    for tag, content in values(data, 4 * inventory.limits.max_objects, _READ):
        value = content.decode().strip()
        if tag == b"SPDXVersion":
            version = version or value
        elif tag == b"Creator":
            creators.append(value)
        elif tag == b"PackageName":
            _close(package, inventory)
            inventory.expect(1)
            package = _Package(value)
        elif package is not None and tag == b"PackageVersion":
            package.version = value
        elif package is not None and tag == b"PrimaryPackagePurpose":
            package.purpose = value
        elif package is not None and tag == b"PackageSourceInfo":
            package.source_info = value
        elif tag == b"ExternalRef":
            _add_reference(value, package, inventory)
    _close(package, inventory)
    return spdx.heading("spdx-tag-value", version, creators)


def values(data: bytes, most: int, read: Set[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """The tags that are read with their values, in order; blocks of text of all other tags are passed over.

    Line by line and never by one expression over the whole text, so that other threads get their turn in between.

    Args:
        data: the text.
        most: lines with a colon that are looked at.
        read: the tags.

    Raises:
        InvalidInput: a block of text is never closed, or there are more lines.
    """
    position, lines = 0, 0
    while (colon := data.find(b":", position)) >= 0:
        lines += 1
        if lines > most:
            raise InvalidInput(
                f"The document has more than {most} lines with a colon, which no SBOM does",
                remedy="Check the tool that wrote it.",
            )
        start = max(position, data.rfind(b"\n", position, colon) + 1)
        end = data.find(b"\n", colon)
        end = len(data) if end < 0 else end
        position = end + 1
        tag = data[start:colon].lstrip(_BLANKS)
        if tag not in read and not tag.isalpha():
            continue
        value = data[colon + 1 : end].lstrip(_BLANKS)
        if not value.startswith(_OPEN):
            if tag in read:
                yield tag, value.partition(b"\r")[0]
            continue
        begin = end - len(value) + len(_OPEN)
        close = data.find(_CLOSE, begin)
        if close < 0:
            raise InvalidInput(
                f"The value of {tag.decode()[:40]} is a <text> block that is never closed",
                remedy="Check that the document is complete; else write it again.",
            )
        if tag in read:
            yield tag, data[begin:close]
        following = data.find(b"\n", close)
        position = len(data) if following < 0 else following + 1


def _add_reference(value: str, package: _Package | None, inventory: Inventory) -> None:
    parts = value.split(None, 2)  # category, type, locator
    if len(parts) == 3 and spdx.is_purl(parts[1]):
        if package is None or package.has_purl:
            inventory.expect(1)
        inventory.purls.append(parts[2])
        inventory.entries.append(package or Beside())
        if package is not None:
            package.has_purl = True


def _close(package: _Package | None, inventory: Inventory) -> None:
    if package is None:
        return
    if package.purpose in spdx.SYSTEMS:
        inventory.add_system(package.name, package.version)
    if not package.has_purl:
        inventory.add_without_purl(package.name, is_package=package.purpose not in spdx.NOT_PACKAGES)
