"""All settings together: where a value comes from, and what is refused."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml

from webhook.errors import ConfigError
from webhook.model.actions import Action
from webhook.settings import Settings, all_settings, load_settings


def load(tmp_path: Path, content: Any = None, flags: Any = None, **environment: str) -> Settings:
    """Load settings from a file with this content."""
    path = tmp_path / "bomgate.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content or {}), encoding="utf-8")
    return load_settings(path, flags, {"HOME": "/home/somebody", **environment})


def refused(tmp_path: Path, content: Any = None, **environment: str) -> ConfigError:
    """The error that loading gives."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, content, **environment)
    return caught.value


def test_without_anything_the_defaults_count_and_the_database_is_in_the_users_data_folder() -> None:
    settings = load_settings(environment={"HOME": "/home/somebody"})
    assert settings.database.url == "sqlite:////home/somebody/.local/share/bomgate/bomgate.db"
    assert settings.ossindex.url == "https://api.guide.sonatype.com"
    assert settings.types.names == ("Ignore", "Caution", "Blocked")
    assert settings.policy.unassessed is Action.WARN
    data_home = load_settings(environment={"XDG_DATA_HOME": "/data"})
    assert data_home.database.url == "sqlite:////data/bomgate/bomgate.db"


def test_a_flag_counts_before_the_environment_before_the_file_before_the_default(tmp_path: Path) -> None:
    content = {"ossindex": {"ttlHours": 30}}
    assert load(tmp_path).download.ttl_hours == 24
    assert load(tmp_path, content).download.ttl_hours == 30
    assert load(tmp_path, content, BOMGATE_OSSINDEX_TTL_HOURS="40").download.ttl_hours == 40
    flags = {"ossindex.ttl_hours": 50}
    assert load(tmp_path, content, flags, BOMGATE_OSSINDEX_TTL_HOURS="40").download.ttl_hours == 50
    assert load(tmp_path, content, {"ossindex.ttl_hours": None}).download.ttl_hours == 30


def test_an_empty_variable_counts_as_not_given(tmp_path: Path) -> None:
    assert load(tmp_path, {"ossindex": {"token": "in-file"}}, BOMGATE_OSSINDEX_TOKEN="").ossindex.token == "in-file"


def test_the_file_may_be_named_by_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "elsewhere.yaml"
    path.write_text("log: {level: debug}", encoding="utf-8")
    settings = load_settings(environment={"BOMGATE_CONFIG": str(path), "HOME": "/"})
    assert (settings.log.level, settings.path) == ("debug", path)


def test_keys_may_be_written_in_snake_case_and_the_file_in_json(tmp_path: Path) -> None:
    assert load(tmp_path, '{"ossindex": {"ttl_hours": 36}}').download.ttl_hours == 36


@pytest.mark.parametrize("content", ["", "# nothing\n", "ossindex:\n"])
def test_an_empty_file_and_an_empty_group_change_nothing(tmp_path: Path, content: str) -> None:
    assert load(tmp_path, content).ossindex == load(tmp_path).ossindex


