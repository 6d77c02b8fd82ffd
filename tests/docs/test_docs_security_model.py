"""The security model: beside each of its claims stands a test, and each of these tests exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "concepts" / "security-model.md"
INTRODUCTIONS = {"Security model", "What bomgate does"}
"""Sections without claims."""


def sections() -> dict[str, list[str]]:
    """The lines of each section, by its heading."""
    found: dict[str, list[str]] = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            heading = line.strip("# ")
            found[heading] = []
        elif line:
            found[heading].append(line)
    return found


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def claims() -> list[tuple[str, str]]:
    """What each row of each table says first, and its last cell."""
    rows = [cells(line) for lines in sections().values() for line in lines if line.startswith("|")]
    return [(row[0], row[-1]) for row in rows if row[-1] != "test" and set(row[-1]) != set("-")]


@cache
def named_tests(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


@pytest.mark.parametrize("claim", claims(), ids=lambda claim: claim[0][:60])
def test_beside_each_claim_stands_a_test_that_exists(claim: tuple[str, str]) -> None:
    named = re.findall(r"`([^`]+)`", claim[1])
    assert named, "a claim without a test"
    assert re.sub(r"`[^`]+`", "", claim[1]).strip(" ,") == "", "something else than tests in the last column"
    for item in named:
        file, _, name = item.partition("::")
        path = ROOT / "tests" / file
        assert path.is_file(), item
        assert named_tests(path), item
        assert not name or name in named_tests(path), item


def test_all_claims_stand_in_tables_that_end_with_their_tests() -> None:
    for heading, lines in sections().items():
        if heading in INTRODUCTIONS:
            continue
        rows = [line for line in lines if line.startswith("|")]
        others = [line for line in lines if not line.startswith("|")]
        assert all(line.endswith(":") for line in others), f"{heading}: a claim outside a table: {others}"
        heads = [cells(line) for line, after in pairwise(rows) if set(after) <= set("|- ")]
        assert all(head[-1] == "test" for head in heads), heading
        assert heads or heading == "What you may assume", f"{heading}: no table"


def test_the_page_makes_claims() -> None:
    assert len(claims()) > 70
