"""Options of sources: which services are asked about components, and where advisories come from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from webhook.errors import ConfigError, InvalidInput
from webhook.model.images import parse_image
from webhook.model.vulnerabilities import ASKED
from webhook.policy.advisorykeys import ECOSYSTEMS
from webhook.policy.severitywords import words_problems

OSV, OSS_INDEX, KEV, EPSS, VEX = "osv", ASKED, "kev", "epss", "vex"
KINDS = (OSS_INDEX, OSV, KEV, EPSS, VEX)
EXPLOITS = (KEV, EPSS)
"""Kinds of sources that tell of attacks on vulnerabilities, and not who has these."""
_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,38}[a-z0-9])?")
_MEGABYTE = 1024 * 1024
_ARTIFACT = "oci://"
_HUB = "hub:"


@dataclass(frozen=True, slots=True)
class SourceRule:
    """One entry of ``sources``: somebody who knows which components are vulnerable."""

    name: str = field(metadata={"help": "A word for it in findings, metrics and logs, such as osv."})
    kind: str = field(
        metadata={
            "help": (
                "ossindex (asked, see the group ossindex), osv (advisories that are matched offline), kev (known "
                "exploited vulnerabilities), epss (probabilities of exploitation) or vex (VEX documents, which count "
                "once vex.trust names the source)."
            )
        }
    )
    location: str = field(
        default="",
        metadata={
            "help": (
                "For osv: a folder, or an http(s) address, that has for each ecosystem a folder with all.zip, "
                "as OSV's mirrors do. A folder may hold JSON files instead, such as a git checkout. For kev and epss: "
                "the file as it is published, its address, or the folder or address that it is in. For vex: a file, a "
                "folder of JSON files, or a zip of such, or the http(s) address of a file or a zip. For all but vex "
                "also an OCI artefact with such files, such as oci://registry.corp/mirror/osv:latest. At a member of a "
                "fleet, for osv, kev and epss: hub: for what the hub's source of the same name has, or hub:NAME."
            )
        },
    )
    ecosystems: tuple[str, ...] = field(
        default=(), metadata={"help": f"For osv, what to take: {', '.join(ECOSYSTEMS)}."}
    )
    ca_file: Path | None = field(
        default=None, metadata={"help": "Certificate authorities (PEM) that are trusted beside the usual ones."}
    )
    plain_http: bool = field(default=False, metadata={"help": "Allow an address that begins with http:."})
    every_hours: float | None = field(
        default=None,
        metadata={
            "help": "The controller asks it again after so many hours; the nightly download asks every source, too."
        },
    )
    max_megabytes: int = field(
        default=2048, metadata={"help": "Largest archive that is read, and an eighth of what it may hold unpacked."}
    )
    public_key_file: Path | None = field(
        default=None,
        metadata={
            "help": (
                "For osv: a public key (PEM) that has to have signed what is taken: an artefact with `cosign sign`, an "
                "archive with `cosign sign-blob` (all.zip.sigstore.json or all.zip.sig beside it)."
            )
        },
    )
    severity_words: dict[str, float] = field(
        default_factory=dict,
        metadata={
            "help": (
                "For osv: scores for severity words of advisories without a CVSS score, such as {high: 8.0}; 0 for "
                "none. They change the usual table, in which a word is the highest score of its severity."
            )
        },
    )

    @property
    def is_remote(self) -> bool:
        """Whether it is behind a web address, or in a registry."""
        return self.location.lower().startswith(("http://", "https://", _ARTIFACT))

    @property
    def hub_source(self) -> str:
        """The name of the hub's source that it is; empty for other places."""
        return self.location.removeprefix(_HUB) or self.name if self.location.startswith(_HUB) else ""

    @property
    def artifact(self) -> str:
        """The name of the artefact in a registry; empty for other places."""
        return self.location.removeprefix(_ARTIFACT) if self.location.startswith(_ARTIFACT) else ""

    @property
    def max_bytes(self) -> int:
        """Bytes of the largest archive."""
        return self.max_megabytes * _MEGABYTE

    def problems(self) -> Iterator[str]:
        """What cannot work."""
        if not _NAME.fullmatch(self.name):
            yield "is no name; write lower-case letters, digits and hyphens"
        if self.kind not in KINDS:
            yield f"is of no known kind; write one of {', '.join(KINDS)}"
        elif self.kind == OSS_INDEX:
            if self.name != OSS_INDEX:
                yield f"has to be called {OSS_INDEX}, because its findings are"
            if self.location or self.ecosystems or self.every_hours is not None:
                yield "has no location, ecosystems and everyHours; its settings are in the group ossindex"
        else:
            yield from self._file_problems()

    def _file_problems(self) -> Iterator[str]:
        if self.name == OSS_INDEX:
            yield f"cannot be called {OSS_INDEX}, because findings of OSS Index are"
        if self.kind == OSV:
            yield from self._ecosystem_problems()
        elif self.ecosystems:
            yield "has no ecosystems; it is about vulnerabilities of all"
        elif self.severity_words:
            yield "has no severityWords; it gives no severity"
        elif self.public_key_file is not None:
            yield "has no publicKeyFile; the sets of kind osv alone are verified"
        yield from self._location_problems()
        if self.max_megabytes < 1:
            yield "has a maxMegabytes below 1"
        if self.every_hours is not None and not 0.25 <= self.every_hours <= 8760:
            yield "has an everyHours that is not from 0.25 to 8760"
        if self.kind == VEX and self.artifact:
            yield "cannot have an artefact, being of the kind vex"

    def _ecosystem_problems(self) -> Iterator[str]:
        if not self.ecosystems:
            yield "names no ecosystems"
        unknown = [name for name in self.ecosystems if name not in ECOSYSTEMS]
        if unknown:
            yield f"names the ecosystem {unknown[0][:60]!r}; known are {', '.join(ECOSYSTEMS)}"
        if len(set(self.ecosystems)) < len(self.ecosystems):
            yield "names an ecosystem twice"
        yield from words_problems(self.severity_words)

    def _artifact_problems(self) -> Iterator[str]:
        try:
            parse_image(self.artifact)
        except InvalidInput as problem:
            yield f"has a location that names no artefact: {problem.message}"
        if self.ca_file is not None or self.plain_http:
            yield "has caFile or plainHttp, which are those of the registry then; write them under registries"

    def _hub_problems(self) -> Iterator[str]:
        if self.kind == VEX:
            yield "cannot be at the hub, being of the kind vex"
        if not _NAME.fullmatch(self.hub_source):
            yield "has a location that names no source of the hub"
        if self.ca_file is not None or self.plain_http or self.public_key_file is not None:
            yield "has caFile, plainHttp or publicKeyFile; the hub signs what it tells, see fleet.hubKeys"

    def _location_problems(self) -> Iterator[str]:
        if not self.location:
            yield "has no location"
        elif self.artifact:
            yield from self._artifact_problems()
        elif self.hub_source:
            yield from self._hub_problems()
        elif self.is_remote:
            parts = urlsplit(self.location)
            if not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc:
                yield "has a location that is not a plain web address"
            elif parts.scheme.lower() == "http" and not self.plain_http:
                yield "has an address that is not encrypted; write https: or set plainHttp"


def check_sources(rules: Sequence[SourceRule]) -> None:
    """Refuse sources that cannot work.

    Raises:
        ConfigError: for the first problem.
    """
    for rule in rules:
        for problem in rule.problems():
            raise ConfigError(f"sources: {rule.name[:60]!r} {problem}.")
    names = [rule.name for rule in rules]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConfigError(f"sources: two are called {twice!r}.")


def asks_oss_index(rules: Sequence[SourceRule] | None) -> bool:
    """Whether OSS Index is among the sources; without any it is the only one."""
    return rules is None or any(rule.kind == OSS_INDEX for rule in rules)
