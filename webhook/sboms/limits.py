"""Bounds on what a document may cost; a document beyond one of them is refused, never cut."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one parser.

    The length of a purl is not among them: it is fixed in ``model.purls``, so that what is a purl never depends on who
    reads it. Neither is the nesting of JSON that is skipped: the decoder refuses it beyond some hundreds of levels.

    Attributes:
        max_bytes: of the document.
        max_entries: components in the document, usable or not, repeated ones included.
        max_nesting: levels of components in components; XML elements may nest four times as deep.
        max_objects: JSON objects or XML elements.
        min_object_bytes: average bytes of a JSON object; real documents have 85 and more, a bomb of empty ones has 3.
    """

    max_bytes: int = field(default=64 * 1024 * 1024, metadata={"help": "Maximum size of an SBOM in bytes."})
    max_entries: int = field(default=200_000, metadata={"help": "Components in the largest SBOM that is read."})
    max_nesting: int = field(default=64, metadata={"help": "Levels of components in components of an SBOM."})
    max_objects: int = field(default=1_500_000, metadata={"help": "JSON objects or XML elements in an SBOM."})
    min_object_bytes: int = field(default=20, metadata={"help": "Average bytes of a JSON object in an SBOM."})


DEFAULT_LIMITS = Limits()
