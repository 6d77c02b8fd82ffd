"""Parts that a machine may lack: skipped with a loud reason, except where every part has to be there."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def unavailable(reason: object) -> NoReturn:
    """Skip because a part is not available here; with ``CI=true``, fail."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"{reason} (a failure because CI=true)", pytrace=False)
    pytest.skip(f"NOT TESTED: {reason}")
