"""Sets of the hub at its members: advisories, KEV and EPSS, by the network and as a file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests

from tests.cli.installation import Ran, invoke
from tests.cli.test_cli_sources import publish_exploits
from tests.copies import replace
from tests.fleet.hubs import Hub
from tests.fleet.members import Member
from tests.fleet.test_fleet_answers import in_force, sbom
from tests.osv import affected, publish, record
from tests.ports.samples import digest
from webhook.bootstrap import Parts
from webhook.clients.http.exchange import Exchange
from webhook.clients.http.messages import Answer
from webhook.clients.hub.client import LIMITS, HubHttpClient
from webhook.clients.hub.keys import HubKeys, HubSigner, public_pem, write_key
from webhook.clients.hub.sets import HubAdvisories, HubHttpLibrary
from webhook.clients.osv.options import SourceRule
from webhook.errors import DocumentRefused, Final, Retryable, UnusableAnswer
from webhook.model.advisories import FetchedSet
from webhook.model.fleetsets import OfferedSet
from webhook.policy.fleetreplies import SIGNATURE_HEADER, check_reply

TRIM = ("npm", "trim", "pkg:npm/trim@1.0.0")
VECTOR = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]
TAKEN = [
    {"name": "osv", "kind": "osv", "location": "hub:", "ecosystems": ["npm"]},
    {"name": "exploited", "kind": "kev", "location": "hub:kev"},
    {"name": "epss", "kind": "epss", "location": "hub:"},
]


def advisories(*fixed: str) -> list[dict[str, Any]]:
    """A record for each version that fixes one vulnerability more."""
    return [
        record(
            f"GHSA-{number:04}-aaaa-aaaa",
            affected("npm", "trim", {"introduced": "0"}, {"fixed": version}, kind="SEMVER"),
            aliases=[f"CVE-2026-300{number:02}"],
            severity=VECTOR,
        )
        for number, version in enumerate(fixed)
    ]


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """Where the hub's own sources are."""
    folder = tmp_path / "mirror"
    publish(folder, "npm", advisories("1.0.1"))
    publish_exploits(folder, "CVE-2026-30000")
    return folder


@pytest.fixture
def hub(tmp_path: Path, mirror: Path) -> Hub:
    """A hub that has downloaded its sets."""
    own = [{"name": "osv", "kind": "osv", "location": str(mirror), "ecosystems": ["npm"]}]
    own += [{"name": kind, "kind": kind, "location": str(mirror)} for kind in ("kev", "epss")]
    made = Hub(tmp_path / "hub", sources=own)
    made.ok("download")
    return made


def member_of(hub: Hub, folder: Path, sources: list[dict[str, Any]] | None = None) -> Member:
    """A member that takes its sets from the hub."""
    token = hub.token(folder.name)
    in_force(hub, token)
    return Member(folder, hub, fleet={"hub": hub.url, "token": token}, sources=sources or TAKEN)


@pytest.fixture
def member(hub: Hub, tmp_path: Path) -> Iterator[Member]:
    with hub.serving():
        made = member_of(hub, tmp_path / "berlin")
        made.ok("sbom", "add", str(sbom(tmp_path, TRIM)), "--image", f"registry.example/shop@{digest(1)}")
        yield made
        made.parts.store.close()


def run(member: Member, *arguments: str) -> Ran:
    """A command at the member, whatever it exits with."""
    return invoke(*arguments, "--config", str(member.config))


def found(member: Member) -> set[tuple[str, str | None]]:
    """What the member knows: vulnerabilities, and since when each is exploited."""
    listed = json.loads(member.ok("vulns", "list", "--output", "json").out)["vulnerabilities"]
    return {(entry["id"], (entry["exploitation"] or {}).get("kev")) for entry in listed}


def kept(owner: Hub | Member) -> Mapping[tuple[str, str], Any]:
    """The sets of an installation by kind and name."""
    parts = owner.parts() if isinstance(owner, Hub) else owner.parts
    try:
        sets = {("osv", info.ecosystem): info for info in parts.store.advisories.sets()}
        return {**sets, **{("exploits", info.kind.name): info for info in parts.store.exploits.sets()}}
    finally:
        if isinstance(owner, Hub):
            parts.store.close()


def test_a_member_matches_with_the_sets_of_its_hub(hub: Hub, member: Member, mirror: Path) -> None:
    checked = member.ok("source", "check").out
    assert "Has npm." in checked and "Has KEV." in checked
    run(member, "download")
    assert found(member) == {("GHSA-0000-aaaa-aaaa", "2021-12-10")}
    assert {key: info.checked_at for key, info in kept(member).items()} == {
        key: info.checked_at for key, info in kept(hub).items()
    }, "a set is as old as it is at the hub"
    before = kept(member)["osv", "npm"]
    run(member, "download")
    assert kept(member)["osv", "npm"] == before, "the same set was taken again"
    publish(mirror, "npm", advisories("1.0.1", "1.0.2"))
    hub.ok("download")
    run(member, "download")
    assert {key for key, _ in found(member)} == {"GHSA-0000-aaaa-aaaa", "GHSA-0001-aaaa-aaaa"}


