"""What brings a component in: the page, the API, and whoever may not see the image."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.installation import invoke
from tests.console.conftest import Console
from tests.console.world import HOSTILE, LODASH
from tests.ports.samples import digest
from webhook.model.images import parse_image

DOCUMENT = json.dumps(
    {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "metadata": {"component": {"type": "container", "bom-ref": "image", "name": HOSTILE}},
        "components": [
            {"type": "library", "bom-ref": "a", "name": "web", "version": "3.0", "purl": "pkg:npm/web@3.0.0"},
            {"type": "library", "bom-ref": "b", "name": "lodash", "version": "4.17.20", "purl": LODASH},
        ],
        "dependencies": [{"ref": "image", "dependsOn": ["a"]}, {"ref": "a", "dependsOn": ["b"]}],
    }
).encode()


def test_the_shortest_way_is_shown_where_a_kept_document_tells_it(console: Console, tmp_path: Path) -> None:
    store, image = console.parts.store, digest(900)
    store.sboms.add(image, console.parts.parse_sbom(DOCUMENT), place="added", image=parse_image("shop/way:1"))
    console.parts.refresher.refresh()
    console.triage.boards.refresh()
    page = console.get(f"/images/{image}/path", query_string={"purl": LODASH}).text
    assert page.index("&lt;script&gt;") < page.index("web@3.0") < page.rindex("lodash@4.17.20")
    assert "<script" not in page
    found = console.get(f"/api/v1/images/{image}/path", query_string={"purl": LODASH}).json
    assert [step["purl"] for step in found["steps"]] == ["", "pkg:npm/web@3.0.0", LODASH]
    assert found["is_dependency"] is True
    assert "/path?purl=" in console.get(f"/images/{image}").text
    config = tmp_path / "bomgate.yaml"
    config.write_text(json.dumps({"database": {"url": console.parts.settings.database.url}}))
    ran = invoke("sbom", "path", str(image), LODASH, "--output", "json", "--config", str(config))
    assert ran.json == found


def test_where_no_way_is_known_the_page_says_so(console: Console) -> None:
    page = console.get(f"/images/{digest(1)}/path", query_string={"purl": LODASH}).text
    assert "It is not known what brings it in." in page
    other = console.get(f"/api/v1/images/{digest(1)}/path", query_string={"purl": "pkg:npm/nowhere@1.0.0"}).json
    assert other["reason"] == "No SBOM of the image lists the component."
    assert console.get(f"/images/{digest(999)}/path", query_string={"purl": LODASH}).status_code == 404
    assert console.get(f"/images/{digest(1)}/path?purl=nonsense").status_code == 400
