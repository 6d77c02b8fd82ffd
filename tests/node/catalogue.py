"""What lies in a node's registry: the parts' images, and workload images whose SBOMs are attached to them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import packageurl

from tests.e2e import catalogue
from tests.node import layers, oci
from tests.node.configuration import PAUSE, REGISTRY

ROOT = Path(__file__).resolve().parents[2]
ALLOWED, CAUTION, BLOCKED, BLOCKED_LATER = "allowed", "caution", "blocked", "later"
NEWER = "newer"
LATER = catalogue.TURNING[0]
"""A package with a vulnerability that nobody has assessed yet."""
LATER_VULNERABILITY = "CVE-2026-20000"
CONTENTS = {
    ALLOWED: catalogue.HARMLESS,
    NEWER: catalogue.HARMLESS[:1],
    CAUTION: (*catalogue.HARMLESS, catalogue.TRIM),
    BLOCKED: (*catalogue.HARMLESS, catalogue.PARSER),
    BLOCKED_LATER: (*catalogue.HARMLESS, LATER),
}
"""Image → the packages in it."""
OSSINDEX = f"{REGISTRY}/node/ossindex:1"
POSTGRESQL = (f"{REGISTRY}/node/postgresql", "15")
BOMGATE = f"{REGISTRY}/node/bomgate"
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass
class Shelf:
    """The images of a node's registry.

    Attributes:
        layout: an OCI layout with all of them.
        digests: of the workload images, by name.
    """

    layout: Path
    digests: dict[str, str] = field(default_factory=dict)

    def reference(self, name: str) -> str:
        """A workload image by tag, as people write it."""
        return f"{REGISTRY}/shop/{name}:1"

    def pinned(self, name: str) -> str:
        """A workload image by tag and digest."""
        return f"{self.reference(name)}@{self.digests[name]}"


def stock(folder: Path, roots: Path, bomgate: Path, versions: tuple[str, ...]) -> Shelf:
    """Write the layout.

    Args:
        folder: a scratch folder; the layout links to files in the others.
        roots: of :mod:`tests.node.rootfs`.
        bomgate: layout of bomgate's image.
        versions: the tags that bomgate's image gets.
    """
    layout = oci.Layout(folder / "layout")
    shelf = Shelf(layout.folder)
    pause, base, postgresql = (roots / f"{name}.tar" for name in ("pause", "base", "postgresql"))
    layout.image(_name(PAUSE), [pause], {"Entrypoint": ["/pause"], "User": "65535:65535"})
    _add_postgresql(layout, postgresql)
    _add_double(layout, base, folder)
    for version in versions:
        layout.include(f"{_name(BOMGATE)}:{version}", bomgate)
    for name, purls in CONTENTS.items():
        config = {"Entrypoint": ["/pause"], "User": "65535:65535", "Labels": {"name": name}}
        shelf.digests[name] = layout.image(f"shop/{name}:1", [pause], config)
        layout.attach("shop/" + name, shelf.digests[name], _sbom(purls))
    layout.close()
    return shelf


def _name(reference: str) -> str:
    return reference.removeprefix(f"{REGISTRY}/")


def _add_postgresql(layout: oci.Layout, root: Path) -> None:
    repository, tag = POSTGRESQL
    # First on the PATH: Debian's /usr/bin/pg_isready is a wrapper in Perl that takes ten times as long for each probe.
    path = _PATH.replace("PATH=", f"PATH=/usr/lib/postgresql/{tag}/bin:")
    config = {
        "Env": [path, "PGDATA=/var/lib/postgresql/data", "LC_ALL=C.UTF-8"],
        "Entrypoint": ["docker-entrypoint.sh"],
        "Cmd": ["postgres"],
        "StopSignal": "SIGINT",
        "Volumes": {"/var/lib/postgresql/data": {}},
    }
    layout.image(f"{_name(repository)}:{tag}", [root], config)


def _add_double(layout: oci.Layout, base: Path, folder: Path) -> None:
    """The double of OSS Index, with what it knows."""
    known = {purl: catalogue.ADVISORIES.get(purl, []) for purls in CONTENTS.values() for purl in purls}
    layer = folder / "double.tar"
    files: dict[str, bytes | Path] = {
        "srv/tests/doubles": ROOT / "tests" / "doubles",
        "srv/packageurl": Path(packageurl.__file__).parent,
        "srv/advisories.json": json.dumps(known).encode(),
    }
    layers.pack_files(files, layer)
    config = {
        "Env": [_PATH, "PYTHONPATH=/srv", "PYTHONUNBUFFERED=1", "PYTHONDONTWRITEBYTECODE=1"],
        "Entrypoint": ["python3", "-m", "tests.doubles.ossindex"],
        "Cmd": ["--host", "0.0.0.0", "--port", "8080", "--advisories", "/srv/advisories.json"],
        "User": "65535:65535",
    }
    layout.image(_name(OSSINDEX), [base, layer], config)


def _sbom(purls: tuple[str, ...]) -> bytes:
    components = [{"type": "library", "name": "part", "version": "0", "purl": purl} for purl in purls]
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": components}
    return json.dumps(document).encode()
