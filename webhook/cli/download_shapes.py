"""The JSON of ``bomgate download``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from webhook.cli.vex_shapes import VexSourceShape
from webhook.engines.matching.updates import MatchReport, SetUpdate
from webhook.engines.vexintake import VexUpdate
from webhook.model.downloads import DownloadReport


@dataclass(frozen=True, slots=True)
class AdvisorySetShape:
    """A set of advisories after a download."""

    source: Annotated[str, "Name of the source."]
    ecosystem: Annotated[str, "Such as Debian."]
    advisories: Annotated[int, "How many count now."]
    changed: Annotated[bool, "Whether they are others than before."]
    problem: Annotated[str, "Why they could not be brought up to date; empty when they were."]


@dataclass(frozen=True, slots=True)
class ExploitSetShape:
    """A set of data about attacks after a download."""

    source: Annotated[str, "Name of the source."]
    kind: Annotated[str, "KEV or EPSS."]
    entries: Annotated[int, "How many vulnerabilities it names."]
    changed: Annotated[bool, "Whether it is another than before."]
    auto_assessed: Annotated[int, "Pairs of vulnerability and package that a type assessed because of it."]
    problem: Annotated[str, "Why it could not be brought up to date; empty when it was."]


@dataclass(frozen=True, slots=True)
class DownloadShape:
    """``bomgate download --output json``."""

    asked: Annotated[int, "Components sent to the source."]
    answered: Annotated[int, "Components it answered for."]
    vulnerable: Annotated[int, "Of those, how many have a vulnerability."]
    skipped: Annotated[
        Mapping[str, int],
        "Components not asked, by reason: not-covered, fresh, budget, no-version, rejected, stopped, dry-run.",
    ]
    failed: Annotated[int, "Components asked without success because the source did not work."]
    unknown: Annotated[int, "Components that the source left out of its answers."]
    new_vulnerabilities: Annotated[int, "Pairs of vulnerability and package that are new."]
    auto_assessed: Annotated[int, "Pairs that a CVSS range assessed: new ones, and those that scored into it only now."]
    credits_used: Annotated[float | None, "As the source states it; null when it does not."]
    credits_remaining: Annotated[float | None, "As the source stated it last; null when it did not."]
    complete: Annotated[bool, "Whether everything wanted was asked; false makes the exit code 3."]
    forms: Annotated[
        int, "Coordinates sent: more than one for a component of which nobody knows how the source calls it."
    ] = 0
    advisories: Annotated[
        Sequence[AdvisorySetShape], "Sets of advisories that were brought up to date; empty without osv sources."
    ] = ()
    matched: Annotated[int, "Components compared with advisories."] = 0
    matched_vulnerable: Annotated[int, "Of those, how many have a vulnerability."] = 0
    exploits: Annotated[Sequence[ExploitSetShape], "Sets of kev and epss sources that were brought up to date."] = ()
    vex: Annotated[Sequence[VexSourceShape], "Sources of VEX documents that were read; empty without any."] = ()

    @classmethod
    def of(
        cls,
        one: DownloadReport,
        matched: MatchReport | None = None,
        exploits: Sequence[SetUpdate] = (),
        stated: Sequence[VexUpdate] = (),
    ) -> DownloadShape:
        """From the model."""
        updates = () if matched is None else matched.updates
        return cls(
            asked=one.asked,
            answered=one.answered,
            vulnerable=one.vulnerable,
            skipped=dict(one.skipped),
            failed=one.failed,
            unknown=one.unknown,
            new_vulnerabilities=one.new_vulnerabilities,
            auto_assessed=one.auto_assessed,
            credits_used=one.credits_used,
            credits_remaining=one.credits_remaining,
            complete=is_whole(one, matched, exploits, stated),
            forms=one.forms,
            advisories=tuple(
                AdvisorySetShape(update.source, update.ecosystem, update.advisories, update.changed, update.problem)
                for update in updates
            ),
            matched=0 if matched is None else matched.matched,
            matched_vulnerable=0 if matched is None else matched.vulnerable,
            exploits=tuple(
                ExploitSetShape(
                    update.source, update.ecosystem, update.advisories, update.changed, update.assessed, update.problem
                )
                for update in exploits
            ),
            vex=tuple(map(VexSourceShape.of, stated)),
        )


def is_whole(
    report: DownloadReport, matched: MatchReport | None, exploits: Sequence[SetUpdate], stated: Sequence[VexUpdate]
) -> bool:
    """Whether everything was asked and answered, and every source has said what it has."""
    return (
        report.complete
        and (matched is None or matched.complete)
        and not any(update.problem for update in exploits)
        and all(update.is_whole for update in stated)
    )
