"""The documentation as a site: it can be built, and what leads nowhere is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.docs.site import PAGES, BrokenSite, build, faults_of, pages, sections

ROOT = Path(__file__).resolve().parents[2]


FEW = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "bench/README.md", "docs/how-to/install.md")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A checkout with a few pages: what is refused on one page of many is refused on one of few."""
    root = tmp_path / "checkout"
    for name in FEW:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("# A page\n", encoding="utf-8")
    contents = "# Documentation\n\n## How-to\n\n[install](how-to/install.md)\n"
    (root / "docs" / "README.md").write_text(contents, encoding="utf-8")
    shutil.copyfile(ROOT / "LICENSE", root / "LICENSE")
    return root


def test_the_site_is_built_with_every_page_in_its_navigation(tmp_path: Path) -> None:
    site = build(ROOT, tmp_path)
    names = [name.replace("README.md", "index.md").replace(".md", ".html") for name in pages(ROOT)]
    assert len(names) > 80
    assert [name for name in names if not (site / name).exists()] == []
    home = (site / "index.html").read_text(encoding="utf-8")
    for section, listed in sections(ROOT):
        assert section in home
        assert listed
    assert list(faults_of(site)) == []


def test_a_link_and_an_anchor_that_lead_nowhere_are_refused(copy: Path, tmp_path: Path) -> None:
    with (copy / "docs" / "README.md").open("a", encoding="utf-8") as page:
        page.write("\n[no page](how-to/nowhere.md), [no heading](how-to/install.md#nothing)\n")
    with pytest.raises(BrokenSite) as caught:
        build(copy, tmp_path / "work")
    assert "page does not exist" in str(caught.value)
    assert "anchor does not exist" in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_a_page_that_no_section_has_is_refused(copy: Path, tmp_path: Path) -> None:
    (copy / "docs" / "how-to" / "lost.md").write_text("# Lost\n", encoding="utf-8")
    with pytest.raises(BrokenSite, match=r"No section has docs/how-to/lost\.md"):
        build(copy, tmp_path / "work")


def test_what_only_the_finished_site_shows_is_found(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        '<a href="values.yaml">no page</a> <a href="other.html#there">right</a> <a href="other.html#gone">wrong</a>'
        '<a href="https://example.com/">elsewhere</a> <script src="https://example.com/script.js"></script>'
    )
    (tmp_path / "other.html").write_text('<h2 id="there">There</h2>')
    assert list(faults_of(tmp_path)) == [
        "index.html loads https://example.com/script.js from elsewhere",
        "index.html: values.yaml does not exist",
        "index.html: other.html#gone has no such anchor",
    ]


def test_every_pattern_of_pages_has_some() -> None:
    assert [pattern for pattern in PAGES if not list(ROOT.glob(pattern))] == []
