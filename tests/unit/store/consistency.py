"""What has to hold in every database at every moment, asked with plain SQL."""

from __future__ import annotations

from sqlalchemy import Connection, create_engine, text

from webhook.store.addresses import parse_address
from webhook.store.values import unpack

_NOTHING = (  # queries that have to find nothing, by what is wrong when they find something
    (
        "a vulnerable component without findings, or findings of one that is not",
        "SELECT id FROM components WHERE (state = 2) != (id IN (SELECT component_id FROM findings))",
    ),
    (
        "an answer without a time, or a time without an answer",
        "SELECT id FROM components WHERE (state IN (1, 2)) != (answered_at > 0)",
    ),
    (
        "a finding whose package was never noted",
        "SELECT vulnerability_id FROM findings WHERE vulnerability_id NOT IN"
        " (SELECT vulnerability_id FROM affected_packages)",
    ),
    (
        "a vulnerability that cannot be found by its id",
        "SELECT id FROM vulnerabilities WHERE id NOT IN (SELECT vulnerability_id FROM identifiers)",
    ),
    (
        "a new pair that was not assessed, or more than once",
        "SELECT p.vulnerability_id, p.package FROM affected_packages p LEFT JOIN assessments a"
        " ON a.vulnerability = p.vulnerability_id AND a.package = p.package AND a.source = 'auto'"
        " GROUP BY p.vulnerability_id, p.package HAVING count(a.sequence) != 1",
    ),
    *(
        (f"a row of {table} from the future", f"SELECT 1 FROM {table} WHERE revision > (SELECT value FROM revision)")
        for table in ("components", "vulnerabilities", "assessments", "sboms", "tags")
    ),
)


def check(url: str) -> None:
    """Assert that a database is consistent; every vulnerability in it has to have a score that a range matches."""
    engine = create_engine(parse_address(url))
    try:
        with engine.connect() as connection:
            below = connection.execute(text("SELECT value FROM high_water WHERE name = 'components'")).scalar_one()
            _dense(connection, "assessments", "sequence", first=1)
            known = set(connection.execute(text("SELECT id FROM components")).scalars())
            assert all(number < below for number in known), "an id is not below the high-water mark"
            for packed in connection.execute(text("SELECT component_ids FROM sboms")).scalars():
                ids = list(unpack(packed))
                assert ids == sorted(set(ids)), "ids of an SBOM are not ascending"
                assert known.issuperset(ids), "an SBOM names a component that does not exist"
            for wrong, query in _NOTHING:
                assert connection.execute(text(query)).fetchall() == [], wrong
            if connection.dialect.name == "sqlite":
                assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
                assert connection.execute(text("PRAGMA foreign_key_check")).fetchall() == []
    finally:
        engine.dispose()


def _dense(connection: Connection, table: str, column: str, *, first: int) -> int:
    query = text(f"SELECT count(*), min({column}), max({column}) FROM {table}")
    count, lowest, highest = connection.execute(query).one()
    assert count == 0 or (lowest, highest) == (first, first + count - 1), f"{table} has holes"
    return int(count)
