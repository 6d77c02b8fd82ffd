"""Assessment types and assessments: what people, or a CVSS range, decided about a vulnerability."""

from __future__ import annotations

import datetime as dt
import enum
from decimal import Decimal

import msgspec
from msgspec import structs

from webhook.model.actions import Action

CHANGED = "Stated otherwise since."
"""The comment of withdrawals of what its source states in other words now."""
ENDED_BY_FIX = "end-by-fix"
"""The author of withdrawals that end what was to last until a fixed version is known."""
PROVISIONER = "configuration"
"""The author of assessments from the settings file."""
CLUSTER = "cluster"
"""What provisions assessments from objects in the cluster; also their author where nobody made sure who wrote them."""

FOR_CLUSTER = ", for this cluster"
"""Ends what a record of the hub was recorded by, where the hub recorded it for one member alone."""


class OnExpiry(enum.StrEnum):
    """What becomes of a finding whose assessment has expired."""

    UNASSESSED = "unassessed"
    REASSESS = "reassess"


class TypeOrigin(enum.StrEnum):
    """Where a stored type is defined."""

    CLUSTER = "cluster"
    """An object of the cluster, see ``engines.controlling.provisioning``."""
    CONSOLE = "console"
    """People, in the console or at the command line, see ``engines.triage.typeediting``."""
    FLEET = "fleet"
    """The hub; a member changes it nowhere, see ``engines.fleet``."""


class AssessmentSource(enum.StrEnum):
    """Who made an assessment; it decides which one is effective, see ``policy.matching``."""

    AUTO = "auto"
    MANUAL = "manual"
    PROVISIONED = "provisioned"
    FLEET = "fleet"
    """People of the hub; a member keeps it as the hub told it, and never changes it, see ``policy.fleet``."""
    VEX = "vex"
    """A statement of a VEX document that counts; nothing of this source is stored as an assessment."""


class CvssRange(msgspec.Struct, frozen=True):
    """A range of CVSS scores, closed at both ends, on one decimal."""

    low: Decimal
    high: Decimal

    def __str__(self) -> str:
        return f"{self.low}–{self.high}"


class AssessmentType(msgspec.Struct, frozen=True):
    """A kind of assessment that people can give, with what it does.

    Attributes:
        name: such as ``Blocked``; compared without case, shown as written.
        action: what a finding of this type asks for. Colour never decides.
        auto_assess: new vulnerabilities whose rounded score falls in this range get this type by themselves.
        expires_after_days: life of an assessment that states no end; None means it does not expire.
        color: for the console.
        on_expiry: see :class:`OnExpiry`.
        description: a sentence for people.
        action_stated: False when the configuration left the action out, so that ``policy.lint`` can say so.
        auto_kev: vulnerabilities that are known to be exploited, also older ones, get this type by themselves.
        auto_epss: so do vulnerabilities with at least this probability of exploitation; None asks for none.
    """

    name: str
    action: Action = Action.WARN
    auto_assess: CvssRange | None = None
    expires_after_days: int | None = None
    color: str = "grey"
    on_expiry: OnExpiry = OnExpiry.UNASSESSED
    description: str = ""
    action_stated: bool = True
    auto_kev: bool = False
    auto_epss: Decimal | None = None

    @property
    def is_automatic(self) -> bool:
        """Whether something gives it without people."""
        return self.auto_assess is not None or self.auto_kev or self.auto_epss is not None


class StoredType(msgspec.Struct, frozen=True):
    """An assessment type that the store keeps.

    Attributes:
        type: its definition, the last one that could be used.
        retired: nobody names it any more. It can no longer be given, but what was given goes on, see
            ``policy.typetable``.
        origin: where it is defined, and may be changed.
    """

    type: AssessmentType
    retired: bool = False
    origin: TypeOrigin = TypeOrigin.CLUSTER


