"""The JSON of every command, as others script against it: each golden file holds one answer.

``python -m tests.golden.test_golden_cli`` rewrites them; read the difference before committing it. Moments, folders
and addresses differ from run to run and are replaced.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.installation import ADVISORIES, PARSER, TIDY, Installation, deployment, digest, document, reference
from tests.doubles.kubeobjects import ObjectServer
from tests.doubles.ossindex import Behaviour, OssIndexDouble

FOLDER = Path(__file__).parent / "cli"
_CHANGING = (
    (re.compile(r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"'), '"<moment>"'),
    (re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d UTC)?(?=[,\"])"), "<date>"),
    (re.compile(r'(?<="bomgate/v1": ")[0-9a-f]{64}'), "<fingerprint>"),
    (re.compile(r'(?<=schema": ")\d{4}'), "<schema>"),
    (re.compile(r'(?<="batch": ")\d{8}-[0-9a-f]{6}'), "<batch>"),
    (re.compile(r'(?<="recorded_by": ")[^"]+'), "<account>@<machine>"),
    (re.compile(r'(?<="tables": )\[.*?\n  \]', re.DOTALL), '"<tables>"'),  # their sizes are those of this SQLite
    (re.compile(r'(?<="bytes": )\{.*?\}', re.DOTALL), '"<sizes>"'),
    (re.compile(r'(?<="unused_bytes": )\d+'), "0"),
    (re.compile(r'(?<="author": "ada \()[^()"]+'), "<account>@<machine>"),
)
PACKAGE = PARSER.partition("@")[0]


def answers(folder: Path) -> Iterator[tuple[str, str]]:
    """Name and JSON of one answer of each command."""
    with OssIndexDouble(Behaviour(advisories=ADVISORIES)) as double, ObjectServer() as cluster:
        bomgate = Installation(folder, double)
        bomgate.write(f"in/{digest('new').replace(':', '-')}.json", document([TIDY], broken=1))
        bomgate.write("in/README.md", "no SBOM")
        sbom = bomgate.write("web.cdx.json", document([PARSER, "pkg:npm/never-seen@1.0.0", "pkg:deb/debian/x@1"]))
        manifest = bomgate.write("web.json", json.dumps(deployment(reference("blocked"), reference("other"))))
        bomgate.add_images()
        kubeconfig = cluster.kubeconfig(folder / "kubeconfig")
        for namespace, image in (("shop", "blocked"), ("shop", "clean"), ("kube-system", "blocked")):
            cluster.namespace(namespace)
            cluster.add(deployment(reference(image), name=image, namespace=namespace))
        assess = ("assess", "CVE-2026-10001", "--package", PACKAGE, "--author", "ada", "--comment", "why not")
        commands: tuple[tuple[str, tuple[str | Path, ...]], ...] = (
            ("download", ("download",)),
            ("download-dry-run", ("download", "--dry-run")),
            ("check-sbom", ("check", sbom)),
            ("check-manifest", ("check", manifest)),
            ("check-sarif", ("check", manifest, "--output", "sarif")),
            ("readiness", ("readiness", "--kubeconfig", kubeconfig)),
            ("sbom-import", ("sbom", "import", folder / "in")),
            ("sbom-list", ("sbom", "list")),
            ("sbom-show", ("sbom", "show", digest("new"))),
            ("sbom-fetch", ("sbom", "fetch", reference("other"))),
            ("assess", (*assess, "--type", "Ignore")),
            ("assess-clear", (*assess, "--clear")),
            ("assess-existing", ("assess", "--existing", "--dry-run")),
            ("vulns-list", ("vulns", "list", "--cvss", "9-10")),
            ("vulns-show", ("vulns", "show", "CVE-2026-10001")),
            ("types-list", ("types", "list")),
            ("types-lint", ("types", "lint")),
            ("source-check", ("source", "check")),
            ("db-status", ("db", "status")),
            ("db-prune", ("db", "prune", "--dry-run")),
            ("sbom-remove", ("sbom", "remove", digest("new"), "--author", "ada", "--comment", "of another build")),
        )
        for name, command in commands:
            output = () if "--output" in command else ("--output", "json")
            text = bomgate.run(*command, *output).out.replace(str(folder), "<folder>").replace(double.url, "<url>")
            for pattern, replacement in _CHANGING:
                text = pattern.sub(replacement, text)
            yield name, text


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """All answers, by name."""
    return dict(answers(tmp_path_factory.mktemp("golden")))


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.json")))
def test_the_json_is_the_golden_one(answered: dict[str, str], name: str) -> None:
    assert answered[name] == (FOLDER / f"{name}.json").read_text(encoding="utf-8")


def test_every_answer_has_its_golden(answered: dict[str, str]) -> None:
    assert sorted(answered) == sorted(path.stem for path in FOLDER.glob("*.json"))


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        for title, answer in answers(Path(scratch)):
            (FOLDER / f"{title}.json").write_text(answer, encoding="utf-8")
