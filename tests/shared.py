"""Inputs that may lie in ``shared`` beside the checkout; they are read from there and are no part of the repository.

A clone without them tests nothing on them and says so, also in CI: nobody else has them. Where some are there, each is
needed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.parts import unavailable

KNOWN = ("corpus", "cases", "advisories")
"""What tells the folder from another one of that name."""


def beside(checkout: Path) -> Path | None:
    """The folder of inputs beside a checkout, or beside a folder above it; None where there is none."""
    for folder in (checkout, *checkout.parents):
        inputs = folder.parent / "shared"
        if any((inputs / name).is_dir() for name in KNOWN):
            return inputs
    return None


def shared(name: str) -> Path:
    """A folder or file of ``shared``; skips where there is no such folder."""
    inputs = beside(Path(__file__).resolve().parent.parent)
    if inputs is None:
        pytest.skip("NOT TESTED: the shared inputs are not beside this checkout (they are not part of the repository)")
    if not (inputs / name).exists():
        unavailable(f"shared/{name} is missing among the inputs beside the checkout")
    return inputs / name
