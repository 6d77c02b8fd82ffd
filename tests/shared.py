"""Inputs that may lie in ``shared`` beside the checkout; they are read from there and are no part of the repository."""

from __future__ import annotations

from pathlib import Path

from tests.parts import unavailable


def shared(name: str) -> Path:
    """A folder or file of ``shared``; skips where it is not there."""
    for folder in Path(__file__).resolve().parents:
        found = folder.parent / "shared" / name
        if found.exists():
            return found
    return unavailable(f"shared/{name} is not beside the checkout: nothing is tested on it")
