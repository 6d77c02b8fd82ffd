"""The repositories of one database, and how it is opened."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING

from webhook.store.addresses import plain_file
from webhook.store.fleet.repositories import FleetRepositories
from webhook.store.options import KEEP_DOCUMENTS, DocumentOptions, StoreOptions

if TYPE_CHECKING:
    from webhook.policy.typetable import TypeTable
    from webhook.ports import Clock
    from webhook.store.accounts import AccountRepository
    from webhook.store.admin import AdminRepository
    from webhook.store.admissions import AdmissionRepository
    from webhook.store.advisories import AdvisoryRepository
    from webhook.store.assessments import AssessmentRepository
    from webhook.store.components import ComponentRepository
    from webhook.store.cursors import CursorRepository
    from webhook.store.database import Database
    from webhook.store.documents import DocumentRepository
    from webhook.store.exploits import ExploitRepository
    from webhook.store.feed import StoreFeed
    from webhook.store.inventory import InventoryRepository
    from webhook.store.outbox import OutboxRepository
    from webhook.store.readings import ReadingRepository
    from webhook.store.requests import RequestRepository
    from webhook.store.retention.repository import RetentionRepository
    from webhook.store.runprogress import RunProgressRepository
    from webhook.store.runs import RunRepository
    from webhook.store.sboms import SbomRepository
    from webhook.store.searches import SearchRepository
    from webhook.store.sightings import SightingRepository
    from webhook.store.triage.repository import TriageRepository
    from webhook.store.types import TypeRepository
    from webhook.store.vex import VexRepository
    from webhook.store.vulnerabilities import VulnerabilityRepository


class Store(FleetRepositories):
    """The repositories of one database; each implements the port of its name, see :mod:`webhook.ports`.

    Each is made, and what it needs is imported, when it is first asked for: no command uses all.

    Args:
        options: where the database is.
        clock: time.
        create: see :func:`open_store`.
        documents: which documents are kept.
        types: those of the settings, where they are known.

    Raises:
        ConfigError: the address is not one of a usable database.
    """

    def __init__(
        self,
        options: StoreOptions,
        clock: Clock,
        *,
        create: bool,
        documents: DocumentOptions,
        types: TypeTable | None = None,
    ) -> None:
        self._types = types
        self._options, self._clock, self._create, self._document_options = options, clock, create, documents
        self._file = plain_file(options.url)
        self._opening, self._opened = threading.Lock(), None if self._file else self._open()

    def _open(self) -> Database:
        from webhook.store.database import Database

        return Database(self._options, self._clock, create=self._create, types=self._types)

    @property
    def _database(self) -> Database:
        """The database in full; that of an SQLite file is opened when it is first used."""
        with self._opening:
            if self._opened is None:
                self._opened = self._open()
            return self._opened

    @cached_property
    def components(self) -> ComponentRepository:
        """Components, and what a source said about them."""
        from webhook.store.components import ComponentRepository

        return ComponentRepository(self._database)

    @cached_property
    def advisories(self) -> AdvisoryRepository:
        """Advisories, and what they say of components."""
        from webhook.store.advisories import AdvisoryRepository

        return AdvisoryRepository(self._database)

    @cached_property
    def exploits(self) -> ExploitRepository:
        """What is known of attacks on vulnerabilities."""
        from webhook.store.exploits import ExploitRepository

        return ExploitRepository(self._database)

    @cached_property
    def vex(self) -> VexRepository:
        """VEX documents."""
        from webhook.store.vex import VexRepository

        return VexRepository(self._database)

    @cached_property
    def documents(self) -> DocumentRepository:
        """Documents that SBOMs were read from."""
        from webhook.store.documents import DocumentRepository

        return DocumentRepository(self._database, self._clock, self._document_options)

    @cached_property
    def run_progress(self) -> RunProgressRepository:
        """Runs while they go on."""
        from webhook.store.runprogress import RunProgressRepository

        return RunProgressRepository(self._database)

    @cached_property
    def sboms(self) -> SbomRepository:
        """SBOMs."""
        from webhook.store.sboms import SbomRepository

        return SbomRepository(self._database, self._clock, self.documents)

    @cached_property
    def readings(self) -> ReadingRepository:
        """By which reader SBOMs were read."""
        from webhook.store.readings import ReadingRepository

        return ReadingRepository(self._database)

    @cached_property
    def assessments(self) -> AssessmentRepository:
        """Assessments."""
        from webhook.store.assessments import AssessmentRepository

        return AssessmentRepository(self._database)

    @cached_property
    def types(self) -> TypeRepository:
        """Assessment types of the cluster."""
        from webhook.store.types import TypeRepository

        return TypeRepository(self._database)

    @cached_property
    def vulnerabilities(self) -> VulnerabilityRepository:
        """Vulnerabilities."""
        from webhook.store.vulnerabilities import VulnerabilityRepository

        return VulnerabilityRepository(self._database)

    @cached_property
    def runs(self) -> RunRepository:
        """Downloads, and their lease."""
        from webhook.store.runs import RunRepository

        return RunRepository(self._database)

    @cached_property
    def sightings(self) -> SightingRepository:
        """Images that were seen."""
        from webhook.store.sightings import SightingRepository

        return SightingRepository(self._database)

    @cached_property
    def admissions(self) -> AdmissionRepository:
        """What tags stood for at admission."""
        from webhook.store.admissions import AdmissionRepository

        return AdmissionRepository(self._database)

    @cached_property
    def accounts(self) -> AccountRepository:
        """Who makes objects that have a controller."""
        from webhook.store.accounts import AccountRepository

        return AccountRepository(self._database)

    @cached_property
    def searches(self) -> SearchRepository:
        """Searches for SBOMs."""
        from webhook.store.searches import SearchRepository

        return SearchRepository(self._database)

    @cached_property
    def inventory(self) -> InventoryRepository:
        """What runs in the cluster."""
        from webhook.store.inventory import InventoryRepository

        return InventoryRepository(self._database)

    @cached_property
    def cursors(self) -> CursorRepository:
        """How far what is told from the store has been told."""
        from webhook.store.cursors import CursorRepository

        return CursorRepository(self._database)

    @cached_property
    def outbox(self) -> OutboxRepository:
        """What people are to be told."""
        from webhook.store.outbox import OutboxRepository

        return OutboxRepository(self._database)

    @cached_property
    def retention(self) -> RetentionRepository:
        """What deletes old rows."""
        from webhook.store.retention.repository import RetentionRepository

        return RetentionRepository(self._database, self._clock)

    @cached_property
    def triage(self) -> TriageRepository:
        """Long lists, page by page."""
        from webhook.store.triage.repository import TriageRepository

        return TriageRepository(self._database)

    @cached_property
    def requests(self) -> RequestRepository:
        """Requests for exceptions."""
        from webhook.store.requests import RequestRepository

        return RequestRepository(self._database)

    @cached_property
    def feed(self) -> StoreFeed:
        """Changes, for the read model."""
        from webhook.store.feed import StoreFeed
        from webhook.store.snapshots import FileSnapshots

        if self._file is None:
            return StoreFeed(self._database)
        return StoreFeed(FileSnapshots(self._file, self._options, lambda: self._database))

    @cached_property
    def admin(self) -> AdminRepository:
        """The schema."""
        from webhook.store.admin import AdminRepository

        return AdminRepository(self._database)

    def prepare(self) -> None:
        """Make sure that the database can be used: an SQLite file is made or upgraded, PostgreSQL is looked at.

        Raises:
            StoreUnreachable: it does not answer now.
            StoreError: it cannot be used as it is, such as when its schema is of another version.
        """
        self.feed.position()

    def close(self) -> None:
        """Give the connections back; the store connects again when it is used again."""
        if self._opened is not None:
            self._opened.close()


def open_store(
    options: StoreOptions,
    clock: Clock,
    *,
    create: bool = True,
    documents: DocumentOptions = KEEP_DOCUMENTS,
    types: TypeTable | None = None,
) -> Store:
    """The store at an address. Nothing is connected yet, so this works while the database is down.

    An SQLite file is made, or upgraded, when it is first used; a PostgreSQL database is upgraded by ``bomgate db
    upgrade`` only, because several replicas use it.

    Args:
        options: where the database is.
        clock: time.
        create: whether an SQLite file that is not there is made. A server that has a copy of the read model must not:
            it would take the new and empty database for the truth.
        documents: which documents are kept.
        types: those of the settings, where they are known.

    Raises:
        ConfigError: the address is not one of a usable database.
    """
    return Store(options, clock, create=create, documents=documents, types=types)
