"""The definitions of the custom resources, the settings file and the reference page name the same fields."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from webhook.clients.kube import resources
from webhook.engines.controlling import resourcestatus
from webhook.model.resources import ResourceKind
from webhook.settings.decisions import ASSESSMENT_KEYS, TYPE_KEYS
from webhook.settings.lookup import camel

ROOT = Path(__file__).resolve().parents[2]
CRDS = ROOT / "charts" / "bomgate" / "files" / "crds"
PAGE = (ROOT / "docs" / "reference" / "custom-resources.md").read_text(encoding="utf-8")
KINDS = {"AssessmentType": "assessmenttypes", "Assessment": "assessments", "BreakGlassGrant": "breakglassgrants"}
TOLD = {"Loaded", "Provisioned", "Expired", "Fixed", "BadDefinition", *resourcestatus.REASONS.values()}


def definition(kind: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((CRDS / f"{KINDS[kind]}.yaml").read_text(encoding="utf-8"))
    return content


def fields(kind: str, part: str) -> set[str]:
    (version,) = definition(kind)["spec"]["versions"]
    schema = version["schema"]["openAPIV3Schema"]["properties"]
    return set(schema[part]["properties"]) if part in schema else set()


def section(kind: str) -> str:
    return PAGE.partition(f"## {kind}\n")[2].partition("\n## ")[0]


def documented(kind: str, part: str) -> set[str]:
    """The names in the first column of the table of a part."""
    table = section(kind).partition(f"| field of `{part}` |")[2].partition("\n\n")[0]
    return {name for row in table.splitlines()[2:] for name in re.findall(r"`([^`]+)`", row.split("|")[1])}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", ["spec", "status"])
def test_every_field_is_documented_and_no_other(kind: str, part: str) -> None:
    assert documented(kind, part) == fields(kind, part)


def test_an_entry_of_the_settings_file_can_become_an_object() -> None:
    assert fields("AssessmentType", "spec") == {camel(key) for key in TYPE_KEYS} - {"name"}
    assert fields("Assessment", "spec") == {camel(key) for key in ASSESSMENT_KEYS} | {"author"}


def test_every_reason_of_a_status_is_documented() -> None:
    tables = section("AssessmentType") + section("Assessment")
    assert set(re.findall(r"^\| (?:True|False) \| `(\w+)`", tables, re.MULTILINE)) == TOLD


@pytest.mark.parametrize("kind", KINDS)
def test_names_are_those_that_the_program_and_the_page_use(kind: str) -> None:
    spec = definition(kind)["spec"]
    names = spec["names"]
    assert (spec["group"], names["kind"], names["plural"]) == (resources.GROUP, kind, KINDS[kind])
    assert [item["name"] for item in spec["versions"]] == [resources.VERSION]
    assert re.search(rf"\| `{kind}` \| \w+ \| `{names['shortNames'][0]}` \|", PAGE)
    if kind in set(ResourceKind):
        assert resources.PLURALS[ResourceKind(kind)] == KINDS[kind]