def test_what_the_hub_does_not_have_stays_as_it_is_here(hub: Hub, member: Member) -> None:
    run(member, "download")
    before = kept(member)
    parts = hub.parts()
    parts.store.advisories.drop("osv", "npm")
    parts.store.close()
    ran = run(member, "download")
    assert ran.code != 0
    assert "The hub has no npm of a source osv." in ran.err + ran.out
    assert kept(member) == before and found(member)


def test_an_older_set_of_a_restored_hub_replaces_nothing(hub: Hub, member: Member, mirror: Path) -> None:
    (old,) = [kept_set for kept_set in kept(hub).values() if getattr(kept_set, "ecosystem", "") == "npm"]
    parts = hub.parts()
    former = parts.store.advisories.load("osv", "npm")
    publish(mirror, "npm", advisories("1.0.1", "1.0.2"))
    hub.ok("download")
    run(member, "download")
    before = kept(member)["osv", "npm"]
    restored = FetchedSet("osv", "npm", old.digest, "", former)
    assert parts.store.advisories.keep(restored, old.checked_at, before_digest(parts, "npm"))
    parts.store.close()
    run(member, "download")
    assert kept(member)["osv", "npm"] == before
    assert len(found(member)) == 2


def before_digest(parts: Parts, ecosystem: str) -> str:
    """The digest of a set of the hub."""
    return next(str(info.digest) for info in parts.store.advisories.sets() if info.ecosystem == ecosystem)


class Broken(HubHttpClient):
    """A client of the hub whose answers do not arrive as they were sent."""

    def __init__(self, member: Member, change: Callable[[int, Answer], Answer]) -> None:
        clock = member.parts.clock
        super().__init__(member.parts.settings.hub_client, Exchange(LIMITS, clock), clock)
        self._change, self.ranges = change, list[str]()

    def send(self, method: str, path: str, **more: Any) -> Answer:
        """As sent, and then changed."""
        answer = super().send(method, path, **more)
        headers: Mapping[str, str] = more.get("headers") or {}
        if "Range" not in headers:
            return answer
        self.ranges.append(headers["Range"])
        return self._change(len(self.ranges), answer)


def library(member: Member, change: Callable[[int, Answer], Answer], at_once: int) -> tuple[HubHttpLibrary, Broken]:
    """The hub's sets behind such a client."""
    client = Broken(member, change)
    verify = HubKeys([member.hub.public]).verify
    return HubHttpLibrary(client, verify, member.parts.clock, at_once), client


def of_npm(offers: Sequence[OfferedSet]) -> OfferedSet:
    """The one of advisories."""
    return next(offer for offer in offers if offer.name == "npm")


def test_a_body_goes_on_where_it_was_broken_off(member: Member) -> None:
    def fails(number: int, answer: Answer) -> Answer:
        if number == 3:
            raise Retryable("The connection was lost.")
        return answer

    made, client = library(member, fails, at_once=50)
    offer = of_npm(made.listed())
    with pytest.raises(Retryable):
        made.body(offer)
    body = made.body(offer)
    assert hashlib.sha256(body).hexdigest() == offer.digest
    assert client.ranges[:4] == ["bytes=0-49", "bytes=50-99", "bytes=100-149", "bytes=100-149"]


@pytest.mark.parametrize("change", [lambda body: body[:-1], lambda body: body[:-1] + b"x", lambda body: b""])
def test_a_body_that_is_not_what_the_list_says_is_refused(member: Member, change: Callable[[bytes], bytes]) -> None:
    made, _ = library(member, lambda _, answer: replace(answer, body=change(answer.body)), at_once=10_000)
    with pytest.raises(UnusableAnswer, match="npm of the hub does not match its list"):
        made.body(of_npm(made.listed()))


