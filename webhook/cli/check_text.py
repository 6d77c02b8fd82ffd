"""What ``bomgate check`` tells people: the decision, why, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from webhook.bootstrap import Parts
from webhook.cli.check_ways import Ways, show_ways
from webhook.cli.output import note, print_json, print_table, say, styled
from webhook.cli.unjudged import Unjudged
from webhook.model.actions import Action, worst
from webhook.model.verdicts import ComponentCounts, Finding, ImageVerdict, Verdict, WorkloadVerdict
from webhook.policy.judge import worst_first
from webhook.policy.phrases import count, explained, fix_words, score, state
from webhook.policy.plaintext import plain
from webhook.policy.remedies import assess_commands, how_to_ask

if TYPE_CHECKING:
    from webhook.policy.remedies import Hints


Judged = tuple[str, WorkloadVerdict]


def show(checked: Sequence[Judged], hints: Hints, ways: Ways) -> None:
    """Write the report.

    Args:
        checked: each target's name with the decision about it.
        hints: what to tell people to do.
        ways: what brings in components, as far as it was looked for.
    """
    for name, verdict in checked:
        say(f"{styled(verdict.action)}  {click.style(plain(name, 300), bold=True)}")
        for image in verdict.images:
            _show_image(image, ways, named=len(verdict.images) > 1 or image.verdict.image.text != name)
        say()
    if len(checked) > 1:
        totals = Counter(verdict.action for _, verdict in checked)
        shown = ", ".join(f"{totals[action]} {action.word}" for action in sorted(totals, reverse=True))
        say(f"{count(len(checked), 'target')}: {shown}")
        say()
    steps = list(dict.fromkeys(next_steps([image for _, verdict in checked for image in verdict.images], hints)))
    if steps and worst(verdict.action for _, verdict in checked) is not Action.ALLOW:
        say(click.style("What to do next:", bold=True))
        for step in steps:
            say(f"- {step}")


def _show_image(image: ImageVerdict, ways: Ways, *, named: bool) -> None:
    verdict = image.verdict
    if named:
        say(f"  {styled(verdict.action)}  {plain(verdict.image.text, 300)}")
    for container in image.containers:
        say(f"    in {plain(container, 200)}")
    if verdict.digest is not None and verdict.image.digest is None:
        say(f"    is {verdict.digest}")
    if verdict.counts.total:
        say(f"    {_counts(verdict.counts)}")
    weighty = [finding for finding in verdict.findings if finding.action is not Action.ALLOW]
    if weighty:
        rows = [
            (
                finding.action.word,
                finding.vulnerability.id,
                score(finding.vulnerability).removeprefix("CVSS "),
                finding.purl,
                "; ".join(filter(None, (explained(finding), fix_words(finding.vulnerability, finding.purl)))),
            )
            for finding in weighty
        ]
        print_table(("Action", "Vulnerability", "CVSS#", "Component", "Assessment"), rows, empty="", indent=4)
        show_ways(ways, verdict.image.text, (finding.purl for finding in weighty))
    allowed = Counter(state(finding) for finding in verdict.findings if finding.action is Action.ALLOW)
    if allowed:
        types = ", ".join(f"{number} {name}" for name, number in allowed.items())
        say(f"    {count(sum(allowed.values()), 'finding')} allowed: {types}")
    for reason in verdict.reasons:
        say(f"    {styled(reason.action)}  {plain(reason.text)}")


def _counts(counts: ComponentCounts) -> str:
    parts = (
        (counts.vulnerable, "vulnerable"),
        (counts.clean, "clean"),
        (counts.unknown, "unknown"),
        (counts.not_covered, "not covered"),
        (counts.unusable, "unusable"),
    )
    shown = ", ".join(f"{number} {name}" for number, name in parts if number)
    outside = f"; {counts.not_in_image} not in the image" if counts.not_in_image else ""
    return f"{count(counts.total, 'component')}: {shown}{outside}"


def next_steps(images: Sequence[ImageVerdict], hints: Hints) -> Iterator[str]:
    """What to do about images that are not simply admitted, a line each; the same line may come twice."""
    verdicts = [image.verdict for image in images]
    findings = sorted((finding for verdict in verdicts for finding in _weighty(verdict)), key=worst_first)
    if findings:
        yield "Use a version of the package, or an image, that does not have the vulnerability."
        for line in assess_commands(findings, hints.release_type):
            yield f"If it is harmless here: {line}"
    denied = [finding for finding in findings if finding.action is Action.DENY]
    if denied:
        yield f"To ask for an exception: {how_to_ask(denied, hints)}"
    for verdict in verdicts:
        for reason in verdict.reasons:
            if reason.action is not Action.ALLOW and reason.remedy:
                yield plain(reason.remedy)


def asking(verdict: WorkloadVerdict, hints: Hints) -> str:
    """How to ask for an exception from a denial; empty when no vulnerability denies."""
    findings = [finding for image in verdict.images for finding in image.verdict.findings]
    denied = sorted((finding for finding in findings if finding.action is Action.DENY), key=worst_first)
    return how_to_ask(denied, hints) if denied else ""


def _weighty(verdict: Verdict) -> list[Finding]:
    return [finding for finding in verdict.findings if finding.action is not Action.ALLOW]


_NO_ANSWERS = (
    "The database {} contains no answer from a vulnerability source, so nothing could be denied. If it is the right "
    "database, run `bomgate download`; otherwise, correct database.url."
)


@dataclass(frozen=True, slots=True)
class Checked:
    """A judged target.

    Attributes:
        name: as the report shows it.
        file: the file that it is in; empty for an image.
        verdict: the decision.
        is_sbom: whether it is an SBOM file, which the store does not have.
        lines: of a manifest, where the image of each container is written, by the container's label.
        ways: what brings in the components, with ``--explain``.
    """

    name: str
    file: str
    verdict: WorkloadVerdict
    is_sbom: bool = False
    lines: Mapping[str, int] = field(default_factory=dict)
    ways: Ways = field(default_factory=dict)

    @property
    def is_undecided(self) -> bool:
        """Whether judging one of its images failed."""
        return any(reason.code == "error" for image in self.verdict.images for reason in image.verdict.reasons)


@dataclass(frozen=True, slots=True)
class Report:
    """What ``bomgate check`` says.

    Attributes:
        checked: the judged targets.
        left: objects with something like containers that no verdict is about.
        strict: they make the check undecided.
        has_answers: the database holds at least one answer of a vulnerability source.
    """

    checked: Sequence[Checked]
    left: Sequence[Unjudged]
    strict: bool
    has_answers: bool

    @property
    def action(self) -> Action:
        """The worst of all targets."""
        return worst(result.verdict.action for result in self.checked)

    @property
    def is_undecided(self) -> bool:
        """Whether something could not be decided."""
        judged = self.has_answers and not any(result.is_undecided for result in self.checked)
        return not judged or (self.strict and bool(self.left))

    def print(self, output: str, failed_on: tuple[str, ...], parts: Parts) -> None:
        """Write it to standard output, and what a person should know beside it to standard error."""
        checked = self.checked
        if output == "sarif":
            from webhook.cli.sarif import SarifTarget, sarif

            described = [SarifTarget(result.name, result.file, result.verdict, result.lines) for result in checked]
            print_json(sarif(described, self.left))
        elif output == "junit":
            from webhook.cli.junit import junit

            say(junit([(result.name, result.verdict) for result in checked], self.left, strict=self.strict))
        elif output == "json":
            from webhook.cli.shapes import CheckShape, ImageShape, TargetShape, UnjudgedShape

            shapes = tuple(
                UnjudgedShape(entry.title, entry.places, entry.nowhere, entry.entries) for entry in self.left
            )
            targets = tuple(
                TargetShape(
                    result.name,
                    result.verdict.action.word,
                    tuple(ImageShape.of(each.verdict, each.containers, result.ways) for each in result.verdict.images),
                    asking(result.verdict, parts.hints),
                )
                for result in checked
            )
            print_json(CheckShape(self.action.word, targets, shapes, failed_on, self.has_answers))
        else:
            ways = {key: way for result in checked for key, way in result.ways.items()}
            show([(result.name, result.verdict) for result in checked], parts.hints, ways)
            for result in checked:
                if result.is_sbom and any(image.verdict.counts.unknown for image in result.verdict.images):
                    note(
                        f"Nobody asked about some components of {result.name} yet: add it with `bomgate sbom add "
                        f"{result.name} --image REF@sha256:…`, then run `bomgate download`."
                    )
        for missed in self.left:
            note(f"{missed.title}: {missed.sentence}")
        if failed_on:
            note(f"Fails by --fail-on: {', '.join(failed_on)}.")
        if not self.has_answers:
            from webhook.store.addresses import parse_address, shown_address

            note(_NO_ANSWERS.format(shown_address(parse_address(parts.settings.database.url))))
