"""``bomgate components``: whether a package is anywhere, in which images, and where these run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from webhook.bootstrap.triage import Triage, cluster_lists
from webhook.cli.decision_shapes import AffectedImageShape
from webhook.cli.exits import Exit
from webhook.cli.listed_shapes import ComponentListShape, FoundComponentShape
from webhook.cli.options import global_options, invocation, limit_option, output_option
from webhook.cli.output import note, print_csv, print_json, print_table
from webhook.cli.triaging import gathered, loaded_triage
from webhook.cli.verbs import VerbGroup
from webhook.engines.triage.clusters import ClusterLists
from webhook.engines.triage.packages import images_of, workloads_of
from webhook.model.triage import PackageScan
from webhook.model.uncovered import WORDS, Uncovered
from webhook.policy.phrases import count
from webhook.policy.plaintext import plain

_SHOWN = 3
_NO_SBOMS = (
    "The database {} contains no SBOM, so nothing could be found. If it is the right database, add some with "
    "`bomgate sbom add`; otherwise, correct database.url."
)
_CSV = ("purl", "state", "vulnerabilities", "images", "namespaces", "workloads", "clusters", "not_covered_because")


@click.group("components", cls=VerbGroup)
@global_options
def command() -> None:
    """Components of known images, in any state."""


@command.command(
    "find",
    examples=(
        "bomgate components find 'log4j*'",
        "bomgate components find @angular/core",
        "bomgate components find pkg:npm/lodash --version '4.17.*' --output json",
    ),
)
@click.argument("name", metavar="NAME")
@click.option("--version", metavar="GLOB", help="Only versions like this, such as '2.14.*'.")
@limit_option()
@global_options
@output_option("csv")
def find(name: str, version: str | None, limit: int | None, output: str) -> Exit:
    """Find components by the NAME of their package, with * as wildcard, by a path, or by a purl.

    A purl may have a version, and any spelling that SBOMs may have. A path is written as package managers do:
    @angular/core, org.x:core, github.com/x/y. Finds packages without vulnerabilities, too, and
    those that no source was asked about. A hub finds them in the clusters of its members, too. Exits with 3 if the
    database contains no SBOM.
    """
    parts = invocation().parts()
    triage = loaded_triage(parts, judges=False)
    scan = PackageScan.of(name)
    # A limit counts components, and each package that is found has one at least, before its versions are looked at.
    most_packages = limit if version is None else None
    packages, is_more = gathered(lambda after, most: triage.packages.page(scan, after, most), most_packages)
    clusters = cluster_lists(parts)
    patterns = (version, scan.version_glob)
    found = [shape for row in packages for shape in _found(triage, clusters, row.line.package, patterns)]
    if limit is not None:
        found, is_more = found[:limit], is_more or len(found) > limit
    outcome = Exit.DONE if parts.model.images or found else Exit.UNDECIDED
    if output == "json":
        print_json(ComponentListShape(tuple(found), is_more))
        return outcome
    if output == "csv":
        print_csv(_CSV, [_csv_row(shape) for shape in found])
        return outcome
    columns = ("Component", "State", "Images", "Runs in")
    what = plain(name, 200) if version is None else f"{plain(name, 200)} in a version like {plain(version, 200)}"
    print_table(columns, [_table_row(shape) for shape in found], empty=f"No known image has {what}.")
    if found:
        images = {image.digest for shape in found for image in shape.images}
        namespaces = {namespace for shape in found for namespace in shape.namespaces}
        more = " There are more; raise --limit." if is_more else ""
        note(f"{count(len(found), 'component')} in {count(len(images), 'image')}, {_running(namespaces)}.{more}")
        if names := sorted({name for shape in found for name in shape.clusters}):
            note(f"In {count(len(names), 'cluster')} of members: {_some(names)}.")
        if triage.boards.now().taken_at is None:
            note("No cluster is audited, so it is not known what runs.")
    elif not parts.model.images:
        from webhook.store.addresses import parse_address, shown_address

        note(_NO_SBOMS.format(shown_address(parse_address(parts.settings.database.url))))
    return outcome


def _found(
    triage: Triage, clusters: ClusterLists | None, package: str, patterns: Iterable[str | None]
) -> Iterator[FoundComponentShape]:
    board, by_pattern = triage.boards.now(), [triage.packages.versions(package, pattern) for pattern in patterns]
    wanted = set.intersection(*({line.number for line in lines} for lines in by_pattern))
    for line in by_pattern[0]:
        if line.number not in wanted:
            continue
        digests = board.where.images([line.number])
        images, workloads = images_of(board, digests), workloads_of(board, digests)
        holders = {} if clusters is None else clusters.holders([line.number])
        if images or holders:
            yield FoundComponentShape(
                purl=str(line.purl),
                state=line.state.name.lower(),
                not_covered_because=line.uncovered or "",
                vulnerabilities=line.vulnerabilities,
                images=tuple(AffectedImageShape(str(image.digest), image.called) for image in images),
                namespaces=tuple(sorted({workload.workload.namespace for workload in workloads})),
                workloads=tuple(workload.workload.title for workload in workloads),
                clusters=holders,
            )


def _table_row(one: FoundComponentShape) -> tuple[object, ...]:
    names = [image.names[0] if image.names else image.digest for image in one.images]
    state = one.state if not one.vulnerabilities else f"{one.state}: {_some(one.vulnerabilities)}"
    if one.not_covered_because:
        state = f"{one.state}: {WORDS[Uncovered(one.not_covered_because)]}"
    return one.purl, state, _some(names), _some((*one.namespaces, *(f"cluster {name}" for name in one.clusters)))


def _csv_row(one: FoundComponentShape) -> tuple[object, ...]:
    images = " ".join(image.names[0] if image.names else image.digest for image in one.images)
    return (
        one.purl,
        one.state,
        " ".join(one.vulnerabilities),
        images,
        " ".join(one.namespaces),
        "; ".join(one.workloads),
        " ".join(one.clusters),
        one.not_covered_because,
    )


def _some(names: tuple[str, ...] | list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _running(namespaces: set[str]) -> str:
    return f"running in {count(len(namespaces), 'namespace')}" if namespaces else "running nowhere that is known"
