"""Dependencies: how a component comes into an image, as an SBOM tells it."""

from __future__ import annotations

import msgspec


class PathStep(msgspec.Struct, frozen=True):
    """A part of a path.

    Attributes:
        name: what the document calls it, with its version.
        purl: as written; empty for what has none, such as the image itself.
    """

    name: str
    purl: str = ""


class DependencyPath(msgspec.Struct, frozen=True):
    """The shortest way to a component.

    Attributes:
        steps: from what the document is about, or from what nothing depends on, to the component; empty when none is
            known.
        is_dependency: whether the steps depend on each other; otherwise they contain each other, which says less.
        reason: why no way is known; empty when one is.
    """

    steps: tuple[PathStep, ...] = ()
    is_dependency: bool = False
    reason: str = ""
