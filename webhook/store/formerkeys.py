"""Former keys: packages that older programs kept in a spelling that is not their key any more.

Their rows stay as they are until their SBOM is read again. A decision about the package is therefore recorded for each
spelling that the database holds; a decision from before stays with the spelling for which it was made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection, or_, select

from webhook.errors import InvalidInput
from webhook.model.purls import Purl, parse_common, parse_purl
from webhook.store.database import raw_rows
from webhook.store.tables import components

if TYPE_CHECKING:
    from webhook.model.assessments import Assessment


def for_former_keys(connection: Connection, records: Sequence[Assessment]) -> list[Assessment]:
    """Records made by hand, each followed by the same for the former spellings of its package."""
    packages = {record.scope.package for record in records if record.by_hand and record.scope.package is not None}
    former = _former(connection, packages) if packages else {}
    found: list[Assessment] = []
    for record in records:
        found.append(record)
        if record.by_hand and record.scope.package in former:
            spellings = sorted(former[record.scope.package])
            found += [replace(record, scope=replace(record.scope, package=package)) for package in spellings]
    return found


def _former(connection: Connection, packages: Iterable[str]) -> dict[str, set[str]]:
    """The spellings that the database holds of these packages, other than their keys."""
    wanted = set(packages)
    prefixes = sorted({f"pkg:{Purl(package).type}/" for package in wanted})
    query = select(components.c.purl).where(or_(*(components.c.purl.startswith(prefix) for prefix in prefixes)))
    found: dict[str, set[str]] = {}
    for portion in raw_rows(connection, query):
        texts = [purl for (purl,) in portion]
        for text, common in zip(texts, parse_common(texts), strict=True):
            if common:
                continue  # a key as it stands
            try:
                key = parse_purl(text).package
            except InvalidInput:
                continue
            if key in wanted and (package := Purl(text).package) != key:
                found.setdefault(key, set()).add(package)
    return found
