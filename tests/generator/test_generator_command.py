"""An SBOM made with Syft through the product's own command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.generator.images import Images, debian, node

ROOT = Path(__file__).resolve().parents[2]


def test_an_image_without_sbom_gets_one_when_the_settings_say_so(syft: Path, images: Images, tmp_path: Path) -> None:
    image = f"{images.host}/{images.path}@{images.image({**debian('curl'), **node('left-pad')})}"
    settings = {
        "database": {"url": f"sqlite:///{tmp_path / 'bomgate.db'}"},
        "registries": [{"prefix": images.host, "plainHttp": True, "allowPrivate": True}],
        "sbom": {"sources": ["referrers"], "generate": "syft", "syft": str(syft)},
    }
    config = tmp_path / "bomgate.json"
    config.write_text(json.dumps(settings))
    command = [sys.executable, "-m", "webhook", "sbom", "fetch", image, "--output", "json", "--config", str(config)]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["result"], told["components"]["usable"]) == ("found", 2)
    assert [look["place"] for look in told["looked"] if look["used"]] == ["generated"]
