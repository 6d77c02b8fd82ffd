"""The fake and the real store agree: the same random history leads to the same facts, changes and order of work."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.copies import replace
from tests.fakes import NOON, FakeClock, MemoryStore
from tests.ports.samples import AutoRule, assessment, digest, make_sbom
from webhook.model.assessments import AssessmentSource, Scope
from webhook.model.changes import START, Changes, Position
from webhook.model.images import parse_image
from webhook.model.looks import Departure, Look
from webhook.model.purls import Purl
from webhook.model.records import AssessmentQuery, Sighting, VulnerabilityQuery
from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability
from webhook.store import StoreOptions
from webhook.store.repositories import Store, open_store

AnyStore = Store | MemoryStore
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # shrinking a history takes minutes
HOUR = dt.timedelta(hours=1)
PURLS = [Purl(f"pkg:{kind}/{name}@{version}") for kind in ("npm", "deb") for name in "ab" for version in (1, 2)]
IDS = ["V-1", "V-2", "v-3"]

purls = st.lists(st.sampled_from(PURLS), max_size=5)
vulnerabilities = st.builds(
    Vulnerability,
    st.sampled_from(IDS),
    title=st.sampled_from(["", "title"]),
    cvss_score=st.none() | st.sampled_from([Decimal("0.0"), Decimal("6.95"), Decimal("7.0"), Decimal("9.8")]),
    aliases=st.sampled_from([(), ("A-1",), ("A-1", "a-2")]),
    reference=st.sampled_from(["https://a/b?c", "https://a/b?d", "https://a/e"]),
)
scopes = st.builds(
    Scope, st.none() | st.sampled_from(["pkg:npm/a", "pkg:npm/b"]), namespace=st.none() | st.just("shop")
)
assessments = st.builds(
    assessment,
    st.sampled_from([*IDS, "A-1", "V-3"]),
    st.none() | st.sampled_from(["Ignore", "Blocked"]),
    scope=scopes,
    source=st.sampled_from([AssessmentSource.MANUAL, AssessmentSource.PROVISIONED]),
)
answers = st.tuples(
    st.sampled_from(PURLS), st.lists(vulnerabilities, max_size=3, unique_by=lambda vulnerability: vulnerability.id)
)
steps = st.one_of(
    st.tuples(st.just("add"), st.integers(1, 3), purls, st.sampled_from([None, "shop/web:1", "shop/web:2"])),
    st.tuples(
        st.just("record"),
        st.lists(answers, max_size=4, unique_by=lambda item: item[0]),
        purls,
        st.integers(-1, 1),
        st.booleans(),
    ),
    st.tuples(st.just("append"), st.lists(assessments, max_size=2)),
    st.tuples(
        st.just("provision"),
        st.lists(assessments.filter(lambda other_assessment: other_assessment.type is not None), max_size=3),
    ),
    st.tuples(st.just("see"), st.none() | st.integers(1, 3), st.sampled_from(["docker.io/shop/web:1", "x"])),
    st.tuples(st.just("wait"), st.integers(1, 30)),
    st.tuples(
        st.just("look"),
        st.integers(1, 3),
        st.sampled_from(["docker.io/shop/web", "docker.io/shop/web team", "evil.example/copy"]),
        st.dictionaries(
            st.sampled_from(["referrers", "cosign-attestation", "signed:ab", "signed:cd", "directory"]),
            st.lists(st.sampled_from(["pkg:npm/a@1", "pkg:npm/b@1"]), max_size=2, unique=True),
            max_size=3,
        ),
        st.sampled_from(["", "a place refused"]),
        st.booleans(),
    ),
    st.tuples(st.just("remove"), st.integers(1, 3)),
)


def take(store: AnyStore, clock: FakeClock, step: tuple[object, ...]) -> object:
    """Do one step; what the store answered."""
    match step:
        case ("add", int(number), list(contents), name):
            image = parse_image(str(name)) if name else None
            return store.sboms.add(digest(number), make_sbom(*contents), place="added", image=image)
        case ("record", list(found), list(silent), int(hours), bool(reassess)):
            at = clock.now() + hours * HOUR
            batch = [ComponentAnswer(purl, tuple(known), at) for purl, known in found]
            silent = [purl for purl in silent if purl not in {answer.purl for answer in batch}]
            rule, now = AutoRule(), clock.now()
            result = store.components.record(
                batch, unanswered=silent, assess=rule, now=now, reassess_on_score_change=reassess
            )
            return result, rule.asked
        case ("look", int(number), str(origin), dict(found), str(trouble), bool(passing)):
            sboms = {place: [make_sbom(purl) for purl in purls] for place, purls in found.items()}
            look = Look(origin, sboms, trouble, passing)
            return in_order(store.sboms.record(digest(number), look, image=parse_image("shop/web:1")))
        case ("remove", int(number)):
            left, stays = store.sboms.remove(digest(number), author="ada")
            return in_order(left), in_order(stays)
        case ("append", list(records)):
            return store.assessments.append(records)
        case ("provision", list(records)):
            return store.assessments.provision(records, author="configuration", now=clock.now())
        case ("see", number, str(name)):
            one = digest(number) if isinstance(number, int) else None
            return store.sightings.record([Sighting(one, name, clock.now())])
    return None


def in_order(departures: Sequence[Departure]) -> list[Departure]:
    return sorted(departures, key=lambda departure: (departure.document_digest, departure.place, departure.origin))


def unmarked(changes: Changes) -> Changes:
    """Changes without the mark of their revision, which is random, and in one order."""
    position = replace(changes.position, mark="")
    return replace(
        changes,
        position=position,
        removed=tuple(sorted(changes.removed)),
        looks=tuple(sorted(changes.looks, key=lambda look: (look.digest, look.origin))),
        sboms=tuple(sorted(changes.sboms, key=lambda sbom: (sbom.digest, sbom.document_digest))),
    )


def facts(store: AnyStore, clock: FakeClock, since: Position) -> dict[str, object]:
    """Everything that can be asked."""
    narrow = VulnerabilityQuery(package="pkg:npm/a", score_low=Decimal("7.0"))
    return {
        "everything": unmarked(store.feed.changes()),
        "changes": unmarked(store.feed.changes(since)),
        "departures": {number: in_order(store.sboms.departures(digest(number))) for number in (1, 2, 3)},
        "looks": {
            key: sorted(looks, key=lambda look: look.origin)
            for key, looks in store.sboms.looks([digest(number) for number in (1, 2, 3)]).items()
        },
        "wanted": list(store.components.wanted(now=clock.now(), ttl=24 * HOUR)),
        "not covered": store.components.not_covered(),
        "affected": list(store.components.unassessed_pairs()),
        "sboms": store.sboms.list(),
        "contents": [store.sboms.show(digest(number)) for number in (1, 2, 3)],
        "assessments": store.assessments.find(AssessmentQuery()),
        "vulnerabilities": store.vulnerabilities.find(VulnerabilityQuery()),
        "of a package": store.vulnerabilities.find(narrow),
        "of an image": store.vulnerabilities.find(VulnerabilityQuery(image="docker.io/shop/web:1")),
        "shown": [store.vulnerabilities.show(name) for name in (*IDS, "A-1", "a-2")],
        "counts": store.admin.status().counts,
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty SQLite store, ``empty.db``, to be copied."""
    folder = tmp_path_factory.mktemp("agreement")
    store = open_store(StoreOptions(url=f"sqlite:///{folder / 'empty.db'}"), FakeClock())
    store.admin.upgrade()
    store.close()
    return folder


@given(history=st.lists(steps, max_size=8))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=PHASES)
def test_fake_and_real_store_agree(folder: Path, history: list[tuple[object, ...]]) -> None:
    clock = FakeClock(NOON)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        path = shutil.copy(folder / "empty.db", Path(place) / "bomgate.db")
        real = open_store(StoreOptions(url=f"sqlite:///{path}"), clock)
        try:
            fake, since, since_fake = MemoryStore(clock, real.feed.position().store), START, START
            for number, step in enumerate(history):
                if step[0] == "wait":
                    clock.advance(3600 * int(str(step[1])))
                if number == len(history) // 2:
                    since, since_fake = real.feed.position(), fake.feed.position()
                assert take(real, clock, step) == take(fake, clock, step)
            expected = facts(fake, clock, since_fake)
            for name, found in facts(real, clock, since).items():
                assert (name, found) == (name, expected[name])
        finally:
            real.close()
