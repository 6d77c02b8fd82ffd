"""Challenges: what a registry's 401 asks for, from its ``WWW-Authenticate`` header.

Sources: RFC 9110 section 11.6.1 (several challenges may stand in one header), and the token authentication of the
distribution project.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_WORD = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_PARAMETER = re.compile(rf'\s*,?\s*({_WORD})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|({_WORD}))')
_SCHEME = re.compile(rf"\s*,?\s*({_WORD})(?=\s|,|$)(?!\s*=)")
_MAX_HEADER = 8 * 1024


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge.

    Attributes:
        scheme: in lower case, such as ``bearer`` or ``basic``.
        parameters: such as ``realm``, ``service`` and ``scope``; names in lower case.
    """

    scheme: str
    parameters: Mapping[str, str]


def read_challenges(header: str) -> tuple[Challenge, ...]:
    """Read a header; what cannot be understood ends the list."""
    found: list[Challenge] = []
    position = 0
    header = header[:_MAX_HEADER]
    while scheme := _SCHEME.match(header, position):
        position = scheme.end()
        parameters: dict[str, str] = {}
        while parameter := _PARAMETER.match(header, position):
            name, quoted, bare = parameter.groups()
            parameters.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) if bare is None else bare)
            position = parameter.end()
        found.append(Challenge(scheme[1].lower(), parameters))
    return tuple(found)
