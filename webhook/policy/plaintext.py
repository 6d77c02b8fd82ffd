"""Plain text: makes text from SBOMs, advisories and comments safe for terminals, logs and headers.

Such text is written by strangers. Control characters would break the line or the terminal, bidirectional marks make a
line read as something that it is not, and lone surrogates cannot be encoded at all.
"""

from __future__ import annotations

import re
import unicodedata

_ELLIPSIS = "…"
_BLANKS = frozenset(("Cc", "Zl", "Zp", "Zs"))
_HIDDEN = frozenset(("Cf", "Cs", "Cn", "Co"))
_FORMULA = re.compile("(^|[;\t\r\n][ \"']*)(?=[-=+@\t\r\n\uff0d\uff1d\uff0b\uff20])")
"""Where a spreadsheet may begin a cell with a formula. Some take semicolons for commas, whatever is quoted, and wide
signs of East Asia for the usual ones."""


def plain(text: str, limit: int = 0) -> str:
    """The text as one line of at most ``limit`` characters, without control, bidirectional and invisible ones.

    Args:
        text: anything.
        limit: characters (code points) that the result may have; 0 cuts nothing. What is cut ends in ``…``.
    """
    # Reading all of a long text just to cut most of it off would let outsiders choose how much work this is.
    head = text[: 4 * limit] if limit else text
    has_more = len(head) < len(text)
    if not (head.isascii() and head.isprintable()):
        head = "".join(_plain_character(character) for character in head)
    line = " ".join(head.split())
    if has_more:
        line += _ELLIPSIS
    return cut(line, limit) if limit else line


def cut(line: str, limit: int) -> str:
    """The line, or its first part and ``…``, in at most ``limit`` characters."""
    if len(line) <= limit:
        return line
    return line[: max(limit - 1, 0)].rstrip() + _ELLIPSIS if limit > 0 else ""


def spreadsheet_cell(text: str) -> str:
    """The text with an apostrophe before whatever a spreadsheet would run as a formula."""
    return _FORMULA.sub(r"\1'", text)


def escaped(text: str) -> str:
    """JSON that means the same, with all that :func:`plain` would change in its strings escaped by four hex digits.

    Programs get the exact strings, and nothing hidden or reversed reaches a person who looks at the text itself.

    Args:
        text: JSON; outside of strings it has blanks and line ends alone.
    """
    if text.isascii() and "\x7f" not in text:
        return text
    hidden = {
        ord(character): "".join(f"\\u{unit:04x}" for unit in _utf16(character))
        for character in set(text)
        if character not in " \n" and _plain_character(character) != character
    }
    return text.translate(hidden) if hidden else text


def _utf16(character: str) -> tuple[int, ...]:
    code = ord(character)
    if code < 0x10000:
        return (code,)
    return (0xD800 + ((code - 0x10000) >> 10), 0xDC00 + (code & 0x3FF))


def is_plain(text: str) -> bool:
    """Whether the text is one line without characters that :func:`plain` would change."""
    return all(_plain_character(character) == character for character in text)


def _plain_character(character: str) -> str:
    category = unicodedata.category(character)
    if category in _BLANKS:
        return " "
    return "" if category in _HIDDEN else character
