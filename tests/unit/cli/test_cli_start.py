"""A command loads what it uses, and nothing else: what is loaded is the time that it takes to start."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from webhook.bootstrap import open_parts
from webhook.cli.demo.images import IMAGES, read_data
from webhook.engines.importer import Document
from webhook.settings import load_settings

ROOT = Path(__file__).resolve().parents[3]
NEVER = ("alembic", "cryptography", "flask", "gevent", "gunicorn", "kubernetes", "prometheus_client", "psycopg")
_PROGRAM = """
import json, sys
from webhook.cli.root import cli
code = cli.main(json.loads(sys.argv[1]), standalone_mode=False)
print(json.dumps([int(code), sorted(sys.modules)]))
"""


_SERVED = """
import json, sys
from pathlib import Path
from webhook.api.starting import StartBoard
from webhook.bootstrap.server import prepare_store, worker_parts
from webhook.settings import load_settings
settings = load_settings(Path(sys.argv[1]), environment={})
prepare_store(settings)
before = set(sys.modules)
worker = worker_parts(settings, settings.serve, StartBoard(1))
worker.start()
worker.stop()
print(json.dumps([0, sorted(set(sys.modules) - before)]))
"""

_SHARED = """
import json, os, sys
from pathlib import Path
from webhook.cli.serve import metrics_folder
from webhook.settings import load_settings
load_settings(Path(sys.argv[1]), environment={})
process, before = os.getpid(), set(sys.modules)
folder = metrics_folder()
from webhook.telemetry.metrics import Metrics
Metrics().count("bomgate_reviews_unread_total")
print(json.dumps([len(list(folder.glob("*.db"))), sorted(before)]))
"""

_LOOKING = """
import gc, json, sys
looks, first = [], gc.get_threshold()[0]
gc.callbacks.append(lambda phase, info: looks.append(phase))
from webhook.cli import garbage, main
usual = garbage.look_as_usual
def end():
    before = looks.count("start")
    usual()
    print(json.dumps([before, [gc.get_threshold()[0] == first, gc.get_freeze_count(), "sqlalchemy" in sys.modules]]))
    sys.exit()
garbage.look_as_usual = end
sys.argv[1:] = ["--config", sys.argv[1], "serve"]
main()
"""

_LOOKED = """
import gc, json, sys
looks = []
gc.callbacks.append(lambda phase, info: looks.append((phase, gc.get_threshold()[0])))
from webhook.cli import garbage, main
usual, done = gc.get_threshold()[0], garbage.look_no_more
def end():
    done()
    print(json.dumps([number for phase, number in looks if phase == "start" and number != usual]))
garbage.look_no_more = end
sys.argv[1:] = ["--config", sys.argv[1], "db", "upgrade"]
main()
"""


def run(*arguments: str) -> tuple[int, set[str]]:
    """A command in a separate process: its exit code, and the modules that it loaded."""
    return loaded(_PROGRAM, json.dumps(arguments))


def loaded(program: str, argument: str) -> tuple[int, set[str]]:
    """What a program prints as its last line: an exit code, and modules."""
    command = [sys.executable, "-c", program, argument]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    code, modules = json.loads(done.stdout.splitlines()[-1])
    return code, set(modules)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The settings of a store that has SBOMs and reports; SBOMs of other images are in a directory."""
    path = tmp_path / "bomgate.yaml"
    source = {"sources": ["directory"], "directory": str(tmp_path)}
    path.write_text(json.dumps({"database": {"url": "sqlite:///bomgate.db"}, "sbom": source}))
    parts = open_parts(load_settings(path, environment={}), recording=read_data("component-reports.json"))
    documents = [Document(image.document, image.digest, image.sbom, image.tagged) for image in IMAGES]
    for _ in parts.importer().run(documents, place="added"):
        pass
    parts.downloader().run()
    parts.store.close()
    for image in IMAGES:
        (tmp_path / f"{image.name}.yaml").write_text(json.dumps(image.manifest()))
    return path


@pytest.mark.parametrize("target", ["manifest", "SBOM"])
def test_a_check_loads_only_what_judges(config: Path, target: str) -> None:
    path = config.with_name(f"{IMAGES[0].name}.yaml")
    if target == "SBOM":
        path = config.with_name("sbom.json")
        path.write_bytes(IMAGES[0].sbom())
    code, modules = run("--config", str(config), "check", str(path))
    assert code == 1, "the image is denied, so that all of a decision was made"
    unused = (*NEVER, "requests", "urllib3", "rich", "sqlalchemy")
    assert [name for name in unused if name in modules] == []


def test_an_upgrade_with_nothing_to_do_loads_the_database_alone(config: Path) -> None:
    code, modules = run("--config", str(config), "db", "upgrade")
    assert code == 0
    unused = (*NEVER, "requests", "urllib3", "rich", "webhook.cli.shapes", "webhook.sboms", "webhook.engines.judging")
    assert [name for name in unused if name in modules] == []


def test_settings_load_no_client_and_no_database() -> None:
    _, modules = loaded("import json, sys, webhook.settings; print(json.dumps([0, sorted(sys.modules)]))", "")
    assert [name for name in (*NEVER, "requests", "urllib3", "sqlalchemy") if name in modules] == []


def test_help_of_a_verb_opens_no_store() -> None:
    _, modules = run("check", "--help")
    assert [name for name in (*NEVER, "requests", "urllib3", "rich", "sqlalchemy") if name in modules] == []


@pytest.mark.parametrize("sources", [["referrers", "directory"], ["directory"]])
def test_what_a_worker_uses_is_loaded_before_it_is_forked(config: Path, sources: list[str]) -> None:
    settings = json.loads(config.read_text())
    settings["sbom"]["sources"] = sources
    config.write_text(json.dumps({**settings, "serve": {"insecureHttp": True}}))
    _, modules = loaded(_SERVED, str(config))
    assert [name for name in modules if not name.startswith("encodings.")] == []


def test_the_server_shares_metrics_without_starting_twice(config: Path) -> None:
    files, modules = loaded(_SHARED, str(config))
    assert files > 0, "the values are in files of the folder, where other processes see them"
    assert [name for name in NEVER if name in modules] == []


def test_a_server_looks_for_garbage_as_usual_when_all_is_loaded_and_hardly_before(config: Path) -> None:
    settings = {"serve": {"insecureHttp": True, "listen": "127.0.0.1:0"}}
    config.write_text(json.dumps({**json.loads(config.read_text()), **settings}))
    command = [sys.executable, "-c", _LOOKING, str(config)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    looks, (is_usual, kept, is_loaded) = json.loads(done.stdout.splitlines()[-1])
    assert is_loaded
    assert looks < 60, "it takes hundreds to look after every 700 objects"
    assert is_usual
    assert kept > 100_000, "what was loaded is never looked through"


def test_an_upgrade_with_nothing_to_do_looks_through_nothing_that_it_loads(config: Path) -> None:
    command = [sys.executable, "-c", _LOOKED, str(config)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout.splitlines()[-1]) == []
