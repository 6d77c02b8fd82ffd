"""Matching: which entry of an answer belongs to which requested component.

The service does not promise to give coordinates back as they were sent (``+`` has come back as ``%20``, names in
another case, old answers without ``pkg:``), nor an order, nor one entry for each. So entries are matched by parsed
coordinates, in three steps of growing tolerance; where a tolerant step could mean two components, it means none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from webhook.clients.ossindex.reading import Report
from webhook.errors import InvalidInput
from webhook.model.purls import Purl, parse_written

Entry = Mapping[str, object]

_OLD_FORM = re.compile(r"([A-Za-z][A-Za-z0-9.+-]*):(?!//)(.+)\Z", re.DOTALL)
_SEPARATORS = re.compile(r"[-_.]+")
_LONGEST = 4096


@dataclass(slots=True)
class Matched:
    """What entries list, by the component they answer for.

    Attributes:
        found: by component that was asked for, the vulnerabilities of its entries as they came; mostly of one entry.
        foreign: coordinates of entries that answer for nothing that was asked, as the service spelt them.
        nameless: how many entries have no coordinates that can be read.
    """

    found: dict[Purl, list[object]] = field(default_factory=dict)
    foreign: list[str] = field(default_factory=list)
    nameless: int = 0


def match(asked: Sequence[Purl], entries: Iterable[object]) -> Matched:
    """Give every entry to the component it answers for.

    Args:
        asked: distinct components of the request.
        entries: of the answer, unread.
    """
    entries, by_text = list(entries), {str(purl): purl for purl in asked}
    if (found := _as_sent(entries, by_text)) is not None:
        return Matched(found)
    entries = [msgspec.structs.asdict(entry) if isinstance(entry, Report) else entry for entry in entries]
    result = Matched()
    open_entries: list[tuple[Purl, Entry]] = []
    for entry in entries:
        if isinstance(entry, dict) and (purl := _coordinates(entry.get("coordinates"), by_text)) is not None:
            open_entries.append((purl, entry))
        else:
            result.nameless += 1
    for key in (_exact, _plus_folded, _loose):
        if not open_entries:
            break
        open_entries = _step(asked, open_entries, key, result)
    result.foreign = sorted(str(entry["coordinates"])[:200] for _, entry in open_entries)
    return result


def _as_sent(entries: Sequence[object], asked: Mapping[str, Purl]) -> dict[Purl, list[object]] | None:
    """As :attr:`Matched.found`, when each entry answers for another component, spelt as sent; None otherwise."""
    reports = [entry for entry in entries if isinstance(entry, Report)]
    try:
        found: dict[Purl, list[object]] = {asked[report.coordinates]: [report.vulnerabilities] for report in reports}
    except KeyError:
        return None
    return found if len(found) == len(entries) else None


def _step(
    asked: Sequence[Purl], entries: list[tuple[Purl, Entry]], key: Callable[[Purl], object], result: Matched
) -> list[tuple[Purl, Entry]]:
    """One step; what it could not match."""
    index: dict[object, list[Purl]] = {}
    for purl in asked:
        index.setdefault(key(purl), []).append(purl)
    found: dict[Purl, list[object]] = {}
    rest = []
    for purl, entry in entries:
        candidates = index.get(key(purl), ())
        # A component that a stricter step has answered wants nothing from a more tolerant one.
        if len(candidates) == 1 and candidates[0] not in result.found:
            found.setdefault(candidates[0], []).append(entry.get("vulnerabilities"))
        else:
            rest.append((purl, entry))
    result.found.update(found)
    return rest


def _coordinates(value: object, asked: Mapping[str, Purl]) -> Purl | None:
    if not isinstance(value, str) or not value or len(value) > _LONGEST:
        return None
    if sent := asked.get(value):
        return sent  # mostly they come back as they were sent
    text = value.strip()
    if text[:4].lower() == "pkg:":
        text = f"pkg:{text[4:]}"
    elif old := _OLD_FORM.match(text):
        text = f"pkg:{old[1]}/{old[2].lstrip('/')}"
    try:
        return parse_written(text)
    except InvalidInput:
        return None


def _exact(purl: Purl) -> object:
    return purl


def _plus_folded(purl: Purl) -> object:
    return purl.package, purl.version.replace("+", " ")


def _loose(purl: Purl) -> object:
    """Without regard to case, and for Python names to the separators that PEP 503 holds equal."""
    name = purl.name.casefold()
    if purl.type == "pypi":
        name = _SEPARATORS.sub("-", name)
    return purl.type, purl.namespace.casefold(), name, purl.version.replace("+", " ").casefold()