class Scope(msgspec.Struct, frozen=True):
    """What an assessment applies to; each None means *any*. The more it narrows, the more it weighs.

    Attributes:
        package: canonical purl without version, such as ``pkg:maven/org.apache.logging.log4j/log4j-core``.
        version_range: a vers-like range such as ``>=2.0,<2.17.1``, see ``policy.versions``.
        image: an image name with ``*`` wildcards (``registry.corp/shop/*``), or a digest.
        namespace: a Kubernetes namespace.
    """

    package: str | None = None
    version_range: str | None = None
    image: str | None = None
    namespace: str | None = None


class Assessment(msgspec.Struct, frozen=True):
    """What was decided about a vulnerability. Append-only: a newer record wins, none is ever changed.

    Attributes:
        vulnerability: an identifier or alias, such as ``CVE-2021-44228``.
        type: name of the assessment type; None withdraws the earlier ones of the same source for exactly this
            vulnerability and scope.
        scope: what it applies to.
        source: who made it.
        author: user or rule, such as ``alice`` or ``auto-assess``.
        comment: why.
        assessed_at: when, UTC.
        until: when it stops counting, UTC (expired when now ≥ until); None means never.
        rule: for automatic ones what matched, such as ``Blocked 9.0–10.0, KEV``; for those of the cluster the
            object, such as ``Assessment log4shell``.
        score: the CVSS score at that time.
        batch: names all records that one command made, so that they can be undone together; empty for older ones.
        until_fixed: whether it also stops counting once a source tells a version that fixes the vulnerability, see
            ``policy.fixes``.
        fixed_in: that version, of a record that stopped counting so and of the withdrawal that ended it; empty for
            all others.
        recorded_by: the account and the machine that recorded it, beside the author, who is whoever the command line
            named; ``cluster`` for those of objects in the cluster; of a record of the hub its source there, and what
            provisioned it; empty where the author was authenticated, and for older ones.
        revision: the store's revision that brought it; 0 before it is stored.
        sequence: the store's running number, which orders records made in one transaction; 0 before it is stored.
    """

    vulnerability: str
    type: str | None
    scope: Scope
    source: AssessmentSource
    author: str
    comment: str
    assessed_at: dt.datetime
    until: dt.datetime | None
    rule: str = ""
    score: Decimal | None = None
    revision: int = 0
    sequence: int = 0
    batch: str = ""
    recorded_by: str = ""
    until_fixed: bool = False
    fixed_in: str = ""

    @property
    def by_hand(self) -> bool:
        """Whether a person made it, at the command line, in the console or in the configuration file."""
        return self.source is not AssessmentSource.AUTO and self.source is not AssessmentSource.VEX

    def withdrawal(self, author: str, comment: str, at: dt.datetime) -> Assessment:
        """The record that ends this one, and all older ones of its source and scope."""
        return structs.replace(
            self,
            type=None,
            author=author,
            comment=comment,
            assessed_at=at,
            until=None,
            rule="",
            score=None,
            batch="",
            until_fixed=False,
            fixed_in="",
        )

    @property
    def is_for_cluster(self) -> bool:
        """Whether the hub recorded it for the cluster of this member alone."""
        return self.source is AssessmentSource.FLEET and self.recorded_by.endswith(FOR_CLUSTER)

    @property
    def provisioner(self) -> str:
        """What states it, such as the settings file or the cluster; empty for what is not provisioned.

        Whoever wrote an object in the cluster is its author, so the author does not tell. Of a record of the hub it is
        what stated it there.
        """
        if self.source is AssessmentSource.FLEET:
            return self.recorded_by
        if self.source is not AssessmentSource.PROVISIONED:
            return ""
        return CLUSTER if self.recorded_by == CLUSTER else self.author

    def expired(self, now: dt.datetime) -> bool:
        """Whether it has stopped counting at ``now`` (UTC, aware); once a fix ended it, whatever a clock says."""
        return bool(self.fixed_in) or (self.until is not None and now >= self.until)
