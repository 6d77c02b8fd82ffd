"""Options of VEX: whose documents count, and what they have to name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from webhook.errors import ConfigError, InvalidInput
from webhook.policy.imagenames import parse_pattern


@dataclass(frozen=True, slots=True)
class TrustRule:
    """One entry of ``vex.trust``: whose VEX documents count, and where."""

    signer: Path | None = field(
        default=None,
        metadata={"help": "Public key (PEM): attestations on images count that it has signed. ECDSA, RSA or Ed25519."},
    )
    source: str = field(default="", metadata={"help": "Name of a source of the kind vex whose documents count."})
    namespaces: tuple[str, ...] = field(default=(), metadata={"help": "Namespaces where they count; none: everywhere."})
    images: tuple[str, ...] = field(
        default=(), metadata={"help": "Images for which they count: references, digests, or names with *; none: all."}
    )


@dataclass(frozen=True, slots=True)
class VexOptions:
    """Which VEX documents count."""

    trust: tuple[TrustRule, ...] = field(
        default=(),
        metadata={
            "help": (
                "Whose VEX documents count, beside those that somebody hands in; none: nobody's, and no registry is"
                " asked for any."
            )
        },
    )
    allow_unversioned: bool = field(
        default=False,
        metadata={
            "help": "Let statements count that name the image without a digest, or a component without a version."
        },
    )

    def check(self, sources: Iterable[str]) -> None:
        """Refuse entries that cannot work.

        Args:
            sources: names of the sources of VEX documents.

        Raises:
            ConfigError: for the first problem.
        """
        known = set(sources)
        for number, rule in enumerate(self.trust):
            at = f"vex.trust[{number}]"
            if (rule.signer is None) == (not rule.source):
                raise ConfigError(f"{at} names neither or both of signer and source.", remedy="Name one of them.")
            if rule.source and rule.source not in known:
                raise ConfigError(
                    f"{at} trusts the source {rule.source!r:.60}, which is none of the kind vex.",
                    remedy=f"Known are: {', '.join(sorted(known)) or 'none; add one to sources'}.",
                )
            for text in rule.images:
                try:
                    parse_pattern(text)
                except InvalidInput as problem:
                    raise ConfigError(f"{at}.images: {problem.message}", remedy=problem.remedy) from problem
