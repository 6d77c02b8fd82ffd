"""The documentation is true as far as a machine can tell: links, names, codes, settings and quoted commands."""

from __future__ import annotations

import importlib
import pkgutil
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

import webhook
from tests.chart.values import chart_values
from tests.docs.generate import ALERT_RULES
from webhook.cli.root import cli
from webhook.errors import BomgateError
from webhook.model.purls import Purl, parse_purl
from webhook.settings import all_settings, load_settings
from webhook.telemetry import DEFINITIONS

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *ROOT.glob("bench/*.md")])

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[a-z]*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_REFERENCE = re.compile(r"^\[[^\]]+\]: (\S+)$", re.MULTILINE)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_FOLDERS = ("webhook/", "tests/", "docs/", "bench/", "requirements/", ".ci/")
_SHELLS = ("sh", "console", "bash")
_SEPARATORS = frozenset(["|", "||", "&&", ";", "&", ">", ">>", "<", "2>", "2>&1", "(", ")"])

pages = pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])


# -- reading Markdown -----------------------------------------------------------------------------------------------


def prose(page: Path) -> str:
    """The text of a page without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def blocks(page: Path, *languages: str) -> Iterator[str]:
    """The fenced blocks of a page in these languages, without their indentation."""
    for match in _FENCE.finditer(page.read_text(encoding="utf-8")):
        if match["language"] in languages:
            yield "\n".join(line.removeprefix(match["indent"]) for line in match["text"].splitlines()) + "\n"


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as common renderers make them."""
    counts: Counter[str] = Counter()
    found = set()
    for heading in _HEADING.findall(prose(page)):
        text = re.sub(r"[`*_]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        found.add(f"{slug}-{counts[slug]}" if counts[slug] else slug)
        counts[slug] += 1
    return found


def links(page: Path) -> list[str]:
    text = _INLINE.sub("", prose(page))
    return [*_LINK.findall(text), *_REFERENCE.findall(text)]


# -- links and names ------------------------------------------------------------------------------------------------


@pages
def test_every_relative_link_and_anchor_resolves(page: Path) -> None:
    wrong = []
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            wrong.append(link)
    assert wrong == []


@pages
def test_every_file_and_every_python_name_that_is_mentioned_exists(page: Path) -> None:
    wrong = []
    for word in _INLINE.findall(prose(page)):
        if word.startswith(_FOLDERS) and " " not in word and not set(word) & set("<>*{…"):
            wrong += [] if (ROOT / word).exists() else [word]
        elif re.fullmatch(r"(?:webhook|tests)(?:\.\w+)+", word):
            wrong += [] if _resolves(word) else [word]
    assert wrong == []


def _resolves(dotted: str) -> bool:
    """Whether the name is a module, a package, or an attribute of one; values of the chart may look like one."""
    if dotted in _CHART_VALUES:
        return True
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        path = ROOT.joinpath(*parts[:length])
        if path.is_dir() or path.with_suffix(".py").exists():
            found: object = importlib.import_module(".".join(parts[:length])) if length < len(parts) else None
            for name in parts[length:]:
                if not hasattr(found, name):
                    return False
                found = getattr(found, name)
            return True
    return False


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, open_pages = {ROOT / "README.md"}, [ROOT / "README.md"]
    while open_pages:
        page = open_pages.pop()
        targets = {(page.parent / link.partition("#")[0]).resolve() for link in links(page) if ":" not in link}
        for target in (targets & set(PAGES)) - reached:
            reached.add(target)
            open_pages.append(target)
    assert [str(page.relative_to(ROOT)) for page in PAGES if page not in reached] == []


@pages
def test_a_page_begins_with_its_only_title(page: Path) -> None:
    titles = re.findall(r"^# .+$", prose(page), re.MULTILINE)
    assert len(titles) == 1
    assert page.read_text(encoding="utf-8").startswith(titles[0])


# -- decisions and runbooks -----------------------------------------------------------------------------------------


def test_every_decision_is_numbered_once_without_gaps_and_listed() -> None:
    files = sorted(path for path in (DOCS / "adr").glob("*.md") if path.name != "README.md")
    numbers = [int(path.name[:4]) for path in files]
    assert numbers == list(range(1, len(files) + 1))
    assert [text for text in links(DOCS / "adr" / "README.md") if text.endswith(".md")] == [path.name for path in files]
    for number, path in zip(numbers, files, strict=True):
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {number}. "), path.name
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"], path.name


RUNBOOKS = [path for path in sorted((DOCS / "runbooks").glob("*.md")) if path.name != "README.md"]
GENERAL = {"database-down.md"}
"""Runbooks that no alert leads to by its name."""


@pytest.mark.parametrize("page", RUNBOOKS, ids=lambda page: page.stem)
def test_every_runbook_says_meaning_impact_diagnosis_and_mitigation_in_this_order(page: Path) -> None:
    headings = re.findall(r"^## (.+)$", prose(page), re.MULTILINE)
    assert headings[:4] == ["Meaning", "Impact", "Diagnosis", "Mitigation"]


def test_every_alert_has_a_runbook_that_names_it_and_every_runbook_is_of_an_alert_or_general() -> None:
    loaded = yaml.load(ALERT_RULES.read_text(encoding="utf-8"), yaml.CSafeLoader)
    alerts = [rule for group in loaded["groups"] for rule in group["rules"] if "alert" in rule]
    pages = {ROOT / rule["annotations"]["runbook_url"]: rule["alert"] for rule in alerts}
    assert {path.name for path in RUNBOOKS} == {path.name for path in pages} | GENERAL
    for page, alert in pages.items():
        meaning = page.read_text(encoding="utf-8").partition("## Meaning\n")[2].partition("\n## ")[0]
        assert f"`{alert}`" in meaning, page.name


def test_the_list_of_runbooks_has_every_one() -> None:
    listed = [text for text in links(DOCS / "runbooks" / "README.md") if "/" not in text and "#" not in text]
    assert sorted(listed) == [path.name for path in RUNBOOKS]


# -- what the code defines ------------------------------------------------------------------------------------------


def rows(page: Path, section: str = "") -> list[list[str]]:
    """The cells of every table row of a page, or of one section of it."""
    text = page.read_text(encoding="utf-8")
    if section:
        text = text.partition(f"## {section}\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_every_metric_is_documented_as_it_is_defined() -> None:
    documented = {
        row[0].strip("`"): row[1:] for row in rows(DOCS / "reference" / "metrics.md") if "`bomgate_" in row[0]
    }
    defined = {
        definition.name: [
            definition.kind,
            ", ".join(f"`{label}`" for label in definition.labels) or "–",
            definition.help,
        ]
        for definition in DEFINITIONS
    }
    assert documented == defined


def test_every_error_code_is_documented_and_no_other() -> None:
    for module in pkgutil.walk_packages(webhook.__path__, "webhook."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)

    def codes(error: type[BomgateError]) -> Iterator[str]:
        if error.__module__.startswith("webhook."):
            yield error.code
        for child in error.__subclasses__():
            yield from codes(child)

    documented = [row[0].strip("`") for row in rows(DOCS / "reference" / "errors.md", "Codes")[1:]]
    assert sorted(documented) == sorted(set(codes(BomgateError)))


def test_purls_are_read_as_the_documentation_says() -> None:
    table = rows(DOCS / "reference" / "formats.md", "Package URLs")[1:]
    assert len(table) > 5
    for written, read_as, _ in table:
        wanted = read_as.strip("`")
        for spelling in _INLINE.findall(written):
            if "…" not in spelling:
                assert parse_purl(spelling) == Purl(wanted).coordinates


_SETTINGS = list(all_settings())
_SETTING_NAMES = {setting.name for setting in _SETTINGS} | {"assessmentTypes", "assessments"}
_CHART_VALUES = {chart_value.path for chart_value in chart_values()}
_ENVIRONMENT = {setting.environment for setting in _SETTINGS} | {"BOMGATE_CONFIG"}
_GROUPS = {setting.name.partition(".")[0] for setting in _SETTINGS}


@pages
def test_every_setting_that_is_mentioned_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    names = {word.partition(":")[0] for word in _INLINE.findall(prose(page))}
    settings = {name for name in names if re.fullmatch(rf"(?:{'|'.join(_GROUPS)})\.[A-Za-z]+", name)}
    files = {name for name in settings if (page.parent / name).exists() or name.endswith((".py", ".md", ".yaml"))}
    assert settings - files - _SETTING_NAMES - _CHART_VALUES == set()
    assert set(re.findall(r"\bBOMGATE_[A-Z_]+\b", text)) - _ENVIRONMENT == set()


_SETTINGS_FILES = [(page, text) for page in PAGES for text in blocks(page, "yaml") if text.startswith("# bomgate.yaml")]


@pytest.mark.parametrize(("page", "text"), _SETTINGS_FILES, ids=[page.stem for page, _ in _SETTINGS_FILES])
def test_every_settings_file_that_is_shown_can_be_loaded(page: Path, text: str, tmp_path: Path) -> None:
    for secret in set(re.findall(r"/etc/bomgate/([\w.-]+)", text)):
        (tmp_path / secret).write_text("secret", encoding="utf-8")
    file = tmp_path / "bomgate.yaml"
    file.write_text(text.replace("/etc/bomgate/", f"{tmp_path}/"), encoding="utf-8")
    settings = load_settings(file, environment={"HOME": str(tmp_path)})
    assert len(settings.types) > 0


# -- commands -------------------------------------------------------------------------------------------------------


def quoted_commands(page: Path) -> Iterator[str]:
    """Every ``bomgate …`` that a page quotes, in a shell block or in backquotes."""
    for block in blocks(page, *_SHELLS):
        for line in block.replace("\\\n", " ").splitlines():
            if "bomgate " in line and not line.lstrip().startswith("#"):
                yield from _split(line.removeprefix("$ "))
    for word in _INLINE.findall(prose(page)):
        if word.startswith("bomgate "):
            yield from _split(word)


def _split(line: str) -> Iterator[str]:
    """The bomgate commands of a shell line."""
    lexer = shlex.shlex(line.replace("…", "ELLIPSIS"), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    command: list[str] = []
    for token in [*lexer, ";"]:
        if token in _SEPARATORS or set(token) <= set("|&;<>()"):
            while command and re.match(r"[A-Z_]+=", command[0]):
                command.pop(0)
            if command and command[0].rpartition("/")[2] == "bomgate":
                yield shlex.join(command[1:])
            command = []
        else:
            command.append(token)


def problem_with(command: str) -> str:
    """What is wrong with a quoted command; empty when its verb and its options exist."""
    found: click.Command = cli
    known: set[str] = {"--help", "--version", "-h"}
    words = shlex.split(command)
    while words and isinstance(found, click.Group) and not words[0].startswith("-"):
        if words[0] == "ELLIPSIS":
            return ""
        name = words.pop(0)
        child = found.get_command(click.Context(found), name)
        if child is None:
            return f"{name} is no verb"
        found = child
    for parameter in (*cli.params, *found.params):
        known.update(parameter.opts)
        known.update(parameter.secondary_opts)
    strange = [word for word in words if word.startswith("-") and word != "-" and word.partition("=")[0] not in known]
    return f"no option {', '.join(strange)}" if strange else ""


@pages
def test_every_command_that_is_quoted_has_a_verb_and_options_that_exist(page: Path) -> None:
    wrong = {command: problem for command in quoted_commands(page) if (problem := problem_with(command))}
    assert wrong == {}


def test_every_command_that_an_error_recommends_exists() -> None:
    quoted = [
        command
        for path in sorted((ROOT / "webhook").rglob("*.py"))
        for text in re.findall(r"`(bomgate [^`\n\"{}]+)`", path.read_text(encoding="utf-8"))
        for command in _split(text)
    ]
    assert len(quoted) > 10
    assert {command: problem for command in quoted if (problem := problem_with(command))} == {}


@pages
def test_every_make_target_that_is_mentioned_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    lines = [line for block in blocks(page, *_SHELLS) for line in block.splitlines()]
    mentioned = re.findall(r"(?:^|&& )make ([a-z]+)", "\n".join([*_INLINE.findall(prose(page)), *lines]), re.MULTILINE)
    assert set(mentioned) - targets == set()
