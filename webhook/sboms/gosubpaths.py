"""Subpaths of Go's package URLs, by which tools mean two things.

Syft 1.0 to 1.38 put the end of a module's path there (``github.com/hashicorp/vault@v0.9.0#api`` is a module beside
``github.com/hashicorp/vault``); Snyk, and the purl specification, name a package inside the module before the ``#``
(``golang.org/x/crypto@v0.17.0#ssh``). So the tool that the document names decides; where that is another one, each of
the two readings gives a component.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

from webhook.model.components import BETWEEN_TOOLS

GO = "pkg:golang/"
_MAJOR = re.compile(r"v([2-9]|[1-9][0-9]+)\Z")
"""The end of a path that names the major version, which no folder of a module has beside the module itself."""
_PURL = re.compile(r"pkg:golang/[^@?#]*@v?([0-9]+)?")


class Reading(NamedTuple):
    """A package URL of Go, without what it does not say about the module.

    Attributes:
        purl: to be read.
        name: what the document calls the module.
    """

    purl: str
    name: str


def readings(text: str, name: str, group: str, tool: str) -> Iterator[Reading]:
    """How a package URL may be read: its subpath as the end of the module's path, or as a package inside it.

    Args:
        text: the purl as written.
        name: what stands beside it.
        group: likewise.
        tool: that wrote the document, as :class:`webhook.sboms.entries.Heading` has it.
    """
    module, _, subpath = text.partition("#")
    subpath = "/".join(filter(None, unquote(subpath).strip().split("/")))
    tools = tool.lower().split(BETWEEN_TOOLS)
    is_of_snyk = all("snyk" in named for named in tools)
    # Of a merged document the first tool says how it is read, unless Snyk wrote a part of it.
    by_syft = "syft" in tools[0] and not any("snyk" in named for named in tools)
    # By the name beside the purl alone nobody can tell; of the two tools Snyk states a group.
    is_of_syft = not subpath or by_syft or _is_major(module, subpath) or not (tool or group)
    if is_of_syft or not is_of_snyk:
        yield Reading(text, name)
    if not is_of_syft:
        end = f"/{subpath}"
        yield Reading(module, name[: -len(end)] if name.lower().endswith(end.lower()) else name)


def _is_major(module: str, subpath: str) -> bool:
    major, version = _MAJOR.match(subpath), _PURL.match(module)
    return major is not None and version is not None and major[1] == version[1]
