"""Downloads: what a run of the downloader wants, what a source answered, and what the run did."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from webhook.errors import SourceError
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import ComponentAnswer


class WantedComponent(msgspec.Struct, frozen=True, gc=False):
    """A component that a run should ask for.

    Attributes:
        purl: canonical coordinates.
        never_asked: no source was ever asked for it (or it never answered).
        seen: an image that contains it was seen running or was refused.
        images: how many images contain it.
    """

    purl: Purl
    never_asked: bool
    seen: bool
    images: int


class Names(msgspec.Struct, frozen=True):
    """What helps a source to ask for a component.

    Attributes:
        spellings: what SBOMs called it, other than by its key.
        settled: forms to which the source has answered *nothing known* lately, and that need not be asked again.
    """

    spellings: tuple[Purl, ...] = ()
    settled: frozenset[Purl] = frozenset()


class BatchAnswer(msgspec.Struct, frozen=True):
    """What a source said about one batch.

    Attributes:
        answers: one for each component it knows; clean ones have no vulnerabilities.
        unanswered: asked, but left out of the answer: unknown, never clean.
        rejected: components the source refuses to look up, with its sentence.
        requests: HTTP requests that it took, retries included.
        credits_used, credits_remaining: as the source states them, None when it does not.
        settled: components with a form that no SBOM wrote and of which the source knows nothing.
        forms: coordinates that were sent, more than one for some components.
        failure: why the components in none of the lists were not looked up; None when there are none.
        pending: the source will know them soon: neither answered nor asked in vain, and due again at once.
    """

    answers: tuple[ComponentAnswer, ...]
    unanswered: tuple[Purl, ...] = ()
    rejected: tuple[tuple[Purl, str], ...] = ()
    requests: int = 1
    credits_used: float | None = None
    credits_remaining: float | None = None
    settled: tuple[tuple[Purl, Purl], ...] = ()
    forms: int = 0
    failure: SourceError | None = None
    pending: tuple[Purl, ...] = ()


class RecordResult(msgspec.Struct, frozen=True):
    """What recording a batch changed."""

    new_vulnerabilities: int
    auto_assessed: int
    vulnerable: int
    revision: int


class SourceStatus(msgspec.Struct, frozen=True):
    """What ``bomgate source check`` found.

    Attributes:
        ok: whether components can be looked up now.
        url: the address asked.
        identity: how bomgate authenticates, without any secret, such as ``token (Bearer)`` or ``a user (Basic)``.
        message: one sentence.
        remedy: what to do when not ok; empty otherwise.
        credits_remaining: when stated.
    """

    ok: bool
    url: str
    identity: str
    message: str
    remedy: str = ""
    credits_remaining: float | None = None


class DownloadReport(msgspec.Struct, frozen=True):
    """What a run of the downloader did; the JSON of ``bomgate download --output json``.

    Attributes:
        asked: components sent to the source.
        answered: components it answered for.
        vulnerable: of those, how many have a vulnerability.
        skipped: wanted components that were not asked, by reason (``not-covered``, ``budget``, ``fresh`` …).
        failed: components asked without success because the source did not work.
        unknown: components the source left out of its answers.
        forms: coordinates sent, more than one for a component of which nobody knows how the source calls it; each can
            cost a credit.
        new_vulnerabilities: pairs of vulnerability and package that entered the store.
        auto_assessed: pairs that a CVSS range assessed: new ones, and those that scored into it only now.
        credits_used: as the source states it, None when it does not.
        credits_remaining: as the source stated it last, None when it did not.
        complete: everything wanted was asked; False makes the exit code 3.
        stopped_by: why the run ended early; empty when complete.
        stopped_code: the same for machines: an error's code, or ``budget``; empty when complete, and in old records.
    """

    asked: int = 0
    answered: int = 0
    vulnerable: int = 0
    skipped: Mapping[str, int] = msgspec.field(default_factory=dict)
    failed: int = 0
    unknown: int = 0
    forms: int = 0
    new_vulnerabilities: int = 0
    auto_assessed: int = 0
    credits_used: float | None = None
    credits_remaining: float | None = None
    complete: bool = True
    stopped_by: str = ""
    stopped_code: str = ""
