"""Inventories of a fleet: hashes of contents, what differs from one to the next, and what a hub keeps of a report.

What members say is shown and never judges: a hub that a member lies to shows that member wrongly, and nothing else.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import msgspec

from webhook.errors import InvalidInput
from webhook.model.actions import Action
from webhook.model.fleetinventory import (
    CheckedContent,
    CheckedReport,
    ClusterReport,
    ClusterWorkload,
    Content,
    ImageContent,
    WaitingRequests,
)
from webhook.model.policies import Mode
from webhook.model.purls import Purl, parse_purl
from webhook.model.purlshapes import MAX_PURL_LENGTH

MOST_WORKLOADS, MOST_IMAGES, MOST_CONTENTS, MOST_COMPONENTS = 2_000, 5_000, 100, 20_000
"""Of one report; of one workload or content for images and components."""
MOST_IN_ALL = 200_000
"""Components of one report: each is read, which holds the hub's other work up."""
MOST_TEXT = 8 * 1024 * 1024
"""Characters of the workloads of one report, and of its components, so that a hub has room for it."""
_IMAGES_OF_ONE = 100
_MOST_PODS = 1_000_000
_MOST_COUNT = 2**53
_MOST_WAITING = 1_000_000
"""Of one member, so that all members together stay a number that a database can add up."""
_LONGEST = {"uid": 100, "namespace": 63, "kind": 63, "name": 253}
_LONGEST_REASON, _LONGEST_REFERENCE = 500, 1_000
_MOST_REASONS = 50
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z").match
_HASH = re.compile(r"[0-9a-f]{64}\Z").match
_SESSION = re.compile(r"[0-9a-f]{8,64}\Z").match
_CONTEXT = re.compile(r"(?:(?:distro|epoch|upstream)=[A-Za-z0-9._~%:+@-]{1,300}(?:&(?!\Z)|\Z)){1,3}\Z").match
_WORD = re.compile(r"[a-z][a-z0-9-]{0,40}\Z").match
_ACTIONS = frozenset(action.word for action in Action)
_MODES = frozenset(["", *(mode.value for mode in Mode)])
_REPORT = msgspec.json.Decoder(ClusterReport)


def content_hash(components: Iterable[str]) -> str:
    """SHA-256 of purls: each once, in order, one a line."""
    return hashlib.sha256("".join(f"{purl}\n" for purl in sorted(set(components))).encode()).hexdigest()


def differences(
    session: str,
    sequence: int,
    told: tuple[Mapping[str, ClusterWorkload], Mapping[str, str]],
    now: tuple[Mapping[str, ClusterWorkload], Mapping[str, str]],
) -> ClusterReport:
    """The next report: as much as one takes of what differs; nothing when all was told.

    Args:
        session: of the series.
        sequence: of the report.
        told: workloads by uid, and contents by digest, as the hub has them.
        now: as they are.
    """
    workloads, images = now
    new = (one for uid, one in workloads.items() if told[0].get(uid) != one)
    pairs = (ImageContent(digest, content) for digest, content in images.items() if told[1].get(digest) != content)
    return ClusterReport(
        session,
        sequence,
        workloads=tuple(_within(islice(new, MOST_WORKLOADS))),
        gone=tuple(islice((uid for uid in told[0] if uid not in workloads), MOST_WORKLOADS)),
        images=tuple(islice(pairs, MOST_IMAGES)),
        gone_images=tuple(islice((digest for digest in told[1] if digest not in images), MOST_IMAGES)),
    )


def _within(workloads: Iterable[ClusterWorkload]) -> Iterator[ClusterWorkload]:
    """As many as have room in one report; at least one."""
    left = MOST_TEXT
    for workload in workloads:
        yield workload
        left -= 1_000 + sum(len(image.reference) + 200 for image in workload.images)
        if left < 0:
            return


def fits(content: Sequence[str]) -> bool:
    """Whether a hub takes the components of an image; those of larger ones stay unknown there."""
    return len(content) <= MOST_COMPONENTS and sum(map(len, content)) <= MOST_TEXT


