"""Tools: who wrote a document, as it says itself; a merged document names several."""

from __future__ import annotations

from collections.abc import Iterable

from webhook.model.components import BETWEEN_TOOLS
from webhook.sboms.entries import shown

_MOST = 32


def named(tools: Iterable[str]) -> str:
    """Tools in one text, in their order, each once.

    Args:
        tools: name and version of each, as the document has them; after 32 the others are only counted.
    """
    texts = (shown(tool).replace(";", ",").strip() for tool in tools)
    distinct = list(dict.fromkeys(filter(None, texts)))
    more = [f"and {len(distinct) - _MOST} more"] if len(distinct) > _MOST else []
    return BETWEEN_TOOLS.join([*distinct[:_MOST], *more])
