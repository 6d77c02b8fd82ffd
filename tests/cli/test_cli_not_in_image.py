"""What an SBOM says is not in the image is counted apart, wherever components are counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.installation import Installation, digest, reference

IMAGE = reference("web")


@pytest.fixture
def path(bomgate: Installation) -> Path:
    """An SBOM with a component, one that is excluded with a part, and one that comes from outside."""
    part = {"type": "library", "name": "part", "purl": "pkg:npm/part@1.0.0"}
    components = [
        {"type": "library", "name": "tidy", "purl": "pkg:pypi/tidy@2.0.1"},
        {"type": "library", "name": "test", "purl": "pkg:npm/t@1.0.0", "scope": "excluded", "components": [part]},
        {"type": "library", "name": "base", "purl": "pkg:npm/base@1.0.0", "isExternal": True},
    ]
    return bomgate.write(
        "web.json", json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.7", "components": components})
    )


def test_adding_says_how_many_and_so_does_adding_again(bomgate: Installation, path: Path) -> None:
    for outcome in ("added", "unchanged"):
        added = bomgate.ok("sbom", "add", path, "--image", IMAGE, "--output", "json").json["documents"][0]
        assert (added["outcome"], added["components"], added["not_in_image"]) == (outcome, 1, 3)
    assert "NOT IN THE IMAGE" in bomgate.ok("sbom", "add", path, "--image", IMAGE).out


def test_sbom_list_and_show_say_it(bomgate: Installation, path: Path) -> None:
    bomgate.ok("sbom", "add", path, "--image", IMAGE)
    assert [item["not_in_image"] for item in bomgate.ok("sbom", "list", "--output", "json").json["sboms"]] == [3]
    (shown,) = bomgate.ok("sbom", "show", digest("web"), "--output", "json").json["sboms"]
    assert (shown["sbom"]["not_in_image"], len(shown["contents"])) == (3, 1)
    lines = bomgate.ok("sbom", "show", digest("web")).out.splitlines()
    assert [line.split()[-1] for line in lines if line.startswith("Not in the image:")] == ["3"]


def test_check_counts_it_apart_from_all_components(bomgate: Installation, path: Path) -> None:
    bomgate.ok("sbom", "add", path, "--image", IMAGE)
    bomgate.ok("download")
    for target in (IMAGE, path):
        (image,) = bomgate.ok("check", target, "--output", "json").json["targets"][0]["images"]
        assert (image["components"]["total"], image["components"]["not_in_image"]) == (1, 3)
        assert "1 component: 1 clean; 3 not in the image" in bomgate.ok("check", target).out
