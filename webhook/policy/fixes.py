"""Ends by a fix: what lasts until a fixed version is known, and what ends it.

An exception may state that it ends, besides by its date, as soon as a source tells which version fixes the
vulnerability. The transaction that stores the fixed version then writes a withdrawal, and behind it what was there for
the same scope; the exception itself is stated again as one that has ended. From then on the same counts as if its date
had come at that moment, whatever becomes of the fixed version later, and an undo finds nothing to bring back.

Only what allows may end so: as nothing is milder, its end loosens nothing. Where a type has come to warn or to
deny since, what was given with it goes on to its date.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from msgspec import structs

from webhook.errors import InvalidInput
from webhook.model.actions import Action
from webhook.model.assessments import ENDED_BY_FIX, Assessment, AssessmentSource, AssessmentType, Scope
from webhook.model.purls import Purl, parse_purl
from webhook.policy.plaintext import plain
from webhook.policy.precedence import Same, age, same_scope
from webhook.policy.rangetexts import read_range
from webhook.policy.scopes import described
from webhook.policy.typetable import TypeTable
from webhook.policy.undo import standing

_MAX_VERSION = 100
_SHOWN_VERSIONS = 3
_GO = "pkg:golang/"
_PEOPLE = (AssessmentSource.MANUAL, AssessmentSource.PROVISIONED)


class FixKnown(InvalidInput):
    """Something is to last until a fixed version is known, and one is known already."""

    code = "fix-known"
    default_remedy = "Use the fixed version, or give an end by date alone."


class NoFixTold(InvalidInput):
    """Something is to last until a fixed version is known, and no source tells of any."""

    code = "no-fix-told"
    default_remedy = (
        "OSS Index does not tell fixed versions. Give an end by date, or add a source of advisories to the settings."
    )


@dataclass(frozen=True, slots=True)
class KnownFix:
    """A fixed version that a source tells.

    Attributes:
        purl: the component that is vulnerable.
        version: the next one that is not; a stranger's text.
    """

    purl: Purl
    version: str


def check_until_fixed(kind: AssessmentType, scope: Scope, *, tells_fixes: bool) -> None:
    """Refuse an end by a fix where it cannot work.

    Args:
        kind: the assessment type.
        scope: canonical.
        tells_fixes: whether a source that tells fixed versions is configured.

    Raises:
        InvalidInput: no source tells fixed versions, the type does not allow, or no package is named.
    """
    if not tells_fixes:
        raise NoFixTold("No source reports fixed versions, so an assessment cannot last until one is known.")
    if kind.action is not Action.ALLOW:
        raise InvalidInput(
            f"{kind.name} does not allow, so a fixed version cannot end it.",
            remedy="Give it an end by date, or choose a type that allows.",
        )
    if scope.package is None:
        raise InvalidInput(
            "An assessment until a fixed version is known has to be about one package.", remedy="Name the package."
        )


def covers(scope: Scope, purl: Purl) -> bool:
    """Whether a fixed version for a component ends what has this scope.

    Images and namespaces do not matter. A package in a former spelling counts, and so does a version of which nobody
    knows whether the range holds it: ending early is the stricter way.
    """
    if scope.package is not None and not _is_package(scope.package, purl.package):
        return False
    if scope.version_range is None:
        return True
    try:
        return read_range(scope.version_range).contains(purl.version, purl.type) is not False
    except InvalidInput:
        return True


def _is_package(stated: str, package: str) -> bool:
    try:
        key = parse_purl(stated).package
    except InvalidInput:
        key = stated
    return package in (stated, key) or (key.startswith(_GO) and package.startswith(f"{key}/"))


def version_of(scope: Scope, fixes: Iterable[KnownFix]) -> str:
    """The fixed versions that end what has a scope, the first few; empty where none does."""
    found = sorted({plain(fix.version, _MAX_VERSION) for fix in fixes if fix.version and covers(scope, fix.purl)})
    return ", ".join(found[:_SHOWN_VERSIONS])


def may_end(record: Assessment, now: dt.datetime, types: TypeTable | None) -> bool:
    """Whether a fixed version would end a record; one of a hub ends where it was made.

    Args:
        record: of whatever source.
        now: UTC, aware.
        types: all types; None where they are not known, and the type is taken for one that allows.
    """
    is_here = record.source is not AssessmentSource.FLEET
    is_open = record.until_fixed and record.type is not None and not record.expired(now)
    return is_here and is_open and (types is None or types.allows(record.type or ""))


def ended_by_fix(
    histories: Mapping[Same, Sequence[Assessment]],
    versions: Mapping[Same, str],
    now: dt.datetime,
    types: TypeTable | None = None,
) -> Sequence[Assessment]:
    """The records that end what was to last until a fixed version is known; none where there is no such thing.

    Behind the withdrawals, what is still there is stated again in the order in which it was decided, and with it what
    people decided since about the same vulnerability in other scopes or under other names. So nothing that is stated
    again outranks a later decision.

    Args:
        histories: all that was ever recorded about one vulnerability, under all of its names, by what it is about.
        versions: the fixed versions, see :func:`version_of`, by what they end.
        now: UTC, aware.
        types: see :func:`may_end`.
    """
    withdrawals, again = list[Assessment](), list[Assessment]()
    for same, version in versions.items():
        there = standing(histories[same], now)
        ending = [record for record in there if may_end(record, now, types)]
        if ending:
            withdrawals.append(_withdrawal(ending[0], version, now))
            again += [_ended(record, version, now) if may_end(record, now, types) else record for record in there]
    if not withdrawals:
        return ()
    first, withdrawn = min(map(age, again)), {same_scope(record) for record in withdrawals}
    for same, history in histories.items():
        if same not in withdrawn and history[0].source in _PEOPLE:
            again += [record for record in standing(history, now) if age(record) > first]
    return tuple(structs.replace(record, revision=0, sequence=0) for record in (*withdrawals, *sorted(again, key=age)))


def _withdrawal(first: Assessment, version: str, now: dt.datetime) -> Assessment:
    is_provisioned = first.source is AssessmentSource.PROVISIONED  # its author tells who provisions
    author, recorded_by = (first.author, first.recorded_by) if is_provisioned else (ENDED_BY_FIX, "")
    return structs.replace(
        first.withdrawal(author, f"Fixed in {version}.", now), recorded_by=recorded_by, fixed_in=version
    )


def _ended(record: Assessment, version: str, now: dt.datetime) -> Assessment:
    return structs.replace(record, until=now if record.until is None else min(record.until, now), fixed_in=version)


def by_scope(records: Iterable[Assessment]) -> Mapping[Same, Sequence[Assessment]]:
    """Records by what they are about, oldest first."""
    found: dict[Same, list[Assessment]] = {}
    for record in sorted(records, key=age):
        found.setdefault(same_scope(record), []).append(record)
    return found


def as_stated(history: Iterable[Assessment]) -> Iterator[Assessment]:
    """What was stated, in the order of the store, without what an end by a fix wrote.

    Whoever compares a statement with what is recorded for it has to look at these: the record that has ended has
    another end than was stated.
    """
    written: dict[Same, int] = {}
    for record in history:
        same = same_scope(record)
        if record.type is None and record.fixed_in:
            written[same] = record.revision
        elif written.get(same) != record.revision:
            yield record


def ended_last(history: Iterable[Assessment]) -> Mapping[Same, Assessment]:
    """What ended by a fix and was not stated in another way since, by what it is about; history as the store has it."""
    found: dict[Same, Assessment] = {}
    written: dict[Same, int] = {}
    for record in history:
        same = same_scope(record)
        if record.type is None:
            found.pop(same, None)
            written[same] = record.revision if record.fixed_in else -1
        elif record.fixed_in:
            found[same] = record
        elif written.get(same) != record.revision:
            found.pop(same, None)
    return found


def fix_known(records: Sequence[tuple[Assessment, str]]) -> FixKnown:
    """The error for records that are to last until a fixed version is known, each with its version."""
    (record, version), *rest = records
    more = f" So it is for {len(rest)} more." if rest else ""
    return FixKnown(
        f"{plain(record.vulnerability, 80)} is fixed in {version} for {described(record.scope)}: there is nothing to "
        f"wait for.{more}"
    )
