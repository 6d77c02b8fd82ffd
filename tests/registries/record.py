"""Record attachments with the real tools: ``python -m tests.registries.record`` rewrites ``layouts/``.

An image is made with crane; then oras and cosign attach SBOMs to it, each convention in a separate repository, on a
registry with the referrers API and on one without. What the repositories then hold is written as OCI layouts. The tests
push those layouts, so that an ordinary run needs neither cosign nor oras. The signing key is thrown away; its public
half is kept. Time stamps and signatures differ from one recording to the next, and so do digests of attachments.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tests.registries.build import ensure
from tests.registries.layouts import Layout
from tests.registries.running import docker_registry, referrers_registry

HERE = Path(__file__).resolve().parent
LAYOUTS = HERE / "layouts"
CYCLONEDX = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "version": 1,
    "metadata": {"component": {"type": "container", "name": "app", "version": "1"}},
    "components": [
        {"type": "library", "name": "left-pad", "version": "1.3.0", "purl": "pkg:npm/left-pad@1.3.0"},
        {"type": "library", "name": "jinja2", "version": "3.1.2", "purl": "pkg:pypi/jinja2@3.1.2"},
    ],
}
SPDX = {
    "spdxVersion": "SPDX-2.3",
    "SPDXID": "SPDXRef-DOCUMENT",
    "name": "app",
    "dataLicense": "CC0-1.0",
    "documentNamespace": "https://bomgate.dev/tests/app",
    "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: by-hand"]},
    "packages": [
        {
            "SPDXID": "SPDXRef-Package-requests",
            "name": "requests",
            "versionInfo": "2.30.0",
            "downloadLocation": "NOASSERTION",
            "externalRefs": [
                {
                    "referenceCategory": "PACKAGE-MANAGER",
                    "referenceType": "purl",
                    "referenceLocator": "pkg:pypi/requests@2.30.0",
                }
            ],
        }
    ],
}
PROVENANCE = {"buildType": "https://bomgate.dev/tests/build", "builder": {"id": "https://bomgate.dev/tests/builder"}}


class Tools:
    """The real tools in a scratch folder.

    Args:
        scratch: where files lie.
    """

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self._folders = [ensure("registry"), ensure("attach")]
        self._environment = {
            **os.environ,
            "COSIGN_PASSWORD": "",
            "COSIGN_EXPERIMENTAL": "1",
            "HOME": str(scratch),
            "SOURCE_DATE_EPOCH": "0",
        }
        for name, content in (("cdx.json", CYCLONEDX), ("spdx.json", SPDX), ("provenance.json", PROVENANCE)):
            (scratch / name).write_text(json.dumps(content))
        with tarfile.open(scratch / "layer.tar", "w") as layer:
            file = tarfile.TarInfo("hello")
            file.size = 6
            layer.addfile(file, io.BytesIO(b"hello\n"))
        self("cosign", "generate-key-pair")
        self("cosign", "signing-config", "create", "--out", "signing.json")

    def __call__(self, name: str, *arguments: str) -> str:
        program = next(folder / name for folder in self._folders if (folder / name).exists())
        done = subprocess.run(
            [program, *arguments], cwd=self.scratch, env=self._environment, capture_output=True, text=True
        )
        if done.returncode != 0:
            raise RuntimeError(f"{name} {' '.join(arguments)}:\n{done.stdout[-1000:]}{done.stderr[-2000:]}")
        return done.stdout.strip()

    def image(self, host: str, repository: str, *, index: bool = False) -> str:
        """An image, or an index of two platforms; its name with the digest."""
        name = f"{host}/{repository}"
        for platform in ("amd64", "arm64") if index else ("amd64",):
            self("crane", "append", "-f", "layer.tar", "-t", f"{name}:{platform}", "--insecure")
            flags = ("--set-platform", f"linux/{platform}", "-t", f"{name}:{platform}", "--insecure")
            self("crane", "mutate", f"{name}:{platform}", *flags)
        if index:
            flags = ("-m", f"{name}:amd64", "-m", f"{name}:arm64", "-t", f"{name}:1", "--insecure")
            self("crane", "index", "append", *flags)
        else:
            self("crane", "tag", f"{name}:amd64", "1", "--insecure")
        return f"{name}@{self('crane', 'digest', f'{name}:1', '--insecure')}"

    def platform(self, image: str, platform: str) -> str:
        """One platform of an index, by digest."""
        name = image.partition("@")[0]
        return f"{name}@{self('crane', 'digest', '--platform', platform, image, '--insecure')}"

    def oras(self, image: str, kind: str, file: str) -> None:
        self("oras", "attach", "--plain-http", "--artifact-type", kind, image, f"{file}:{kind}")

    def bundle(self, image: str, kind: str, file: str) -> None:
        flags = ("--signing-config", "signing.json", "--allow-insecure-registry", "-y")
        self("cosign", "attest", "--key", "cosign.key", "--type", kind, "--predicate", file, *flags, image)

    def attestation(self, image: str, kind: str, file: str) -> None:
        flags = ("--use-signing-config=false", "--new-bundle-format=false", "--tlog-upload=false", "-y")
        flags += ("--allow-insecure-registry",)
        self("cosign", "attest", "--key", "cosign.key", "--type", kind, "--predicate", file, *flags, image)

    def attachment(self, image: str, *flags: str) -> None:
        kind = ("--type", "cyclonedx", "--input-format", "json", "--allow-insecure-registry")
        self("cosign", "attach", "sbom", "--sbom", "cdx.json", *kind, *flags, image)


def record(tools: Tools, plain: str, listing: str) -> None:
    """Attach by every convention and write the layouts.

    Args:
        tools: the tools.
        plain: host of a registry without the referrers API.
        listing: host of one with it.
    """
    for host, kind in ((plain, "fallback"), (listing, "referrers")):
        image = tools.image(host, f"team/oras-{kind}")
        tools.oras(image, "application/vnd.cyclonedx+json", "cdx.json")
        tools.oras(image, "application/spdx+json", "spdx.json")
        image = tools.image(host, f"team/bundle-{kind}")
        tools.bundle(image, "slsaprovenance", "provenance.json")
        tools.bundle(image, "cyclonedx", "cdx.json")
    image = tools.image(plain, "team/attestation")
    tools.attestation(image, "slsaprovenance", "provenance.json")
    tools.attestation(image, "cyclonedx", "cdx.json")
    tools.attestation(image, "spdxjson", "spdx.json")
    tools.attestation(tools.image(plain, "team/attestation-text"), "spdx", "spdx.json")
    tools.attestation(tools.image(plain, "team/attestation-custom"), "custom", "cdx.json")
    tools.attachment(tools.image(plain, "team/attachment"))
    tools.attachment(tools.image(listing, "team/attachment-referrers"), "--registry-referrers-mode=oci-1-1")
    tools.bundle(tools.image(listing, "team/index", index=True), "cyclonedx", "cdx.json")
    image = tools.image(plain, "team/platforms", index=True)
    tools.oras(tools.platform(image, "linux/amd64"), "application/vnd.cyclonedx+json", "cdx.json")
    tools.oras(tools.platform(image, "linux/arm64"), "application/spdx+json", "spdx.json")
    shutil.rmtree(LAYOUTS, ignore_errors=True)
    for name in REPOSITORIES:
        host = listing if name.endswith("referrers") or name == "index" else plain
        Layout.pull(f"http://{host}/v2/team/{name}").save(LAYOUTS / name)
    shutil.copy(tools.scratch / "cosign.pub", LAYOUTS / "cosign.pub")


REPOSITORIES = (
    "oras-fallback",
    "oras-referrers",
    "bundle-fallback",
    "bundle-referrers",
    "attestation",
    "attestation-text",
    "attestation-custom",
    "attachment",
    "attachment-referrers",
    "index",
    "platforms",
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        (scratch / "tools").mkdir()
        with docker_registry(scratch / "plain") as plain, referrers_registry(scratch / "listing") as listing:
            record(Tools(scratch / "tools"), plain, listing)
    print(f"{len(REPOSITORIES)} layouts in {LAYOUTS}", file=sys.stderr)


if __name__ == "__main__":
    main()
