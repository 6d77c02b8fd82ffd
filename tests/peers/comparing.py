"""Comparing: what only one of the two finds, and which row of the table explains it.

An explanation is a rule here and a row there; what no rule explains is called ``unexplained``.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tests.peers.scanner import Pair, pair
from webhook.clients.osv.archives import read_archive
from webhook.clients.osv.records import SetBuilder
from webhook.errors import InvalidInput
from webhook.model.advisories import AdvisorySet
from webhook.model.components import Sbom
from webhook.model.distributions import context_of
from webhook.model.purls import Purl
from webhook.policy.advisoryindex import AdvisoryIndex
from webhook.policy.advisorykeys import ecosystem_of
from webhook.sboms import parse

UNEXPLAINED = "unexplained"
TABLE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "advisories.md"
_ROW = re.compile(r"\| `([a-z-]+)` \| (bomgate|osv-scanner|neither) \| ([0-9,]+) \|")
_POINT = re.compile(r"distro=[a-z]+-[0-9]+\.[0-9]")
_BYTES = 1 << 31


class Explained(NamedTuple):
    """A row of the table."""

    right: str
    pairs: int


@dataclass(frozen=True, slots=True)
class Document:
    """An SBOM, as it is written and as bomgate reads it."""

    text: str
    sbom: Sbom


@dataclass(frozen=True, slots=True)
class Advisories:
    """What both are given.

    Attributes:
        sets: as bomgate reads them.
        commits_first: ids of records that name a range of commits before another range.
        odd_names: ids of records that name a package of PyPI in another spelling than its normal one.
    """

    sets: Mapping[tuple[str, str], AdvisorySet]
    commits_first: frozenset[str]
    odd_names: frozenset[str]


def explained() -> dict[str, Explained]:
    """The rows of the table, by explanation."""
    text = TABLE.read_text(encoding="utf-8")
    return {row[1]: Explained(row[2], int(row[3].replace(",", ""))) for row in _ROW.finditer(text)}


def read_advisories(archives: Mapping[str, bytes]) -> Advisories:
    """Read ``all.zip`` of each ecosystem."""
    sets, commits, odd = {}, set(), set()
    for ecosystem, content in archives.items():
        builder = SetBuilder(ecosystem)
        for data, _ in read_archive(io.BytesIO(content), _BYTES, builder.skip):
            builder.add(data)
            if b'"GIT"' in data or ecosystem == "PyPI":
                record = json.loads(data)
                commits |= {record["id"] for stated in record.get("affected", ()) if _has_commits_first(stated)}
                odd |= {record["id"] for stated in record.get("affected", ()) if _is_odd(stated)}
        sets["osv", ecosystem] = builder.finish()
    return Advisories(sets, frozenset(commits), frozenset(odd))


def _has_commits_first(stated: Mapping[str, Any]) -> bool:
    kinds = [stretch["type"] for stretch in stated.get("ranges", ())]
    return len(set(kinds)) > 1 and kinds[0] == "GIT"


def _is_odd(stated: Mapping[str, Any]) -> bool:
    package = stated.get("package", {})
    name = package.get("name", "")
    return package.get("ecosystem") == "PyPI" and name != re.sub(r"[-_.]+", "-", name).lower()


def read_documents(contents: Mapping[str, bytes]) -> dict[str, Document]:
    """Read SBOMs; those that bomgate refuses are left out, by name of their file."""
    found = {}
    for name, content in contents.items():
        try:
            found[name] = Document(content.decode(errors="replace"), parse(content))
        except InvalidInput:
            continue
    return found


def ours(documents: Mapping[str, Document], advisories: Advisories) -> Iterator[tuple[Pair, Purl]]:
    """What bomgate finds, with the component."""
    index = AdvisoryIndex(advisories.sets)
    for name, document in documents.items():
        for key in document.sbom.keys:
            for found in index.match(key).vulnerabilities:
                advisory = found.id.removeprefix("osv:")
                yield pair(name, ecosystem_of(key), key.name, key.version, advisory), key


def differences(
    theirs: Iterable[Pair], documents: Mapping[str, Document], advisories: Advisories
) -> dict[str, list[Pair]]:
    """What only one of them finds, by explanation."""
    found, expected = dict(ours(documents, advisories)), set(theirs)
    differing: dict[str, list[Pair]] = {}
    for difference in sorted(expected - found.keys()):
        differing.setdefault(_theirs_only(difference, documents[difference.document]), []).append(difference)
    for difference in sorted(found.keys() - expected):
        differing.setdefault(
            _ours_only(difference, found[difference], documents[difference.document], advisories), []
        ).append(difference)
    return differing


def _theirs_only(one: Pair, document: Document) -> str:
    if one.ecosystem == "Go" and one.name == "stdlib" and _has_path(document.sbom.keys, one.version):
        return "go-path"
    if one.version == "(devel)":
        return "no-version"
    return UNEXPLAINED


def _has_path(keys: Iterable[Purl], version: str) -> bool:
    """Whether a module's path ends in ``/go``."""
    return any(key.name == "go" and key.namespace and key.version.removeprefix("v") == version for key in keys)


def _ours_only(one: Pair, key: Purl, document: Document, advisories: Advisories) -> str:
    if key.type in ("bitnami", "rpm"):
        return key.type
    if key.type == "golang" and key.package != key.package.lower():
        return "letter-case"
    if key.name == "stdlib" and "pkg:golang/std@" in document.text:
        return "std"
    if key.type == "pypi" and one.advisory in advisories.odd_names:
        return "odd-name"
    if one.advisory in advisories.commits_first:
        return "commits-first"
    if key.type in ("apk", "deb"):
        if context_of(key).source != key.name:
            return "source-package"
        if any(_POINT.search(line) for line in document.text.splitlines() if key.name in line):
            return "point-release"
    return UNEXPLAINED


def counts(differing: Mapping[str, list[Pair]]) -> Counter[str]:
    """How many pairs each explanation explains."""
    return Counter({name: len(some) for name, some in differing.items()})


def shared_archives(folder: Path) -> dict[str, bytes]:
    """``all.zip`` of each ecosystem of a folder."""
    return {path.parent.name: path.read_bytes() for path in sorted(folder.glob("*/all.zip"))}


def narrowed(archives: Mapping[str, bytes], names: Iterable[bytes]) -> dict[str, bytes]:
    """Archives with the records alone in which one of some names of packages occurs."""
    wanted = [b'"%s"' % name for name in names]
    narrow = {}
    for ecosystem, content in archives.items():
        into = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(into, "w") as target:
            for entry in source.namelist():
                data = source.read(entry)
                if any(name in data for name in wanted):
                    target.writestr(entry, data)
        narrow[ecosystem] = into.getvalue()
    return narrow
