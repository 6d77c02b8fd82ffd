"""The real SBOMs that the benchmarks read, where they are present beside the checkout."""

from __future__ import annotations

from pathlib import Path

from bench import UnavailableError


def folder() -> Path | None:
    """The folder ``shared/corpus`` beside the checkout; None where there is none."""
    found = Path(__file__).resolve().parents[2] / "shared" / "corpus"
    return found if found.is_dir() else None


def required(count: int = 1) -> list[Path]:
    """Every SBOM of an image.

    Raises:
        UnavailableError: there are fewer than ``count``.
    """
    found = documents()
    if len(found) < count:
        raise UnavailableError("the folder shared/corpus with real SBOMs is not beside the checkout")
    return found


def documents() -> list[Path]:
    """Every SBOM of an image, sorted; empty where there is no corpus."""
    corpus = folder()
    return sorted(corpus.glob("images/*/*.json")) if corpus else []
