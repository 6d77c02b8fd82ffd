"""The reference pages that follow from the code: ``python -m tests.docs.generate`` rewrites them.

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

from webhook.cli import (
    decision_shapes,
    download_shapes,
    fleet_shapes,
    listed_shapes,
    notification_shapes,
    readiness_shapes,
    request_shapes,
    run_shapes,
    sbom_shapes,
    shapes,
    status_shapes,
    type_shapes,
    vex_shapes,
)
from webhook.cli.root import cli
from webhook.settings import all_lists, all_settings

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
ALERT_RULES = ROOT / "charts" / "bomgate" / "files" / "alerts.yaml"
SHAPES: Mapping[str, type[Any]] = {
    "download": download_shapes.DownloadShape,
    "check": shapes.CheckShape,
    "readiness": readiness_shapes.ReadinessShape,
    "sbom add": sbom_shapes.ImportShape,
    "sbom import": sbom_shapes.ImportShape,
    "sbom path": sbom_shapes.PathShape,
    "sbom list": sbom_shapes.SbomListShape,
    "sbom show": sbom_shapes.SbomShowShape,
    "sbom fetch": sbom_shapes.FetchShape,
    "sbom remove": sbom_shapes.SbomRemoveShape,
    "vulns list": decision_shapes.VulnerabilityListShape,
    "vulns show": decision_shapes.VulnerabilityShowShape,
    "assess": decision_shapes.AssessedShape,
    "requests list": request_shapes.RequestListShape,
    **{
        f"requests {verb}": request_shapes.AnsweredShape
        for verb in ("show", "create", "join", "approve", "deny", "withdraw")
    },
    "vex add": vex_shapes.VexAddShape,
    "vex list": vex_shapes.VexListShape,
    "vex remove": vex_shapes.VexRemoveShape,
    "vex update": vex_shapes.VexUpdateShape,
    "vex fetch": vex_shapes.VexFetchShape,
    "vex export": vex_shapes.VexAttachedShape,
    "vex explain": vex_shapes.VexExplainShape,
    "assessments list": listed_shapes.AssessmentListShape,
    "assessments export": listed_shapes.ExportShape,
    "components find": listed_shapes.ComponentListShape,
    "types list": type_shapes.TypeListShape,
    "types add": type_shapes.ChangedTypeShape,
    "types edit": type_shapes.ChangedTypeShape,
    "types remove": type_shapes.ChangedTypeShape,
    "types lint": type_shapes.TrapListShape,
    "runs list": run_shapes.RunListShape,
    "runs show": run_shapes.ShownRunShape,
    "runs cancel": run_shapes.CancelledRunShape,
    "source check": status_shapes.SourceShape,
    "db upgrade": status_shapes.UpgradeShape,
    "fleet list": fleet_shapes.MemberListShape,
    "fleet status": fleet_shapes.FleetStatusShape,
    "fleet import": fleet_shapes.ImportedShape,
    "fleet decisions": fleet_shapes.ClusterDecisionsShape,
    "notifications list": notification_shapes.DeliveryListShape,
    "db prune": status_shapes.PruneShape,
    "db status": status_shapes.DatabaseShape,
}
"""The JSON of every command that writes some."""

_SCALARS = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    Decimal: "number",
    dt.datetime: "moment",
    dt.date: "day",
}
_GENERATED = "<!-- Written by `python -m tests.docs.generate`; do not edit. -->"

COMMANDS_HEAD = f"""# Commands

{_GENERATED}

`--help` shows the same for each command. You can write `--config` and `--log-level` before or after the command.

| exit code | meaning |
|---|---|
| 0 | allowed (warnings included), or done |
| 1 | denied |
| 2 | wrong usage or input: an option, a file, a setting |
| 3 | could not decide, or incomplete |
| 130 | interrupted with Ctrl-C |
| 141 | the reader of the output closed it early |

Results go to standard output. Everything else goes to standard error: errors with a code, a message and a remedy;
progress; hints; the log. Commands draw tables and progress bars only in a terminal, and print plain lines elsewhere.
With `--output json`, standard output contains a single JSON document. Later versions may add keys, but never remove or
rename them. Strings are exact; control, bidirectional and invisible characters in them are escaped. CSV, which has no
escapes, leaves these out, like everything that is printed for people.

In the tables of keys, `[]` stands for each entry of a list, *moment* for a string such as `2026-12-01T02:00:00Z` (UTC),
and *or null* means that the value may be missing.
"""

SETTINGS_HEAD = f"""# Settings

{_GENERATED}

bomgate reads each setting from the first of these that has it: command option, environment variable, settings file,
default. The settings file is YAML or JSON; set its path with `--config` or `BOMGATE_CONFIG`. Keys can be camelCase or
snake_case. For an unknown key, bomgate exits with an error that suggests the nearest known key. In environment
variables, separate the words of a list with commas.

bomgate also reads the OSS Index token and user name from `OSS_INDEX_TOKEN` and `OSS_INDEX_USERNAME`. Without
`database.url`, the database is an SQLite file in the user's data directory: `$XDG_DATA_HOME/bomgate/bomgate.db`, or
`~/.local/share/bomgate/bomgate.db`.
"""

ALERTS_HEAD = f"""# Alerts

{_GENERATED}

The rules are in `charts/bomgate/files/alerts.yaml`; see [how to load and route them](../how-to/alerts.md). *After* is
how long the condition must hold before the alert fires. Each name links to its runbook.
"""


def alerts() -> str:
    """The page of the alerts."""
    parts = [ALERTS_HEAD]
    for group in yaml.load(ALERT_RULES.read_text(encoding="utf-8"), yaml.CSafeLoader)["groups"]:
        some = [rule for rule in group["rules"] if "alert" in rule]
        if some:
            head = f"## {group['name']}\n\n| alert | severity | after | summary |\n|---|---|---|---|\n"
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
    for setting in all_settings():
        variable = f"`{setting.environment}`" if setting.environment else "–"
        default = f"`{setting.default}`" if setting.default else "–"
        groups.setdefault(setting.name.partition(".")[0], []).append(
            f"| `{setting.name}` | {variable} | {default} | {_cell(setting.help)} |"
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
    arguments = [argument for argument in get_args(kind) if argument not in (type(None), Ellipsis)]
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
