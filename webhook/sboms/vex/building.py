"""What the readers of all three formats share: bounds, texts, times, and the names of products."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

import msgspec

from webhook.errors import InvalidInput
from webhook.model.vex import VexDocument, VexProduct, VexStatement, VexStatus

MOST_STATEMENTS = 100_000
MOST_NAMES = 500_000
"""Products and components of all statements together, however often they are named."""
MOST_TEXT = 48 * 1024 * 1024
"""Bytes of all statements as they are kept, each name as often as it is listed; real documents have below 10 MB."""
_MOST_ALIASES = 100
_TEXT, _REMARK, _NAME = 300, 1000, 4096
_FIRST, _LAST = dt.datetime(1990, 1, 1, tzinfo=dt.UTC), dt.datetime(2200, 1, 1, tzinfo=dt.UTC)
_MOMENTS = msgspec.json.Decoder(dt.datetime)
_HEX = frozenset("0123456789abcdef")
_ALGORITHMS = {"sha256": 64, "sha-256": 64, "sha512": 128, "sha-512": 128}


@dataclass(slots=True)
class Allowance:
    """How much of a document is left to read, so that short texts that name each other cost no more than long ones."""

    statements: int = field(default=MOST_STATEMENTS)
    names: int = field(default=MOST_NAMES)

    def spend(self, *, statements: int = 0, names: int = 0) -> None:
        """Take from it.

        Raises:
            InvalidInput: there is not so much left.
        """
        self.statements -= statements
        self.names -= names
        if self.statements < 0 or self.names < 0:
            what = f"{MOST_STATEMENTS} statements" if self.statements < 0 else f"{MOST_NAMES} products and components"
            raise InvalidInput(f"The VEX document has more than {what}", remedy="Split it.")


def refuse_overlong(document: VexDocument) -> None:
    """Refuse a document whose statements are far longer than its text, because they share long names.

    Raises:
        InvalidInput: a component has too long a name, or all names together are too long.
    """
    left = MOST_TEXT
    for stated in document.statements:
        left -= sum(map(_size, (stated.id, *stated.vulnerabilities, stated.justification, stated.remark, stated.flaw)))
        for about in stated.products:
            parts = (*about.components, *about.versions)
            if any(len(part) > _NAME for part in parts):
                raise InvalidInput(
                    f"The VEX document names a component in more than {_NAME} letters", remedy="Correct the name."
                )
            left -= sum(map(_size, (*about.names, *about.digests, *parts)))
            if left < 0:
                break
        if left < 0:
            raise InvalidInput(
                f"The names in all statements of the VEX document have more than {MOST_TEXT} bytes", remedy="Split it."
            )


def _size(value: str) -> int:
    return len(value) if value.isascii() else len(value.encode())


def text(value: str | None, most: int = _TEXT) -> str:
    """A text in one line, without what people cannot see, at most so long."""
    if not value:
        return ""
    if len(value) <= most and value.isprintable():
        return value.strip()
    shown = " ".join("".join(letter if letter.isprintable() else " " for letter in value[: 4 * most]).split())
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def remark(value: str | None) -> str:
    """A longer text."""
    return text(value, _REMARK)


def moment(value: str | None, what: str) -> dt.datetime | None:
    """A time of RFC 3339, UTC; None when there is none.

    Raises:
        InvalidInput: it is none, says no time zone, or is no year of ours.
    """
    if not value:
        return None
    try:
        found = _MOMENTS.decode(msgspec.json.encode(value)).astimezone(dt.UTC)
    except (msgspec.MsgspecError, OverflowError, UnicodeError) as problem:
        raise InvalidInput(
            f"{what} is {value[:40]!r}, which is no time", remedy="Write it as 2026-11-30T12:00:00Z."
        ) from problem
    if "T" not in value.upper() or not (value.upper().endswith("Z") or value[-6:-5] in "+-"):
        raise InvalidInput(f"{what} is {value[:40]!r}, which has no time zone", remedy="Write a Z at its end.")
    if not _FIRST <= found < _LAST:
        raise InvalidInput(f"{what} is {value[:40]!r}, which cannot be", remedy="Correct it.")
    return found


def needed(value: dt.datetime | None, what: str) -> dt.datetime:
    """A time that has to be there.

    Raises:
        InvalidInput: it is not.
    """
    if value is None:
        raise InvalidInput(f"The VEX document has no {what}, so nobody can tell which statement is newer")
    return value


def identifiers(names: Iterable[str | None]) -> tuple[str, ...]:
    """An id and aliases, each once, in their order.

    Raises:
        InvalidInput: there are too many.
    """
    found = dict.fromkeys(name.strip() for name in names if name and name.strip())
    if len(found) > _MOST_ALIASES:
        raise InvalidInput(f"A statement names more than {_MOST_ALIASES} vulnerabilities", remedy="Split it.")
    return tuple(name[:200] for name in found)


def digest_in(name: str) -> str:
    """The digest of an image that an identifier names: a purl, a reference, or the digest alone; empty without one."""
    plain = unquote(name.partition("?")[0].partition("#")[0])
    at = plain.rfind("sha")
    candidate = plain[at:] if at >= 0 and (at == 0 or plain[at - 1] == "@") else ""
    if not candidate and name.startswith("pkg:"):
        return ""
    return digest_of(*candidate.partition(":")[::2]) if candidate else ""


def digest_of(algorithm: str, digits: str) -> str:
    """``sha256:<hex>`` of a hash; empty for algorithms that images have none of."""
    algorithm, digits = algorithm.strip().lower(), digits.strip().lower()
    if _ALGORITHMS.get(algorithm) != len(digits) or not _HEX.issuperset(digits):
        return ""
    return f"{algorithm.replace('-', '')}:{digits}"


def product(
    names: Iterable[str | None],
    hashes: Mapping[str, str] | None = None,
    components: tuple[str, ...] = (),
    versions: tuple[str, ...] = (),
) -> VexProduct:
    """A product by all that it is called."""
    called = tuple(dict.fromkeys(name[:_NAME] for name in names if name))
    digests = [digest_in(name) for name in called]
    digests += [digest_of(algorithm, digits) for algorithm, digits in (hashes or {}).items()]
    return VexProduct(called, tuple(dict.fromkeys(filter(None, digests))), components, versions)


_WORDS = {status.value: status for status in VexStatus}


def statement(  # the parts of a statement are what the formats have in common
    identifier: str,
    vulnerabilities: tuple[str, ...],
    said: str | VexStatus,
    at: dt.datetime,
    products: tuple[VexProduct, ...],
    justification: str = "",
    explanation: str = "",
    flaw: str = "",
) -> VexStatement:
    """A statement; what nobody may believe of it is its flaw.

    Args:
        identifier: of the statement.
        vulnerabilities: what it is about.
        said: its status.
        at: its time.
        products: what it is about.
        justification: the format's word for why something is not affected.
        explanation: the same in a sentence, or what to do.
        flaw: what the reader found wrong with it; empty for nothing.
    """
    status = _WORDS.get(said, VexStatus.AFFECTED)
    if said not in _WORDS:
        flaw = flaw or f"its status is {said[:40]!r}, which there is not"
    if not vulnerabilities:
        flaw = flaw or "it names no vulnerability"
    if status is VexStatus.NOT_AFFECTED and not justification and not explanation:
        flaw = flaw or "it does not say why the product is not affected"
    return VexStatement(
        text(identifier), vulnerabilities, status, at, products, text(justification), remark(explanation), text(flaw)
    )
