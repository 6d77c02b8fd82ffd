"""Options of the making of SBOMs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from webhook.errors import ConfigError

if TYPE_CHECKING:
    from webhook.clients.confined import Limits

_MIB = 1024 * 1024
_LEAST_MEMORY = 256


@dataclass(frozen=True, slots=True)
class GeneratorOptions:
    """Whether SBOMs are made for images that have none, and what that may cost."""

    generate: str = field(
        default="", metadata={"help": ("syft: generate SBOMs for images that have none; empty: do not.")}
    )
    syft: Path | None = field(default=None, metadata={"help": "Path of the syft program; none: search the PATH."})
    syft_memory_mib: int = field(default=1024, metadata={"help": ("Memory limit of a syft run in MiB; at least 256.")})
    syft_seconds: float = field(
        default=120.0, metadata={"help": "Time limit of a syft run; the time limit of the search applies too."}
    )
    syft_disk_mib: int = field(default=4096, metadata={"help": "Disk space limit of a syft run in MiB."})
    syft_output_bytes: int = field(
        default=64 * _MIB, metadata={"help": "Maximum size of an SBOM that syft generates, in bytes."}
    )
    syft_at_once: int = field(default=1, metadata={"help": "Concurrent syft runs."})
    syft_retry_seconds: float = field(
        default=900.0, metadata={"help": ("Seconds before bomgate runs syft again for an image that exceeded a limit.")}
    )

    def check(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: for the first such value.
        """
        if self.generate not in ("", "syft"):
            raise ConfigError(f"sbom.generate cannot be {self.generate!r:.60}", remedy="Write syft, or leave it out.")
        if self.syft_memory_mib < _LEAST_MEMORY:
            raise ConfigError(f"sbom.syftMemoryMib is {self.syft_memory_mib}; syft needs at least {_LEAST_MEMORY}.")
        for name, value in (
            ("syftSeconds", self.syft_seconds),
            ("syftDiskMib", self.syft_disk_mib),
            ("syftOutputBytes", self.syft_output_bytes),
            ("syftAtOnce", self.syft_at_once),
        ):
            if not value > 0:
                raise ConfigError(f"sbom.{name} is {value}; it has to be more than 0.")

    def limits(self, seconds: float) -> Limits:
        """The limits of one run that may take so long at most."""
        from webhook.clients.confined import Limits

        disk = self.syft_disk_mib * _MIB
        return Limits(self.syft_memory_mib * _MIB, min(self.syft_seconds, seconds), self.syft_output_bytes, disk)
