"""Tables for people and JSON for machines."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
from dataclasses import dataclass
from decimal import Decimal

import click
import pytest

from webhook.cli.output import fields, note, print_table, sentences, to_json
from webhook.model.purls import Purl

COLUMNS = ("Name", "Count#")


class Terminal(io.StringIO):
    """A stream that says that a person reads it."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_elsewhere_than_on_a_terminal_rows_are_aligned_lines(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(COLUMNS, [("one", 5), ("twenty", 100), (None, "")], empty="")
    assert capsys.readouterr().out.splitlines() == [
        "NAME    COUNT",
        "one         5",
        "twenty    100",
        "-           -",
    ]


def test_on_a_terminal_rows_are_a_table() -> None:
    with contextlib.redirect_stdout(Terminal()) as terminal:
        print_table(COLUMNS, [("one", 5)], empty="", indent=2)
    shown = terminal.getvalue()
    assert "─" in shown
    assert "one" in shown


def test_without_rows_a_sentence_stands_beside_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(COLUMNS, [], empty="There is nothing.")
    assert capsys.readouterr() == ("", "There is nothing.\n")
    print_table(COLUMNS, [], empty="")
    assert capsys.readouterr() == ("", "")


def test_what_strangers_wrote_cannot_play_with_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(COLUMNS, [("\x1b[31mred\nline", 1)], empty="")
    note("\x1b]0;title\x07text", indent=2)
    fields([("Name", "a\x1b[2Jb")])
    captured = capsys.readouterr()
    assert "\x1b" not in captured.out + captured.err
    assert len(captured.out.splitlines()) == 3


def test_markup_of_the_table_library_is_shown_as_it_is() -> None:
    with contextlib.redirect_stdout(Terminal()) as terminal:
        print_table(COLUMNS, [("[red]x[/red]", 1)], empty="")
    assert "[red]x[/red]" in terminal.getvalue()


def test_fields_without_a_value_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    fields([("Name", "x"), ("Empty", ""), ("None", None), ("Zero", 0)])
    assert capsys.readouterr().out == "Name: x\nZero: 0\n"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("One", "Two."), "One. Two."),
        (("One.", ""), "One."),
        (("Really?", " Yes "), "Really? Yes."),
        ((), ""),
    ],
)
def test_sentences_have_their_full_stops(texts: tuple[str, ...], expected: str) -> None:
    assert sentences(*texts) == expected


@dataclass
class Shape:
    score: Decimal
    at: dt.datetime
    purl: str


def test_json_has_numbers_for_scores_and_utc_for_moments() -> None:
    moment = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
    text = to_json(Shape(Decimal("9.8"), moment, Purl("pkg:npm/a@1")))
    assert json.loads(text) == {"score": 9.8, "at": "2026-03-01T12:00:00Z", "purl": "pkg:npm/a@1"}
    assert '"score": 9.8' in text


WIDE = ("Vulnerability", "CVSS#", "Components", "Title")
PURL = "pkg:maven/org.springframework.boot/spring-boot-autoconfigure@2.7.18"
DIGEST = f"sha256:{'a1' * 32}"


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_a_table_fits_the_terminal_and_breaks_no_word(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    title = "Deserialization of untrusted data in a component with a long title that goes on"
    rows = [("CVE-2026-10001", "9.8", f"{PURL}, {DIGEST}", title), ("sonatype-2026-0001", "-", "-", "short")]
    with contextlib.redirect_stdout(Terminal()) as terminal:
        print_table(WIDE, rows, empty="")
    lines = [click.unstyle(line) for line in terminal.getvalue().splitlines()]
    for whole in ("CVE-2026-10001", PURL, DIGEST, "sonatype-2026-0001"):
        assert sum(whole in line for line in lines) == 1
    too_long = [line for line in lines if len(line) > columns]
    assert all(len(line.split()) == 1 for line in too_long), "only a word is longer"
    assert not too_long or columns == 40
    assert (f"    {PURL}," in lines) is (columns < 200)
