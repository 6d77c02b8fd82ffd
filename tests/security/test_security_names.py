"""Names: however an image is spelled, it is the same image everywhere; another spelling gets around nothing."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.installation import Installation
from tests.copies import replace
from tests.doubles.ossindex import OssIndexDouble
from tests.e2e import catalogue
from tests.e2e.processes import wait_until
from tests.fakes import NOON, FakeClock
from tests.security.attacked import guarded, pod
from tests.unit.engines.clusters import Town, of_controller, request, workload
from tests.worlds import LEFTPAD, LOG4J, LOG4SHELL, World, digest_of
from webhook.clients.kube.sbomreports import cluster_report_names
from webhook.clients.registry.dockerconfig import matches_image, normal_key, read_docker_config
from webhook.clients.registry.locations import Locations, normal_prefix
from webhook.clients.registry.options import RegistryRule, VerifyRule
from webhook.clients.registry.signatures import Verification
from webhook.engines.assessing.impact import touched
from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.deadlines import Deadline
from webhook.model.grants import BreakGlassGrant, GrantedWorkload
from webhook.model.images import parse_image
from webhook.model.policies import Policy
from webhook.policy.imagenames import parse_pattern
from webhook.policy.scopes import canonical_scope
from webhook.policy.selections import Selection, read_selection

SAME = (
    (
        "registry.example/shop/web",
        "Registry.EXAMPLE/shop/web",
        "registry.example:443/shop/web",
        "registry.example:0443/shop/web",
        "REGISTRY.example:00443/shop/web",
        "registry.example:80/shop/web",
        "registry.example:080/shop/web",
    ),
    ("registry.example:5000/shop/web", "registry.example:05000/shop/web", "Registry.example:5000/shop/web"),
    ("registry:443/shop/web", "REGISTRY:0443/shop/web", "Registry/shop/web", "registry:80/shop/web"),
    ("localhost/shop/web", "localhost:443/shop/web", "LOCALHOST/shop/web", "localhost:0080/shop/web"),
    (
        "[fd00::1]:5000/shop/web",
        "[FD00::1]:5000/shop/web",
        "[fd00:0:0:0:0:0:0:1]:5000/shop/web",
        "[fd00:0000::0001]:05000/shop/web",
    ),
    ("[fd00::1]/shop/web", "[fd00::0:1]:443/shop/web", "[fd00:0:0::1]:80/shop/web"),
    (
        "10.0.0.1:5000/shop/web",
        "[::ffff:a00:1]:5000/shop/web",
        "[0:0:0:0:0:FFFF:0a00:0001]:5000/shop/web",
        "10.1:5000/shop/web",
        "012.0.0.1:5000/shop/web",
        "0x0A000001:5000/shop/web",
        "167772161:05000/shop/web",
    ),
    (
        "docker.io/library/web",
        "web",
        "library/web",
        "docker.io/web",
        "Docker.io:443/web",
        "index.docker.io/web",
        "index.docker.io:0443/library/web",
        "registry-1.docker.io/library/web",
        "registry.hub.docker.com/library/web",
        "docker.io:80/web",
    ),
)
PAIRS = [pytest.param(usual, other, id=f"{usual} = {other}") for usual, *others in SAME for other in others]
DIFFERENT = (
    *(names[0] for names in SAME),
    "registry.example/shop/we",
    "registry.example:444/shop/web",
    "registry.example:4430/shop/web",
    "registry.example:65979/shop/web",
    "registry.example:8080/shop/web",
    "registry.example:0/shop/web",
    "registry.example.evil/shop/web",
    "[fd00::2]:5000/shop/web",
    "[::1]:5000/shop/web",
    "127.0.0.1:5000/shop/web",
    "10.0.0.1/shop/web",
    "docker.io/shop/web",
    "index.docker.io.evil/library/web",
)
same = pytest.mark.parametrize(("usual", "other"), PAIRS)
DIGEST = digest_of("the image")


def reaches_port_80(name: str) -> bool:
    return parse_image(name).host.endswith(":80")


def stem(name: str) -> str:
    """The name without its last part."""
    return name.rpartition("/")[0]


# -- the identity ---------------------------------------------------------------------------------------------------


@same
def test_all_spellings_have_one_identity_and_each_is_shown_as_it_was_written(usual: str, other: str) -> None:
    assert parse_image(other).name == parse_image(usual).name
    assert parse_image(f"{other}:1").tagged == parse_image(f"{usual}:1").tagged
    assert parse_image(f"{other}@{DIGEST}").identity == parse_image(f"{usual}@{DIGEST}").identity
    assert str(parse_image(f"{other}:1")) == f"{other}:1"


def test_different_images_have_different_identities() -> None:
    assert len({parse_image(name).name for name in DIFFERENT}) == len(DIFFERENT)


_LABELS = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9-]{0,5}[A-Za-z0-9])?", fullmatch=True)
_ADDRESSES = st.ip_addresses(v=6).map(lambda address: f"[{address.exploded}]") | st.ip_addresses(v=4).map(str)
_HOSTS = st.lists(_LABELS, min_size=1, max_size=4).map(".".join) | _ADDRESSES | st.just("docker.io")
_PORTS = st.just("") | st.integers(0, 99999).flatmap(lambda port: st.sampled_from([f":{port}", f":00{port}"]))


@given(_HOSTS, _PORTS)
def test_an_identity_is_a_reference_with_the_same_identity(host: str, port: str) -> None:
    image = parse_image(f"{host}{port or ':443'}/shop/web:1")
    assert parse_image(image.tagged).tagged == image.tagged
    assert str(parse_pattern(str(parse_pattern(image.text)))) == str(parse_pattern(image.text)) == image.tagged


# -- assessments ----------------------------------------------------------------------------------------------------


@same
def test_an_assessment_is_narrowed_to_an_image_in_any_spelling(usual: str, other: str) -> None:
    for written, named in ((usual, other), (other, usual)):
        image = parse_image(f"{named}:1")
        assert parse_pattern(written).matches(image, None)
        assert parse_pattern(f"{written}:1").matches(image, None)
        assert not parse_pattern(f"{written}:2").matches(image, None)
        assert parse_pattern(f"{written}:*").matches(image, None)
        if "/" in written:
            assert parse_pattern(f"{stem(written)}/w*").matches(image, None)


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("*.example:443/shop/*", "registry.example/shop/web", True),
        ("*.EXAMPLE:0443/shop/*", "registry.example:80/shop/web", True),
        ("registry.example:*/shop/web", "registry.example/shop/web", True),
        ("registry.example:*/shop/web", "registry.example:5000/shop/web", True),
        ("*:443/shop/*", "registry.example:5000/shop/web", False),
        ("*.example:5000/shop/*", "registry.example/shop/web", False),
        ("*/shop/*", "registry.example:443/shop/web", True),
        ("docker.io/we*", "web", True),
        ("docker.io/we*", "docker.io/webs/app", True),
        ("index.docker.io/*", "web", True),
        ("reg*3/shop/web", "registry.example/shop/web", False),
    ],
)
def test_a_wildcard_in_the_registry_matches_its_usual_ports_too(pattern: str, name: str, expected: bool) -> None:
    assert parse_pattern(pattern).matches(parse_image(name), None) is expected


@same
def test_one_scope_is_stored_for_all_spellings(usual: str, other: str) -> None:
    assert canonical_scope(Scope(image=other)) == canonical_scope(Scope(image=usual))
    assert read_selection(Selection(image=f"{other}:1"))[0] == read_selection(Selection(image=f"{usual}:1"))[0]


def world_where_an_image_is_blocked(known: str, narrowed: str) -> World:
    """One image, in one spelling, whose only vulnerability is assessed in another."""
    world = World(Policy())
    world.image(f"{known}:1", LOG4J)
    world.answer(LOG4J, replace(LOG4SHELL, cvss_score=None, cvss_vector=""))
    world.store.assessments.append([blocked(narrowed)])
    world.refresher.refresh()
    return world


def blocked(image: str) -> Assessment:
    scope = canonical_scope(Scope(image=image))
    return Assessment(LOG4SHELL.id, "Blocked", scope, AssessmentSource.MANUAL, "ann", "", NOON, None)


@same
def test_another_spelling_is_denied_as_well_by_tag_and_by_digest(usual: str, other: str) -> None:
    world = world_where_an_image_is_blocked(usual, usual)
    for name in (usual, other):
        for text in (f"{name}:1", f"{name}:1@{digest_of(f'{usual}:1')}", f"{name}@{digest_of(f'{usual}:1')}"):
            verdict = world.check(text)
            assert (verdict.action, verdict.image.text) == (Action.DENY, text)
    assert touched(world.model, [blocked(other)]) == [1]


# -- tags -----------------------------------------------------------------------------------------------------------


@same
def test_what_a_tag_points_at_is_remembered_for_all_spellings(usual: str, other: str) -> None:
    world = World(resolves=True)
    digest = world.image(f"{other}:1", LEFTPAD)
    world.resolver.digests[parse_image(f"{usual}:1").tagged] = digest
    assert world.check(f"{usual}:1").digest == world.check(f"{other}:1").digest == digest
    assert len(world.resolver.asked) == 1


@same
def test_a_sighting_is_noted_under_one_name(usual: str, other: str) -> None:
    world = World()
    world.image(f"{usual}:1", LEFTPAD)
    for name in (usual, other):
        world.reviewer.review(request(workload(f"{name}:1")), Deadline(world.clock.monotonic() + 5))
    assert len({(sighting.name, sighting.digest) for sighting in world.sightings.seen}) == 1


# -- updates, what was admitted, grants -----------------------------------------------------------------------------


@same
def test_an_update_to_another_spelling_brings_nothing_new(usual: str, other: str) -> None:
    town = Town()
    town.world.image(f"{usual}:1", LOG4J)
    answer = town.review(request(workload(f"{other}:1"), workload(f"{usual}:1")))
    assert (answer.allowed, answer.reason) == (True, "nothing-new")
    answer = town.review(request(workload(f"{other}:2"), workload(f"{usual}:1")))
    assert answer.reason != "nothing-new"


@same
def test_a_template_that_named_it_in_another_spelling_admitted_it(usual: str, other: str) -> None:
    town = Town()
    town.world.image(f"{usual}:1", LOG4J)
    town.had(f"{other}:1", noted=False)
    town.noted("d-1", f"{other}:1", digest_of(f"{usual}:1"))
    answer = town.review(of_controller(f"{usual}:1"))
    assert (answer.allowed, answer.reason) == (True, "admitted")


@same
def test_a_grant_covers_it_in_another_spelling(usual: str, other: str) -> None:
    web = GrantedWorkload("apps/v1", "Deployment", "web", "d-1")
    grant = BreakGlassGrant("shop", "INC-1", "ann", web, (f"{usual}:1@{DIGEST}", f"{usual}:2"), NOON, NOON)
    assert grant.covers(frozenset({f"{other}:1@{DIGEST}", f"{other}:2"}))
    assert grant.touches(frozenset({f"{other}:2"}))
    assert not grant.covers(frozenset({f"{other}:3"}))


# -- registries -----------------------------------------------------------------------------------------------------


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "key.pub"
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    path.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


@same
def test_signatures_are_needed_in_every_spelling(usual: str, other: str, key_file: Path) -> None:
    for written, named in ((usual, other), (other, usual)):
        prefix = written if "." in written or ":" in written else usual
        verification = Verification([VerifyRule(prefix=prefix, public_key_file=key_file)])
        assert verification.key(parse_image(f"{named}:1")) is not None


@same
def test_rules_for_a_registry_hold_in_every_spelling(usual: str, other: str) -> None:
    rule = RegistryRule(prefix=usual, rewrite="mirror.example/all")
    assert Locations([rule]).image(parse_image(f"{other}:1")).name == "mirror.example/all"
    rule = RegistryRule(prefix=usual, sbom_repository="sboms.example/all")
    assert Locations([rule]).attachments(parse_image(f"{other}:1")).name == "sboms.example/all"
    if not reaches_port_80(other):
        assert Locations().image(parse_image(other)) == Locations().image(parse_image(usual))


@pytest.mark.parametrize("prefix", ["registry.example:0443", "REGISTRY.example:443/", "https://Registry.example:443"])
def test_a_prefix_of_the_settings_may_be_spelled_in_any_way(prefix: str) -> None:
    assert normal_prefix("registries.prefix", prefix) == "registry.example"


def test_a_rule_that_names_port_80_does_not_take_https_away_from_the_registry() -> None:
    locations = Locations([RegistryRule(prefix="registry.example:80", plain_http=True)])
    assert locations.image(parse_image("registry.example/a")).registry.url == "https://registry.example"
    assert locations.image(parse_image("registry.example:080/a")).registry.url == "http://registry.example:80"


@same
def test_a_pull_secret_opens_the_registry_in_every_spelling(usual: str, other: str) -> None:
    entry = {"auth": base64.b64encode(b"ann:secret").decode()}
    for written, named in ((usual, other), (other, usual)):
        repository = Locations().image(parse_image(named))
        key = stem(written) if "/" in written else "docker.io"
        config = read_docker_config(json.dumps({"auths": {f"https://{key.partition('/')[0]}/v1/": entry}}).encode())
        found = config.find(repository.registry.host, repository.path)
        if written == "library/web":
            continue  # this is no registry
        if reaches_port_80(named) or reaches_port_80(written):
            assert found is None, "what is meant for HTTPS is not sent to the port of plain HTTP"
        else:
            assert found is not None
            assert matches_image(normal_key(key.partition("/")[0]), repository.registry.host, repository.path)


@same
def test_a_report_of_the_cluster_is_looked_for_under_one_name(usual: str, other: str) -> None:
    for rest in (":1", f":1@{DIGEST}"):
        names = [set(cluster_report_names(parse_image(name + rest))) for name in (usual, other)]
        assert names[0] <= names[1]


# -- the command line -----------------------------------------------------------------------------------------------


def test_the_command_line_knows_an_image_in_every_spelling(tmp_path: Path) -> None:
    with OssIndexDouble() as double:
        bomgate = Installation(tmp_path, double)
    document = tmp_path / "sbom.json"
    document.write_text(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}))
    for usual, *others in SAME:
        digest = digest_of(usual)
        bomgate.ok("sbom", "add", str(document), "--image", f"{others[0]}:1@{digest}")
        for name in (usual, *others):
            shown = bomgate.ok("sbom", "show", f"{name}:1").out
            assert str(digest) in shown
            checked = bomgate.run("check", f"{name}:1", "--output", "json")
            assert str(digest) in checked.out


# -- names that are none --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("reg.example/X/bad:1", "'X' must be in lower case"),
        ("reg.example/x:y:z", "'y:z' is not a tag"),
        ("[fd00::1%eth0]:5000/x", "is not a registry host"),
        ("registry.example./x", "is not a registry host"),
    ],
)
def test_a_name_that_is_none_is_answered_with_what_is_wrong_with_it(name: str, why: str) -> None:
    world = World(Policy(missing_sbom=Action.DENY), clock=FakeClock())
    answer = world.reviewer.review(request(workload(name)), Deadline(world.clock.monotonic() + 5))
    assert not answer.allowed
    headline = answer.message.splitlines()[0]
    assert f"The name of this image is not valid: {name!r} is not an image reference: " in headline
    assert why in headline
    assert "tag" not in headline.replace("is not a tag", "")


# -- a running server -----------------------------------------------------------------------------------------------


def test_no_spelling_gets_around_a_narrowed_block_of_a_running_server(tmp_path: Path) -> None:
    # One worker: another may learn of the block a moment later than this one.
    with guarded(tmp_path / "names", serve={"workers": 1}) as one:
        blocked, digest = "registry.example/shop/web", catalogue.digest("blocked")
        one.assess("--type", "Ignore")
        wait_until(lambda: one.ask(pod(f"{blocked}@{digest}"))["allowed"], 20, "the exception")
        one.assess("--type", "Blocked", "--image", "registry.example:0443/shop/*")
        wait_until(lambda: not one.ask(pod(f"{blocked}@{digest}"))["allowed"], 20, "the block")
        for name in SAME[0]:
            answer = one.ask(pod(f"{name}:1@{digest}"))
            assert not answer["allowed"], name
            assert f"{name}:1@{digest}" in answer["status"]["message"]
        for name in ("registry.example:444/shop/web", "registry.example/other/web", "other.example/shop/web"):
            assert one.ask(pod(f"{name}:1@{digest}"))["allowed"], name
