"""Messages: verdicts as people read them in kubectl, in events and in logs.

What is meant to be pasted into a shell is quoted, for the names in it come from strangers.
Source: kubernetes/apiserver, endpoints/filters/warning.go (what happens to long or odd warnings).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from webhook.model.actions import Action
from webhook.model.grants import BREAK_GLASS_ANNOTATION
from webhook.model.verdicts import Finding, ImageVerdict, Reason, Verdict, WorkloadVerdict
from webhook.policy.judge import score_to_sort
from webhook.policy.phrases import (
    MAX_ID,
    MAX_PURL,
    MAX_TEXT,
    advised,
    explained,
    rated,
    score,
    state,
    title,
)
from webhook.policy.plaintext import cut, plain
from webhook.policy.remedies import MAX_NAME, Hints, assess_commands, how_to_ask
from webhook.policy.scores import UNSCORED

MAX_DENIAL = 3_000
MAX_WARNING = 250
MAX_WARNINGS = 10
_MAX_WAYS_OUT = 1_000
_MAX_ADDITION = 500
_BREAK_GLASS_RIGHT = "breakglass.bomgate.dev"


def denial(workload: str, verdict: WorkloadVerdict, hints: Hints) -> str:
    """The full text of a denial, several lines, at most :data:`MAX_DENIAL` characters.

    The first line says the worst on its own, because an event keeps little more than that.

    Args:
        workload: its title, such as ``Deployment shop/web``.
        verdict: what was decided about it.
        hints: what to tell people to do.
    """
    return with_title(workload, grounds(verdict, hints))


def with_title(workload: str, text: str) -> str:
    """Prefix the :func:`grounds` of a denial with the title of its workload."""
    return f"{plain(workload, MAX_NAME)} is denied{text}"


def with_addition(text: str, addition: str) -> str:
    """Append a line to a denial, keeping within :data:`MAX_DENIAL` characters."""
    line = plain(addition, _MAX_ADDITION)
    return f"{cut(text, MAX_DENIAL - len(line) - 1)}\n{line}"


def grounds(verdict: WorkloadVerdict, hints: Hints) -> str:
    """A denial without the workload's title: the same for every workload with the same images.

    Args:
        verdict: what was decided.
        hints: what to tell people to do.
    """
    denied = [image_verdict for image_verdict in _in_order(verdict) if image_verdict.verdict.action is Action.DENY]
    top = _headline(denied)
    bottom = "\n".join(("What to do:", *(f"- {line}" for line in _ways_out(denied, hints))))
    most = MAX_DENIAL - MAX_NAME - len(" is denied")
    room = most - len(top) - len(bottom) - 80
    blocks = [block for verdict in denied for block in _blocks(verdict)]
    shown: list[str] = []
    for block in blocks:
        room -= len(block) + 1
        if room < 0:
            break
        shown.append(block)
    left = len(blocks) - len(shown)
    if left:
        shown.append(f"and {left} more that {'denies' if left == 1 else 'deny'}; `bomgate check` lists everything")
    return cut("\n".join((top, *shown, bottom)), most)


def warnings(verdict: WorkloadVerdict, hints: Hints) -> tuple[str, ...]:
    """One line for each image that is not simply allowed, worst first.

    Each line has at most :data:`MAX_WARNING` characters and no control characters, else the API server drops it; there
    are at most :data:`MAX_WARNINGS` of them.

    Args:
        verdict: what was decided about the workload.
        hints: where to see the rest.
    """
    judged = [image_verdict for image_verdict in _in_order(verdict) if image_verdict.verdict.action is not Action.ALLOW]
    lines = list(dict.fromkeys(_warning(verdict) for verdict in judged))
    if len(lines) <= MAX_WARNINGS:
        return tuple(lines)
    shown = lines[: MAX_WARNINGS - 1]
    where = plain(hints.console_url, MAX_NAME) or "`bomgate check`"
    return (*shown, f"and {len(lines) - len(shown)} more images, see {where}")


def _in_order(verdict: WorkloadVerdict) -> list[ImageVerdict]:
    return sorted(verdict.images, key=_image_rank)


def _image_rank(judged: ImageVerdict) -> tuple[int, float, int, str]:
    one = judged.verdict
    top = score_to_sort(one.findings[0]) if one.findings else -1.0
    return (-one.action, -top, -len(one.findings), one.image.text)


def _causes(verdict: Verdict, least: Action) -> list[Finding | Reason]:
    """Findings and reasons that ask for ``least`` or worse, worst first."""
    causes: list[Finding | Reason] = [*verdict.findings, *verdict.reasons]
    return sorted((cause for cause in causes if cause.action >= least), key=lambda cause: -cause.action)


def _short(cause: Finding | Reason) -> str:
    """A cause in one clause."""
    if isinstance(cause, Reason):
        return plain(cause.text, MAX_WARNING).rstrip(".")
    component = plain(cause.purl.removeprefix("pkg:"), MAX_PURL)
    vulnerability = cause.vulnerability
    remark = cause.note.removeprefix(UNSCORED).removeprefix("; ")  # the score already says so
    note = f" ({plain(remark, MAX_TEXT)})" if remark else ""
    return f"{plain(vulnerability.id, MAX_ID)} {score(vulnerability)} in {component} {state(cause)}{note}"


def _warning(judged: ImageVerdict) -> str:
    one = judged.verdict
    # The end of the field path is enough: containers[0] (web).
    container = plain(judged.containers[0], MAX_NAME).rpartition("spec.")[2] if judged.containers else ""
    more = f" +{len(judged.containers) - 1}" if len(judged.containers) > 1 else ""
    where = f"{cut(container, 60)}{more}: " if container else ""
    would = " would be denied" if one.action is Action.DENY else ""
    line = f"{where}{plain(one.image.text, 100)}{would}: "
    causes = _causes(one, Action.WARN)
    for number, cause in enumerate(causes):
        rest = f"; and {len(causes) - number} more"
        clause = f"{'; ' if number else ''}{_short(cause)}"
        last = number == len(causes) - 1
        if number and len(line) + len(clause) + (0 if last else len(rest)) > MAX_WARNING:
            return line + rest
        line += clause if last else cut(clause, MAX_WARNING - len(line) - len(rest))
    return cut(line, MAX_WARNING)


def _headline(denied: Sequence[ImageVerdict]) -> str:
    causes = [(verdict, cause) for verdict in denied for cause in _causes(verdict.verdict, Action.DENY)]
    if not causes:
        return "."
    judged, cause = causes[0]
    more = f" (and {len(causes) - 1} more)" if len(causes) > 1 else ""
    return f": image {plain(judged.verdict.image.text, MAX_NAME)}: {_short(cause)}{more}."


def _blocks(judged: ImageVerdict) -> Iterator[str]:
    """The denying causes of an image, a few lines each, below the image's own lines."""
    one = judged.verdict
    head = [", ".join(plain(label, MAX_NAME) for label in judged.containers[:3]) or "image"]
    if len(judged.containers) > 3:
        head[0] += f" and {len(judged.containers) - 3} more"
    head[0] += f": {plain(one.image.text, MAX_NAME)}"
    head.append(f"  digest: {one.digest or 'not known'}")
    for cause in _causes(one, Action.DENY):
        lines = [f"  - {plain(cause.text, 400)}"] if isinstance(cause, Reason) else list(_finding_lines(cause))
        yield "\n".join((*head, *lines))
        head = []


