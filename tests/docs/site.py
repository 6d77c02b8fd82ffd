"""The documentation as a site: ``python -m tests.docs.site`` builds it in ``build/docs/site``, strictly.

The pages are the Markdown of the repository as it is, so they read the same in the repository. ``docs/README.md`` is
the table of contents: its headings and links become the navigation. zensical refuses a link or an anchor between pages
that does not exist; then every link of the finished site is followed, and nothing may be loaded from elsewhere.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("*.md", "docs/**/*.md", "bench/*.md")
FILES = ("LICENSE",)
"""What pages link to beside pages."""
PROJECT = ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "bench/README.md")
FOLDERS = {"Runbooks": "docs/runbooks", "Decisions": "docs/adr"}
"""Sections that have every page of a folder."""

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s#]+\.md)\)")
_FEATURES = ["navigation.footer", "navigation.indexes", "navigation.path", "navigation.tabs", "navigation.top"]
_FEATURES += ["content.code.copy", "search.highlight", "toc.follow"]
Section = tuple[str, list[str]]


class BrokenSite(Exception):
    """The site has faults; the text lists them."""


def pages(root: Path) -> list[str]:
    """All pages, as paths from the root."""
    return sorted({str(path.relative_to(root)) for pattern in PAGES for path in root.glob(pattern)})


def title(page: Path) -> str:
    """The title of a page, without marks."""
    return re.sub(r"[`*]", "", page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# "))


def sections(root: Path) -> list[Section]:
    """The navigation: sections with their pages, each page once, at its first place."""
    contents = root / "docs" / "README.md"
    every, placed = pages(root), {"README.md", *PROJECT}
    found: list[Section] = []
    for part in re.split(r"^## ", contents.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        heading, _, body = part.partition("\n")
        targets = [str((contents.parent / link).resolve().relative_to(root)) for link in _LINK.findall(body)]
        new = [
            character
            for character in dict.fromkeys(targets)
            if character in every and character not in placed and not _in_folder(character)
        ]
        placed.update(new)
        found.append((heading, new))
    for heading, folder in FOLDERS.items():
        inside = [text for text in every if text.startswith(f"{folder}/")]
        found.append((heading, sorted(inside, key=lambda text: (not text.endswith("README.md"), text))))
    found.append(("Project", ["docs/README.md", *PROJECT]))
    return [pair for pair in found if pair[1]]


def _in_folder(page: str) -> bool:
    return any(page.startswith(f"{folder}/") for folder in FOLDERS.values())


def configuration(root: Path) -> str:
    """The settings of zensical, as TOML."""
    tables = [f"  {{{_text('Start')} = {_text('README.md')}}},"]
    for heading, listed in sections(root):
        entries = ", ".join(f"{{{_text(title(root / text))} = {_text(text)}}}" for text in listed)
        tables.append(f"  {{{_text(heading)} = [{entries}]}},")
    lines = [
        "[project]",
        'site_name = "bomgate"',
        'site_description = "A Kubernetes admission webhook that acts on what images contain"',
        'copyright = "The bomgate authors. Apache-2.0"',
        'docs_dir = "source"',
        'site_dir = "site"',
        "use_directory_urls = false  # it can be read from a folder, without a server",
        "nav = [",
        *tables,
        "]",
        "[project.theme]",
        "font = false  # nothing is loaded from elsewhere",
        f"features = {json.dumps(_FEATURES)}",
    ]
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a TOML string as well


def build(root: Path, into: Path) -> Path:
    """Build the site; its folder.

    Args:
        root: of the checkout.
        into: a folder for the work and the site; what is in it is replaced.

    Raises:
        BrokenSite: a link or an anchor leads nowhere, a page is in no section, or something is loaded from elsewhere.
    """
    lost = set(pages(root)) - {"README.md"} - {text for _, listed in sections(root) for text in listed}
    if lost:
        raise BrokenSite(f"No section has {', '.join(sorted(lost))}: add them to docs/README.md.")
    shutil.rmtree(into, ignore_errors=True)
    source = into / "source"
    pictures = (str(path.relative_to(root)) for path in sorted((root / "docs").rglob("*.png")))
    for name in (*pages(root), *FILES, *pictures):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, source / name)
    (into / "zensical.toml").write_text(configuration(root), encoding="utf-8")
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    done = subprocess.run(command, cwd=into, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BrokenSite(_report(done.stdout + done.stderr))
    faults = list(faults_of(into / "site"))
    if faults:
        raise BrokenSite("\n".join(faults))
    return into / "site"


def _report(output: str) -> str:
    """What zensical reports, without its colours and its traceback."""
    return re.sub(r"\x1b\[[0-9;]*m", "", output).partition("Traceback (most recent")[0].strip()


# -- the finished site ----------------------------------------------------------------------------------------------


@dataclass
class _Page(HTMLParser):
    """What a page offers and asks for."""

    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of anchors, links, and what is loaded."""
        given = {name: value for name, value in attrs if value is not None}
        self.anchors.update(given[name] for name in ("id", "name") if name in given)
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "link" and given.get("rel") != "canonical" and "href" in given:
            self.loaded.append(given["href"])
        elif tag in ("script", "img", "iframe", "source") and "src" in given:
            self.loaded.append(given["src"])


def faults_of(site: Path) -> Iterator[str]:
    """Every link of a site that leads nowhere, and everything that it loads from elsewhere."""
    read: dict[Path, _Page] = {}
    for path in sorted(site.rglob("*.html")):
        read[path] = _Page()
        read[path].feed(path.read_text(encoding="utf-8"))
    found: dict[tuple[Path, str], Path | None] = {}
    """Folder and path of a link → the file, or None; each page has the whole navigation."""

    def file_of(path: Path, link: str) -> Path | None:
        if (path.parent, link) not in found:
            target = (path.parent / unquote(link)).resolve()
            target = target / "index.html" if target.is_dir() else target
            found[path.parent, link] = target if target.exists() else None
        return found[path.parent, link]

    for path, page in read.items():
        if path.name == "404.html":  # served for any address, so its links begin at the root of a host
            continue
        name = path.relative_to(site)
        yield from (f"{name} loads {text} from elsewhere" for text in page.loaded if urlsplit(text).netloc)
        for link in [*page.links, *page.loaded]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = file_of(path, parts.path) if parts.path else path
            if target is None:
                yield f"{name}: {link} does not exist"
            elif parts.fragment and target in read and unquote(parts.fragment) not in read[target].anchors:
                yield f"{name}: {link} has no such anchor"


if __name__ == "__main__":
    try:
        print(f"{build(ROOT, ROOT / 'build' / 'docs') / 'index.html'}: every link leads somewhere")
    except BrokenSite as problem:
        sys.exit(str(problem))