def test_a_list_for_another_question_or_of_another_key_is_refused(member: Member, tmp_path: Path) -> None:
    address = f"{member.hub.url}/fleet/v1/sets"
    headers = {"Authorization": f"Bearer {member.parts.settings.hub_client.token}"}
    answer = requests.get(f"{address}?nonce=one", headers=headers, timeout=30)
    signature = answer.headers[SIGNATURE_HEADER]
    check_reply("sets", b"one", answer.content, signature, HubKeys([member.hub.public]).verify)
    with pytest.raises(DocumentRefused):
        check_reply("sets", b"two", answer.content, signature, HubKeys([member.hub.public]).verify)
    write_key(tmp_path / "other.key")
    (tmp_path / "other.pub").write_text(public_pem(HubSigner(tmp_path / "other.key").public_key))
    made = HubHttpLibrary(
        member.parts.sources.hub_client(), HubKeys([tmp_path / "other.pub"]).verify, member.parts.clock
    )
    with pytest.raises(UnusableAnswer, match="not signed"):
        made.listed()
    assert requests.get(address, headers=headers, timeout=30).status_code == 400
    assert requests.get(f"{address}/{'0' * 64}", headers=headers, timeout=30).status_code == 404
    assert requests.get(f"{address}?nonce=one", timeout=30).status_code == 401


def test_a_set_that_is_larger_than_its_source_allows_is_not_fetched(member: Member) -> None:
    made, client = library(member, lambda _, answer: answer, at_once=10_000)

    class Large:
        """A list that tells of a large body."""

        def listed(self) -> Sequence[OfferedSet]:
            return [msgspec.structs.replace(offer, size=2**40) for offer in made.listed()]

        def body(self, offer: OfferedSet) -> bytes:
            return made.body(offer)

    source = HubAdvisories(SourceRule("osv", "osv", "hub:", ("npm",)), Large())
    with pytest.raises(Final, match="npm of the hub has 1099511627776 bytes"):
        source.fetch("npm", None, lambda: None)
    assert client.ranges == []


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"kind": "vex"}, "being of the kind vex"),
        ({"kind": "kev", "location": "hub:No Name"}, "names no source of the hub"),
        ({"kind": "kev", "caFile": "x.pem"}, "the hub signs what it tells"),
    ],
)
def test_a_source_at_the_hub_that_cannot_be_is_refused(tmp_path: Path, source: dict[str, Any], message: str) -> None:
    config = tmp_path / "bomgate.json"
    config.write_text(json.dumps({"sources": [{"name": "x", "location": "hub:", **source}]}))
    ran = invoke("source", "check", "--config", str(config))
    assert ran.code == 2 and message in ran.err


def test_who_is_no_member_has_no_source_at_a_hub(tmp_path: Path) -> None:
    config = tmp_path / "bomgate.json"
    config.write_text(json.dumps({"sources": TAKEN, "database": {"url": f"sqlite:///{tmp_path}/b.db"}}))
    ran = invoke("download", "--config", str(config))
    assert ran.code == 2 and "this installation is not a member of a fleet" in ran.err


@pytest.fixture
def offline(hub: Hub, tmp_path: Path) -> Iterator[Member]:
    """A member without a network to its hub."""
    made = Member(tmp_path / "offline", hub, sources=TAKEN)
    made.ok("sbom", "add", str(sbom(tmp_path, TRIM)), "--image", f"registry.example/shop@{digest(1)}")
    yield made
    made.parts.store.close()


def test_a_snapshot_brings_sets_along(hub: Hub, offline: Member, mirror: Path, tmp_path: Path) -> None:
    ran = run(offline, "download")
    assert ran.code != 0 and "No npm of a hub was imported yet." in ran.err + ran.out
    file, old = tmp_path / "fleet.bomgate", tmp_path / "old.bomgate"
    hub.ok("fleet", "export", str(file))
    old.write_bytes(file.read_bytes())
    imported = json.loads(offline.ok("fleet", "import", str(file), "--output", "json").out)
    assert [(taken["source"], taken["name"], taken["records"], taken["problem"]) for taken in imported["sets"]] == [
        ("osv", "npm", 1, ""),
        ("exploited", "KEV", 1, ""),
        ("epss", "EPSS", 1, ""),
    ]
    assert found(offline) == {("GHSA-0000-aaaa-aaaa", "2021-12-10")}
    before = kept(offline)
    run(offline, "download")
    assert kept(offline) == before, "a download without a hub made sets look younger, or dropped them"
    publish(mirror, "npm", advisories("1.0.1", "1.0.2"))
    hub.ok("download")
    hub.ok("fleet", "export", str(file))
    offline.ok("fleet", "import", str(file))
    assert len(found(offline)) == 2
    run(offline, "fleet", "import", str(old))
    assert len(found(offline)) == 2, "an older snapshot brought an older set back"


def test_a_snapshot_with_a_cut_or_changed_body_brings_nothing(hub: Hub, offline: Member, tmp_path: Path) -> None:
    file = tmp_path / "fleet.bomgate"
    hub.ok("fleet", "export", str(file))
    whole = file.read_bytes()
    for spoilt in (whole[:-1], whole[:-1] + b"x", whole + b"x"):
        file.write_bytes(spoilt)
        ran = run(offline, "fleet", "import", str(file))
        assert (ran.code, "document-refused" in ran.err) == (2, True)
    assert kept(offline) == {}
