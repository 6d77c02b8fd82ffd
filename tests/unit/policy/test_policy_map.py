"""The map of the rules in the docstring of their package."""

from __future__ import annotations

import re
from pathlib import Path

from webhook import policy


def test_the_map_of_the_rules_names_every_module_once() -> None:
    assert policy.__file__ is not None and policy.__doc__ is not None
    modules = sorted(path.stem for path in Path(policy.__file__).parent.glob("*.py") if path.stem != "__init__")
    lines = re.findall(r"^- .+?\.$", policy.__doc__, re.DOTALL | re.MULTILINE)
    assert sorted(name for line in lines for name in re.findall(r"``(\w+)``", line)) == modules
