"""Changes of advisories: about which packages two versions of a set differ, and sets with some records of another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from msgspec import structs

from webhook.model.advisories import Advisory, AdvisorySet, AffectedVersions, FormerSet, ListedRecord
from webhook.policy.advisorykeys import DISTRIBUTIONS

_GONE = -1


def changed_names(ecosystem: str, before: AdvisorySet, after: AdvisorySet) -> frozenset[str] | None:
    """The names of packages whose advisories are others, or say something else, in the second set.

    Args:
        ecosystem: of both.
        before: the former set.
        after: the present one.

    Returns:
        None when whole releases came or went, so that all their packages are concerned.
    """
    if ecosystem in DISTRIBUTIONS and _releases(before) != _releases(after):
        return None
    numbers = {advisory.id: number for number, advisory in enumerate(after.advisories)}
    same = [_same(advisory, after.advisories, numbers) for advisory in before.advisories]
    was, now = before.packages, after.packages
    found = {*(was.keys() ^ now.keys())}
    found.update(name for name in was.keys() & now.keys() if not _are_equal(was[name], now[name], same))
    return frozenset(found)


def with_records(former: FormerSet, changed: Mapping[str, ListedRecord], new: AdvisorySet) -> AdvisorySet:
    """A set in which some records were replaced; the former one stays as it is.

    Args:
        former: the set, which may have earlier versions of these records.
        changed: every record that was read again, by id, also such as do not count.
        new: what those of them are that count.
    """
    before = former.content
    numbers = {advisory.id: number for number, advisory in enumerate(before.advisories)}
    replaced = {numbers[name] for name in changed if name in numbers}
    kept = [number for number in range(len(before.advisories)) if number not in replaced]
    place = dict(zip(kept, range(len(kept)), strict=True))
    packages = {}
    for name, some in before.packages.items():
        if there := [_at(said, place[said.advisory]) for said in some if said.advisory not in replaced]:
            packages[name] = there
    for name, some in new.packages.items():
        packages.setdefault(name, []).extend(_at(said, len(kept) + said.advisory) for said in some)
    counts = Counter(before.counts)
    counts.subtract(reason for name in changed if (one := former.listed.records.get(name)) for reason in one.reasons)
    counts.update(new.counts)
    return AdvisorySet(
        [*(before.advisories[number] for number in kept), *new.advisories],
        packages,
        {reason: count for reason, count in sorted(counts.items()) if count > 0},
    )


def with_unread(former: AdvisorySet, new: AdvisorySet, unread: Collection[str]) -> AdvisorySet:
    """A set with what a former one says of records that cannot be read any more, in full or in part.

    Args:
        former: the set that is replaced.
        new: the set; it stays as it is.
        unread: ids of these records.
    """
    advisories, packages = list(new.advisories), dict(new.packages)
    numbers = {advisory.id: number for number, advisory in enumerate(advisories)}
    kept: dict[int, int] = {}
    for number, advisory in enumerate(former.advisories):
        if advisory.id in unread:
            kept[number] = numbers.setdefault(advisory.id, len(advisories))
            advisories += [advisory] if kept[number] == len(advisories) else []
    for name, some in former.packages.items() if kept else ():
        stays = [_at(said, kept[said.advisory]) for said in some if said.advisory in kept]
        if stays:
            there = {said.advisory: said for said in packages.get(name, ())}
            packages[name] = list(
                (there | {said.advisory: _both(said, there.get(said.advisory)) for said in stays}).values()
            )
    counts = {**new.counts, "kept": len(kept)} if kept else new.counts
    return AdvisorySet(advisories, packages, dict(sorted(counts.items())), new.newest)


def _both(one: AffectedVersions, other: AffectedVersions | None) -> AffectedVersions:
    """What an advisory says of a package in two places."""
    if other is None:
        return one
    return AffectedVersions(
        one.advisory,
        tuple(dict.fromkeys((*other.intervals, *one.intervals))),
        tuple(dict.fromkeys((*other.versions, *one.versions))),
        one.is_unreadable or other.is_unreadable,
    )


def _at(affected: AffectedVersions, number: int) -> AffectedVersions:
    return affected if affected.advisory == number else structs.replace(affected, advisory=number)


def _releases(content: AdvisorySet) -> set[str]:
    return {name.partition("/")[0] for name in content.packages}


def _same(advisory: Advisory, others: Sequence[Advisory], numbers: dict[str, int]) -> int:
    """Where an equal advisory is among others."""
    number = numbers.get(advisory.id, _GONE)
    return number if number != _GONE and others[number] == advisory else _GONE


def _are_equal(was: Sequence[AffectedVersions], now: Sequence[AffectedVersions], same: Sequence[int]) -> bool:
    """Whether the same advisories say the same, in any order."""
    if len(was) != len(now):
        return False
    if all(_says_same(former, present, same) for former, present in zip(was, now, strict=True)):
        return True
    by_number = {present.advisory: present for present in now}
    return len(by_number) == len(now) and all(
        (present := by_number.get(same[former.advisory])) is not None and _says_same(former, present, same)
        for former in was
    )


def _says_same(former: AffectedVersions, present: AffectedVersions, same: Sequence[int]) -> bool:
    return (
        same[former.advisory] == present.advisory
        and former.intervals == present.intervals
        and former.versions == present.versions
        and former.is_unreadable == present.is_unreadable
    )
