"""SBOM parsers: bytes of a document → :class:`webhook.model.components.Sbom`.

Belongs here: one module a format, the recognition of formats by content, and the bounds on what is read. Does not
belong here: where documents come from, envelopes and signatures around them, and any I/O. ``engines``, ``clients`` and
the layers above import :func:`parse` and :class:`Limits`; this package imports ``model`` and ``errors`` only.

What counts as a component: what the format says is *in* the image, nested components included. The scanner, the image
itself, build formulations, pedigrees and annotations are not. Entries that are no packages (see ``inventory``) are
counted apart, so that the one root entry of nearly every document does not make every image look incomplete.
"""

from __future__ import annotations

from webhook.sboms.limits import Limits
from webhook.sboms.parsing import READER, parse

__all__ = ["READER", "Limits", "parse"]
