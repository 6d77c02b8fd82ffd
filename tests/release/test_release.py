"""Releases: what they are made of, what is refused, and the SBOM of bomgate, which bomgate itself judges."""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.utils import canonicalize_name

import release.__main__
import release.image
from release import artifacts
from release.__main__ import main
from release.image import MACHINES, Base, image
from release.sources import ROOT, ReleaseError, Sources, exported, notes
from tests.cli.installation import Installation
from tests.copies import replace
from tests.doubles.ossindex import OssIndexDouble, advisory
from tests.node import cache
from webhook import __version__

pytestmark = pytest.mark.timeout(900)
"""The first test waits for an environment with all that is locked, which takes minutes beside other tests."""
LICENCE = "Apache-2.0"
IMAGE = f"registry.example/bomgate:{__version__}@sha256:{'b0' * 32}"
LOCKED = re.compile(r"^([a-z0-9._-]+)==([^ ]+)([^\\\n]*)", re.MULTILINE)


@pytest.fixture(scope="module")
def sources() -> Sources:
    """The files of the working tree, as those of a commit."""
    return Sources(ROOT, "0" * 40, 1_700_000_000, True)


@pytest.fixture(scope="module")
def wheels() -> Path:
    """The folder of the locked wheels for this Python; downloaded once, because it is the lookups that take long."""
    lock = ROOT / "requirements" / "run.txt"
    wanted = ["--quiet", "--only-binary=:all:", "--no-deps", "--require-hashes", "--requirement", str(lock)]

    def fetch(into: Path) -> None:
        cache.run(sys.executable, "-m", "pip", "download", *wanted, "--dest", str(into))

    folder = cache.once("release-wheels", cache.digest(sysconfig.get_platform(), sys.version, lock), fetch)
    cache.prune("release-wheels", keep=2)
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Path:
    """The wheel of the commit, its SBOM, and their checksums.

    The SBOM takes an environment with all that is locked, so that of a former run counts until something changes that
    it is made from: the metadata of the wheel, the locks, or how it is made.
    """
    folder = tmp_path_factory.mktemp("release")
    with exported() as sources, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_NO_INDEX", "1")
        patch.setenv("PIP_FIND_LINKS", str(wheels))
        wheel = artifacts.wheel(sources, folder)
        names = ("pyproject.toml", "README.md", "webhook/__init__.py", "requirements", "release")
        key = cache.digest(sysconfig.get_platform(), sys.version, *(sources.folder / name for name in names))

        def describe(into: Path) -> None:
            artifacts.sbom(sources, wheel, into)

        shutil.copy(cache.once("release-sbom", key, describe) / f"bomgate-{__version__}.cdx.json", folder)
        cache.prune("release-sbom", keep=2)
    artifacts.checksums(folder)
    return folder


@pytest.fixture(scope="module")
def sbom(built: Path) -> Path:
    return built / f"bomgate-{__version__}.cdx.json"


def purls(sbom: Path) -> dict[str, str]:
    """Name → purl of the packages that an SBOM lists."""
    return {load["name"]: load["purl"] for load in json.loads(sbom.read_bytes())["components"]}


def test_the_sbom_lists_what_is_locked_for_this_platform_and_its_licence(sbom: Path) -> None:
    document = json.loads(sbom.read_bytes())
    root = document["metadata"]["component"]
    assert (root["name"], root["version"]) == ("bomgate", __version__)
    assert root["licenses"] == [{"license": {"id": "Apache-2.0", "acknowledgement": "declared"}}]
    lock = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    locked = {(name, version): ";" in marker for name, version, marker in LOCKED.findall(lock)}
    listed = {(canonicalize_name(item["name"]), item["version"]) for item in document["components"]}
    assert len(listed) > 40
    assert {package for package, has_marker in locked.items() if not has_marker} <= listed <= set(locked)
    assert all(item["purl"].startswith("pkg:pypi/") for item in document["components"])
    assert {item["ref"] for item in document["dependencies"]} >= {"root-component"}


@pytest.fixture
def installed(tmp_path: Path) -> Any:
    with OssIndexDouble() as double:
        yield Installation(tmp_path, double)


def judged(bomgate: Installation, sbom: Path) -> dict[str, Any]:
    """The verdict of bomgate on its own image."""
    bomgate.ok("sbom", "add", sbom, "--image", IMAGE)
    bomgate.ok("download")
    (image,) = bomgate.run("check", IMAGE, "--output", "json").json["targets"][0]["images"]
    return dict(image)


def test_bomgate_allows_itself_while_nothing_is_reported(installed: Installation, sbom: Path) -> None:
    installed.double.behaviour.advisories = {}
    verdict = judged(installed, sbom)
    assert (verdict["action"], verdict["findings"]) == ("allow", [])
    counts = verdict["components"]
    assert counts["clean"] == counts["total"] == len(purls(sbom))


def test_bomgate_denies_itself_when_a_dependency_turns_bad(installed: Installation, sbom: Path) -> None:
    purl = purls(sbom)["urllib3"]
    installed.double.behaviour.advisories = {purl: [advisory("CVE-2026-90001", 9.8)]}
    verdict = judged(installed, sbom)
    assert verdict["action"] == "deny"
    assert [(item["purl"], item["vulnerability"]["id"]) for item in verdict["findings"]] == [(purl, "CVE-2026-90001")]


def test_the_same_commit_gives_the_same_wheel(built: Path, tmp_path: Path) -> None:
    with exported() as sources:
        again = artifacts.wheel(sources, tmp_path)
    assert again.read_bytes() == (built / again.name).read_bytes()


