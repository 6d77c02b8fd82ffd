"""The reference pages that follow from the code: ``python -m tests.docs.generate`` writes them anew.

The commands come from their own help and from the shapes of their JSON, the settings from their options classes; a test
compares the pages with what this module makes.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import types
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import click
import yaml

from webhook.cli import decision_shapes, readiness_shapes, sbom_shapes, shapes, upgrade_shapes
from webhook.cli.root import cli
from webhook.settings import all_lists, all_settings

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
ALERT_RULES = ROOT / "charts" / "bomgate" / "files" / "alerts.yaml"
SHAPES: Mapping[str, type[Any]] = {
    "download": shapes.DownloadShape,
    "check": shapes.CheckShape,
    "readiness": readiness_shapes.ReadinessShape,
    "sbom add": sbom_shapes.ImportShape,
    "sbom import": sbom_shapes.ImportShape,
    "sbom list": sbom_shapes.SbomListShape,
    "sbom show": sbom_shapes.SbomShowShape,
    "sbom fetch": sbom_shapes.FetchShape,
    "sbom remove": sbom_shapes.SbomRemoveShape,
    "vulns list": decision_shapes.VulnerabilityListShape,
    "vulns show": decision_shapes.VulnerabilityShowShape,
    "assess": decision_shapes.AssessedShape,
    "types list": decision_shapes.TypeListShape,
    "types lint": decision_shapes.TrapListShape,
    "source check": decision_shapes.SourceShape,
    "db upgrade": upgrade_shapes.UpgradeShape,
    "db status": decision_shapes.DatabaseShape,
}
"""The JSON of every command that writes some."""

_SCALARS = {str: "string", int: "number", float: "number", bool: "boolean", Decimal: "number", dt.datetime: "moment"}
_GENERATED = "<!-- Written by `python -m tests.docs.generate`; do not edit. -->"

COMMANDS_HEAD = f"""# Commands

{_GENERATED}

The option `--help` of each command shows the same. `--config` and `--log-level` may stand before or behind the command.

| exit code | meaning |
|---|---|
| 0 | allowed (warnings included), or done |
| 1 | denied |
| 2 | usage or input: an option, a file, a setting |
| 3 | could not decide, or not complete |
| 130 | interrupted with Ctrl-C |
| 141 | whoever read the output went away before its end |

What was asked for goes to standard output, everything else to standard error: errors with a code, a sentence and a
remedy, progress, hints, the log. Tables and progress bars are drawn on a terminal only; elsewhere the same rows are
plain lines. With `--output json` standard output holds one JSON document and nothing else. Keys are only ever added.

In the tables of keys, `[]` stands for each entry of a list, *moment* for a text such as `2026-12-01T02:00:00Z` (UTC),
and *or null* says that the value may be missing.
"""

SETTINGS_HEAD = f"""# Settings

{_GENERATED}

A value is looked for in this order: option of the command, environment, file, default. The file is YAML or JSON; it is
named by `--config` or `BOMGATE_CONFIG`. Keys may be written in camelCase or snake_case. A key that is not known is an
error that names the nearest one. Lists of words are written with commas in the environment.

The token and the user name of OSS Index are also taken from `OSS_INDEX_TOKEN` and `OSS_INDEX_USERNAME`. Without
`database.url` the database is an SQLite file in the user's data folder: `$XDG_DATA_HOME/bomgate/bomgate.db`, or
`~/.local/share/bomgate/bomgate.db`.
"""

ALERTS_HEAD = f"""# Alerts

{_GENERATED}

