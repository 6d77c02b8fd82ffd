"""Requests for exceptions on the command line."""

from __future__ import annotations

import csv
import datetime as dt
import getpass
import io
import json
import shutil
from pathlib import Path

import pytest

from tests.cli.installation import Ran, invoke
from tests.cli.team import Team
from tests.console.world import LODASH, LOG4J

LOG4SHELL = ("CVE-2021-44228", "--package", LOG4J.partition("@")[0], "--namespace", "shop", "--reason", "class removed")


@pytest.fixture
def alone(tmp_path: Path, filled_file: Path) -> Team:
    """A machine that one person uses; its settings let them answer themselves."""
    shutil.copy(filled_file, tmp_path / "bomgate.db")
    team = Team(f"sqlite:///{tmp_path}/bomgate.db", tmp_path)
    settings = {"database": {"url": team.url}, "requests": {"allowSelf": True, "maxDays": 40}}
    team.config.write_text(json.dumps(settings), encoding="utf-8")
    return team


def as_strict(team: Team, *arguments: str) -> Ran:
    """Run a command with the settings as they are when nobody has changed them."""
    path = team.config.with_name("strict.yaml")
    path.write_text(json.dumps({"database": {"url": team.url}}), encoding="utf-8")
    return invoke(*arguments, "--config", str(path))


def test_in_a_cluster_nobody_asks_or_answers_without_a_proof(alone: Team) -> None:
    path = alone.config.with_name("cluster.yaml")
    settings = {"database": {"url": alone.url}, "kube": {"cluster": True}}
    path.write_text(json.dumps(settings), encoding="utf-8")
    answer = ("requests", "approve", "1", "--comment", "fine")
    for arguments in (("requests", "create", *LOG4SHELL, "--days", "30"), answer):
        ran = invoke(*arguments, "--config", str(path))
        assert ran.code == 2 and "Error (identity-missing)" in ran.err and "--token-file" in ran.err
    empty = alone.config.with_name("empty")
    empty.write_text(" \n")
    for file, why in (("missing", "cannot be read"), ("empty", "no token")):
        ran = invoke(*answer, "--token-file", str(empty.with_name(file)), "--config", str(path))
        assert ran.code == 2 and why in ran.err


def test_a_denial_says_how_to_ask_and_what_it_says_works(alone: Team) -> None:
    image = "registry.example/shop/web:1.4.2"
    denied = alone.run("check", image, "--output", "json")
    assert denied.code == 1
    ask = denied.json["targets"][0]["ask"]
    assert ask == (
        f"bomgate requests create {LOG4SHELL[0]} --package {LOG4SHELL[2]} --namespace '<namespace>' "
        "--reason '<why>' --days 30"
    )
    assert f"To ask for an exception: {ask}" in alone.run("check", image).out
    words = ask.replace("'<namespace>'", "shop").replace("'<why>'", "removed").split()[1:]
    made = alone.ok(*words, "--output", "json")
    assert made.err == "Request 1 waits for somebody else to approve it.\n"
    assert (made.json["request"]["phase"], made.json["request"]["askers"][0]["person"]["user"]) == (
        "waiting",
        getpass.getuser(),
    )
    shown = alone.ok("requests", "show", "1", "--output", "json").json["effects"]
    assert [(item["title"], item["before"], item["after"]) for item in shown["workloads"]] == [
        ("Deployment shop/web", "deny", "allow")
    ]
    tried = alone.ok("requests", "approve", "1", "--comment", "until May", "--dry-run", "--output", "json").json
    assert (tried["dry_run"], tried["request"]["phase"], tried["effects"]) == (True, "waiting", shown)
    answered = alone.ok("requests", "approve", "1", "--comment", "until May", "--output", "json").json["request"]
    assert (answered["phase"], answered["answer"]["comment"]) == ("approved", "until May")
    assert alone.ok("check", image, "--namespace", "shop", "--output", "json").json["action"] != "deny"
    assert alone.run("check", image, "--namespace", "lab").code == 1
    again = alone.run("requests", "deny", "1", "--comment", "no")
    assert again.code == 3
    assert "was approved by" in again.err
    alone.ok("requests", "withdraw", "1")
    assert alone.run("check", image, "--namespace", "shop").code == 1


def test_the_operating_system_alone_approves_nothing(alone: Team) -> None:
    alone.ok("requests", "create", *LOG4SHELL, "--days", "7")
    for verb in ("approve", "deny"):
        ran = as_strict(alone, "requests", verb, "1", "--comment", "fine")
        assert ran.code == 2
        assert "approval-refused" in ran.err
    assert alone.ok("requests", "list", "--output", "json").json["requests"][0]["phase"] == "waiting"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--days", "41"), "at most 40 days"),
        (("--days", "7", "--until-fixed"), "OSS Index does not tell fixed versions"),
        ((), "A request needs an end"),
        (("--until-fixed",), "A request needs an end"),
        (("--until", "2020-01-01"), "would end before it begins"),
        (("--days", "7", "--until", "2099-01-01"), "A request needs an end"),
    ],
)
def test_an_end_is_needed(alone: Team, options: tuple[str, ...], said: str) -> None:
    ran = alone.run("requests", "create", *LOG4SHELL, *options)
    assert ran.code == 2
    assert said in ran.err


def test_requests_are_listed_as_table_json_and_csv(alone: Team) -> None:
    lodash = ("CVE-2021-23337", "--package", LODASH, "--namespace", "lab", "--reason", "=1+1")
    alone.ok("requests", "create", *LOG4SHELL, "--days", "7")
    alone.ok("requests", "create", *lodash, "--days", "7", "--image", "registry.example/*")
    alone.ok("requests", "deny", "1", "--comment", "update it")
    (row,) = alone.ok("requests", "list", "--output", "json").json["requests"]
    assert (row["number"], row["version_range"], row["image"]) == (2, "=4.17.20", "registry.example/*")
    assert "CVE-2021-23337" in alone.ok("requests", "list").out
    rows = list(csv.DictReader(io.StringIO(alone.ok("requests", "list", "--phase", "any", "--output", "csv").out)))
    assert [(row["phase"], row["reason"], row["comment"]) for row in rows] == [
        ("waiting", "'=1+1", ""),
        ("denied", "class removed", "update it"),
    ]
    one = alone.ok("requests", "list", "--phase", "any", "--limit", "1", "--output", "json").json
    assert (len(one["requests"]), one["more"]) == (1, True)
    assert alone.ok("requests", "list", "--namespace", "nowhere").err == "No request matches.\n"
    assert alone.run("requests", "show", "99").code == 2


def test_what_was_given_is_shown_beside_what_was_asked_for(alone: Team) -> None:
    alone.ok("requests", "create", *LOG4SHELL, "--days", "30")
    (asked_for,) = (row["until"] for row in alone.ok("requests", "list", "--output", "json").json["requests"])
    end = str(dt.datetime.now(dt.UTC).date() + dt.timedelta(days=5))
    alone.ok("requests", "approve", "1", "--comment", "a few days", "--until", end, "--type", "Caution")
    shown = alone.ok("requests", "show", "1").out
    assert f"until:       {end} 00:00 UTC" in shown and "asked until: " in shown and "type:        Caution" in shown
    (row,) = csv.DictReader(io.StringIO(alone.ok("requests", "list", "--phase", "any", "--output", "csv").out))
    assert row["until"].startswith(end)
    (one,) = alone.ok("requests", "list", "--phase", "any", "--output", "json").json["requests"]
    assert (one["until"], one["answer"]["type"]) == (asked_for, "Caution")
    assert one["answer"]["until"].startswith(end)
