"""No regular expression of the package takes more than linear time, whatever it is given.

Every pattern is found: each call of ``re.compile`` and of the functions that compile by themselves, also inside
functions. It is timed on texts that are made of its letters, at two sizes; only the growth between them counts, and
the best of several runs, so that a busy machine changes nothing.
"""

from __future__ import annotations

import ast
import importlib
import itertools
import re
import re._parser as parser
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import webhook
from webhook.clients.ossindex import forms
from webhook.engines.triage import packageindex
from webhook.errors import InvalidInput
from webhook.model import purlshapes
from webhook.policy import rangetexts, versions

ROOT = Path(webhook.__file__).parent
FUNCTIONS = ("compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer")
CALL = re.compile(rf"\bre\.(?:{'|'.join(FUNCTIONS)})\(")
"""A call, as far as a look at the text can tell: reading every module as Python takes much longer."""
LARGE, FACTOR = 4_096, 8
SHORT = 32
"""Letters behind a beginning, over which no pattern may take as long as over a large text."""
DIGITS = (parser.CATEGORY_DIGIT,)
FAST = 0.002
"""Seconds at the larger size below which growth cannot be told from noise; a quadratic pattern is far above."""
SLOW = 0.02
BOUNDED = {
    "webhook.policy.versionorders.": versions.MAX_LENGTH,
    "webhook.policy.rangetexts": rangetexts.MAX_RANGE_LENGTH,
}
"""Characters of the longest text that the patterns of a module meet; a test below shows that others are refused."""
MADE = {
    "webhook.engines.triage.packageindex": [
        packageindex.pieces_of(glob, is_purl=is_purl)
        for glob in (
            "*",
            "a",
            "a*",
            "*a*",
            "a*b",
            "*a*a*b",
            "*a*" * 60 + "b",
            "*ab*ba*a0*",
            "pkg:a*a*a*a*b*a",
            "*/a*@0*",
        )
        for is_purl in (False, True)
    ]
}
"""Patterns that are made of what people write, by the module that makes them."""
LINES = {purlshapes.common_lines(), forms._USUAL_LINES.__self__, *itertools.chain.from_iterable(MADE.values())}
"""Patterns that meet nothing but texts whose last line has an end."""


