"""Assessments are append-only: no code changes them, and the database refuses whoever tries."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, Pool, create_engine, event
from sqlalchemy.exc import DBAPIError

from tests.fakes import NOON
from tests.ports.samples import AutoRule, answer, assessment, vulnerability
from webhook.model.assessments import AssessmentSource
from webhook.model.records import AssessmentQuery
from webhook.store.addresses import parse_address
from webhook.store.repositories import Store

ONE = vulnerability("V-1", "7.5")


def use_everything(store: Store) -> None:
    """Everything that has to do with assessments."""
    store.components.record([answer("pkg:npm/a@1", ONE)], assess=AutoRule(), now=NOON)
    moved = [answer("pkg:npm/a@1", vulnerability("V-1", "9.9"))]
    store.components.record(moved, assess=AutoRule(), now=NOON, reassess_on_score_change=True)
    store.assessments.append([assessment("V-1"), assessment("V-1", None)])
    provisioned = assessment("V-1", source=AssessmentSource.PROVISIONED)
    store.assessments.provision([provisioned], author="configuration", now=NOON)
    store.assessments.provision([], author="configuration", now=NOON)


def test_no_statement_changes_or_deletes_a_row(real_store: Store) -> None:
    real_store.prepare()
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]).lower())

    def trace(driver: object, *_: object) -> None:
        if isinstance(driver, sqlite3.Connection):  # of which some is executed past SQLAlchemy
            driver.set_trace_callback(lambda statement: statements.append(statement.lower()))

    heard: list[tuple[str, type, Callable[..., Any]]] = [
        ("before_cursor_execute", Engine, note),
        ("checkout", Pool, trace),
    ]
    for name, target, listener in heard:
        event.listen(target, name, listener)
    try:
        use_everything(real_store)
    finally:
        for name, target, listener in heard:
            event.remove(target, name, listener)
    touching = [
        statement for statement in statements if "assessments" in statement and not statement.startswith("select")
    ]
    assert touching
    assert all(text.startswith("insert into assessments") for text in touching)
    assert len(real_store.assessments.find(AssessmentQuery())) == 6


@pytest.mark.parametrize("statement", ["UPDATE assessments SET comment = ''", "DELETE FROM assessments"])
def test_the_database_refuses_to_change_or_delete_a_row(real_store: Store, database_url: str, statement: str) -> None:
    real_store.assessments.append([assessment("V-1")])
    engine = create_engine(parse_address(database_url))
    with engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.exec_driver_sql(statement)
    engine.dispose()
    assert len(real_store.assessments.find(AssessmentQuery())) == 1
