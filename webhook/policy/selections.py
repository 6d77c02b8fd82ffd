"""Selections: which vulnerabilities people mean, and the assessment state of each."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from webhook.errors import InvalidInput
from webhook.model.images import parse_digest, parse_image
from webhook.model.purls import parse_purl
from webhook.model.records import AssessmentState, VulnerabilityQuery, VulnerabilityRecord
from webhook.model.verdicts import Finding
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.precedence import Place


@dataclass(frozen=True, slots=True)
class Selection:
    """A selection of vulnerabilities; None means any.

    Attributes:
        identifier: id or alias.
        package: a purl, with a version to narrow it to that version.
        image: a reference or a digest of an image that contains an affected component; judged as in this image.
        namespace: judge as in this namespace.
        score_low: closed range; a vulnerability without a score matches no range.
        score_high: likewise.
        state: of at least one affected component.
        type: of the assessment in force, or of the expired one, for at least one affected component.
    """

    identifier: str | None = None
    package: str | None = None
    image: str | None = None
    namespace: str | None = None
    score_low: Decimal | None = None
    score_high: Decimal | None = None
    state: AssessmentState | None = None
    type: str | None = None

    def includes(self, finding: Finding) -> bool:
        """Whether a finding has the requested state and type."""
        if self.state is not None and state_of(finding) is not self.state:
            return False
        given = finding.assessment or finding.expired
        return self.type is None or (given is not None and (given.type or "").casefold() == self.type.casefold())


@dataclass(frozen=True, slots=True)
class Affected:
    """A vulnerability in a package (canonical purl without version)."""

    vulnerability: Vulnerability
    package: str


@dataclass(frozen=True, slots=True)
class JudgedVulnerability:
    """A vulnerability with what is in force for each affected component.

    Attributes:
        record: the vulnerability, its components and images.
        findings: one for each affected component, worst first.
    """

    record: VulnerabilityRecord
    findings: tuple[Finding, ...]

    @property
    def state(self) -> AssessmentState:
        """The state of the component that most needs a person: unassessed, then expired, then assessed."""
        states = {state_of(finding) for finding in self.findings}
        order = (AssessmentState.UNASSESSED, AssessmentState.EXPIRED)
        return next((state for state in order if state in states), AssessmentState.ASSESSED)


def state_of(finding: Finding) -> AssessmentState:
    """Whether an assessment of a finding is in force, has expired, or never existed."""
    if finding.assessment is not None:
        return AssessmentState.ASSESSED
    return AssessmentState.UNASSESSED if finding.expired is None else AssessmentState.EXPIRED


def read_selection(selection: Selection) -> tuple[VulnerabilityQuery, Place]:
    """The query for the store, and the surroundings in which to judge the results.

    Raises:
        InvalidInput: a purl or an image of the selection cannot be read, or its scores have their bounds reversed.
    """
    low, high = selection.score_low, selection.score_high
    if low is not None and high is not None and low > high:
        raise InvalidInput(
            f"The range of scores {low}-{high} has its bounds reversed.", remedy="Write the smaller score first."
        )
    image = digest = None
    if selection.image is not None and selection.image.startswith("sha256:"):
        digest = parse_digest(selection.image)
    elif selection.image is not None:
        image = parse_image(selection.image)
        digest = image.digest
    query = VulnerabilityQuery(
        package=None if selection.package is None else parse_purl(selection.package),
        image=digest if digest is not None or image is None else image.tagged,
        score_low=low,
        score_high=high,
        identifier=selection.identifier,
    )
    return query, Place(image, digest, selection.namespace or "")