def patterns() -> dict[str, tuple[re.Pattern, bool]]:
    """Every pattern by its place, and whether it is only ever matched from one position on."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        name = ".".join(("webhook", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
        source = path.read_text()
        if not CALL.search(source) or "migrations" in path.parts:
            continue
        if name in MADE:
            found |= {f"{name}:{number}": (pattern, False) for number, pattern in enumerate(MADE[name])}
            continue
        for node in ast.walk(ast.parse(source)):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
                continue
            if not (
                isinstance(node.func.value, ast.Name) and node.func.value.id == "re" and node.func.attr in FUNCTIONS
            ):
                continue
            scope = vars(importlib.import_module(name))
            text = eval(ast.unparse(node.args[0]), scope)
            flags = [argument for argument in node.args[1:] if node.func.attr == "compile"]
            flags += [keyword.value for keyword in node.keywords if keyword.arg == "flags"]
            pattern = re.compile(text, eval(ast.unparse(flags[0]), scope) if flags else 0)
            anchored = node.func.attr in ("match", "fullmatch")
            if node.func.attr == "compile":
                uses = {other for other, value in scope.items() if isinstance(value, re.Pattern) and value == pattern}
                methods = {m for use in uses for m in re.findall(rf"\b{use}\.(\w+)\(", source)}
                anchored = bool(methods) and methods <= {"match", "fullmatch"}
            found[f"{name}:{node.lineno}"] = (pattern, anchored)
    return found


def largest(place: str) -> int:
    return next((size for beginning, size in BOUNDED.items() if place.startswith(beginning)), LARGE)


def letters(pattern: re.Pattern) -> list[str]:
    """A few letters of each kind that the pattern can tell apart."""
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    own = [
        character
        for character in dict.fromkeys(re.sub(r"\\[AZbBdDsSwWnrtx]|[()?*+|^$\\]", "", text))
        if character.isprintable()
    ]
    kinds = ["a", "0", " ", "\n", '"', "<", ":", "-", "."]
    return list(dict.fromkeys([*own[:6], *kinds]))[:12]


def beginning(parsed: Sequence[tuple[Any, Any]]) -> str:
    """A text that a pattern matches, by its first alternatives and with every repetition once."""
    made = ""
    for operation, given in parsed:
        match str(operation):
            case "LITERAL":
                made += chr(given)
            case "IN":
                kind, what = given[0]
                made += (
                    chr(what)
                    if str(kind) == "LITERAL"
                    else chr(what[0])
                    if str(kind) == "RANGE"
                    else "a0"[what in DIGITS]
                )
            case "BRANCH":
                made += beginning(given[1][0])
            case "SUBPATTERN":
                made += beginning(given[-1])
            case "ATOMIC_GROUP":
                made += beginning(given)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                made += beginning(given[2]) * max(1, given[0])
            case "ANY" | "NOT_LITERAL":
                made += "a"
    return made


def seconds(pattern: re.Pattern, text: str, anchored: bool) -> float:
    subject = text if isinstance(pattern.pattern, str) else text.encode("latin-1", "replace")

    def once() -> float:
        began = time.thread_time()
        if anchored:
            pattern.match(subject)
            pattern.fullmatch(subject)
        else:
            for _ in pattern.finditer(subject):
                pass
        return time.thread_time() - began

    return once()


PATTERNS = patterns()


def test_every_pattern_is_found():
    assert len(PATTERNS) > 40
    assert all(isinstance(pattern, re.Pattern) for pattern, _ in PATTERNS.values())


@pytest.mark.parametrize("place", PATTERNS)
def test_a_pattern_takes_linear_time(place):
    pattern, anchored = PATTERNS[place]
    size = largest(place)
    units = [*letters(pattern), *map("".join, itertools.product(letters(pattern)[:5], repeat=2))]
    for unit, end in itertools.product(units, ("\n",) if pattern in LINES else ("", "\x00")):
        large = unit * (size // len(unit)) + end
        after = seconds(pattern, large, anchored)
        if after < FAST:
            continue
        before = min(seconds(pattern, unit * (size // FACTOR // len(unit)) + end, anchored) for _ in range(3))
        after = min(after, *(seconds(pattern, large, anchored) for _ in range(3)))
        assert after < FAST or after < before * FACTOR * 2.2, f"{pattern.pattern!r} on {unit!r}"


@pytest.mark.parametrize("place", PATTERNS)
def test_a_pattern_takes_linear_time_behind_what_it_begins_with(place):
    pattern, anchored = PATTERNS[place]
    end = "\n" if pattern in LINES else "\x00"
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    parsed = parser.parse(text, pattern.flags & ~re.UNICODE)
    start, size = beginning(parsed)[:200], largest(place)
    for unit in (*letters(pattern), start):
        if not unit:
            continue
        for count in range(8, SHORT + 1, 2):  # step by step, for one that doubles with each letter would never end
            assert min(seconds(pattern, start + unit * count + end, anchored) for _ in range(3)) < SLOW, (
                start,
                unit,
            )
        large = start + unit * (size // len(unit)) + end
        after = min(seconds(pattern, large, anchored) for _ in range(2))
        if after >= FAST:
            before = min(
                seconds(pattern, start + unit * (size // FACTOR // len(unit)) + end, anchored) for _ in range(3)
            )
            assert after < FAST or after < before * FACTOR * 2.2, f"{pattern.pattern!r} on {start!r} and {unit!r}"


def test_an_exponential_pattern_would_be_noticed():
    pattern = re.compile(r"-(?:java|x86)(?:[-_]?\w+)*\Z")
    start = beginning(parser.parse(pattern.pattern))
    assert start.startswith("-java")
    assert any(seconds(pattern, start + "a" * count + "\x00", False) > SLOW for count in range(8, SHORT + 1, 2))


def test_longer_texts_than_the_bounds_meet_no_pattern():
    assert versions.version_key("1" * versions.MAX_LENGTH, "npm") is not None
    for purl_type in ("", *versions.ORDERS):
        assert versions.version_key("1" * (versions.MAX_LENGTH + 1), purl_type) is None
    with pytest.raises(InvalidInput, match="longer than"):
        rangetexts.parse_range(">" + "1" * rangetexts.MAX_RANGE_LENGTH)


def test_no_module_compiles_patterns_in_a_way_that_is_not_looked_for():
    for path in ROOT.rglob("*.py"):
        assert not re.search(r"^ *(?:from re import|import re as|import regex)", path.read_text(), re.MULTILINE), path


def test_a_quadratic_pattern_would_be_noticed():
    pattern = re.compile(r"\s*,?\s*x")
    small, large = (min(seconds(pattern, " " * size, True) for _ in range(3)) for size in (LARGE // FACTOR, LARGE))
    assert large > FAST
    assert large > small * FACTOR * 2.2
