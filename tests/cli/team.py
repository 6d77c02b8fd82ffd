"""A store as a team has it after a week, and commands on it."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.cli.installation import Ran, invoke


class Team:
    """Runs commands on a filled store."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.config = url, folder / "bomgate.yaml"
        self.config.write_text(yaml.safe_dump({"database": {"url": url}}), encoding="utf-8")

    def run(self, *arguments: str) -> Ran:
        return invoke(*arguments, "--config", str(self.config))

    def ok(self, *arguments: str) -> Ran:
        ran = self.run(*arguments)
        assert ran.code == 0, f"{arguments} exits with {ran.code}: {ran.err}"
        return ran

    def ids(self, *filters: str) -> list[str]:
        found = self.ok("vulns", "list", *filters, "--output", "json").json["vulnerabilities"]
        return [item["id"] for item in found]