def test_the_checksums_are_those_that_sha256sum_expects(built: Path) -> None:
    done = subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=built, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert sorted(line.partition(":")[0] for line in done.stdout.splitlines()) == sorted(
        path.name for path in built.iterdir() if path.name != "SHA256SUMS"
    )


# -- the licence --------------------------------------------------------------------------------------------------


def test_every_artifact_names_the_licence() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    chart = yaml.safe_load((ROOT / "charts" / "bomgate" / "Chart.yaml").read_text(encoding="utf-8"))
    labels = re.findall(r'licenses="([^"]+)"', (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    notice = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert project["license"] == LICENCE
    assert project["license-files"] == ["LICENSE"]
    assert chart["annotations"]["artifacthub.io/license"] == LICENCE
    assert labels == [LICENCE]
    assert f"SPDX-License-Identifier: {LICENCE}\n" in notice
    assert notice.startswith("Copyright 2026 The bomgate authors\n")
    assert "https://www.apache.org/licenses/LICENSE-2.0" in notice


def test_the_wheel_has_the_notice(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as files:
        (metadata,) = [name for name in files.namelist() if name.endswith(".dist-info/METADATA")]
        said = files.read(metadata).decode()
        notice = files.read(metadata.replace("METADATA", "licenses/LICENSE")).decode()
    assert f"License-Expression: {LICENCE}\n" in said
    assert notice == (ROOT / "LICENSE").read_text(encoding="utf-8")


# -- what is refused ------------------------------------------------------------------------------------------------


@pytest.fixture
def changelog(tmp_path: Path, sources: Sources) -> Any:
    """Gives sources with another changelog."""
    (tmp_path / "webhook").mkdir()
    (tmp_path / "webhook" / "__init__.py").write_text('__version__ = "1.2.0"\n')
    chart = tmp_path / "charts" / "bomgate"
    chart.mkdir(parents=True)
    (chart / "Chart.yaml").write_text('version: 1.2.0\nappVersion: "1.2.0"\n')

    def make(text: str) -> Sources:
        (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n{text}", encoding="utf-8")
        return replace(sources, folder=tmp_path)

    return make


def test_the_notes_are_the_section_of_the_version(changelog: Any) -> None:
    text = "## [Unreleased]\n\n## [1.2.0] - 2026-12-01\n\n- New.\n\n## [1.1.0] - 2026-11-30\n\n- Old.\n"
    assert notes(changelog(text)) == "# bomgate 1.2.0\n\n- New.\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("## [Unreleased]\n\n- New.\n", "no section for 1.2.0"),
        ("## [1.2.0] - 2026-12-01\n\n## [1.1.0]\n\n- Old.\n", "no section for 1.2.0"),
        ("## [Unreleased]\n\n- Newer.\n\n## [1.2.0] - 2026-12-01\n\n- New.\n", "entries under Unreleased"),
    ],
)
def test_a_changelog_that_does_not_say_what_is_released_is_refused(changelog: Any, text: str, why: str) -> None:
    with pytest.raises(ReleaseError, match=why):
        notes(changelog(text))


def test_a_chart_of_another_version_is_refused(changelog: Any) -> None:
    other = changelog("")
    (other.folder / "charts" / "bomgate" / "Chart.yaml").write_text('version: 1.2.0\nappVersion: "1.1.0"\n')
    with pytest.raises(ReleaseError, match=r"version 1\.2\.0, and Chart\.yaml another appVersion"):
        _ = other.version


def test_this_version_has_notes(sources: Sources) -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{__version__}] - 20" in text
    assert sources.version == __version__


# -- the image ------------------------------------------------------------------------------------------------------


def test_the_base_is_the_one_of_the_dockerfile_unless_another_is_asked_for(sources: Sources) -> None:
    assert f"ARG BASE_IMAGE={Base.chosen(sources, '').name}\n" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert Base.chosen(sources, "").fallback
    assert Base.chosen(sources, "registry.example/python:3.13") == Base("registry.example/python:3.13", False)


def test_a_platform_that_this_machine_cannot_run_is_refused_with_what_would_help(
    sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release.image, "_EMULATORS", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda name, path=None: f"/usr/bin/{name}")
    (foreign,) = [name for name, runs_on in MACHINES.items() if runs_on != platform.machine()]
    with pytest.raises(ReleaseError, match=f"cannot run programs of {foreign}; with Debian's package qemu-user-static"):
        image(sources, tmp_path, foreign, Base("debian", False), "")


def test_without_a_builder_no_image_is_made(sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, path=None: None)
    with pytest.raises(ReleaseError, match="buildah is not installed"):
        image(sources, tmp_path, "linux/amd64", Base("debian", False), "")


def test_what_is_missing_is_said_and_fails_where_all_has_to_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> Path:
        raise ReleaseError("there is no builder")

    monkeypatch.setattr(artifacts, "wheel", refuse)
    monkeypatch.setattr(artifacts, "chart", lambda sources, into: into)
    monkeypatch.setattr(release.__main__, "image", lambda *_: (tmp_path, "built on another base"))
    arguments = ["--into", str(tmp_path / "dist"), "--platform", "linux/amd64"]
    assert main(arguments) == 0
    assert "not fit to be published" in capsys.readouterr().err
    assert main([*arguments, "--strict"]) == 1
    said = capsys.readouterr().err
    assert "FAILED, because of --strict" in said
    assert "wheel: there is no builder" in said
    assert "image for linux/amd64: built on another base" in said
    assert (tmp_path / "dist" / "SHA256SUMS").exists()
