"""SBOMs that an older bomgate read, and whose documents nobody kept: what runs is searched again in its registry."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import create_engine, text

from tests.clusters import FakeRunningWorkloads, running
from tests.copies import replace
from tests.fakes import FakeBackground, FakeImageResolver, FakeOpener
from tests.ports.samples import AutoRule, answer, vulnerability
from tests.registries import images
from tests.registries.layouts import Layout
from webhook.clients.registry.options import SOURCES, AttachmentOptions
from webhook.engines.controlling.options import ControllerOptions
from webhook.engines.controlling.running_images import InventoryDuty, InventoryParts
from webhook.engines.judging.images import ImageChecker
from webhook.engines.readmodel import ReadModel
from webhook.engines.refresher import Refresher, RefreshOptions
from webhook.engines.searching.looks import SearchParts
from webhook.engines.searching.options import ResolveOptions, SearchOptions
from webhook.engines.searching.resolving import ResolveParts, TagResolver
from webhook.engines.searching.search import SbomSearch
from webhook.model.components import ComponentState
from webhook.model.images import Digest, parse_image
from webhook.model.policies import Policy
from webhook.policy.evaluation import Rules
from webhook.policy.typetable import default_types
from webhook.sboms import READER
from webhook.store import DocumentOptions, StoreOptions
from webhook.store.repositories import open_store

FORMER = "pkg:golang/github.com/azure/go-autorest/autorest@0.11.27"
TODAY = "pkg:golang/github.com/Azure/go-autorest/autorest@v0.11.27"
NAME = "github.com/Azure/go-autorest/autorest"
FLAW = vulnerability("CVE-2026-1", "9.8")


class Controller:
    """The duty ``inventory`` on a real store and a real registry; only the cluster is not real.

    Attributes:
        read: digests of the blobs that were read.
        outdated: how many images it said had SBOMs of an older reader.
    """

    def __init__(self, kit, image: str, url: str, **documents: object) -> None:
        self.store = open_store(StoreOptions(url=url), kit.clock, documents=DocumentOptions(**documents))
        self.store.admin.upgrade()
        self.model, self.read, self.outdated = ReadModel(), [], []
        refresher = Refresher(self.model, self.store.feed, None, kit.clock, RefreshOptions())
        opener = FakeOpener(FakeImageResolver(), [])
        opener.common = replace(opener.common, places=[kit.sources[name] for name in SOURCES])
        searching = SearchParts(opener, self.store, refresher, FakeBackground(), "this")
        resolving = ResolveParts(None, self.store, FakeBackground())
        checker = ImageChecker(
            self.model,
            Rules(default_types(), Policy()),
            TagResolver(self.model, resolving, kit.clock, ResolveOptions()),
            SbomSearch(self.model, searching, kit.clock, SearchOptions()),
            kit.clock,
        )
        parts = InventoryParts(
            running=FakeRunningWorkloads([running("web", (image, parse_image(image).digest))]),
            checker=checker,
            background=FakeBackground(),
            sightings=self.store.sightings,
            model=self.model,
            refresher=refresher,
            clock=kit.clock,
            sboms=self.store.sboms,
            refresh_seconds=86400.0,
            unread=partial(self.store.readings.unread, READER),
            publish_outdated=self.outdated.append,
        )
        self.duty = InventoryDuty(parts, ControllerOptions())
        blob = kit.client.blob

        def reading(repository, descriptor, budget):
            self.read.append(descriptor.digest)
            return blob(repository, descriptor, budget)

        kit.client.blob = reading

    def run(self) -> int:
        """One pass; how many documents were read."""
        self.read.clear()
        self.duty.run()
        return len(self.read)

    def contents(self, digest: str) -> dict[str, ComponentState]:
        (shown,) = self.store.sboms.show(Digest(digest))
        return {str(purl): state for purl, state in shown.contents}


def pushed(host: str, name: str) -> tuple[str, str]:
    """An image with an SBOM in a registry; its name and its digest."""
    layout = Layout()
    digest = images.image(layout, "1", name=name)
    document = {**images.cyclonedx(), "components": [{"type": "library", "name": NAME, "purl": FORMER}]}
    images.attached(layout, digest, document)
    layout.push(f"http://{host}/v2/team/{name}")
    return f"{host}/team/{name}@{digest}", digest


def made_old(url: str) -> None:
    """Put the database back to what a release without documents has left, whose reader gave the former key."""
    with create_engine(url).begin() as connection:
        connection.execute(text("DELETE FROM documents"))
        connection.execute(text("DELETE FROM spellings"))
        connection.execute(text("UPDATE sboms SET reader = 1"))
        connection.execute(text(f"UPDATE components SET purl = '{FORMER}'"))


@pytest.mark.parametrize("documents", [{}, {"document_bytes": 10}, {"keep_documents": False}], ids=str)
def test_what_an_older_bomgate_found_is_searched_again_once_and_reread(listing, kit, tmp_path, documents):
    image, digest = pushed(listing, "outdated")
    url = f"sqlite:///{tmp_path / 'bomgate.db'}"
    one = kit(listing, attachments=AttachmentOptions(listing_seconds=0))
    controller = Controller(one, image, url, **documents)
    store, clock = controller.store, one.clock
    assert controller.run() == 1
    store.components.record([answer(TODAY, FLAW, at=clock.now())], assess=AutoRule(), now=clock.now())
    made_old(url)
    store.close()

    after = Controller(one, image, url, **documents)
    assert [after.run(), after.run()] == [1, 0], "it is not due, and its place says that nothing has changed"
    assert after.outdated[0] == 1
    assert after.contents(digest)[FORMER] is ComponentState.VULNERABLE
    assert after.outdated[-1] == 0
    assert after.store.readings.counts(READER).waiting == 1
    clock.sleep(1.0)  # moments are whole seconds
    after.store.components.record([answer(TODAY, FLAW, at=clock.now())], assess=AutoRule(), now=clock.now())
    assert after.store.readings.advance() == 1
    assert after.contents(digest) == {TODAY: ComponentState.VULNERABLE}
    after.store.close()


def test_what_was_handed_in_is_not_searched_and_stays_counted(listing, kit, tmp_path):
    image, digest = pushed(listing, "handed-in")
    url = f"sqlite:///{tmp_path / 'bomgate.db'}"
    one = kit(listing, attachments=AttachmentOptions(listing_seconds=0))
    controller = Controller(one, image, url)
    controller.run()
    made_old(url)
    with create_engine(url).begin() as connection:
        connection.execute(text("UPDATE sboms SET place = 'added'"))
        connection.execute(text("UPDATE sbom_places SET place = 'added', origin = ''"))
    after = Controller(one, image, url)
    assert [after.run(), after.run()] == [0, 0]
    assert after.outdated == [1, 1], "somebody has to hand it in again"
    assert list(after.contents(digest)) == [FORMER]
    for store in (controller.store, after.store):
        store.close()
