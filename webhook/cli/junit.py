"""JUnit XML: the report of ``bomgate check`` for CI servers that show tests.

A target is a suite and an image is a test: a denial fails it, a failed decision is an error of it, a warning passes and
stands in its output. What was not judged is a skipped test, or an error where that is asked for. Source: the schema of
the Jenkins xUnit plugin (junit-10.xsd), which most CI servers read.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from webhook.cli.unjudged import Unjudged
from webhook.model.actions import Action
from webhook.model.verdicts import ImageVerdict, Verdict, WorkloadVerdict
from webhook.policy.phrases import explained, rated
from webhook.policy.plaintext import plain


def junit(
    checked: Sequence[tuple[str, WorkloadVerdict]], left: Sequence[Unjudged] = (), *, strict: bool = False
) -> str:
    """The report.

    Args:
        checked: each target's name with the decision about it.
        left: what was not judged.
        strict: whether that is an error.
    """
    root = Xml.Element("testsuites", name="bomgate check")
    totals = {"tests": 0, "failures": 0, "errors": 0}
    for name, verdict in checked:
        suite = Xml.SubElement(root, "testsuite", name=plain(name, 300))
        counts = {"tests": len(verdict.images), "failures": 0, "errors": 0}
        for image in verdict.images:
            kind = _case(suite, name, image)
            if kind:
                counts[kind] += 1
        for key, number in counts.items():
            suite.set(key, str(number))
            totals[key] += number
    for missed in left:
        _missed(root, missed, totals, strict=strict)
    for key, number in totals.items():
        root.set(key, str(number))
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=True)


def _missed(root: Xml.Element, missed: Unjudged, totals: dict[str, int], *, strict: bool) -> None:
    """Add an object that was not judged: a test that was skipped, or an error."""
    errors = int(strict)
    counts = {"tests": "1", "failures": "0", "errors": str(errors), "skipped": str(1 - errors)}
    suite = Xml.SubElement(root, "testsuite", {"name": plain(missed.title, 300), **counts})
    case = Xml.SubElement(suite, "testcase", name="not judged", classname=plain(missed.title, 300))
    if strict:
        Xml.SubElement(case, "error", message=plain(missed.sentence), type="not-judged")
    else:
        Xml.SubElement(case, "skipped", message=plain(missed.sentence))
    totals["tests"] += 1
    totals["errors"] += errors


def _case(suite: Xml.Element, target: str, image: ImageVerdict) -> str:
    """Add an image; the count that it raises, if any."""
    verdict = image.verdict
    case = Xml.SubElement(suite, "testcase", name=plain(verdict.image.text, 300), classname=plain(target, 300))
    text = "\n".join(_lines(verdict))
    if verdict.action is Action.DENY:
        Xml.SubElement(case, "failure", message=_headline(verdict), type="denied").text = text
        return "failures"
    if any(reason.code == "error" for reason in verdict.reasons):
        Xml.SubElement(case, "error", message=_headline(verdict), type="undecided").text = text
        return "errors"
    if text:
        Xml.SubElement(case, "system-out").text = text
    return ""


def _headline(verdict: Verdict) -> str:
    lines = _lines(verdict)
    return lines[0] if lines else verdict.action.word


def _lines(verdict: Verdict) -> list[str]:
    """What is not simply allowed, worst first."""
    causes = [
        (
            -finding.action,
            f"{finding.action.word}: {plain(finding.purl)}: {rated(finding.vulnerability)}; {explained(finding)}",
        )
        for finding in verdict.findings
    ]
    causes += [
        (-reason.action, f"{reason.action.word}: {plain(reason.text)} {plain(reason.remedy)}")
        for reason in verdict.reasons
    ]
    return [line for rank, line in sorted(causes, key=lambda cause: cause[0]) if rank != -Action.ALLOW]
