"""Versions: in what order they come, by purl type. Ranges of them are in ``policy.ranges``.

Every version gets a key, and keys are compared as tuples, so that the order is total whatever people call their
versions. A key is the epoch and one part for each number or word. Parts weigh, from low to high: ``~``, words of a
pre-release, words that are not known (save where the type says otherwise), the end, words of a later patch, numbers
behind a hyphen, numbers behind a dot. Zeros before a word or the end say nothing (1, 1.0 and 1.0.0 are one version),
nor does a leading ``v``.

- npm, cargo, golang, swift, nuget, pub, hex: Semantic Versioning 2.0.0, section 11; what follows ``+`` says nothing
  (as in Go's ``+incompatible``). A fourth number counts, and NuGet's words have no case.
- maven: the order of ComparableVersion; words it does not know (``jre``, ``redhat``) come after the plain version.
- pypi: PEP 440 (epoch, dev, a, b, rc, post); a local part says nothing.
- rpm, deb, apk: epoch, ``~`` before everything; no word means a pre-release.
- all others (gem, composer, conan, conda, cran …): one letter right behind the last number is a patch, as in OpenSSL's
  ``1.1.1k``; words that are not known mean a pre-release.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

Part = tuple[int, int, str]
VersionKey = tuple[int, tuple[Part, ...]]

MAX_LENGTH = 200
"""What is longer is compared by its first characters; no ecosystem has such versions."""

_TILDE, _PRE, _UNKNOWN_BEFORE, _END, _POST, _UNKNOWN_AFTER, _HYPHEN_NUMBER, _NUMBER = range(8)

_SEMANTIC_TYPES = frozenset(("npm", "cargo", "golang", "swift", "nuget", "pub", "hex"))
_LEADING_V = re.compile(r"[\s=]*v?\.?(?=[0-9])", re.IGNORECASE)
_EPOCH = re.compile(r"([0-9]+)[!:]")
_CORE = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_TOKEN = re.compile(r"[0-9]+|~|[^0-9~.\-_+:\s]+")
_NUMERIC = re.compile(r"[0-9]+\Z")
_PRE_WORDS: Mapping[str, int] = {
    **dict.fromkeys(("dev", "develop", "nightly", "canary"), 0),
    **dict.fromkeys(("alpha", "a"), 1),
    **dict.fromkeys(("beta", "b"), 2),
    **dict.fromkeys(("milestone", "m", "ea"), 3),
    **dict.fromkeys(("rc", "c", "cr", "pre", "preview"), 4),
    "snapshot": 5,
}
_MAVEN_PRE_WORDS = {"alpha": 1, "a": 1, "beta": 2, "b": 2, "milestone": 3, "m": 3, "rc": 4, "cr": 4, "snapshot": 5}
_POST_WORDS = frozenset(("post", "patch", "p", "pl", "sp", "r", "rev"))
_PLAIN_WORDS = frozenset(("final", "ga", "release", "stable"))


@dataclass(frozen=True, slots=True)
class _Flavour:
    """How an ecosystem reads words.

    Attributes:
        pre: words of a pre-release with their rank.
        post: words of a later patch.
        unknown: weight of words that are in neither.
        has_local: what follows ``+`` says nothing.
        lone_letters: ``a`` and ``b`` mean alpha and beta without a number too.
    """

    pre: Mapping[str, int] = field(default_factory=lambda: _PRE_WORDS)
    post: frozenset[str] = _POST_WORDS
    unknown: int = _UNKNOWN_BEFORE
    has_local: bool = True
    lone_letters: bool = False


_GENERIC = _Flavour()
_DISTRIBUTION = _Flavour(pre={}, post=frozenset(), unknown=_UNKNOWN_AFTER, has_local=False)
_FLAVOURS: Mapping[str, _Flavour] = {
    "maven": _Flavour(pre=_MAVEN_PRE_WORDS, post=frozenset(("sp",)), unknown=_UNKNOWN_AFTER, has_local=False),
    "pypi": _Flavour(lone_letters=True),
    "rpm": _DISTRIBUTION,
    "deb": _DISTRIBUTION,
    "apk": _DISTRIBUTION,
}


def version_key(version: str, purl_type: str = "") -> VersionKey:
    """What to sort versions of one purl type by; equal keys mean the same version.

    Args:
        version: any text.
        purl_type: such as ``maven``; it chooses the order, see the module.
    """
    text = _LEADING_V.sub("", version.strip()[:MAX_LENGTH], count=1) if version else ""
    if purl_type in _SEMANTIC_TYPES:
        return (0, tuple(_semantic_parts(text.lower() if purl_type == "nuget" else text)))
    found = _EPOCH.match(text)
    epoch, text = (int(found[1]), text[found.end() :]) if found else (0, text)
    flavour = _FLAVOURS.get(purl_type, _GENERIC)
    if flavour.has_local:
        text = text.partition("+")[0]
    return (epoch, (*_without_zeros(_parts(text.lower(), flavour)), (_END, 0, "")))


def compare_versions(left: str, right: str, purl_type: str = "") -> int:
    """-1, 0 or 1 as ``left`` comes before, with or after ``right``."""
    first, second = version_key(left, purl_type), version_key(right, purl_type)
    return (first > second) - (first < second)


def _semantic_parts(text: str) -> Iterator[Part]:
    text = text.partition("+")[0]
    core = _CORE.match(text)
    numbers = [int(number) for number in core[0].split(".")] if core else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    for number in numbers:
        yield (_NUMBER, number, "")
    rest = text[core.end() :] if core else text
    if core and not rest:
        yield (_END, 0, "")
        return
    # No part for the end here: of two pre-releases that begin alike, the shorter one comes first.
    for identifier in (rest[1:] if rest[:1] in "-." else rest).split("."):
        yield (_TILDE, int(identifier), "") if _NUMERIC.match(identifier) else (_PRE, 0, identifier)


def _parts(text: str, flavour: _Flavour) -> Iterator[Part]:
    tokens = list(_TOKEN.finditer(text))
    for place, token in enumerate(tokens):
        word, before = token[0], text[token.start() - 1 : token.start()]
        follows_word = place > 0 and not _NUMERIC.match(tokens[place - 1][0])
        if _NUMERIC.match(word):
            yield (_HYPHEN_NUMBER if before == "-" or follows_word else _NUMBER, int(word), "")
        elif word not in _PLAIN_WORDS:
            has_number = place + 1 < len(tokens) and bool(_NUMERIC.match(tokens[place + 1][0]))
            yield _word(word, flavour, has_number=has_number, is_attached=before.isdigit())


def _word(word: str, flavour: _Flavour, *, has_number: bool, is_attached: bool) -> Part:
    if word == "~":
        return (_TILDE, 0, "")
    if len(word) > 1 or has_number or flavour.lone_letters:
        if word in flavour.pre:
            return (_PRE, flavour.pre[word], "")
        if word in flavour.post:
            return (_POST, 1, "")
    elif is_attached:
        return (_POST, 0, word)
    return (flavour.unknown, 0, word)


def _without_zeros(parts: Iterator[Part]) -> Iterator[Part]:
    """The parts without zeros that stand before a word, before a number behind a hyphen, or at the end."""
    zeros: list[Part] = []
    for part in parts:
        if part[0] >= _HYPHEN_NUMBER and part[1] == 0:
            zeros.append(part)
            continue
        if part[0] == _NUMBER:
            yield from zeros
        zeros = []
        yield part
