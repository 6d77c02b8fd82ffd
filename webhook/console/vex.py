"""What VEX documents say, as JSON: on the pages of a vulnerability and of an image, and in the API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from webhook.console.lists.base import MOMENT, NUMBER, TEXT, TEXTS, moment
from webhook.engines.triage.vex import StatedVex
from webhook.model.vex import VexOriginKind

_MOST_IMAGES = 20
VEX_SCHEMA: dict[str, Any] = {
    "type": "array",
    "description": "What VEX documents say, what counts first; by the rule of `bomgate vex explain`.",
    "items": {
        "type": "object",
        "properties": {
            "document": {**TEXT, "description": "Id of the document, by its own word."},
            "number": {**NUMBER, "description": "Of the document in the store."},
            "statement": TEXT,
            "status": {
                "type": "string",
                "enum": ["not_affected", "fixed", "affected", "under_investigation"],
            },
            "at": MOMENT,
            "vulnerabilities": TEXTS,
            "justification": TEXT,
            "remark": TEXT,
            "author": {**TEXT, "description": "Of the document, by its own word."},
            "origin": {"type": "string", "enum": [kind.value for kind in VexOriginKind]},
            "by": {**TEXT, "description": "Who handed it in, the source, or the key that signed it."},
            "gone_at": MOMENT,
            "counts": {"type": "boolean", "description": "Whether it makes a finding one that is allowed."},
            "images": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"digest": TEXT, "title": TEXT},
                    "required": ["digest", "title"],
                },
            },
            "components": {**TEXTS, "description": "In one of these images."},
            "miss": {**TEXT, "description": "Why it does nothing, as a word; empty when it counts."},
            "detail": TEXT,
            "remedy": TEXT,
        },
        "required": ["document", "statement", "status", "at", "author", "origin", "by", "counts", "miss", "detail"],
    },
}


def vex_json(found: Iterable[StatedVex]) -> list[dict[str, Any]]:
    """Statements as JSON."""
    return [_one(each) for each in found]


def _one(each: StatedVex) -> dict[str, Any]:
    explained = each.explained
    kept, statement = explained.claim.kept, explained.claim.statement
    return {
        "document": kept.document.id,
        "number": kept.number,
        "statement": statement.id,
        "status": statement.status.value,
        "at": moment(statement.at),
        "vulnerabilities": list(statement.vulnerabilities),
        "justification": statement.justification,
        "remark": statement.remark,
        "author": kept.document.author,
        "origin": kept.origin.kind.value,
        "by": each.signer or kept.origin.name,
        "gone_at": moment(kept.gone_at),
        "counts": explained.miss is None,
        "images": [{"digest": str(image.digest), "title": image.title} for image in each.images[:_MOST_IMAGES]],
        "components": [str(purl) for purl, _ in explained.loosened],
        "miss": "" if explained.miss is None else explained.miss.word,
        "detail": explained.detail,
        "remedy": explained.remedy,
    }
