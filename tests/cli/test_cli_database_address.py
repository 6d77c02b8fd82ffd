"""Where the database is looked for, and that commands that only read make none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.installation import Installation, invoke, reference


def relative(bomgate: Installation) -> None:
    bomgate.configure(database={"url": "sqlite:///bomgate.db"})


def test_a_relative_path_is_relative_to_the_settings_file_that_names_it(
    filled: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    relative(filled)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert filled.run("check", reference("blocked")).code == 1
    assert list(elsewhere.iterdir()) == []


def test_a_relative_path_from_the_environment_is_relative_to_the_working_directory(
    filled: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(filled.folder)
    monkeypatch.setenv("BOMGATE_DATABASE_URL", "sqlite:///bomgate.db")
    other = tmp_path / "settings" / "bomgate.yaml"
    other.parent.mkdir()
    other.write_text("database: {url: 'sqlite:///other.db'}\n", encoding="utf-8")
    assert invoke("check", reference("blocked"), "--config", str(other)).code == 1


def test_a_database_that_is_only_in_the_working_directory_is_refused_naming_both(
    filled: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "settings" / "bomgate.yaml"
    other.parent.mkdir()
    other.write_text("database: {url: 'sqlite:///bomgate.db'}\n", encoding="utf-8")
    monkeypatch.chdir(filled.folder)
    ran = invoke("check", reference("blocked"), "--config", str(other))
    assert ran.code == 2
    assert str(other.parent / "bomgate.db") in ran.err
    assert str(filled.folder / "bomgate.db") in ran.err


READING = (
    ("check", reference("clean")),
    ("vulns", "list"),
    ("vulns", "show", "CVE-2026-10001"),
    ("sbom", "list"),
    ("sbom", "show", "abcdef"),
    ("db", "status"),
    ("assess", "CVE-2026-10001", "--type", "Ignore", "--comment", "c", "--author", "alice"),
    ("assess", "--existing", "--dry-run"),
)


@pytest.mark.parametrize("arguments", READING, ids=" ".join)
def test_reading_makes_neither_a_file_nor_a_folder(bomgate: Installation, arguments: tuple[str, ...]) -> None:
    bomgate.configure(database={"url": f"sqlite:///{bomgate.folder}/absent/bomgate.db"})
    ran = bomgate.run(*arguments)
    assert ran.code == 3
    assert f"There is no database at {bomgate.folder}/absent/bomgate.db" in ran.err
    assert not (bomgate.folder / "absent").exists()


@pytest.mark.parametrize("arguments", [("types", "list"), ("types", "lint"), ("completion", "bash")], ids=" ".join)
def test_what_needs_no_database_goes_on_without_one(bomgate: Installation, arguments: tuple[str, ...]) -> None:
    bomgate.ok(*arguments)
    assert not (bomgate.folder / "bomgate.db").exists()


@pytest.mark.parametrize("content", ["x", "a line of text\n" * 3], ids=["one byte", "text"])
def test_a_file_that_is_something_else_is_never_overwritten(bomgate: Installation, content: str) -> None:
    path = bomgate.write("bomgate.db", content)
    for arguments in (("sbom", "list"), ("download",), ("db", "upgrade")):
        ran = bomgate.run(*arguments)
        assert ran.code == 3
        assert "is not an SQLite database" in ran.err
    assert path.read_text(encoding="utf-8") == content


def test_a_file_of_no_bytes_is_no_database_for_a_command_that_reads(bomgate: Installation) -> None:
    path = bomgate.write("bomgate.db", "")
    assert bomgate.run("vulns", "list").code == 3
    assert path.stat().st_size == 0
    bomgate.ok("db", "upgrade")
    bomgate.ok("vulns", "list")
