"""Artifacts of a release that any machine can build: the wheel, the chart, the SBOM of the program, the checksums."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

from release.sources import ReleaseError, Sources, run
from tests.e2e.controlplane import build as tools


def wheel(sources: Sources, into: Path) -> Path:
    """Build the wheel.

    Raises:
        ReleaseError: it could not be built.
    """
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(into), str(sources.folder)]
    run(*command, environment=sources.environment)
    return into / f"bomgate-{sources.version}-py3-none-any.whl"


def chart(sources: Sources, into: Path) -> Path:
    """Pack the chart, with the helm on the PATH or the helm that the tests build.

    Raises:
        ReleaseError: there is no helm and none can be built, or it refuses the chart.
    """
    helm = shutil.which("helm")
    if helm is None:
        try:
            helm = str(tools.ensure("helm") / "helm")
        except tools.UnavailableError as problem:
            raise ReleaseError(f"helm: {problem}") from problem
    folder = sources.folder / "charts" / "bomgate"
    shutil.copy(sources.folder / "LICENSE", folder)
    run(helm, "lint", "--quiet", str(folder), "--set", "image.repository=registry.example/bomgate")
    run(helm, "package", str(folder), "--destination", str(into), environment=sources.environment)
    return into / f"bomgate-{sources.version}.tgz"


def sbom(sources: Sources, package: Path, into: Path) -> Path:
    """Describe the wheel with all that the lock installs beside it, in CycloneDX JSON.

    An environment is made of both, so what is described is what runs: versions, licences, and which package needs
    which. Packages of the base image are not in it.

    Args:
        sources: of the release.
        package: the wheel.
        into: the folder for the document.

    Raises:
        ReleaseError: the environment or the document could not be made.
    """
    target = into / f"bomgate-{sources.version}.cdx.json"
    with tempfile.TemporaryDirectory(prefix="bomgate-sbom-") as scratch:
        environment = Path(scratch) / "environment"
        run(sys.executable, "-m", "venv", "--without-pip", str(environment))
        python = str(environment / "bin" / "python")
        pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--disable-pip-version-check"]
        locked = sources.folder / "requirements" / "run.txt"
        run(*pip, "--no-compile", "--no-deps", "--require-hashes", "--requirement", str(locked))
        run(*pip, "--no-compile", "--no-deps", "--no-index", str(package))
        project = Path(scratch) / "pyproject.toml"  # cyclonedx-py knows no version that the build looks up
        text = (sources.folder / "pyproject.toml").read_text(encoding="utf-8")
        project.write_text(text.replace('dynamic = ["version"]', f'version = "{sources.version}"'), encoding="utf-8")
        document = ["--output-format", "JSON", "--output-reproducible", "--output-file", str(target)]
        command = [sys.executable, "-m", "cyclonedx_py", "environment", "--pyproject", str(project), *document, python]
        run(*command, environment=sources.environment)
    return target


def checksums(into: Path) -> Path:
    """Write the SHA-256 of every file of the folder, as ``sha256sum --check`` reads them."""
    target = into / "SHA256SUMS"
    files = sorted(path for path in into.iterdir() if path != target)
    lines = [f"{_sha256(path)}  {path.name}\n" for path in files]
    target.write_text("".join(lines), encoding="utf-8")
    return target


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
