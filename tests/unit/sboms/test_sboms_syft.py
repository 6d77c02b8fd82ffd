"""Syft's own JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from webhook.errors import InvalidInput
from webhook.model.components import SkippedComponent, SkipReason
from webhook.sboms import Limits, parse


def document(*artifacts: dict[str, Any], **extra: Any) -> bytes:
    top = {
        "artifacts": list(artifacts),
        "source": {"type": "image", "metadata": {"userInput": "app"}},
        "descriptor": {"name": "syft", "version": "1.18.1"},
        "schema": {"version": "16.0.18", "url": "https://example.org/schema-16.0.18.json"},
    }
    return json.dumps({**top, **extra}).encode()


def test_artifacts_are_read() -> None:
    sbom = parse(
        document(
            {
                "name": "a",
                "version": "1",
                "type": "npm",
                "purl": "pkg:npm/a@1.0.0",
                "metadata": {"purl": "pkg:npm/other@1.0.0"},
            },
            {"name": "binary", "version": "2", "type": "binary", "purl": ""},
            {"name": "bare"},
            {"name": "a", "purl": "pkg:npm/a@1.0.0"},
        )
    )
    assert (sbom.format, sbom.version, sbom.tool) == ("syft-json", "16.0.18", "syft 1.18.1")
    assert sbom.components == ("pkg:npm/a@1.0.0",)
    assert sbom.skipped == tuple(SkippedComponent(name, SkipReason.NO_PURL) for name in ("bare", "binary"))


@pytest.mark.parametrize("extra", [{"schema": None, "descriptor": 5}, {"schema": [], "descriptor": {"name": 1}}])
def test_what_it_says_about_itself_is_never_a_reason_to_refuse(extra: dict[str, Any]) -> None:
    sbom = parse(document({"name": "a", "purl": "pkg:npm/a@1.0.0"}, **extra))
    assert (sbom.components, sbom.version, sbom.tool) == (("pkg:npm/a@1.0.0",), "", "")


def test_a_wrong_type_is_refused() -> None:
    with pytest.raises(InvalidInput, match="artifacts"):
        parse(document(artifacts={}))
    with pytest.raises(InvalidInput, match=r"artifacts\[0\]\.purl"):
        parse(document({"purl": 1}))


def test_the_number_of_artifacts_is_bounded() -> None:
    with pytest.raises(InvalidInput, match="more than 1 components"):
        parse(document({"name": "a"}, {"name": "b"}), Limits(max_entries=1))
