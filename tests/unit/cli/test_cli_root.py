"""The root of the command line: verbs, help, and how errors become exit codes."""

from __future__ import annotations

import importlib
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from tests.cli.installation import invoke
from webhook import __version__
from webhook.cli.exits import Exit, exit_of
from webhook.cli.root import VERBS, Root, cli
from webhook.cli.verbs import Verb, VerbGroup
from webhook.errors import (
    BomgateError,
    ConfigError,
    DeadlineExceeded,
    Final,
    InvalidInput,
    Retryable,
    StoreError,
    StoreUnreachable,
)
from webhook.model.actions import Action

ROOT = Path(__file__).resolve().parents[3]


def leaves(command: click.Command, *names: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that does something, with the words that call it."""
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            child = command.get_command(click.Context(command), name)
            assert child is not None
            yield from leaves(child, *names, name)
    else:
        yield names, command


LEAVES = list(leaves(cli))


def test_the_version_is_that_of_the_package() -> None:
    assert invoke("--version").out == f"bomgate {__version__}\n"


def test_asking_for_version_or_help_loads_nothing_heavy() -> None:
    heavy = ("sqlalchemy", "flask", "gunicorn", "gevent", "requests", "rich", "yaml", "cryptography", "alembic")
    for option in ("--version", "--help"):
        code = f"import sys; from webhook.cli.root import cli; cli.main(['{option}'], standalone_mode=False)"
        check = f"{code}; print([name for name in {heavy!r} if name in sys.modules])"
        done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, cwd=ROOT, check=True)
        assert done.stdout.splitlines()[-1] == "[]"


def test_help_lists_every_verb_and_the_exit_codes() -> None:
    shown = invoke("--help").out
    assert [name for name in VERBS if f"\n  {name} " not in shown] == []
    assert "1 denied" in shown


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_is_found_under_its_name(name: str) -> None:
    module, _ = VERBS[name]
    assert importlib.import_module(f"webhook.cli.{module}").command.name == name


@pytest.mark.parametrize(("names", "command"), LEAVES, ids=[" ".join(names) for names, _ in LEAVES])
def test_every_command_has_help_examples_and_the_global_options(names: tuple[str, ...], command: click.Command) -> None:
    assert isinstance(command, Verb)
    assert command.help
    assert command.examples
    assert all(f"bomgate {' '.join(names)}" in line for line in command.examples)
    shown = invoke(*names, "--help").out
    assert "Examples:" in shown
    assert "--config FILE" in shown
    assert [param.name for param in command.params if isinstance(param, click.Option) and not param.help] == []


def test_a_misspelt_verb_names_the_near_one() -> None:
    misspelt = invoke("chek")
    assert (misspelt.code, "Did you mean 'check'?" in misspelt.err) == (2, True)
    assert "Known: add, " in invoke("sbom", "zzz").err


def test_an_unknown_option_is_a_usage_error() -> None:
    assert invoke("check", "--nonsense").code == Exit.INPUT


class Failing(Root):
    """A root with one verb that fails in a given way."""

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__("bomgate")
        self.work = work

    def list_commands(self, ctx: click.Context) -> list[str]:
        return ["go"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return click.Command("go", callback=self.work)


def outcome(work: Callable[[], object]) -> Result:
    return CliRunner().invoke(Failing(work), ["go"])


def raises(problem: BaseException) -> Callable[[], object]:
    def work() -> object:
        raise problem

    return work


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (InvalidInput("It is wrong."), 2),
        (ConfigError("It is wrong."), 2),
        (Retryable("It is wrong."), 3),
        (Final("It is wrong."), 3),
        (DeadlineExceeded("It is wrong."), 3),
        (StoreError("It is wrong."), 3),
        (StoreUnreachable("It is wrong."), 3),
        (BomgateError("It is wrong."), 3),
    ],
)
def test_an_error_shows_its_sentence_its_code_and_its_remedy(problem: BomgateError, code: int) -> None:
    result = outcome(raises(problem))
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr == f"Error ({problem.code}): It is wrong.\nWhat to do: {problem.remedy}\n"


def test_an_unexpected_error_shows_an_id_that_the_log_has(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "bomgate.cli"):
        result = outcome(raises(ZeroDivisionError("a bug")))
    (record,) = caplog.records
    assert (result.exit_code, result.stdout) == (3, "")
    assert str(record.__dict__["error_id"]) in result.stderr
    assert "a bug" not in result.stderr
    assert record.exc_info is not None


def test_ctrl_c_ends_as_shells_expect() -> None:
    result = outcome(raises(KeyboardInterrupt()))
    assert (result.exit_code, result.stderr.strip()) == (130, "Interrupted.")


@pytest.mark.parametrize(("returned", "code"), [(None, 0), (Exit.DENIED, 1), (Exit.UNDECIDED, 3)])
def test_what_a_verb_returns_is_the_exit_code(returned: object, code: int) -> None:
    assert outcome(lambda: returned).exit_code == code


@pytest.mark.parametrize(
    ("action", "undecided", "code"),
    [
        (Action.ALLOW, False, Exit.DONE),
        (Action.WARN, False, Exit.DONE),
        (Action.WARN, True, Exit.UNDECIDED),
        (Action.DENY, False, Exit.DENIED),
        (Action.DENY, True, Exit.DENIED),
    ],
)
def test_a_decision_has_an_exit_code(action: Action, undecided: bool, code: Exit) -> None:
    assert exit_of(action, undecided=undecided) is code


@pytest.mark.parametrize("text", ["short", "long " * 50_000])
def test_a_reader_that_goes_away_ends_the_command_without_complaint_and_never_as_allowed(text: str) -> None:
    """Whether it is noticed while the text is written or when its last part is sent."""
    code = (
        "import click; from tests.unit.cli.test_cli_root import Failing; "
        f"Failing(lambda: click.echo({text[:5]!r} * {len(text) // 5}, nl=False)).main(['go'])"
    )
    command = f'{sys.executable} -c "$0" | true; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(["bash", "-c", command, code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_group_without_a_verb_shows_its_help() -> None:
    assert isinstance(cli.get_command(click.Context(cli), "sbom"), VerbGroup)
    assert "import" in invoke("sbom").err


def test_a_file_of_settings_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    for arguments in (
        ("--config", str(tmp_path / "no.yaml"), "types", "list"),
        ("types", "list", "--config", str(tmp_path / "no.yaml")),
    ):
        ran = invoke(*arguments)
        assert (ran.code, "cannot be read" in ran.err) == (2, True)


def test_the_config_behind_the_verb_counts_more_than_the_one_before_it(tmp_path: Path) -> None:
    good = tmp_path / "good.yaml"
    good.write_text(json.dumps({"assessmentTypes": [{"name": "Only", "action": "deny"}]}), encoding="utf-8")
    ran = invoke("--config", str(tmp_path / "no.yaml"), "types", "list", "--config", str(good), "-o", "json")
    assert [item["name"] for item in ran.json["types"]] == ["Only"]
