"""SARIF of ``bomgate check``: valid by the schema of the standard, with lines of images and what was accepted."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.cli.installation import Installation, deployment, reference
from tests.parts import unavailable

SCHEMA_SHA256 = "2d99159ae54a3eea97f81781cff48780548657c35949f4b7f25e99a2ba4de4f8"
_PACKAGE, _FILE = "@microsoft/jest-sarif@1.0.0-beta.0", "package/lib/schemas/sarif-2.1.0-rtm.5.json"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bomgate-tools"
CACHE = _CACHE / "sarif-schema"
"""Read when this module is loaded: tests of the command line have a home folder of their own."""

MANIFEST = """\
apiVersion: v1
kind: Service
metadata: {{name: web}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: shop}}
spec:
  template:
    spec:
      initContainers:
        - name: setup
          image: {caution}
      containers:
        - image: {blocked}
          name: web
---
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Pod
    metadata: {{name: one}}
    spec:
      volumes:
        - name: data
          image: {{reference: "{unassessed}"}}
      containers:
        - {{name: a, image: "{clean}"}}
"""


@pytest.fixture(scope="module")
def schema() -> Any:
    """The schema of the standard, from npm's own client."""
    target = CACHE / "sarif-2.1.0.json"
    if not target.exists():
        npm = shutil.which("npm")
        if npm is None:
            unavailable("npm is not installed: no test of SARIF by its schema")
        CACHE.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [npm, "pack", _PACKAGE, "--silent"], cwd=CACHE, capture_output=True, text=True, timeout=120
        )
        if done.returncode:
            unavailable(f"the schema of SARIF is not available: {done.stderr.strip()[-200:]}")
        with tarfile.open(CACHE / done.stdout.strip().splitlines()[-1]) as archive:
            member = archive.extractfile(_FILE)
            assert member is not None
            target.write_bytes(member.read())
    source = target.read_bytes()
    assert hashlib.sha256(source).hexdigest() == SCHEMA_SHA256, "the schema is not the pinned one"
    return json.loads(source)


def lines(log: Any) -> dict[str, set[int]]:
    """The lines of the results, by the image that their message begins with."""
    found: dict[str, set[int]] = {}
    for result in log["runs"][0]["results"]:
        name = result["message"]["text"].partition(":1@")[0].rpartition("/")[2]
        found.setdefault(name, set()).add(result["locations"][0]["physicalLocation"]["region"]["startLine"])
    return found


def written(filled: Installation) -> str:
    return MANIFEST.format(**{name: reference(name) for name in ("caution", "blocked", "unassessed", "clean")})


def test_results_stand_at_the_lines_of_their_images(filled: Installation) -> None:
    path = filled.write("all.yaml", written(filled))
    log = filled.run("check", path, "--output", "sarif").json
    assert lines(log) == {"caution": {13}, "blocked": {15}, "unassessed": {27}}


def test_standard_input_has_lines_and_an_image_has_none(filled: Installation) -> None:
    log = filled.run("check", "-", "--output", "sarif", stdin=written(filled)).json
    assert lines(log)["blocked"] == {15}
    uris = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in log["runs"][0]["results"]
    }
    assert uris == {"stdin"}
    log = filled.run("check", reference("blocked"), "--output", "sarif").json
    assert lines(log) == {"blocked": {1}}


def test_json_with_tabs_and_anchors_lose_no_result(filled: Installation) -> None:
    path = filled.write("web.json", json.dumps(deployment(reference("blocked")), indent="\t"))
    log = filled.run("check", path, "--output", "sarif").json
    assert set(lines(log)) == {"blocked"}
    merged = "          name: web\n        - <<: *c\n          name: other\n"
    text = written(filled).replace("        - image: ", "        - &c\n          image: ", 1)
    path = filled.write("anchor.yaml", text.replace("          name: web\n", merged, 1))
    assert lines(filled.run("check", path, "--output", "sarif").json)["blocked"] == {16}


def test_what_an_assessment_allows_is_suppressed_with_its_reason(filled: Installation, schema: Any) -> None:
    decision = ("--type", "Ignore", "--comment", "the class is removed", "--author", "ana")
    filled.ok("assess", "CVE-2026-10001", *decision)
    path = filled.write("all.yaml", written(filled))
    log = filled.run("check", path, "registry.example/shop/other:1", "--output", "sarif").json
    import jsonschema  # takes seconds, also to processes that only collect

    jsonschema.validate(log, schema, format_checker=jsonschema.FormatChecker())
    by_rule = {result["ruleId"]: result["suppressions"] for result in log["runs"][0]["results"]}
    (suppression,) = by_rule["CVE-2026-10001"]
    assert (suppression["kind"], suppression["status"]) == ("external", "accepted")
    assert suppression["justification"].startswith("Ignore by ana on ")
    assert suppression["justification"].endswith(": the class is removed")
    assert by_rule["CVE-2026-10003"] == [], "a Caution was not accepted"
    assert by_rule["CVE-2026-10004"] == []
    assert by_rule["bomgate/missing-sbom"] == []
