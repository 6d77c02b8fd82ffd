"""``bomgate check``: the decision of the webhook, without a cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import msgspec

from webhook.bootstrap import Parts, ThreadBackground
from webhook.cli.check_text import Checked, Report
from webhook.cli.check_ways import ways_of
from webhook.cli.exits import Exit, exit_of
from webhook.cli.fail_on import FailOnType, met
from webhook.cli.options import global_options, invocation, output_option
from webhook.cli.output import note
from webhook.cli.targets import ImageTarget, ManifestTarget, Recogniser, ReviewTarget, SbomTarget, Target
from webhook.cli.unjudged import unjudged
from webhook.cli.verbs import Verb
from webhook.clients.directory import digest_in_name
from webhook.errors import InvalidInput
from webhook.model.actions import Action
from webhook.model.components import ComponentState
from webhook.model.deadlines import Deadline
from webhook.model.images import ImageRef
from webhook.model.verdicts import ImageVerdict, WorkloadVerdict
from webhook.model.workloads import ContainerRef, ContainerRole
from webhook.policy.phrases import count
from webhook.policy.scopes import check_namespace


@click.command(
    "check",
    cls=Verb,
    examples=(
        "bomgate check web.cdx.json                         # an SBOM; nothing is written to the database",
        "bomgate check registry.corp/shop/web:1.4",
        "helm template ./chart | bomgate check - --namespace shop",
        "bomgate check deploy/ingress.yaml deploy/web.yaml --output sarif > bomgate.sarif",
        "bomgate check review.json                          # an AdmissionReview is answered with one",
    ),
)
@click.option(
    "--fail-on",
    type=FailOnType(),
    default=(),
    metavar="CONDITION[,…]",
    help=(
        "Also exit with 1 for: warn, unknown, missing-sbom, or low, medium, high or critical for "
        "findings of that severity or worse that no assessment allows."
    ),
)
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...", type=click.Path())
@click.option(
    "--namespace", default="", metavar="NS", help=("Namespace of the workload, unless the manifest names one.")
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to search for the SBOM of an unknown image.",
)
@click.option(
    "--explain", is_flag=True, help="Also show which dependency brings in each component that counts, as the SBOM says."
)
@click.option("--strict", is_flag=True, help="Exit with 3 if a possible container was not checked.")
@global_options
@output_option("sarif", "junit")
def command(targets: Sequence[str], output: str, **given: Any) -> Exit:
    """Evaluate TARGETs as the webhook would, with the SBOMs, answers and assessments in the database.

    Exits with 3 if the database contains no answer from a vulnerability source, because then nothing could be denied.

    A TARGET is an SBOM file, an image reference, a Kubernetes manifest (YAML or JSON, several documents), an
    AdmissionReview (JSON), or - for any of these on standard input. If a file with this name exists, TARGET is that
    file.
    """
    if given["namespace"]:
        check_namespace(given["namespace"])
    parts, strict = invocation().parts(), bool(given["strict"])
    recogniser = Recogniser(parts.parse_sbom, parts.settings.policy.extra_kinds, with_lines=output == "sarif")
    recognised = [recogniser.recognise(word) for word in targets]
    checker = TargetChecker(parts, given["namespace"], given["timeout"])
    reviews = [target for target in recognised if isinstance(target, ReviewTarget)]
    if reviews:
        if len(recognised) > 1 or output not in ("table", "json") or given["fail_on"]:
            raise InvalidInput(
                "An AdmissionReview is answered with an AdmissionReview, so it is checked alone and as JSON.",
                remedy="Check it in a separate call, without --output and --fail-on.",
            )
        return checker.answer(reviews[0], strict=strict)
    report = Report(
        checked=[result for target in recognised for result in checker.check(target, explain=bool(given["explain"]))],
        left=[entry for target in recognised if isinstance(target, ManifestTarget) for entry in target.unjudged],
        strict=strict,
        has_answers=checker.has_answers,
    )
    failed_on = met(given["fail_on"], [result.verdict for result in report.checked])
    report.print(output, failed_on, parts)
    return exit_of(Action.DENY if failed_on else report.action, undecided=report.is_undecided)


class TargetChecker:
    """Judges targets with the parts of the webhook.

    Args:
        parts: of this process.
        namespace: for what states none.
        timeout: seconds for the search for one target's SBOMs.
    """

    def __init__(self, parts: Parts, namespace: str, timeout: float) -> None:
        self._parts, self._namespace, self._timeout = parts, namespace, timeout
        self._background = ThreadBackground()
        self._checker = parts.checker(self._background)
        self._judge = parts.judge(self._checker)
        parts.refresher.refresh()

    @property
    def has_answers(self) -> bool:
        """Whether a source has ever answered for a component, or advisories are kept where nobody is asked."""
        counts, sources = self._parts.model.counts(), self._parts.sources
        if counts[ComponentState.CLEAN] + counts[ComponentState.VULNERABLE] > 0:
            return True
        if sources.asks or not sources.matches:
            return False
        return any(not info.is_unreadable for info in self._parts.store.advisories.sets())

    def check(self, target: Target, *, explain: bool = False) -> Iterator[Checked]:
        """Judge one target; a manifest gives one result for each of its workloads.

        Args:
            target: what was named.
            explain: whether to look for what brings components in.
        """
        sbom = target.sbom if isinstance(target, SbomTarget) else None
        for checked in self._checked(target):
            yield replace(checked, ways=ways_of(self._parts, checked.verdict, sbom)) if explain else checked

    def _checked(self, target: Target) -> Iterator[Checked]:
        if isinstance(target, SbomTarget):
            verdict = self._parts.sbom_checker(self._checker).check(target.sbom, _named(target.name), self._namespace)
            judged_sbom = WorkloadVerdict(verdict.action, (ImageVerdict(verdict, ()),))
            yield Checked(target.name, target.name, judged_sbom, is_sbom=True)
        elif isinstance(target, ImageTarget):
            container = ContainerRef(ContainerRole.CONTAINER, "", target.name, "")
            judged = self._judge.judge([container], self._namespace, self._deadline())
            images = tuple(ImageVerdict(image.verdict, ()) for image in judged.images)
            yield Checked(target.name, "", WorkloadVerdict(judged.action, images))
        elif isinstance(target, ManifestTarget):
            if not target.workloads and not target.unjudged:
                note(f"{target.name}: nothing in it names an image ({count(target.others, 'other object')}).")
            for workload, lines in zip(target.workloads, target.lines, strict=True):
                if workload.nowhere and not workload.is_blank:
                    note(f"{target.name}#{workload.kind}/{workload.name}: nothing is at {', '.join(workload.nowhere)}.")
                where = workload.namespace or self._namespace
                verdict_of_all = self._judge.judge(workload.containers, where, self._deadline(), workload.pull_access)
                title = f"{target.name}#{workload.kind}/{workload.name or '(unnamed)'}"
                yield Checked(title, target.name, verdict_of_all, lines=lines)

    def answer(self, target: ReviewTarget, *, strict: bool = False) -> Exit:
        """Answer an AdmissionReview on standard output, as the webhook answers it."""
        from webhook.api.reviews import decode_review, encode_response
        from webhook.bootstrap.admission import ReviewNotes, make_reviewer
        from webhook.engines.admission.admissions import PastAdmissions
        from webhook.engines.admission.confirming import Confirmations

        kinds = self._parts.settings.policy.extra_kinds
        request = decode_review(target.body, kinds)
        admissions = Confirmations(PastAdmissions(self._parts.store.admissions), self._parts.clock)
        # A check from the command line admits nothing.
        notes = ReviewNotes(lambda _: None, admissions, lambda _: None)
        reviewer = make_reviewer(self._parts, self._checker, notes, self._background)
        response = reviewer.review(request, self._deadline())
        click.echo(encode_response(response))
        if not response.allowed:
            return Exit.DENIED
        reviewed = msgspec.json.decode(target.body)["request"].get("object")
        missed = unjudged(target.name, reviewed, request.workload, kinds) if isinstance(reviewed, dict) else None
        if missed is not None:
            note(f"{missed.title}: {missed.sentence}")
        undecided = response.reason == "error" or not self.has_answers or (strict and missed is not None)
        return Exit.UNDECIDED if undecided else Exit.DONE

    def _deadline(self) -> Deadline:
        return Deadline(self._parts.clock.monotonic() + self._timeout)


def _named(name: str) -> ImageRef:
    """What stands for the image of an SBOM file; its name may state the image's digest."""
    return ImageRef(host="", repository=name, tag=None, digest=digest_in_name(Path(name).name), text=name)
