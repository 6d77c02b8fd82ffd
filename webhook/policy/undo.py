"""Undo: records that revert a batch of assessments, so that what counted before counts again.

For each scope a withdrawal ends all that is there, and what would count without the batch is stated again behind it. So
nothing of the batch can come back: neither when a newer record ends, nor when that one is taken back as well. What one
transaction stated behind a withdrawal is taken back with it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec import structs

from webhook.errors import InvalidInput
from webhook.model.assessments import Assessment
from webhook.policy.loosening import Known
from webhook.policy.phrases import moment
from webhook.policy.plaintext import plain
from webhook.policy.precedence import Same, age, same_scope

_MAX_COMMENT = 2_000


@dataclass(frozen=True, slots=True)
class Undo:
    """The result of undoing a batch.

    Attributes:
        records: to be appended, in this order. What is stated again keeps the batch that it had, so that whoever takes
            that one back takes this back, too; the others have none.
        decided_since: records of the batch that a newer one has replaced, which stays.
    """

    records: tuple[Assessment, ...]
    decided_since: tuple[Assessment, ...] = ()


@dataclass(frozen=True, slots=True)
class BatchHistory:
    """What a batch of assessments is about.

    Attributes:
        batch: its records.
        every: everything that was ever recorded about the same vulnerabilities, under all of their names.
        known: what sources say of them.
    """

    batch: Sequence[Assessment]
    every: Sequence[Assessment]
    known: Known


def no_such_batch(batch: str) -> InvalidInput:
    """The error for the name of a batch that nobody made."""
    return InvalidInput(
        f"There is no batch {plain(batch, 60)!r}.",
        remedy="`bomgate assess` prints the name of each batch, and `bomgate vulns show ID` shows it.",
    )


def undone(batch: Sequence[Assessment], history: Iterable[Assessment], author: str, now: dt.datetime) -> Undo:
    """The records that revert a batch.

    Args:
        batch: all records of one batch.
        history: everything that was ever recorded about the vulnerabilities of the batch; more does no harm.
        author: who takes it back.
        now: UTC, whole seconds.
    """
    together = {record.revision for record in batch if record.type is None and record.revision}
    newest: dict[Same, Assessment] = {}
    for record in sorted(batch, key=age):
        newest[same_scope(record)] = record
    there: dict[Same, list[Assessment]] = {same: [] for same in newest}
    for record in history:
        if (same := same_scope(record)) in there:
            there[same].append(record)
    records, since = list[Assessment](), list[Assessment]()
    for same, record in newest.items():
        others = [other for other in there[same] if other.batch != record.batch and other.revision not in together]
        newer = [other for other in others if age(other) > age(record)]
        ends = {other.revision for other in newer if other.type is None}
        if any(other.type is not None and other.revision not in ends for other in newer):
            since.append(record)  # and not where the batch was undone before, which states again what counted
        if any(other.type is None for other in newer):
            continue  # the batch has ended here
        taken_back = record.withdrawal(author, f"Undo of batch {record.batch}.", now)
        again = [
            other if other in newer else _restored(other, record.batch, author, now) for other in standing(others, now)
        ]
        records += [taken_back, *again]
    return Undo(tuple(structs.replace(record, revision=0, sequence=0) for record in records), tuple(since))


def standing(records: Iterable[Assessment], now: dt.datetime) -> list[Assessment]:
    """Records for one scope that nobody withdrew and that have not ended, and the last of those that have.

    A record that a newer one outlives is among them, as the batch of the newer one may be undone, too.
    """
    left: dict[tuple[str, str | None, dt.datetime | None, bool], Assessment] = {}
    ended: Assessment | None = None
    for record in sorted(records, key=age):
        if record.type is None:
            left, ended = {}, None
        elif record.expired(now):
            ended = record
        else:
            key = (record.batch, record.type, record.until, record.until_fixed)
            left.pop(key, None)
            left[key] = record
    return sorted([*left.values(), *([] if ended is None else [ended])], key=age)


def _restored(former: Assessment, batch: str, author: str, now: dt.datetime) -> Assessment:
    said = f"Undo of batch {batch}; as {former.author} decided on {moment(former.assessed_at)}: {former.comment}"
    return structs.replace(former, comment=said[:_MAX_COMMENT], author=author, assessed_at=now)
