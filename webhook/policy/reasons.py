"""Reasons: the sentences that say why an image got its action, apart from the vulnerabilities in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from webhook.model.actions import Action, worst
from webhook.model.changes import ImageFacts
from webhook.model.policies import Policy
from webhook.model.support import in_words, release_past_support
from webhook.model.uncovered import Uncovered
from webhook.model.verdicts import Reason, SbomStatus, WorkloadVerdict
from webhook.policy.plaintext import plain

_MAX_DETAIL = 300
_MOST_LISTED, _MAX_LISTED = 5, 100
_REMARKS = frozenset(["guessed-group", "past-support", "platform-without-sbom"])
"""Codes of reasons that weigh nothing."""
_MISSING = {
    SbomStatus.NONE: (
        "No SBOM of this image was found",
        "Attach one to the image when it is built, or add it with `bomgate sbom add FILE --image REF@sha256:…`.",
    ),
    SbomStatus.UNREADABLE: (
        "The SBOM of this image cannot be read",
        "Regenerate it as CycloneDX or SPDX; `bomgate sbom fetch IMAGE` shows which document is meant.",
    ),
    SbomStatus.NO_PURLS: (
        "The SBOM of this image contains no package with a usable purl, so it says nothing about vulnerabilities",
        "Generate it with a tool that writes a purl with a version for each package.",
    ),
    SbomStatus.UNRESOLVED: (
        "The tag of this image is not known and could not be resolved to a digest",
        "Check that the tag exists, or name the image by its digest.",
    ),
    SbomStatus.MISNAMED: (
        "The name of this image is not valid",
        "Correct the name; no node can pull an image with this name.",
    ),
    SbomStatus.REFUSED: (
        "A registry, or another place that may have the SBOM of this image, refused or did not answer in time",
        "Try again in a moment; `bomgate sbom fetch IMAGE` shows which place, and its answer.",
    ),
}


def state_reasons(facts: ImageFacts, policy: Policy, left_out: int = 0) -> tuple[Reason, ...]:
    """A reason for each component state present that the policy weighs, worst first.

    Args:
        facts: of the image.
        policy: what each state leads to.
        left_out: how many findings were not judged, because there are too many.
    """
    found = [*_document_reasons(facts, policy), *_component_reasons(facts, policy)]
    if left_out:
        found.append(
            Reason(
                "too-many-findings",
                Action.DENY,
                f"This image has so many findings that {left_out} of them were not judged; so it is denied.",
                "Check its SBOM, which lists far more packages than an image has; "
                "`bomgate sbom show DIGEST` shows them.",
            )
        )
    return tuple(sorted(found, key=lambda reason: -reason.action))


def _document_reasons(facts: ImageFacts, policy: Policy) -> Iterator[Reason]:
    """For SBOMs that are missing, or may be."""
    if facts.without_sbom:
        yield Reason(
            "missing-sbom",
            policy.missing_sbom,
            f"No SBOM of this image was found for {_listed(facts.without_sbom)}; its contents there are not known.",
            "Attach one for each platform that your nodes have, or one for the whole index.",
        )
    if facts.incomplete:
        said = plain(facts.incomplete, _MAX_DETAIL).rstrip(".")
        yield Reason(
            "missing-sbom",
            policy.missing_sbom,
            f"Not all SBOMs of this image are known: {said}.",
            "`bomgate sbom fetch IMAGE --explain` shows what each place answered; bomgate searches again "
            "soon. Remove unused places from sbom.sources.",
        )
    if facts.perhaps_without_sbom:
        yield Reason(
            "platform-without-sbom",
            Action.ALLOW,
            f"No SBOM of this image was found for {_listed(facts.perhaps_without_sbom)}; this has no "
            "effect, because the platforms of the nodes are not known.",
            "Name them in sbom.platforms, or set kube.nodePlatforms.",
        )


_WHY_UNCOVERED: Mapping[Uncovered, str] = {
    Uncovered.NO_RELEASE: "of a release of their distribution that the SBOM does not state",
    Uncovered.NO_SOURCE_PACKAGE: "of a source package that the SBOM does not state",
    Uncovered.NO_ADVISORIES: "of a release that no advisory is about, which may be at its end of life",
}
_BETTER_SBOM = "Generate the SBOM with Trivy or Syft, which state release and source package."
_UNCOVERED_REMEDIES = (
    (Uncovered.NO_RELEASE, _BETTER_SBOM),
    (Uncovered.NO_SOURCE_PACKAGE, _BETTER_SBOM),
    (Uncovered.NO_ADVISORIES, "Build the image on a release that its distribution still supports."),
)


def _component_reasons(facts: ImageFacts, policy: Policy) -> Iterator[Reason]:
    """For unknown components."""
    if facts.guessed:
        yield Reason(
            "guessed-group",
            Action.ALLOW,
            f"The group of {_listed(facts.guessed, 'components')} was perhaps guessed, because it equals "
            "the artifact; the vulnerability source has no data on a package of that name.",
            "Check the group, and generate the SBOM with a tool that reads it from the POM or the build.",
        )
    if facts.unknown:
        yield Reason(
            "unknown",
            policy.unknown,
            f"{_of(facts.unknown, facts)} unknown: no vulnerability source has answered for them, or the "
            "answers are too old.",
            "Run `bomgate download` or wait for its next run; `bomgate source check` tests the source.",
        )
    if facts.not_covered:
        yield Reason("not-covered", policy.not_covered, _uncovered_words(facts), _uncovered_remedy(facts))
    if facts.past_support:
        releases = sorted({release_past_support(component.purl) for component in facts.vulnerable} - {""})
        which = f" ({'; '.join(map(in_words, releases[:_MOST_LISTED]))})" if releases else ""
        yield Reason(
            "past-support",
            Action.ALLOW,
            f"{_of(facts.past_support, facts)} of a release that its distribution no longer supports{which}: nobody "
            "may fix, or even list, what is found in it.",
            "Build the image on a release that its distribution still supports.",
        )
    if facts.unusable:
        yield Reason(
            "unusable",
            policy.unusable,
            f"{_of(facts.unusable, facts)} without a purl that has a version, and cannot be looked up.",
            "Generate the SBOM with a tool that writes a purl with a version for each package.",
        )


def _uncovered_words(facts: ImageFacts) -> str:
    """How many components no source covers, and why."""
    whole = f"{_of(facts.not_covered, facts)} of a type that no vulnerability source covers."
    stated = {why: number for why, number in facts.uncovered.items() if why in _WHY_UNCOVERED and number}
    if not stated:
        return whole
    others = facts.not_covered - sum(stated.values())
    parts = [f"{number} {_WHY_UNCOVERED[why]}" for why, number in sorted(stated.items())]
    parts += [f"{others} of a type that no source has data on"] if others else []
    return f"{_of(facts.not_covered, facts)} not covered by any vulnerability source: {', '.join(parts)}."


def _uncovered_remedy(facts: ImageFacts) -> str:
    remedies = [remedy for why, remedy in _UNCOVERED_REMEDIES if facts.uncovered.get(why)]
    return " ".join(dict.fromkeys(remedies)) or "Check these packages by other means; bomgate has no data on them."


def missing_reason(status: SbomStatus, detail: str, policy: Policy) -> Reason:
    """The reason for an image whose components are unknown.

    Args:
        status: what became of the search for its SBOM.
        detail: what the search met; possibly empty.
        policy: its ``missing_sbom`` decides.

    Raises:
        ValueError: the SBOM was found.
    """
    if status is SbomStatus.FOUND:
        raise ValueError("an SBOM that was found is not missing")
    sentence, remedy = _MISSING[status]
    said = plain(detail, _MAX_DETAIL).rstrip(".")
    return Reason("missing-sbom", policy.missing_sbom, f"{sentence}: {said}." if said else f"{sentence}.", remedy)


def error_action(policy: Policy, *, has_sbom: bool = False) -> Action:
    """The action for an error; without a known SBOM, at least that of a missing SBOM.

    Args:
        policy: its ``on_error`` and ``missing_sbom`` decide.
        has_sbom: whether an SBOM is known.
    """
    return policy.on_error if has_sbom else worst((policy.on_error, policy.missing_sbom))


def error_reason(error_id: str, policy: Policy, *, has_sbom: bool) -> Reason:
    """The reason when judging failed.

    Args:
        error_id: under which the log has the details.
        policy: see :func:`error_action`.
        has_sbom: whether an SBOM of the image is known.
    """
    return Reason(
        "error",
        error_action(policy, has_sbom=has_sbom),
        f"bomgate could not decide because of an error; the log has the details under the ID {plain(error_id, 60)}.",
        f"Search the log of the webhook for {plain(error_id, 60)}, and try again.",
    )


def _listed(names: Sequence[str], nouns: str = "platforms") -> str:
    shown = ", ".join(plain(name, _MAX_LISTED) for name in names[:_MOST_LISTED])
    return shown if len(names) <= _MOST_LISTED else f"{shown} and {len(names) - _MOST_LISTED} more {nouns}"


def _of(number: int, facts: ImageFacts) -> str:
    return f"{number} of {facts.total} components {'is' if number == 1 else 'are'}"


def weightiest(verdict: WorkloadVerdict) -> str:
    """What weighed most in a verdict, as a label value of metrics: ``findings``, a reason's code, or ``clean``."""
    for judged in verdict.images:
        one = judged.verdict
        if one.action is not verdict.action:
            continue
        if any(finding.action is one.action for finding in one.findings):
            return "findings"
        weighing = (reason for reason in one.reasons if reason.code not in _REMARKS)
        return next((reason.code for reason in weighing if reason.action is one.action), "clean")
    return "clean"
