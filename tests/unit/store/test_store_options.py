"""The database's address: what is taken, what is refused, and that no password is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from webhook.errors import ConfigError
from webhook.store import StoreOptions
from webhook.store.addresses import parse_address, shown_address, sqlite_path

PASSWORD = "s3cr3t-word"


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2"])
def test_every_spelling_of_postgresql_is_taken_and_uses_psycopg_3(scheme: str) -> None:
    url = parse_address(f"{scheme}://user@db.test:5433/bomgate?sslmode=require")
    assert url.drivername == "postgresql+psycopg"
    assert (url.host, url.port, url.database, url.query["sslmode"]) == ("db.test", 5433, "bomgate", "require")
    assert sqlite_path(url) is None


def test_an_sqlite_address_names_a_file() -> None:
    assert sqlite_path(parse_address("sqlite:////var/lib/bomgate/a.db")) == Path("/var/lib/bomgate/a.db")
    assert sqlite_path(parse_address("sqlite:///a.db")) == Path("a.db")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bomgate.db",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///file:a.db?mode=ro&uri=true",
        "mysql://user:s3cr3t-word@host/name",
        "postgresql://user:s3cr3t-word@host:port/name",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_address(text)
    assert "postgresql://" in caught.value.remedy
    assert PASSWORD not in str(caught.value.as_dict())


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://user:{PASSWORD}@host/name",
        f"postgresql://user@host/name?password={PASSWORD}&sslpassword={PASSWORD}",
    ],
)
def test_a_password_is_never_shown(text: str) -> None:
    assert PASSWORD not in repr(StoreOptions(url=text))
    shown = shown_address(parse_address(text))
    assert PASSWORD not in shown
    assert shown.startswith("postgresql://user")


@pytest.mark.parametrize(
    ("text", "hosts", "wants"),
    [
        ("postgresql://u:p@h1:5432,h2:5433/db", ("h1:5432", "h2:5433"), "read-write"),
        ("postgresql://u:p,@h1,h2/db?sslmode=require", ("h1", "h2"), "read-write"),
        ("postgresql://u@/db?host=/a&host=/b", ("/a", "/b"), "read-write"),
        ("postgresql://h1,h2/db?target_session_attrs=prefer-standby", ("h1", "h2"), "prefer-standby"),
        ("postgresql://u:p,q@h1:5432/db", None, None),
        ("postgresql://u@/db?host=/a", "/a", None),
    ],
)
def test_with_several_hosts_the_primary_is_looked_for(text: str, hosts: object, wants: str | None) -> None:
    url = parse_address(text)
    assert (url.query.get("host"), url.query.get("target_session_attrs"), url.database) == (hosts, wants, "db")
