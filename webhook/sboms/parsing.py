"""From bytes to an SBOM: the format is recognised by what the document says, never by a name or a media type."""

from __future__ import annotations

import re
from collections.abc import Callable

from webhook.errors import InvalidInput
from webhook.model.components import Sbom, document_digest
from webhook.sboms import cyclonedx_xml, foreign, json_documents, tag_value
from webhook.sboms.entries import Heading
from webhook.sboms.inventory import Inventory
from webhook.sboms.limits import DEFAULT_LIMITS, Limits

READER = 10
"""Grows whenever the same bytes are read as other components than before.

1 took the purl's text for the package; 2 took NuGet's and Composer's versions, and what stands behind a colon in
coordinates of Maven, as they are written; 3 took addresses of Swift with their case and with products behind them,
``[1.0]`` and ``1.0!!`` for no version, and platforms of gems such as ``-freebsd`` for a part of it;
4 left out of which release and source package packages of distributions are; 5 left out epochs that stand in a
qualifier or beside a purl of type deb, took a subpath of Go for the end of the module's path whoever wrote it, and what
builders put behind the version of a Go toolchain for a part of it; 6 took a package of a distribution for its own
source package where none was stated, names of pub, hex and the like with their case, and left out what is nested in
SPDX 3; 7 and 8 took what builders put behind versions of Maven for a part of them, and further types for unknown ones;
8 took versions of npm with one or two numbers for such as its registry may hold.
"""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BLANKS = re.compile(rb"[ \t\r\n]*")


def parse(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Sbom:
    """Read an SBOM in any supported format.

    A document without one usable purl gives an SBOM without components; what that means is the caller's to decide.

    Args:
        data: the whole document, not compressed; one UTF-8 byte order mark is allowed.
        limits: the bounds on what it may cost.

    Raises:
        InvalidInput: it is in no supported format, not what it claims to be, damaged, or beyond the limits.
    """
    if len(data) > limits.max_bytes:
        raise InvalidInput(
            f"The SBOM is {len(data)} bytes long, more than the {limits.max_bytes} allowed",
            remedy="Leave out file lists (such as with Syft's `file.metadata.selection: none`), or raise the limit.",
        )
    text = data.removeprefix(_BYTE_ORDER_MARK)
    inventory = Inventory(limits)
    try:
        heading = _reader(text)(text, inventory)
        inventory.settle(heading.tool)
    except RecursionError as problem:
        raise InvalidInput("The document is nested too deeply", remedy="Check the tool that wrote it.") from problem
    except MemoryError as problem:
        raise InvalidInput("Reading the document takes too much memory", remedy="Split it.") from problem
    return Sbom(
        format=heading.format,
        version=heading.version,
        document_digest=document_digest(data),
        components=inventory.components,
        skipped=tuple(inventory.skipped),
        tool=heading.tool,
        not_packages=inventory.not_packages,
        spellings={purl: tuple(written) for purl, written in inventory.spellings.items()},
        not_in_image=inventory.not_in_image,
        reader=READER,
        document=data,
        locate=inventory.locate(),
    )


def _reader(text: bytes) -> Callable[[bytes, Inventory], Heading]:
    match = _BLANKS.match(text)
    start = match.end() if match else 0
    first = text[start : start + 1]
    if first in (b"{", b"["):
        return json_documents.read
    if first == b"<":
        return cyclonedx_xml.read
    if tag_value.is_tag_value(text):
        return tag_value.read
    raise foreign.bytes_error(text)
