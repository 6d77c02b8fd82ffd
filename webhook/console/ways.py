"""The way of a component into an image: its page and its JSON."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, render_template, request

from webhook.console.answers import json_answer
from webhook.console.face import ConsoleFace
from webhook.console.identity import Gate
from webhook.console.problems import NotFound
from webhook.console.rights import visible
from webhook.engines.dependencies import path_in_image
from webhook.model.dependencies import DependencyPath
from webhook.model.images import Digest, parse_digest
from webhook.model.purls import Purl, parse_purl

PATH_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "steps": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "purl": {"type": "string"}},
                "required": ["name", "purl"],
            },
            "description": "From what the document is about to the component; empty when no way is known.",
        },
        "is_dependency": {"type": "boolean", "description": "Whether the steps depend on each other."},
        "reason": {"type": "string", "description": "Why no way is known; empty when one is."},
    },
    "required": ["steps", "is_dependency", "reason"],
}


def add_ways(app: Flask, face: ConsoleFace, gate: Gate, root: str) -> None:
    """Add the page and the route of the API.

    Args:
        app: where to.
        face: what it works with.
        gate: what a person may do.
        root: of the API.
    """

    def asked(text: str) -> tuple[Digest, Purl, DependencyPath]:
        digest, purl = parse_digest(text), parse_purl(request.args.get("purl", ""))
        if digest not in visible(face, gate, "get", "images").boards.now().by_digest:
            raise NotFound("No SBOM of this image is known.")
        return digest, purl, path_in_image(face.sboms, face.documents, digest, purl)

    @app.get("/images/<digest>/path")
    def page_of_path(digest: str) -> str:
        image, purl, way = asked(digest)
        return render_template("path.html", digest=str(image), purl=str(purl), way=way)

    @app.get(f"{root}/images/<digest>/path")
    def api_path(digest: str) -> Response:
        return json_answer(asked(digest)[2])
