"""Rules of ``registries``: which repository is asked for which image, and how."""

from __future__ import annotations

from pathlib import Path

import pytest

from webhook.clients.registry.locations import Locations
from webhook.clients.registry.options import RegistryOptions, RegistryRule
from webhook.errors import ConfigError
from webhook.model.images import parse_image

IMAGE = parse_image("registry.corp/team/app:1")
CA, CREDENTIALS = Path("/etc/ca.pem"), Path("/etc/credentials.json")


def test_without_rules_an_image_is_where_its_name_says_over_https():
    found = Locations().image(IMAGE)
    assert (found.name, found.registry.url) == ("registry.corp/team/app", "https://registry.corp")
    assert not found.registry.allow_private


def test_docker_hub_answers_under_another_name():
    found = Locations().image(parse_image("nginx"))
    assert (found.name, found.registry.url) == ("docker.io/library/nginx", "https://registry-1.docker.io")


def test_the_first_rule_that_matches_counts():
    rules = [
        RegistryRule(prefix="registry.corp/other", plain_http=True),
        RegistryRule(prefix="registry.corp/team", allow_private=True, ca_file=CA),
        RegistryRule(prefix="registry.corp", plain_http=True, credentials_file=CREDENTIALS),
    ]
    found = Locations(rules).image(IMAGE).registry
    assert (found.plain_http, found.allow_private, found.ca_file, found.credentials_file) == (False, True, CA, None)


@pytest.mark.parametrize("prefix", ["registry.corp/tea", "registry.cor", "registry.corp/team/app/more"])
def test_only_whole_parts_of_a_name_match(prefix):
    assert not Locations([RegistryRule(prefix=prefix, plain_http=True)]).image(IMAGE).registry.plain_http


@pytest.mark.parametrize("prefix", ["registry.corp/", "https://registry.corp", "registry.corp/team/app/"])
def test_a_prefix_may_end_in_a_slash_or_begin_with_a_scheme(prefix):
    assert Locations([RegistryRule(prefix=prefix, plain_http=True)]).image(IMAGE).registry.plain_http


@pytest.mark.parametrize("prefix", ["docker.io", "index.docker.io", "docker.io/library", "registry-1.docker.io/"])
def test_the_names_of_docker_hub_are_one(prefix):
    rules = [RegistryRule(prefix=prefix, rewrite="mirror.corp/hub")]
    rest = "library/nginx" if "library" not in prefix else "nginx"
    assert Locations(rules).image(parse_image("nginx")).name == f"mirror.corp/hub/{rest}"


def test_a_rewritten_image_is_reached_as_both_rules_say_and_credentials_are_those_of_the_new_host():
    rules = [
        RegistryRule(prefix="docker.io", rewrite="mirror.corp:5000/hub/", plain_http=True),
        RegistryRule(prefix="mirror.corp:5000", allow_private=True, credentials_file=CREDENTIALS, rewrite="other.corp"),
    ]
    found = Locations(rules).image(parse_image("nginx"))
    assert found.name == "mirror.corp:5000/hub/library/nginx", "it is not rewritten twice"
    assert (found.registry.plain_http, found.registry.allow_private) == (True, True)
    assert found.registry.credentials_file == CREDENTIALS


def test_attachments_are_beside_the_image_unless_a_rule_says_otherwise():
    assert Locations().attachments(IMAGE).name == IMAGE.name
    rules = [
        RegistryRule(prefix="registry.corp/team", plain_http=True, sbom_repository="sboms.corp/all"),
        RegistryRule(prefix="sboms.corp", credentials_file=CREDENTIALS),
    ]
    found = Locations(rules).attachments(IMAGE)
    assert (found.name, found.registry.credentials_file) == ("sboms.corp/all", CREDENTIALS)
    assert Locations(rules).image(IMAGE).name == IMAGE.name


def test_registries_that_name_no_credentials_use_the_common_ones():
    options = RegistryOptions(credentials_file=CREDENTIALS)
    rules = [RegistryRule(prefix="other.corp", credentials_file=CA)]
    assert Locations(rules, options).image(IMAGE).registry.credentials_file == CREDENTIALS
    assert Locations(rules, options).image(parse_image("other.corp/a/b")).registry.credentials_file == CA


@pytest.mark.parametrize("text", ["", "team", "registry.corp/Team", "registry.corp/team:1", "a b", "registry.corp/a@b"])
@pytest.mark.parametrize("setting", ["prefix", "rewrite", "sbom_repository"])
def test_what_is_no_host_is_refused(setting, text):
    fields = {"prefix": "registry.corp", setting: text}
    if text or setting == "prefix":
        with pytest.raises(ConfigError, match="cannot be"):
            Locations([RegistryRule(**fields)])


@pytest.mark.parametrize(
    "text", ["Registry.Corp/team/app:1", "registry.corp:443/team/app:1", "REGISTRY.CORP:443/team/app"]
)
def test_another_spelling_of_a_host_is_no_way_around_its_rules(text):
    rules = [RegistryRule(prefix="registry.corp:443/team", ca_file=CA)]
    found = Locations(rules).image(parse_image(text))
    assert (found.name, found.registry.ca_file) == ("registry.corp/team/app", CA)
