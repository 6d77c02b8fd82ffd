"""What people and a hub record costs in proportion to its size, in whatever way it is made to look large."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from tests.copies import replace
from tests.fakes import NOON
from tests.security.counting import Counted, grows_with_size
from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, AssessmentType, OnExpiry, Scope
from webhook.model.images import Digest, parse_image
from webhook.model.policies import Policy
from webhook.model.purls import parse_purl
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.evaluation import Rules
from webhook.policy.expiry import LAST
from webhook.policy.fleet import reconcile
from webhook.policy.loosening import loosening
from webhook.policy.matching import AssessmentIndex
from webhook.policy.places import PlaceIndex
from webhook.policy.precedence import Place, read_entry
from webhook.policy.typetable import TypeTable, default_types

COMPONENT, DAY = parse_purl("pkg:npm/a@1"), dt.timedelta(days=1)
D1, D2 = "sha256:" + "1" * 64, "sha256:" + "2" * 64
AGAIN = AssessmentType("Again", Action.DENY, expires_after_days=30, on_expiry=OnExpiry.REASSESS)
TYPES = TypeTable((*default_types(), AGAIN))
RULES = Rules(TYPES, Policy())


def record(
    number: int,
    kind: str,
    until: dt.datetime | None = None,
    *,
    source: AssessmentSource = AssessmentSource.MANUAL,
    **scope: str,
) -> Assessment:
    about = Scope(**{"package": "pkg:npm/a", **scope})
    return Assessment(Counted("CVE-1"), kind, about, source, "ana", "why", NOON, until, sequence=number)


def falling_ends(size: int) -> Callable[[], object]:
    kinds = ("Again", "Caution")
    there = [record(n, kinds[n % 2], NOON + (size + 20 - n) * DAY) for n in range(1, size + 1)]
    wanted = record(0, "Again", NOON + 9 * DAY)
    return lambda: loosening([wanted], there, RULES, NOON)


def unknown_names(size: int) -> Callable[[], object]:
    there = [record(n, "Ignore", package=f"pkg:npm/p{n}") for n in range(1, size + 1)]
    wanted = [record(0, "Again", NOON + 9 * DAY, package=f"pkg:npm/p{n}") for n in range(1, size + 1)]
    return lambda: loosening(wanted, there, RULES, NOON)


def lost_records(size: int) -> Callable[[], object]:
    there = [
        record(n, ("Blocked", "Ignore")[n % 2], package=f"pkg:npm/p{n}", source=AssessmentSource.FLEET)
        for n in range(1, size + 1)
    ]
    actions = {"blocked": Action.DENY, "ignore": Action.ALLOW}
    return lambda: reconcile(there, [], actions, accepts=False)


@pytest.mark.parametrize(
    "work",
    [falling_ends, unknown_names, lost_records],
    ids=["decisions that end one after the other", "vulnerabilities that nobody knows", "what a restored hub has lost"],
)
def test_deciding_grows_no_faster_than_what_was_decided(work: Callable[[int], Callable[[], object]]) -> None:
    assert grows_with_size(work)


@pytest.mark.parametrize("part", ["namespace", "image"])
def test_what_was_decided_for_other_places_costs_a_finding_nothing(part: str) -> None:
    def compared(size: int) -> int:
        texts = {"namespace": "team-{}", "image": "sha256:{:064x}"}
        scopes = [Scope(**{"package": "pkg:npm/a", part: texts[part].format(n)}) for n in range(1, size + 1)]
        some = [replace(record(n, "Ignore"), scope=scope) for n, scope in enumerate(scopes, 1)]
        index = AssessmentIndex.of(some)
        looked: list[Assessment] = []

        def seen(one: Assessment) -> bool:
            looked.append(one)
            return True

        place = Place(namespace="team-7")
        index.effective(Vulnerability("CVE-1"), COMPONENT, place, NOON, seen)
        return len(looked)

    assert compared(40) <= 1
    assert compared(4000) <= 1


IMAGES = (None, "nginx", "docker.io/nginx", "registry.example:443/shop/web", "registry.example/*", "*/web:1", D1, D2)
NAMES = (
    "nginx:1",
    f"registry.example/shop/web:1@{D1}",
    "Registry.example:0443/shop/web:2",
    "index.docker.io/nginx",
    None,
)


def test_nothing_that_may_match_in_a_place_is_passed_over() -> None:
    namespaces = (None, "a", "b")
    scopes = [Scope("pkg:npm/a", None, image, namespace) for image in IMAGES for namespace in namespaces]
    records = [replace(record(n, "Ignore"), scope=scope) for n, scope in enumerate(scopes, 1)]
    entries = tuple(entry for given in records if (entry := read_entry(given, {})) is not None)
    assert len(entries) == len(scopes)
    met = 0
    for name in NAMES:
        for digest in (None, Digest(D1), Digest(D2)):
            for namespace in ("", "a", "b", "c"):
                place = Place(None if name is None else parse_image(name), digest, namespace)
                near = [entry for some in PlaceIndex(entries).near(place) for entry in some]
                matching = [entry for entry in entries if entry.matches(COMPONENT, place)]
                assert all(entry in near for entry in matching), place
                assert len(near) == len({entry.assessment.sequence for entry in near})
                met += len(matching)
    assert met > len(scopes)


def test_an_end_on_the_last_day_of_the_calendar_is_weighed() -> None:
    assert not loosening([record(0, "Again", NOON + 9 * DAY)], [record(1, "Caution", LAST)], RULES, NOON)
    assert loosening([record(0, "Caution", LAST)], [record(1, "Again")], RULES, NOON)
