"""Opening the store: all repositories of one database together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webhook.store.accounts import AccountRepository
from webhook.store.admin import AdminRepository
from webhook.store.admissions import AdmissionRepository
from webhook.store.assessments import AssessmentRepository
from webhook.store.components import ComponentRepository
from webhook.store.database import Database
from webhook.store.documents import DocumentRepository
from webhook.store.feed import StoreFeed
from webhook.store.options import KEEP_DOCUMENTS, DocumentOptions, StoreOptions
from webhook.store.readings import ReadingRepository
from webhook.store.runs import RunRepository
from webhook.store.sboms import SbomRepository
from webhook.store.searches import SearchRepository
from webhook.store.sightings import SightingRepository
from webhook.store.types import TypeRepository
from webhook.store.vulnerabilities import VulnerabilityRepository

if TYPE_CHECKING:
    from webhook.ports import Clock


class Store:
    """The repositories of one database; each implements the port of its name.

    Args:
        database: where everything is.
        clock: time.
        documents: which documents are kept.

    Attributes:
        components, sboms, documents, readings, assessments, types, vulnerabilities, runs, sightings, searches, feed,
            admin: see :mod:`webhook.ports`.
    """

    def __init__(self, database: Database, clock: Clock, documents: DocumentOptions = KEEP_DOCUMENTS) -> None:
        self.components = ComponentRepository(database)
        self.documents = DocumentRepository(database, clock, documents)
        self.sboms = SbomRepository(database, clock, self.documents)
        self.readings = ReadingRepository(database)
        self.assessments = AssessmentRepository(database)
        self.types = TypeRepository(database)
        self.vulnerabilities = VulnerabilityRepository(database)
        self.runs = RunRepository(database)
        self.sightings = SightingRepository(database)
        self.admissions = AdmissionRepository(database)
        self.accounts = AccountRepository(database)
        self.searches = SearchRepository(database)
        self.feed = StoreFeed(database)
        self.admin = AdminRepository(database)
        self._database = database

    def prepare(self) -> None:
        """Make sure that the database can be used: an SQLite file is made or upgraded, PostgreSQL is looked at.

        Raises:
            StoreUnreachable: it does not answer now.
            StoreError: it cannot be used as it is, such as when its schema is of another version.
        """
        self.feed.position()

    def close(self) -> None:
        """Give the connections back; the store connects again when it is used again."""
        self._database.close()


def open_store(
    options: StoreOptions, clock: Clock, *, create: bool = True, documents: DocumentOptions = KEEP_DOCUMENTS
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

    Raises:
        ConfigError: the address is not one of a usable database.
    """
    return Store(Database(options, clock, create=create), clock, documents)
