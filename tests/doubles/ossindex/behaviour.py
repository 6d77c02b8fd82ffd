"""How the double behaves: credentials, credits, and a switch for every quirk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from tests.doubles.ossindex.faults import Fault

PAT = "sonatype_pat_double"
USERNAME, TOKEN = "account@double.test", "older-token"


@dataclass
class Behaviour:
    """Everything about the double that can be changed, also while it runs.

    Attributes:
        advisories: vulnerabilities by purl, in the service's JSON.
        synthetic_share: share of the other components that have made-up ones all the same.
        unknown: purls that the service has never heard of; all others are known.
        unknown_as: whether the unknown get an entry without vulnerabilities, or none at all.
        pats: personal access tokens that are accepted as Bearer.
        accounts: user name → token that are accepted as Basic.
        require_auth: whether the unauthenticated get 401.
        era: ``guide`` or ``old``: style of references, and of the answer to ``/version``.
        most: coordinates per request.
        credits: credits left in the period; None means no end.
        credit_price: credits per component found, once a day each.
        day: what day it is, for the credits.
        latency_ms: time from a request's arrival to its answer, at the least.
        gzip: whether answers are compressed when the client takes that.
        plus_as_space: ``+`` in versions comes back as ``%20``.
        change_case: how coordinates come back.
        old_coordinates: coordinates come back as ``type:namespace/name@version``.
        shuffle: entries come in reverse order.
        without_coordinates: purls whose entry has none.
        foreign: coordinates of entries that nobody asked for.
        extra_fields: fields that no client knows.
        scores: ``number``, ``text`` or ``null``.
        redacted: sonatype entries come without details, as for accounts without the right to see them.
        uuid_ids: ids and names in the style before 2022-05.
        v_prefix: whether Go versions have to have their ``v`` (``new``) or must not have it (``old``).
        description: ``text``, ``empty`` or ``absent``, in reports.
        refused: purls that make their whole batch fail with 400.
        faults: what goes wrong, in order, one for each request; then nothing does.
    """

    advisories: Mapping[str, list[dict[str, object]]] = field(default_factory=dict)
    synthetic_share: float = 0.0
    unknown: frozenset[str] = frozenset()
    unknown_as: Literal["empty", "omitted"] = "empty"
    pats: frozenset[str] = frozenset([PAT])
    accounts: Mapping[str, str] = field(default_factory=lambda: {USERNAME: TOKEN})
    require_auth: bool = True
    era: Literal["guide", "old"] = "guide"
    most: int = 128
    credits: Decimal | None = None
    credit_price: Decimal = Decimal("0.1")
    day: str = "2026-03-01"
    latency_ms: float = 0.0
    gzip: bool = False
    plus_as_space: bool = False
    change_case: Literal["", "lower", "upper"] = ""
    old_coordinates: bool = False
    shuffle: bool = False
    without_coordinates: frozenset[str] = frozenset()
    foreign: tuple[str, ...] = ()
    extra_fields: bool = False
    scores: Literal["number", "text", "null"] = "number"
    redacted: bool = False
    uuid_ids: bool = False
    v_prefix: Literal["new", "old"] = "new"
    description: Literal["text", "empty", "absent"] = "empty"
    refused: frozenset[str] = frozenset()
    faults: list[Fault] = field(default_factory=list)