def read_report(body: bytes) -> CheckedReport:
    """A report of a member, checked.

    Raises:
        InvalidInput: it is none, or has more than a report may have.
    """
    try:
        report = _REPORT.decode(body)
    except (ValueError, RecursionError) as problem:
        raise InvalidInput(f"The inventory cannot be read: {str(problem)[:200]}.") from problem
    if not _SESSION(report.session) or not 0 < report.sequence < 2**53:
        raise InvalidInput("The inventory has no session, or no sequence.")
    sizes = (
        (max(len(report.workloads), len(report.gone)), MOST_WORKLOADS),
        (max(len(report.images), len(report.gone_images)), MOST_IMAGES),
        (len(report.contents), MOST_CONTENTS),
        (sum(len(content.components) for content in report.contents), MOST_IN_ALL),
    )
    if any(size > most for size, most in sizes):
        raise InvalidInput("The inventory has more than one report may have.", remedy="Send it in several reports.")
    workloads = tuple(workload for workload in report.workloads if _is_well_formed(workload))
    images = tuple(image for image in report.images if _DIGEST(image.digest) and _HASH(image.content))
    contents, bad = _checked(report.contents)
    left_out = len(report.workloads) - len(workloads) + len(report.images) - len(images) + bad
    refusals = {
        reason: count for reason, count in islice(report.refusals.items(), _MOST_REASONS) if _WORD(reason) and count > 0
    }
    kept = msgspec.structs.replace(
        report,
        workloads=workloads,
        images=images,
        contents=(),
        refusals={reason: min(count, _MOST_COUNT) for reason, count in refusals.items()},
        requests=_waiting(report.requests),
        taken_at=_aware(report.taken_at),
    )
    return CheckedReport(kept, contents, left_out)


def _aware(at: dt.datetime | None) -> dt.datetime | None:
    """A time in a zone; None of others."""
    return at if at is not None and at.tzinfo is not None else None


def _waiting(told: WaitingRequests | None) -> WaitingRequests | None:
    """Requests that wait, within bounds; None where the number is none."""
    if told is None or told.count < 0:
        return None
    return WaitingRequests(min(told.count, _MOST_WAITING), _aware(told.oldest) if told.count else None)


def _is_well_formed(one: ClusterWorkload) -> bool:
    texts = [(getattr(one, name), longest) for name, longest in _LONGEST.items()]
    texts.append((one.reason, _LONGEST_REASON))
    texts += [(image.reference, _LONGEST_REFERENCE) for image in one.images]
    return (
        bool(one.uid)
        and all(len(text) <= longest and text.isprintable() for text, longest in texts)
        and 0 <= one.pods <= _MOST_PODS
        and one.action in _ACTIONS
        and one.mode in _MODES
        and len(one.images) <= _IMAGES_OF_ONE
        and all(image.action in _ACTIONS and (not image.digest or _DIGEST(image.digest)) for image in one.images)
    )


def _checked(contents: Iterable[Content]) -> tuple[tuple[CheckedContent, ...], int]:
    """Contents whose hash is right, and how many contents and purls are left out."""
    kept, left_out = [], 0
    for content in contents:
        if not fits(content.components) or content.content != content_hash(content.components):
            left_out += 1
            continue
        purls = tuple(purl for text in dict.fromkeys(content.components) if (purl := _purl(text)) is not None)
        left_out += len(content.components) - len(purls)
        kept.append(CheckedContent(content.content, purls))
    return tuple(kept), left_out


def _purl(text: str) -> Purl | None:
    """A component as stores name it, with its context; None of what is none."""
    head, mark, context = text.partition("?")
    if len(text) > MAX_PURL_LENGTH or (mark and _CONTEXT(context) is None):
        return None
    try:
        purl = parse_purl(head)
    except InvalidInput:
        return None
    return Purl(text) if purl == head and purl.version else None
