"""The schema: what the migrations make, and which databases are refused."""

from __future__ import annotations

import datetime as dt
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from tests.copies import replace
from tests.fakes import NOON
from tests.ports.samples import AutoRule, answer, vulnerability
from tests.postgres import PostgresServer
from webhook.errors import StoreError, StoreUnreachable
from webhook.model.assessments import Assessment, AssessmentSource, AssessmentType, Scope
from webhook.model.components import ComponentState
from webhook.model.images import Digest
from webhook.model.looks import Look
from webhook.model.records import StoreStatus
from webhook.policy.matching import AssessmentIndex
from webhook.policy.scopes import canonical_scope
from webhook.store import schema
from webhook.store.addresses import parse_address
from webhook.store.repositories import Store
from webhook.store.tables import metadata

pytestmark = pytest.mark.usefixtures("migrations")
MIGRATIONS = files("webhook.store") / "migrations"
Open = Callable[..., Store]
UPGRADE = """
import sys
from tests.fakes import FakeClock
from webhook.store import StoreOptions
from webhook.store.repositories import open_store

store = open_store(StoreOptions(url=sys.argv[1]), FakeClock())
sys.stdin.read()
store.admin.upgrade()
print(store.admin.status().schema)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, new_sqlite_url: str) -> str:
    """A database without any table."""
    if request.param == "sqlite":
        return new_sqlite_url
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.url(server.new_database())


def test_the_migrations_make_the_tables_that_the_program_uses(opened: Open, empty_url: str) -> None:
    store = opened(empty_url)
    store.admin.upgrade()
    store.close()
    engine = create_engine(parse_address(empty_url))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_the_versions_that_the_program_knows_are_those_of_the_migrations() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    assert script.get_heads() == [schema.VERSION]
    assert [step.revision for step in script.walk_revisions()][::-1] == list(schema.KNOWN)


def made_by_the_first_release(url: str) -> None:
    """Run the first migration only."""
    made_by_release(url, schema.KNOWN[0])


def made_by_release(url: str, version: str) -> None:
    """Run the migrations up to a version."""
    config, engine = Config(), create_engine(parse_address(url))
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    engine.dispose()


def test_an_older_sqlite_file_is_upgraded_when_first_used(opened: Open, new_sqlite_url: str) -> None:
    made_by_the_first_release(new_sqlite_url)
    store = opened(new_sqlite_url)
    assert store.admin.status().schema == schema.KNOWN[0]
    store.prepare()
    assert store.admin.status().schema == schema.VERSION


def test_an_older_postgresql_database_is_upgraded_on_request(opened: Open, postgres: PostgresServer) -> None:
    url = postgres.url(postgres.new_database())
    made_by_the_first_release(url)
    store = opened(url)
    with pytest.raises(StoreError, match=f"has schema {schema.KNOWN[0]}; this program needs") as caught:
        store.prepare()
    assert "bomgate db upgrade" in caught.value.remedy
    store.admin.upgrade()
    store.prepare()


def test_a_database_of_the_first_release_gets_an_identity_and_keeps_its_revision(opened: Open, empty_url: str) -> None:
    made_by_the_first_release(empty_url)
    engine = create_engine(parse_address(empty_url))
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE revision SET value = 7")
    engine.dispose()
    store = opened(empty_url)
    store.admin.upgrade()
    position = store.feed.position()
    assert (len(bytes.fromhex(position.store)), position.revision) == (16, 7)


def test_no_two_databases_have_the_same_identity(opened: Open, tmp_path: Path) -> None:
    stores = [opened(f"sqlite:///{tmp_path / name}.db") for name in "ab"]
    assert len({store.feed.position().store for store in stores}) == 2


def test_upgrading_again_changes_nothing(opened: Open, empty_url: str) -> None:
    store = opened(empty_url)
    store.admin.upgrade()
    first, position = store.admin.status(), store.feed.position()
    store.admin.upgrade()
    assert (store.admin.status(), store.feed.position()) == (first, position)
    assert first.schema == first.expected_schema == schema.VERSION


def test_several_processes_can_upgrade_at_once(empty_url: str) -> None:
    command = [sys.executable, "-c", UPGRADE, empty_url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    upgrades = [subprocess.Popen(command, **pipes) for _ in range(3)]
    for upgrade in upgrades:  # all have loaded their modules and start together when their input ends
        assert upgrade.stdin is not None
        upgrade.stdin.close()
        upgrade.stdin = None
    answers = [upgrade.communicate(timeout=60) for upgrade in upgrades]
    assert answers == [(f"{schema.VERSION}\n", "")] * 3


def test_an_empty_postgresql_database_is_not_upgraded_by_itself(opened: Open, postgres: PostgresServer) -> None:
    url = postgres.url(postgres.new_database())
    store = opened(url)
    with pytest.raises(StoreError) as caught:
        store.prepare()
    assert not isinstance(caught.value, StoreUnreachable)
    assert "bomgate db upgrade" in caught.value.remedy
    assert store.admin.status().schema == ""
    store.admin.upgrade()
    assert store.feed.position().revision == 0


def test_an_sqlite_file_and_its_folders_are_made_when_first_used(opened: Open, tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "bomgate.db"
    store = opened(f"sqlite:///{path}")
    assert not path.parent.exists()
    assert store.feed.position().revision == 0
    assert path.exists()


def test_a_missing_sqlite_file_is_not_made_for_a_reader_of_an_existing_one(opened: Open, tmp_path: Path) -> None:
    path = tmp_path / "it's 100% gone?" / "bomgate.db"
    store = opened(f"sqlite:///{path.as_posix().replace('?', '%3F')}", create=False)
    with pytest.raises(StoreUnreachable):
        store.prepare()
    assert not path.parent.exists()


def upgraded_by_a_newer_program(opened: Open, url: str, *statements: str) -> Store:
    """A store whose schema has a version that this program does not know."""
    first = opened(url)
    first.admin.upgrade()
    first.close()
    engine = create_engine(parse_address(url))
    with engine.begin() as connection:
        for statement in ("UPDATE alembic_version SET version_num = '9999'", *statements):
            connection.exec_driver_sql(statement)
    engine.dispose()
    return opened(url)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE compatibility SET oldest_program = '9998'",
        "UPDATE compatibility SET oldest_program = ''",
        "DELETE FROM compatibility",
        "DROP TABLE compatibility",
    ],
)
def test_a_database_of_a_newer_program_is_refused(opened: Open, database_url: str, statement: str) -> None:
    store = upgraded_by_a_newer_program(opened, database_url, statement)
    for use in (store.prepare, store.admin.upgrade, lambda: store.feed.component_ids([])):
        with pytest.raises(StoreError, match="newer bomgate"):
            use()
    status = store.admin.status()
    assert (status.schema, status.usable, status.revision) == ("9999", False, 0)


@pytest.mark.parametrize(
    ("found", "expected", "is_older"),
    [
        ("0009", "0010", True),
        ("9999", "10000", True),
        ("10000", "9999", False),
        ("31", "0031", False),
        ("x", "1", False),
    ],
)
def test_versions_are_compared_as_numbers(found: str, expected: str, is_older: bool) -> None:
    assert StoreStatus("", found, expected).is_older is is_older


@pytest.mark.parametrize("oldest", [schema.VERSION, schema.KNOWN[0]])
def test_a_newer_database_that_says_that_this_program_can_use_it_is_used(
    opened: Open, database_url: str, oldest: str
) -> None:
    statement = f"UPDATE compatibility SET oldest_program = '{oldest}'"
    store = upgraded_by_a_newer_program(opened, database_url, statement)
    store.prepare()
    store.admin.upgrade()
    store.types.provision([AssessmentType("watched")])
    status = store.admin.status()
    assert (status.schema, status.usable, status.revision) == ("9999", True, 1)


def test_the_database_says_which_program_can_use_it(opened: Open, database_url: str) -> None:
    opened(database_url).admin.upgrade()
    engine = create_engine(parse_address(database_url))
    with engine.connect() as connection:
        (oldest,) = connection.exec_driver_sql("SELECT oldest_program FROM compatibility").scalars()
    engine.dispose()
    assert oldest in schema.KNOWN


def test_a_file_of_another_program_is_left_alone(opened: Open, tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE customers (name TEXT)")
    connection.close()
    store = opened(f"sqlite:///{path}")
    for use in (store.prepare, store.admin.upgrade):
        with pytest.raises(StoreError, match="another program"):
            use()
    store.close()
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("customers",)]
    connection.close()


def test_alembic_is_not_loaded_when_there_is_nothing_to_migrate(opened: Open, new_sqlite_url: str) -> None:
    first = opened(new_sqlite_url)
    first.prepare()
    first.close()
    program = (
        "import sys\n"
        "from tests.fakes import FakeClock\n"
        "from webhook.store import StoreOptions\n"
        "from webhook.store.repositories import open_store\n"
        "open_store(StoreOptions(url=sys.argv[1]), FakeClock()).prepare()\n"
        "print('alembic' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, new_sqlite_url], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_names_that_older_programs_kept_in_several_spellings_are_merged(opened: Open, empty_url: str) -> None:
    made_by_release(empty_url, "0003")
    engine = create_engine(parse_address(empty_url))
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE revision SET value = 9")
        for name, digest, revision in (
            ("registry.example:443/shop/web:1", "a", 7),
            ("registry.example/shop/web:1", "b", 5),
            ("registry.example:0443/shop/web:2", "c", 3),
            ("registry.example/shop/web:2", "d", 4),
            ("[fd00:0:0:0:0:0:0:1]:5000/a:1", "e", 2),
            ("docker.io/library/web:1", "f", 1),
        ):
            connection.exec_driver_sql(f"INSERT INTO tags VALUES ('{name}', '{digest}', {revision})")
        for name, digest, seen, refused in (
            ("registry.example:443/shop/web:1", "a", 30, 10),
            ("registry.example/shop/web:1", "a", 20, 15),
            ("registry.example/shop/web:1", "b", 20, "NULL"),
        ):
            connection.exec_driver_sql(f"INSERT INTO sightings VALUES ('{name}', '{digest}', {seen}, {refused})")
    engine.dispose()
    store = opened(empty_url)
    store.admin.upgrade()
    expected = {
        "registry.example/shop/web:1": "a",
        "registry.example/shop/web:2": "d",
        "[fd00::1]:5000/a:1": "e",
        "docker.io/library/web:1": "f",
    }
    assert store.feed.changes().tags == expected
    position = store.feed.position()
    assert position.revision == 10
    with create_engine(parse_address(empty_url)).connect() as connection:
        rewritten = connection.exec_driver_sql("SELECT name FROM tags WHERE revision = 10").scalars().all()
    connection.engine.dispose()
    changed = {name: expected[name] for name in rewritten}
    assert changed == {name: expected[name] for name in ("registry.example/shop/web:1", "[fd00::1]:5000/a:1")}
    store.close()
    with create_engine(parse_address(empty_url)).connect() as connection:
        seen = connection.exec_driver_sql("SELECT * FROM sightings ORDER BY name, digest").all()
    connection.engine.dispose()
    assert [tuple(row) for row in seen] == [
        ("registry.example/shop/web:1", "a", 30, 15),
        ("registry.example/shop/web:1", "b", 20, None),
    ]


def test_an_assessment_that_was_kept_in_another_spelling_can_be_withdrawn(opened: Open, database_url: str) -> None:
    store = opened(database_url)
    store.admin.upgrade()
    old = Assessment("CVE-1", "Blocked", Scope(image="a.example:443/b"), AssessmentSource.MANUAL, "ann", "", NOON, None)
    store.assessments.append([old])  # as an older program did: this one spells it as it was asked to
    (kept,) = store.feed.changes().assessments
    assert kept.scope.image == "a.example/b"
    store.assessments.append([replace(old, type=None, scope=canonical_scope(Scope(image="A.example:0443/b")))])
    index = AssessmentIndex.of(store.feed.changes().assessments)
    assert [assessment for assessment in index if assessment.type is not None] == []


def test_leases_that_a_program_before_fencing_numbers_takes_and_ends_are_respected(
    opened: Open, database_url: str
) -> None:
    store = opened(database_url)
    store.admin.upgrade()
    in_an_hour = int(time.time() + 3600) * 1_000_000
    former = f"INSERT INTO leases (name, holder, until) VALUES ('download', 'former', {in_an_hour})"
    engine = create_engine(parse_address(database_url))
    with engine.begin() as connection:
        connection.exec_driver_sql(former)
    assert store.runs.acquire("this", duration=dt.timedelta(hours=1)).holder == "former"
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM leases")
    lease = store.runs.acquire("this", duration=dt.timedelta(hours=1))
    store.runs.release(lease)
    with engine.begin() as connection:
        left = connection.exec_driver_sql("SELECT until FROM leases WHERE name = 'download'").scalar_one()
        (oldest,) = connection.exec_driver_sql("SELECT oldest_program FROM compatibility").scalars()
    engine.dispose()
    assert (lease.holder, left, oldest) == ("this", 0, "0003"), "by its clock it can be taken"


def test_scores_that_are_there_at_the_upgrade_count_as_seen(opened: Open, empty_url: str) -> None:
    made_by_release(empty_url, "0008")
    engine = create_engine(parse_address(empty_url))
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO vulnerabilities VALUES ('V-1', '', '', '9.8', NULL, NULL, '', 'ossindex', '[]', '[]', 1, 1)"
        )
        connection.exec_driver_sql("INSERT INTO affected_packages VALUES ('V-1', 'pkg:npm/a', 1, '5.0')")
    engine.dispose()
    store = opened(empty_url)
    store.admin.upgrade()
    for day, (score, given) in enumerate((("9.8", 0), ("9.9", 0), ("5.0", 0), ("7.5", 1))):
        at = NOON + day * dt.timedelta(days=1)
        found = answer("pkg:npm/a@1", vulnerability("V-1", score), at=at)
        assert store.components.record([found], assess=AutoRule(), now=at).auto_assessed == given


def test_revisions_that_a_program_before_marks_raises_have_marks_too(opened: Open, empty_url: str) -> None:
    made_by_release(empty_url, "0010")
    engine = create_engine(parse_address(empty_url))
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE revision SET value = 7")
    store = opened(empty_url)
    store.admin.upgrade()
    followed = store.feed.position()
    marks = {followed.mark}
    for _ in range(2):
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE revision SET value = value + 1")
        marks.add(store.feed.position().mark)
    assert len(marks - {""}) == 3
    assert not store.feed.changes(followed).complete
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE revision SET value = 20000")
        assert connection.exec_driver_sql("SELECT count(*) FROM marks").scalar() == 1, "the old ones are forgotten"
    engine.dispose()
    assert store.feed.changes(followed).complete


def test_components_keep_key_and_findings_and_what_nobody_can_know_is_no_longer_clean(
    opened: Open, empty_url: str
) -> None:
    made_by_release(empty_url, "0011")
    kept = {
        "pkg:golang/github.com/golang-jwt/jwt@v4.5.0": ComponentState.VULNERABLE,
        "pkg:maven/g/a@%5B1.0%2C%29": ComponentState.VULNERABLE,
        "pkg:nuget/Newtonsoft.Json@1.0": ComponentState.CLEAN,
        "pkg:pypi/ruamel.yaml@1.0": ComponentState.CLEAN,
        "pkg:npm/a@UNANSWERED": ComponentState.UNKNOWN,
    }
    changed = {
        "pkg:maven/g/b@%5B1.0%2C%29": ComponentState.UNKNOWN,
        "pkg:golang/std@go1.21": ComponentState.NOT_COVERED,
    }
    engine = create_engine(parse_address(empty_url))
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE revision SET value = 9")
        before = {**kept, **dict.fromkeys(changed, ComponentState.CLEAN)}
        for number, (purl, state) in enumerate(before.items()):
            text = purl.replace("%", "%%")
            connection.exec_driver_sql(f"INSERT INTO components VALUES ({number}, '{text}', {int(state)}, 5, 5, 3)")
        columns = "id, digest, document_digest, format, version, tool, place, added_at, component_ids, skipped"
        row = f"1, '{'sha256:' + 64 * '0'}', 'sha256:d', 'f', '1', 't', 'added', 1, x'00000000', '{{}}', '[]', 3"
        if connection.dialect.name == "postgresql":
            row = row.replace("x'", "'\\x")
        connection.exec_driver_sql(f"INSERT INTO sboms ({columns}, skipped_components, revision) VALUES ({row})")
    engine.dispose()
    store = opened(empty_url)
    store.admin.upgrade()
    changes = store.feed.changes()
    assert [ComponentState(state) for state in changes.states] == [*kept.values(), *changed.values()]
    store.close()
    with create_engine(parse_address(empty_url)).connect() as connection:
        assert connection.exec_driver_sql("SELECT reader FROM sboms").scalar() == 1
        told = connection.exec_driver_sql("SELECT id FROM components WHERE revision = 10 ORDER BY id").scalars()
        assert list(told) == [5, 6], "read models follow revisions"
    connection.engine.dispose()


def test_a_clean_that_no_source_can_know_ends_with_the_upgrade(opened: Open, empty_url: str) -> None:
    made_by_release(empty_url, "0041")
    clean, vulnerable = ComponentState.CLEAN, ComponentState.VULNERABLE
    components = [
        ("pkg:maven/g/a@1.0-SNAPSHOT", clean, True),
        ("pkg:maven/g/a@1.0.BUILD-SNAPSHOT", clean, True),
        ("pkg:maven/g/a@1.0-20240131.235959-2", clean, True),
        ("pkg:maven/axis/axis@1.4%201855%20April%2022%202006", clean, True),
        ("pkg:npm/a@1.4", clean, True),
        ("pkg:cran/bioc/limma@3.50", clean, True),
        ("pkg:maven/g/b@1.0-SNAPSHOT", vulnerable, False),
        ("pkg:npm/b@1.4", vulnerable, False),
        ("pkg:maven/g/b@1.0", clean, False),
        ("pkg:nuget/Newtonsoft.Json@1.0", clean, False),
    ]
    engine = create_engine(parse_address(empty_url))
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE revision SET value = 9")
        for number, (purl, state, _) in enumerate(components):
            text = purl.replace("%", "%%")
            connection.exec_driver_sql(f"INSERT INTO components VALUES ({number}, '{text}', {int(state)}, 5, 5, 3)")
    engine.dispose()
    store = opened(empty_url)
    store.admin.upgrade()
    states = [ComponentState(state) for state in store.feed.changes().states]
    assert states == [ComponentState.UNKNOWN if ends else state for _, state, ends in components]
    store.close()
    with create_engine(parse_address(empty_url)).connect() as connection:
        told = list(connection.exec_driver_sql("SELECT id FROM components WHERE revision = 10 ORDER BY id").scalars())
        due = list(connection.exec_driver_sql("SELECT id FROM components WHERE asked_at = 0 ORDER BY id").scalars())
        assert told == due == [number for number, (_, _, ends) in enumerate(components) if ends]
    connection.engine.dispose()


def test_sboms_of_an_older_database_leave_with_their_place_where_one_name_points_at_the_image(
    opened: Open, empty_url: str
) -> None:
    made_by_release(empty_url, "0012")
    one, several, added = (f"sha256:{digit * 64}" for digit in "123")
    rows = [(1, one, "referrers"), (2, several, "referrers"), (3, added, "added")]
    engine = create_engine(parse_address(empty_url))
    with engine.begin() as connection:
        columns = "id, digest, document_digest, format, version, tool, place, added_at, component_ids, skipped"
        for number, image, place in rows:
            row = f"{number}, '{image}', 'sha256:d{number}', 'f', '1', 't', '{place}', 1, x'', '{{}}', '[]', 1"
            if connection.dialect.name == "postgresql":
                row = row.replace("x'", "'\\x")
            connection.exec_driver_sql(f"INSERT INTO sboms ({columns}, skipped_components, revision) VALUES ({row})")
        tags = [("corp/app:1", one), ("corp/app:2", one), ("corp/a:1", several), ("corp/b:1", several)]
        for name, image in tags:
            connection.exec_driver_sql(f"INSERT INTO tags VALUES ('{name}', '{image}', 1)")
    engine.dispose()
    store = opened(empty_url)
    store.admin.upgrade()
    assert [row.place for row in store.feed.changes().sboms] == ["referrers", "referrers", "added"]
    assert store.feed.changes().looks == ()
    left = [store.sboms.record(Digest(image), Look("corp/app", {"referrers": []})) for image in (one, several, added)]
    assert [len(found) for found in left] == [1, 0, 0]
    left = [store.sboms.remove(Digest(image), author="ada")[0] for image in (several, added)]
    assert [len(found) for found in left] == [1, 1]
    assert store.sboms.list() == []
