"""SPDX 2.2 and 2.3 as tag-value text: the external references of type ``purl`` of each package.

A value may be a block ``<text>…</text>`` over many lines. What stands in a block is text, also when it looks like a
tag; a block that is never closed is an error, because it would swallow the packages after it.
Source: the SPDX specification 2.3, clause 7.21 and the tag-value rules of clause 5.
"""

from __future__ import annotations

import re

from webhook.errors import InvalidInput
from webhook.sboms import spdx
from webhook.sboms.inventory import Beside, Heading, Inventory
from webhook.sboms.json_documents import refuse_bad_text

_VERSION_LINE = re.compile(rb"(?:\A|[\r\n])[ \t]*SPDXVersion:")
_LINE = re.compile(
    # The tags that are read, and whatever else opens a block of text. Possessive, so that nothing is gone over twice.
    rb"^[ \t]*+(?:(Creator|ExternalRef|PackageName|PackageVersion|PrimaryPackagePurpose|SPDXVersion):"
    rb"|([A-Za-z]++):(?=[ \t]*+<text>))"
    rb"[ \t]*+(?:<text>(.*?)(</text>|\Z)|([^\r\n]*+))",
    re.MULTILINE | re.DOTALL,
)


class _Package:
    """The package whose tags are being read; packages and files open sections that end the one before."""

    group: str | None = None

    def __init__(self, name: str) -> None:
        self.name: str | None = name
        self.version: str | None = None
        self.purpose = ""
        self.has_purl = False


def is_tag_value(data: bytes) -> bool:
    """Whether one of the lines states an SPDX version."""
    return b"SPDXVersion:" in data and _VERSION_LINE.search(data) is not None


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
    for match in _LINE.finditer(data):
        tag, other, text, end, line = match.groups()
        if text is not None and not end:
            raise InvalidInput(
                f"The value of {(tag or other).decode()[:40]} is a <text> block that is never closed",
                remedy="Check that the document is complete; else write it again.",
            )
        value = (line if text is None else text).decode().strip() if tag else ""
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
        elif tag == b"ExternalRef":
            _add_reference(value, package, inventory)
    _close(package, inventory)
    return spdx.heading("spdx-tag-value", version, creators)


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
    if package is not None and not package.has_purl:
        inventory.add_without_purl(package.name, is_package=package.purpose not in spdx.NOT_PACKAGES)
