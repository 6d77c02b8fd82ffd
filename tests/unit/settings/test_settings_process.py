"""The environment that processes are started with."""

from __future__ import annotations

from pathlib import Path

import pytest

from webhook.settings.process import environment_with, environment_without_settings, metrics_directory


def test_a_folder_for_metrics_is_ours_only_when_we_were_started_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOMGATE_METRICS_DIRECTORY", raising=False)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "/somebody/elses")
    assert metrics_directory() is None
    for name, value in environment_with(Path("/ours")).items():
        monkeypatch.setenv(name, value)
    assert metrics_directory() == Path("/ours")


def test_an_environment_without_settings_has_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOMGATE_DATABASE_URL", "x")
    monkeypatch.setenv("OSS_INDEX_TOKEN", "x")
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "x")
    monkeypatch.setenv("SOMETHING_ELSE", "y")
    environment = environment_without_settings()
    assert environment["SOMETHING_ELSE"] == "y"
    assert not {"BOMGATE_DATABASE_URL", "OSS_INDEX_TOKEN", "PROMETHEUS_MULTIPROC_DIR"} & environment.keys()
