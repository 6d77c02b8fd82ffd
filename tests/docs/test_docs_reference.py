"""The generated reference pages: up to date, and complete."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.docs.generate import PAGES, REFERENCE, SHAPES, keys_of, leaves
from webhook.cli.root import cli
from webhook.settings import all_lists, all_settings

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "cli"
ADDED_BY_HAND = {"check-sarif"}
COMMANDS = {"check-sbom": "check", "check-manifest": "check", "download-dry-run": "download", "assess-clear": "assess"}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_code_makes_of_it(name: str) -> None:
    written = (REFERENCE / name).read_text(encoding="utf-8")
    assert written == PAGES[name](), "run `python -m tests.docs.generate`"


def test_every_command_has_a_section_and_its_json_is_described() -> None:
    page = (REFERENCE / "cli.md").read_text(encoding="utf-8")
    names = [name for name, _ in leaves(cli)]
    assert re.findall(r"^## bomgate (.+)$", page, re.MULTILINE) == names
    with_json = {name for name, command in leaves(cli) if any("--output" in param.opts for param in command.params)}
    assert with_json == SHAPES.keys()


def test_every_setting_and_every_key_of_an_entry_is_described() -> None:
    page = (REFERENCE / "configuration.md").read_text(encoding="utf-8")
    assert [setting.name for setting in all_settings() if f"| `{setting.name}` |" not in page] == []
    assert [key for _, keys in all_lists() for key in keys if f"| `{key}` |" not in page] == []


def paths(value: Any, prefix: str = "") -> set[str]:
    """The paths of all keys of a JSON value, as the page writes them."""
    if isinstance(value, list):
        return {path for item in value for path in paths(item, f"{prefix}[]")}
    if not isinstance(value, dict):
        return set()
    found = set()
    for key, inner in value.items():
        path = f"{prefix}.{key}" if prefix else key
        found |= {path} | paths(inner, path)
    return found


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.json") if path.stem not in ADDED_BY_HAND))
def test_every_key_that_a_command_writes_is_described(name: str) -> None:
    command = COMMANDS.get(name, name.replace("-", " "))
    command = "assess" if name.startswith("assess") else command
    described = {path for path, _, _ in keys_of(SHAPES[command])}
    counts = {path for path, kind, _ in keys_of(SHAPES[command]) if kind == "object of numbers"}
    written = paths(json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8")))
    assert {path for path in written if path.rpartition(".")[0] not in counts} - described == set()
