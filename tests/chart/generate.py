"""What follows from the chart: ``python -m tests.chart.generate`` rewrites it.

values.schema.json and docs/reference/chart.md come from values.yaml, manifests/ and the golden renders beside this file
from the rendered chart; a test compares them with what this module makes.
"""

from __future__ import annotations

import difflib
import functools
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from tests.chart.rendering import MONITORING, helm, render
from tests.chart.schema import values_schema
from tests.chart.sets import SETS
from tests.chart.settings_schema import SET_BY_CHART
from tests.chart.values import CHART, ROOT, Value, chart_values
from webhook.cli.demo.images import IMAGES, DemoImage
from webhook.model.actions import Action

HEAD = """# The chart's values

<!-- Written by `python -m tests.chart.generate` from charts/bomgate/values.yaml; do not edit. -->

`helm show values charts/bomgate` prints the same list with its defaults. Helm rejects values that are not listed here,
or that have another type, before it changes anything. How to use them: [install](../how-to/install.md),
[upgrade](../how-to/upgrade.md), [enforce step by step](../how-to/enforce-step-by-step.md).
"""

CONFIG = """## Keys of config

`config` becomes the settings file of all processes. It accepts all [settings](configuration.md) in camelCase, except
those that follow from other values:

{reserved}

A changed setting restarts the Pods one after another.
"""

MANIFEST_HEAD = """\
# bomgate without Helm: the chart, rendered with its defaults by `python -m tests.chart.generate`.
# It needs the namespace bomgate-system, and in it the Secret bomgate-database: docs/how-to/install.md says how.
"""

ALERTS_HEAD = """\
# The alerts of the chart as a rule file for Prometheus, by `python -m tests.chart.generate`.
"""

DEMO = {Action.DENY: "denied", Action.WARN: "warned", Action.ALLOW: "allowed"}
GOLDEN = Path(__file__).resolve().parent / "golden"
FILLED = tuple(
    f"# Source: bomgate/templates/{name}.yaml"
    for name in ("prometheusrule", "configmap-dashboard", "customresourcedefinitions")
)
"""Left out of the golden renders: what is in them comes from files that have tests of their own."""

MANIFEST_VALUES = {**SETS["default"], "unregister": {"enabled": False}}
"""A manifest cannot make up a password, and nobody runs the hooks of Helm in it."""


def reference() -> str:
    """The page of the values."""
    sections: dict[str, list[Value]] = {}
    for value in chart_values():
        sections.setdefault(value.section, []).append(value)
    parts = [HEAD]
    for section, values in sections.items():
        rows = "\n".join(f"| `{value.path}` | {_default(value)} | {_cell(value.help)} |" for value in values)
        parts.append(f"## {section}\n\n| value | default | meaning |\n|---|---|---|\n{rows}\n")
    parts.append(CONFIG.format(reserved="\n".join(f"- `{name}`" for name in sorted(SET_BY_CHART))))
    return "\n".join(parts)


def schema() -> str:
    """values.schema.json."""
    return json.dumps(values_schema(chart_values()), indent=2, ensure_ascii=False) + "\n"


def manifest() -> str:
    """The plain installation."""
    return MANIFEST_HEAD + render(MANIFEST_VALUES)


def alerts() -> str:
    """The alerts for a Prometheus without operator."""
    return ALERTS_HEAD + (CHART / "files" / "alerts.yaml").read_text(encoding="utf-8")


def golden(name: str) -> str:
    """What a set of values renders to; of all but the default, what it changes."""
    rendered = _rendered(name)
    if name == "default":
        return rendered
    lines = difflib.unified_diff(
        _rendered("default").splitlines(), rendered.splitlines(), "default", name, "", "", 2, ""
    )
    # Where a change stands moves with every other one.
    return "".join(f"{'@@' if line.startswith('@@') else line.rstrip()}\n" for line in lines)


def _rendered(name: str) -> str:
    parts = render(SETS[name], apis=MONITORING).split("---\n")
    return "---\n".join(part for part in parts if not part.startswith(FILLED))


def demo(image: DemoImage) -> str:
    """One of the invented workloads of `bomgate demo`; it has no Pods, because its image does not exist."""
    manifest = image.manifest()
    manifest["metadata"]["namespace"] = "bomgate-demo"
    manifest["spec"] = {"replicas": 0, **manifest["spec"]}
    head = f"# {image.about[0].upper()}{image.about[1:]}. Its SBOM is webhook/cli/demo/data/{image.document}.\n"
    return head + yaml.safe_dump(json.loads(json.dumps(manifest)), sort_keys=False)  # without anchors


def _default(value: Value) -> str:
    return f"`{json.dumps(value.default, ensure_ascii=False)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "\\<")


FILES: Mapping[Path, Callable[[], str]] = {
    ROOT / "docs" / "reference" / "chart.md": reference,
    CHART / "values.schema.json": schema,
    ROOT / "manifests" / "install.yaml": manifest,
    ROOT / "manifests" / "alerts.yaml": alerts,
    **{
        ROOT / "manifests" / "demo" / f"{DEMO[image.expected]}.yaml": functools.partial(demo, image) for image in IMAGES
    },
    **{GOLDEN / f"{name}.{'yaml' if name == 'default' else 'diff'}": functools.partial(golden, name) for name in SETS},
}


def main() -> None:
    """Write all of it; the schema first, because helm looks at it."""
    (CHART / "values.schema.json").unlink(missing_ok=True)
    for path in sorted(FILES, key=lambda path: path.suffix != ".json"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(FILES[path](), encoding="utf-8")
    helm("lint", "--strict", CHART)


if __name__ == "__main__":
    main()