The rules are in `charts/bomgate/files/alerts.yaml`; [how to load and route them](../how-to/alerts.md). *After* says for
how long the condition has to hold. Each name leads to the page that says what it means and what to do.
"""


def alerts() -> str:
    """The page of the alerts."""
    parts = [ALERTS_HEAD]
    for group in yaml.safe_load(ALERT_RULES.read_text(encoding="utf-8"))["groups"]:
        some = [rule for rule in group["rules"] if "alert" in rule]
        if some:
            head = f"## {group['name']}\n\n| alert | severity | after | what it says |\n|---|---|---|---|\n"
            parts.append(head + "\n".join(map(_alert, some)) + "\n")
    return "\n".join(parts)


def _alert(rule: Mapping[str, Any]) -> str:
    page = rule["annotations"]["runbook_url"].removeprefix("docs/")
    summary = _cell(rule["annotations"]["summary"])
    return f"| [`{rule['alert']}`](../{page}) | {rule['labels']['severity']} | {rule.get('for', '–')} | {summary} |"


def commands() -> str:
    """The page of the commands."""
    sections = [_section(name, command) for name, command in leaves(cli)]
    return "\n".join([COMMANDS_HEAD, *sections])


def settings() -> str:
    """The page of the settings."""
    groups: dict[str, list[str]] = {}
    for one in all_settings():
        variable = f"`{one.environment}`" if one.environment else "–"
        default = f"`{one.default}`" if one.default else "–"
        groups.setdefault(one.name.partition(".")[0], []).append(
            f"| `{one.name}` | {variable} | {default} | {_cell(one.help)} |"
        )
    parts = [SETTINGS_HEAD]
    for group, rows in groups.items():
        parts.append(f"## {group}\n\n| setting | environment | default | meaning |\n|---|---|---|---|")
        parts[-1] += "\n" + "\n".join(rows) + "\n"
    for name, keys in all_lists():
        entries = "\n".join(f"| `{key}` | {_cell(text)} |" for key, text in keys.items())
        parts.append(f"## Entries of {name}\n\n| key | meaning |\n|---|---|\n{entries}\n")
    return "\n".join(parts)


def leaves(command: click.Command, *names: str) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by the words that call it."""
    if not isinstance(command, click.Group):
        yield " ".join(names), command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        assert child is not None
        yield from leaves(child, *names, name)


def keys_of(shape: type[Any], prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """Path, kind and meaning of each key of a shape, nested ones included."""
    for name, hint in get_type_hints(shape, include_extras=True).items():
        kind, meaning = get_args(hint)
        path = f"{prefix}{name}"
        yield path, _kind(kind), meaning
        inner, suffix = _inner(kind)
        if dataclasses.is_dataclass(inner):
            yield from keys_of(inner, f"{path}{suffix}.")


def _section(name: str, command: click.Command) -> str:
    context = click.Context(
        command, info_name=f"bomgate {name}", terminal_width=100, help_option_names=["-h", "--help"]
    )
    text = f"## bomgate {name}\n\n```text\n{command.get_help(context).rstrip()}\n```\n"
    if name in SHAPES:
        rows = "\n".join(f"| `{path}` | {kind} | {_cell(meaning)} |" for path, kind, meaning in keys_of(SHAPES[name]))
        text += f"\n| key of `--output json` | kind | meaning |\n|---|---|---|\n{rows}\n"
    return text


def _inner(kind: Any) -> tuple[Any, str]:
    """The type inside of an optional or a list, and what the path gets for it."""
    arguments = [one for one in get_args(kind) if one not in (type(None), Ellipsis)]
    if get_origin(kind) is tuple:
        return arguments[0], "[]"
    return (arguments[0], "") if isinstance(kind, types.UnionType) else (kind, "")


def _kind(kind: Any) -> str:
    if isinstance(kind, types.UnionType):
        return f"{_kind(_inner(kind)[0])} or null"
    if get_origin(kind) is tuple:
        return f"list of {_kind(_inner(kind)[0])}s"
    if dataclasses.is_dataclass(kind):
        return "object"
    if get_origin(kind) is not None:
        return "object of numbers"
    return _SCALARS[kind]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "\\<")


PAGES = {"cli.md": commands, "configuration.md": settings, "alerts.md": alerts}

if __name__ == "__main__":
    for file, make in PAGES.items():
        (REFERENCE / file).write_text(make(), encoding="utf-8")
