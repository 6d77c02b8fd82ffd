"""What is generated from the chart is current, and values.yaml and the templates speak of the same values."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

import webhook
from tests.chart.generate import FILES, GOLDEN
from tests.chart.rendering import helm
from tests.chart.values import CHART, ROOT, UndocumentedError, chart_values, read_values

_USED = re.compile(r"\.Values\.([\w.]+)")


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(ROOT)) for path in FILES])
def test_a_generated_file_is_what_its_generator_makes(path: Path) -> None:
    make: Callable[[], str] = FILES[path]
    assert path.read_text(encoding="utf-8") == make(), "run `python -m tests.chart.generate` and look at the diff"


def test_no_golden_render_is_left_of_a_set_that_is_gone() -> None:
    assert {path for path in FILES if path.parent == GOLDEN} == set(GOLDEN.iterdir())


def test_helm_finds_nothing_to_complain_about() -> None:
    assert "1 chart(s) linted, 0 chart(s) failed" in helm("lint", "--strict", CHART)


def test_the_chart_installs_the_program_of_its_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert chart["appVersion"] == webhook.__version__


def _mentioned() -> set[str]:
    """Every value that a template mentions; ``.enabled`` inside of ``with .Values.x`` is not seen as one."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((CHART / "templates").iterdir())]
    return {found.rstrip(".") for text in texts for found in _USED.findall(text)}


def test_every_value_that_a_template_mentions_is_documented() -> None:
    documented = [chart_value.path for chart_value in chart_values()]
    strange = {
        name
        for name in _mentioned()
        if not any(name == path or name.startswith(f"{path}.") or path.startswith(f"{name}.") for path in documented)
    }
    assert strange == set()


def test_every_value_that_is_documented_is_used_by_a_template() -> None:
    mentioned = _mentioned()
    useless = {
        chart_value.path
        for chart_value in chart_values()
        if not any(name == chart_value.path or chart_value.path.startswith(f"{name}.") for name in mentioned)
        and not any(name.startswith(f"{chart_value.path}.") for name in mentioned)
    }
    assert useless == set()


def test_a_value_is_read_with_its_comment_its_section_and_its_schema() -> None:
    first, second = read_values(
        '# About the file.\n\n# +section One\na:\n  # Says b.\n  # In two lines.\n  # +schema {"minimum": 1}\n'
        "  b: 2\n# +section Two\n# All of c.\n# +whole\nc:\n  d: 1\n"
    )
    assert (first.path, first.default, first.help, first.section) == ("a.b", 2, "Says b. In two lines.", "One")
    assert first.schema == {"minimum": 1}
    assert (second.path, second.default, second.help, second.section) == ("c", {"d": 1}, "All of c.", "Two")


@pytest.mark.parametrize("text", ["a: 1\n", "# About a.\n\na: 1\n", "# About a.\na:\n  # About b.\n  b: 1\n"])
def test_a_value_without_a_comment_of_its_own_is_an_error(text: str) -> None:
    with pytest.raises(UndocumentedError):
        read_values(text)
