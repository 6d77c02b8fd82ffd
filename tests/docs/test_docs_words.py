"""The glossary: each word is where it says, and a name with two meanings is explained."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "webhook"
PAGE = (ROOT / "docs" / "concepts" / "words.md").read_text(encoding="utf-8")
_NAME = re.compile(r"`((?:api|clients|console|engines|model|policy|ports|sboms|store)(?:\.\w+)*)`")


def _named(body: list[ast.stmt], name: str) -> ast.stmt | None:
    for statement in body:
        if isinstance(statement, ast.ClassDef | ast.FunctionDef) and statement.name == name:
            return statement
        target = statement.target if isinstance(statement, ast.AnnAssign) else None
        if isinstance(target, ast.Name) and target.id == name:
            return statement
    return None


def exists(dotted: str) -> bool:
    """Whether a module, or a class, a function or an attribute in one, exists below the package."""
    path, rest = PACKAGE, dotted.split(".")
    while rest and (path / rest[0]).is_dir():
        path /= rest.pop(0)
    if not rest:
        return True
    module = path / f"{rest.pop(0)}.py"
    if not module.exists():
        return False
    body = ast.parse(module.read_text(encoding="utf-8")).body
    for name in rest:
        statement = _named(body, name)
        if statement is None:
            return False
        body = statement.body if isinstance(statement, ast.ClassDef) else []
    return True


def classes() -> Iterator[str]:
    """The public classes of the package below the command line, a name as often as it has a meaning."""
    for path in PACKAGE.rglob("*.py"):
        if path.relative_to(PACKAGE).parts[0] != "cli":
            body = ast.parse(path.read_text(encoding="utf-8")).body
            yield from (item.name for item in body if isinstance(item, ast.ClassDef) and not item.name.startswith("_"))


def test_every_word_is_where_the_glossary_says() -> None:
    names = _NAME.findall(PAGE)
    assert len(names) > 80
    assert [name for name in names if not exists(name)] == []


def test_what_does_not_exist_is_noticed() -> None:
    assert exists("model.looks.Look.origin")
    assert not exists("model.looks.Look.colour")
    assert not exists("model.looks.Glance")
    assert not exists("model.glances.Look")


def test_every_word_has_one_line_with_its_home() -> None:
    rows = [line.strip("|").split("|") for line in PAGE.splitlines() if line.startswith("| ") and line.count("|") == 4]
    words = [row[0].strip() for row in rows if row[0].strip() != "word"]
    assert [word for word, count in Counter(words).items() if count > 1] == []
    assert [row for row in rows if row[0].strip() != "word" and not _NAME.search(row[2])] == []


def test_every_name_with_two_meanings_is_explained() -> None:
    ambiguous = sorted(name for name, count in Counter(classes()).items() if count > 1)
    explained = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert explained == ambiguous