def _finding_lines(finding: Finding) -> Iterator[str]:
    yield f"  - {plain(finding.purl, MAX_PURL)}: {rated(finding.vulnerability)}"
    said = title(finding.vulnerability)
    if said:
        yield f"    {said}"
    yield from (f"    {line}" for line in advised(finding))
    yield f"    {explained(finding)}"
    if finding.assessment is not None and finding.assessment.comment:
        yield f"    comment: {plain(finding.assessment.comment, MAX_TEXT)}"


def _ways_out(denied: Sequence[ImageVerdict], hints: Hints) -> Iterator[str]:
    causes = [cause for verdict in denied for cause in _causes(verdict.verdict, Action.DENY)]
    findings = [cause for cause in causes if isinstance(cause, Finding)]
    if findings:
        yield "use a version of the package, or an image, that does not have the vulnerability"
        room = _MAX_WAYS_OUT
        for command in assess_commands(findings, hints.release_type):
            room -= len(command)
            if room < 0:
                yield "the rest likewise"
                break
            yield f"if it is harmless here: {command}"
        yield f"to ask for an exception: {how_to_ask(findings, hints)}"
    yield from list(dict.fromkeys(plain(cause.remedy, 250) for cause in causes if isinstance(cause, Reason)))[:3]
    if hints.console_url:
        yield f"see and assess it in the console: {plain(hints.console_url, MAX_NAME)}"
    if hints.break_glass:
        right = f"requires permission to use {_BREAK_GLASS_RIGHT}"
        yield f"in an emergency: annotate the object with {BREAK_GLASS_ANNOTATION}: <ticket>; {right}"
