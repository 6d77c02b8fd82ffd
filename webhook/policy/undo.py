"""Undo: records that revert a batch of assessments, so that what counted before counts again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from msgspec import structs

from webhook.model.assessments import Assessment
from webhook.policy.phrases import moment

_MAX_COMMENT = 2_000


@dataclass(frozen=True, slots=True)
class Undo:
    """The result of undoing a batch.

    Attributes:
        records: to be appended.
        decided_since: records of the batch that are left alone, because a newer one has replaced them.
    """

    records: tuple[Assessment, ...]
    decided_since: tuple[Assessment, ...] = ()


def undone(
    batch: Sequence[Assessment], history: Mapping[str, Iterable[Assessment]], author: str, now: dt.datetime
) -> Undo:
    """The records that revert a batch.

    Args:
        batch: all records of one batch.
        history: by the vulnerability's spelling in the batch, everything that was ever recorded about it.
        author: who takes it back.
        now: UTC, whole seconds.
    """
    newest: dict[tuple[object, ...], Assessment] = {}
    for assessment in batch:
        newest[_key(assessment)] = max(
            newest.get(_key(assessment), assessment), assessment, key=lambda record: record.sequence
        )
    name, records, since = batch[0].batch, [], []
    for key, assessment in newest.items():
        others = [other for other in history[assessment.vulnerability] if _key(other) == key and other.batch != name]
        if any(other.sequence > assessment.sequence for other in others):
            since.append(assessment)
            continue
        former = max(others, key=lambda other: other.sequence, default=None)
        if former is None or former.type is None or former.expired(now):
            taken_back = structs.replace(
                assessment, type=None, until=None, rule="", score=None, comment=f"Undo of batch {name}."
            )
        else:
            said = f"Undo of batch {name}; as {former.author} decided on {moment(former.assessed_at)}: {former.comment}"
            taken_back = structs.replace(former, comment=said[:_MAX_COMMENT])
        records.append(structs.replace(taken_back, author=author, assessed_at=now, revision=0, sequence=0))
    return Undo(tuple(records), tuple(since))


def _key(one: Assessment) -> tuple[object, ...]:
    """The identity of a record: of two with the same one, the newer replaces the older."""
    return (one.source, one.vulnerability.casefold(), one.scope)
