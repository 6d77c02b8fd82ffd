"""The parts of a process: each is made when it is first asked for.

What a part is made of is imported where it is made: a command pays for the parts that it uses, and for no other.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from webhook.bootstrap.decisions import DecisionParts
from webhook.clients.machine import SystemClock
from webhook.model.components import Sbom
from webhook.policy.remedies import Hints
from webhook.settings import Settings
from webhook.telemetry import Faults

if TYPE_CHECKING:
    from webhook.bootstrap.cluster import Cluster
    from webhook.bootstrap.places import Places
    from webhook.engines.downloading.downloader import Downloader
    from webhook.engines.downloading.progress import DownloadListener
    from webhook.engines.importer import Document, SbomImporter
    from webhook.engines.judging.documents import SbomChecker
    from webhook.engines.judging.images import ImageChecker
    from webhook.engines.judging.removing import SbomRemover
    from webhook.engines.judging.workloads import WorkloadJudge
    from webhook.engines.matching.exploits import ExploitUpdater
    from webhook.engines.matching.matcher import Matcher
    from webhook.engines.readmodel import ReadModel
    from webhook.engines.refresher import Refresher
    from webhook.engines.rereader import Rereader
    from webhook.engines.retention.pruner import Pruner
    from webhook.model.advisories import ComponentMatch
    from webhook.model.purls import Purl
    from webhook.ports import Background, HotStart, RunProgressStore


@dataclass
class Parts(DecisionParts):
    """The ready objects of one process; each is made when it is first asked for."""

    @cached_property
    def hints(self) -> Hints:
        """What denials tell people to do."""
        mildest = self.settings.types.mildest
        return Hints(
            console_url=self.settings.console.url,
            break_glass=self.settings.kube.cluster and self.settings.policy.break_glass,
            release_type=mildest.name if mildest else "Ignore",
            in_cluster=self.settings.kube.cluster,
        )

    @cached_property
    def holder(self) -> str:
        """The unique identity of this process, for locks that the store keeps."""
        return f"{socket.gethostname()}/{os.getpid()}/{os.urandom(3).hex()}"

    @cached_property
    def matcher(self) -> Matcher:
        """Keeps advisories up to date, and components compared with them."""
        from webhook.engines.matching.matcher import Matcher

        return Matcher(
            sources=self.sources.advisories,
            store=self.store.advisories,
            clock=self.clock,
            assess=self.assessor.auto_rule,
            asks=self.sources.asks,
            reassess=self.settings.policy.reassess_on_score_change,
            words=self.sources.words,
        )

    @cached_property
    def exploits(self) -> ExploitUpdater:
        """Keeps data about attacks up to date."""
        from webhook.engines.matching.exploits import ExploitUpdater

        return ExploitUpdater(self.sources.exploits, self.store.exploits, lambda: self.rules_now().types, self.clock)

    @cached_property
    def model(self) -> ReadModel:
        """The read model, empty until the refresher fills it."""
        from webhook.engines.readmodel import ReadModel

        return ReadModel(self.vex.trust)

    @cached_property
    def refresher(self) -> Refresher:
        """Fills the read model and keeps it up to date."""
        from webhook.engines.refresher import Refresher

        saved = hot_start(self.settings)
        return Refresher(self.model, self.store.feed, saved, self.clock, self.settings.refresh)

    @cached_property
    def sbom_remover(self) -> SbomRemover:
        """Takes out SBOMs that people handed in."""
        from webhook.engines.judging.removing import SbomRemover

        known = (self.model, self.refresher)
        by_two = self.settings.requests.required
        return SbomRemover(self.store.sboms, *known, self.rules_now, self.clock, by_two=by_two)

    def parse_sbom(self, document: bytes) -> Sbom:
        """Read an SBOM document within the limits of the settings.

        Raises:
            InvalidInput: it is no SBOM that can be read.
        """
        from webhook.sboms import Limits, parse

        return parse(document, limits=Limits(max_bytes=self.settings.sbom.max_bytes))

    @cached_property
    def cluster(self) -> Cluster:
        """The cluster's API server."""
        from webhook.bootstrap.cluster import Cluster

        return Cluster(self.settings, self.clock)

    @cached_property
    def faults(self) -> Faults:
        """Takes note of unexpected errors."""
        return Faults()

    @cached_property
    def places(self) -> Places:
        """Where tags and SBOMs of unknown images are looked for."""
        from webhook.bootstrap.places import Places

        signers = {key.fingerprint: key for key in self.vex.keys.values()}
        return Places(self.settings, self.parse_sbom, self.clock, self.cluster, self.faults, tuple(signers.values()))

    def checker(self, background: Background) -> ImageChecker:
        """Judges images."""
        from webhook.engines.judging.images import ImageChecker
        from webhook.engines.searching.looks import SearchParts
        from webhook.engines.searching.resolving import ResolveParts, TagResolver
        from webhook.engines.searching.search import SbomSearch

        places, store = self.places, self.store
        opener = places.opener
        resolving = ResolveParts(
            opener if places.asks_registries else None, store, background, places.host, self.faults
        )
        searching = SearchParts(
            opener,
            store,
            self.refresher,
            background,
            self.holder,
            places.seal,
            places.host,
            self.faults,
            places.platforms(background),
            self.sources.covers,
            self.vex.keep_attached,
        )
        return ImageChecker(
            self.model,
            self.rules,
            TagResolver(self.model, resolving, self.clock, self.settings.resolve),
            SbomSearch(self.model, searching, self.clock, self.settings.search),
            self.clock,
        )

    def judge(self, checker: ImageChecker) -> WorkloadJudge:
        """Judges the images of workloads."""
        from webhook.engines.judging.workloads import WorkloadJudge

        return WorkloadJudge(checker, self.rules, pull_secrets=self.settings.kube.pull_secrets)

    def sbom_checker(self, checker: ImageChecker) -> SbomChecker:
        """Judges SBOM files."""
        from webhook.engines.judging.documents import SbomChecker, UnstoredAnswers

        sources = self.sources

        def match(purls: Sequence[Purl]) -> Sequence[ComponentMatch]:
            return self.exploits.described(self.matcher.say(purls))

        answers = UnstoredAnswers(
            sources.covers,
            sources.asks_about,
            match if sources.matches else None,
            lambda: self.assessor.auto_rule(),
        )
        return SbomChecker(checker, self.model, self.refresher, answers)

    def importer(self) -> SbomImporter:
        """Takes SBOM documents in."""
        from webhook.engines.importer import SbomImporter
        from webhook.sboms import READER

        keeps = self.settings.documents.keep_documents
        return SbomImporter(self.store.sboms, self.parse_sbom, keeps_documents=keeps, reader=READER)

    def rereader(self) -> Rereader:
        """Reads documents again that an older reader read."""
        from webhook.engines.rereader import Rereader
        from webhook.sboms import READER

        return Rereader(self.store.readings, self.store.documents, self.parse_sbom, READER)

    def pruner(self) -> Pruner:
        """Deletes what is no longer kept."""
        from webhook.engines.retention.pruner import Pruner, PrunerParts

        store, keep_days = self.store, self.settings.notifying.keep_days
        made = PrunerParts(store.retention, store.documents, store.outbox, self.clock, self.holder, keep_days)
        return Pruner(made, self.settings.retention)

    def documents(self, directory: Path) -> Iterator[Document]:
        """The SBOM documents of a directory, named by the digest in their file name.

        Raises:
            OSError: the directory cannot be read.
        """
        from webhook.clients.directory import read_bounded, sbom_files
        from webhook.engines.importer import Document

        for digest, path in sbom_files(directory):
            yield Document(
                str(path.relative_to(directory)), digest, partial(read_bounded, path, self.settings.sbom.max_bytes)
            )

    def downloader(
        self, listener: DownloadListener | None = None, progress: RunProgressStore | None = None
    ) -> Downloader:
        """Runs downloads.

        Args:
            listener: sees progress.
            progress: where runs say how far they are; the store when left out.
        """
        from webhook.engines.downloading.aside import ChosenComponents
        from webhook.engines.downloading.downloader import Downloader
        from webhook.engines.downloading.progress import SilentListener

        return Downloader(
            source=self.sources.asked,
            components=self.store.components if self.sources.asks else ChosenComponents(self.store.components),
            runs=self.store.runs,
            clock=self.clock,
            assess=self.assessor.auto_rule,
            holder=self.holder,
            options=self.settings.download,
            listener=listener or SilentListener(),
            progress=progress or self.store.run_progress,
        )


def hot_start(settings: Settings) -> HotStart | None:
    """The copy of the read model on disk, apart for each database; None when none is kept.

    Raises:
        ConfigError: the address of the database cannot be read.
    """
    folder = settings.serve.state_directory
    if folder is None:
        return None
    from webhook.store.addresses import fingerprint
    from webhook.store.hotstart import HotStartFile

    return HotStartFile(folder / f"read-model-{fingerprint(settings.database.url)}")


def open_parts(settings: Settings, *, create: bool = True, recording: bytes | None = None) -> Parts:
    """Join the parts of a process; the database is opened when it is first needed.

    Args:
        settings: all settings.
        create: whether an SQLite file that is not there is made.
        recording: component reports to answer with instead of asking OSS Index.

    Raises:
        ConfigError: a setting cannot work.
    """
    from webhook.store.repositories import open_store

    clock = SystemClock()
    store = open_store(settings.database, clock, create=create, documents=settings.documents, types=settings.types)
    return Parts(settings, clock, store, recording)