def test_the_token_comes_from_either_variable_or_from_a_mounted_file(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("sonatype_pat_from_file\n", encoding="utf-8")
    assert load(tmp_path, OSS_INDEX_TOKEN="old-name").ossindex.token == "old-name"
    assert load(tmp_path, OSS_INDEX_TOKEN="old-name", BOMGATE_OSSINDEX_TOKEN="new").ossindex.token == "new"
    in_file = {"ossindex": {"tokenFile": str(secret)}}
    assert load(tmp_path, in_file).ossindex.token == "sonatype_pat_from_file"
    assert load(tmp_path, BOMGATE_OSSINDEX_TOKEN_FILE=str(secret)).ossindex.token == "sonatype_pat_from_file"
    problem = refused(tmp_path, {"ossindex": {"tokenFile": "/no/such/file"}})
    assert "ossindex.tokenFile: /no/such/file cannot be read" in problem.message


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    settings = load(tmp_path, {"database": {"url": "postgresql://u:hush@h/d"}, "ossindex": {"token": "hush"}})
    assert "hush" not in repr(settings)


def test_a_database_address_of_its_own_keeps_the_other_settings_of_the_group(tmp_path: Path) -> None:
    assert load(tmp_path, {"database": {"poolSize": 3}}).database.pool_size == 3


def test_reassessing_is_said_once_and_reaches_the_downloader(tmp_path: Path) -> None:
    assert not load(tmp_path).download.reassess_on_score_change
    assert load(tmp_path, {"policy": {"reassessOnScoreChange": True}}).download.reassess_on_score_change
    assert "ossindex.reassessOnScoreChange" not in {setting.name for setting in all_settings()}


@pytest.mark.parametrize(
    ("content", "message", "remedy"),
    [
        ({"osindex": {}}, "osindex is not a setting", "Did you mean 'ossindex'?"),
        ({"ossindex": {"ttlHour": 1}}, "ossindex.ttlHour is not a setting", "Did you mean 'ttlHours'?"),
        ({"log": {"colour": "x"}}, "log.colour is not a setting", "Known keys: level, format."),
        ({"log": {"level": "loud"}}, "log.level cannot be 'loud'", "debug, info, warning, error"),
        ({"log": {"format": "xml"}}, "log.format cannot be 'xml'", "auto, json, text"),
        ({"log": "debug"}, "log is not a mapping", "docs/reference"),
        ({"ossindex": {"ttlHours": "a day"}}, "ossindex.ttlHours cannot be 'a day'", "docs/reference"),
        ({"serve": {"workers": 1.5}}, "serve.workers cannot be 1.5", "docs/reference"),
        ({"serve": {"insecureHttp": "perhaps"}}, "serve.insecureHttp cannot be 'perhaps'", "docs/reference"),
        ({"policy": {"unassessed": "block"}}, "policy.unassessed cannot be 'block'", "allow, warn, deny"),
        ({"policy": {"maxReportAge": "soon"}}, "policy.maxReportAge cannot be 'soon'", "72h or 7d"),
        ({"policy": {"enforceOn": "all"}}, "policy.enforceOn cannot be 'all'", "workloads-and-pods, pods"),
        ({"policy": {"kinds": [{"kind": "Rollout"}]}}, "policy.kinds[0].podSpecPath is missing", "imagePath"),
        ({"registries": [{"prefx": "a"}]}, "registries[0].prefx is not a setting", "Did you mean 'prefix'?"),
        ([1, 2], "is not a mapping of groups", "docs/reference"),
        ("a: [", "cannot be read", "docs/reference"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_name(tmp_path: Path, content: Any, message: str, remedy: str) -> None:
    problem = refused(tmp_path, content)
    assert message in problem.message
    assert remedy in problem.remedy


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no\.yaml cannot be read"):
        load_settings(tmp_path / "no.yaml", environment={"HOME": "/"})


def test_the_policy_is_read(tmp_path: Path) -> None:
    kinds = [{"group": "argoproj.io", "kind": "Rollout", "podSpecPath": "spec.template.spec"}]
    written = {"unassessed": "deny", "onError": "ALLOW", "maxReportAge": "7d", "enforceOn": "pods", "kinds": kinds}
    policy = load(tmp_path, {"policy": written}).policy
    assert (policy.unassessed, policy.on_error, policy.missing_sbom) == (Action.DENY, Action.ALLOW, Action.WARN)
    assert policy.max_report_age == dt.timedelta(days=7)
    assert policy.enforce_on.value == "pods"
    assert [path.text for path in policy.extra_kinds[0].pod_specs] == ["spec.template.spec"]


def test_every_setting_has_help_a_name_and_a_variable_of_its_own() -> None:
    settings = list(all_settings())
    assert [setting.name for setting in settings if not setting.help.endswith(".")] == []
    assert len({setting.name for setting in settings}) == len(settings)
    variables = [setting.environment for setting in settings if setting.environment]
    assert len(set(variables)) == len(variables)
    by_name = {setting.name: setting for setting in settings}
    assert by_name["ossindex.ttlHours"].environment == "BOMGATE_OSSINDEX_TTL_HOURS"
    assert by_name["database.urlFile"].environment == "BOMGATE_DATABASE_URL_FILE"
    assert by_name["policy.kinds"].environment == ""  # a list of mappings fits into no variable


def test_defaults_are_shown_as_the_file_would_have_them() -> None:
    defaults = {setting.name: setting.default for setting in all_settings()}
    assert (defaults["ossindex.ttlHours"], defaults["serve.insecureHttp"]) == ("24", "false")
    assert (defaults["sbom.sources"].split(", ")[0], defaults["ossindex.token"]) == ("referrers", "")
    assert defaults["sbom.platforms"] == ""


def test_the_fixed_names_of_settings_stay() -> None:
    environment = {setting.environment for setting in all_settings()}
    assert {
        "BOMGATE_DATABASE_URL",
        "BOMGATE_OSSINDEX_URL",
        "BOMGATE_OSSINDEX_TOKEN",
        "BOMGATE_OSSINDEX_USERNAME",
        "BOMGATE_OSSINDEX_TOKEN_FILE",
        "BOMGATE_OSSINDEX_USERNAME_FILE",
        "BOMGATE_OSSINDEX_MAX_COMPONENTS_PER_RUN",
        "BOMGATE_OSSINDEX_TTL_HOURS",
        "BOMGATE_SBOM_DIRECTORY",
    } <= environment
