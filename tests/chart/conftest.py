"""The tests of the chart need helm."""

from __future__ import annotations

import pytest

from tests.chart.rendering import is_built
from tests.parts import unavailable


@pytest.fixture(scope="session", autouse=True)
def helm_is_there() -> None:
    if not is_built():
        unavailable("no helm is built; `python tests/e2e/controlplane/build.py helm` builds it, with Go")
