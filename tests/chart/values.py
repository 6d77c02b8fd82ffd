"""The chart's values.yaml, read with its comments: every value with what it means and what it may be.

A comment stands right above its key. Lines of it that begin with ``+`` are for the machine: ``+schema {…}`` is what the
JSON schema says beyond the type of the default, ``+whole`` keeps a mapping together as one value, ``+section Title``
begins a part of the reference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "bomgate"

_KEY = re.compile(r"(?P<indent> *)(?P<key>[A-Za-z][\w.-]*):(?P<rest> .*)?$")


class UndocumentedError(Exception):
    """A value has no comment, or a comment belongs to nothing."""


@dataclass(frozen=True)
class Value:
    """One value.

    Attributes:
        path: such as ``image.tag``.
        default: of values.yaml.
        help: one or more sentences.
        section: of the reference.
        schema: beyond the type of the default.
        whole: whether it is one value although it is a mapping with keys.
    """

    path: str
    default: Any
    help: str
    section: str
    schema: dict[str, Any]
    whole: bool


@dataclass
class _Comment:
    words: list[str] = field(default_factory=list)
    schema: dict[str, Any] = field(default_factory=dict)
    whole: bool = False


def read_values(text: str) -> list[Value]:
    """The values of a values.yaml, in its order.

    Raises:
        UndocumentedError: a value has no comment, or a comment belongs to nothing.
    """
    return list(_read(text.splitlines(), yaml.safe_load(text)))


def chart_values() -> list[Value]:
    """The values of the chart."""
    return read_values((CHART / "values.yaml").read_text(encoding="utf-8"))


def _read(lines: list[str], content: dict[str, Any]) -> Iterator[Value]:
    section, comment, parents = "", _Comment(), list[tuple[int, str]]()
    inside = -1  # the indentation of a value whose own lines are passed over
    for line in lines:
        text = line.strip()
        indent = len(line) - len(line.lstrip())
        if not text:
            comment = _Comment()  # what stands alone is about the file
        elif inside >= 0 and (indent > inside or text.startswith("- ")):
            continue
        elif text.startswith("# +section "):
            section = text.removeprefix("# +section ")
        elif text.startswith("#"):
            _add(comment, text.removeprefix("#").strip())
        elif match := _KEY.fullmatch(line):
            inside = -1
            parents = [parent for parent in parents if parent[0] < indent]
            path = ".".join([*(key for _, key in parents), match["key"]])
            default = _at(content, path)
            if isinstance(default, dict) and default and not comment.whole:
                if comment.words:
                    raise UndocumentedError(f"{path} has its own values; say of them what it means")
                parents.append((indent, match["key"]))
            else:
                if not comment.words:
                    raise UndocumentedError(f"{path} has no comment")
                yield Value(path, default, " ".join(comment.words), section, comment.schema, comment.whole)
                inside = indent
            comment = _Comment()


def _add(comment: _Comment, text: str) -> None:
    if text.startswith("+schema "):
        comment.schema.update(json.loads(text.removeprefix("+schema ")))
    elif text == "+whole":
        comment.whole = True
    else:
        comment.words.append(text)


def _at(content: dict[str, Any], path: str) -> Any:
    found: Any = content
    for key in path.split("."):
        found = found[key]
    return found
