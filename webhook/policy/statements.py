"""Statements of a source that states all of its assessments, such as the settings file: what changes in the store.

The source counts as it is now. Where it states something else for the same vulnerability and scope, a withdrawal ends
what it stated before; else that would count again once the new record ends.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from msgspec import structs

from webhook.model.assessments import CHANGED, Assessment, AssessmentSource, Scope

_WITHDRAWN = "No longer stated by its source."


def changes_of(
    there: Iterable[Assessment], wanted: Iterable[Assessment], author: str, now: dt.datetime
) -> list[Assessment]:
    """The records that make those of a source equal to what it states.

    Args:
        there: what all sources have stated, oldest first.
        wanted: what this one states; of several for one vulnerability and scope the last counts.
        author: the source, as in ``Assessment.provisioner``.
        now: UTC, aware.
    """
    former: dict[tuple[str, Scope], Assessment] = {}
    for record in there:
        if record.provisioner == author:
            former[record.vulnerability, record.scope] = record
    named = {(record.vulnerability, record.scope): _by(author, record) for record in wanted}
    new = {
        key: record for key, record in named.items() if key not in former or words_of(former[key]) != words_of(record)
    }
    gone = [
        record.withdrawal(author, CHANGED if key in new else _WITHDRAWN, now)
        for key, record in former.items()
        if record.type is not None and (key in new or key not in named)
    ]
    return [*gone, *new.values()]


def words_of(one: Assessment) -> tuple[object, ...]:
    """What makes two records of a source for one vulnerability and scope the same."""
    return (one.type, one.comment, one.until, one.until_fixed, one.rule, one.author)


def _by(provisioner: str, one: Assessment) -> Assessment:
    """A record of a source; its author stays where the record is marked as the source's."""
    made = structs.replace(one, source=AssessmentSource.PROVISIONED)
    return made if made.provisioner == provisioner else structs.replace(made, author=provisioner)
