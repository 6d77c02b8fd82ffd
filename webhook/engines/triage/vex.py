"""What VEX documents say of a vulnerability or an image, and what each statement does; by the rule of `vex explain`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from webhook.engines.readmodel import ReadModel
from webhook.engines.triage.board import Board
from webhook.engines.triage.boards import BoardSource
from webhook.engines.triage.judged import KnownImage
from webhook.model.changes import VulnerableComponent
from webhook.model.images import Digest
from webhook.model.vex import VexOriginKind
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.precedence import Place
from webhook.policy.sameness import with_shared_names
from webhook.policy.vex import Claim
from webhook.policy.vexexplaining import ExplainedClaim, explain_vex
from webhook.policy.vexmatching import Miss
from webhook.ports import Clock

_MOST_IMAGES, _MOST_SPACES, _MOST_CLAIMS = 50, 5, 200
_ELSEWHERE = (Miss.VULNERABILITY, Miss.PRODUCT)


@dataclass(frozen=True, slots=True)
class StatedVex:
    """A statement, and what it does in the images that people see.

    Attributes:
        explained: what it does in one of the images where it does most.
        images: those in which it makes findings ones that are allowed.
        signer: what people call the key or the source that is trusted; empty for none.
    """

    explained: ExplainedClaim
    images: tuple[KnownImage, ...]
    signer: str


class VexLists:
    """Explains what VEX documents say.

    Args:
        model: what is known.
        boards: images and what runs.
        clock: time.
    """

    def __init__(self, model: ReadModel, boards: BoardSource, clock: Clock) -> None:
        self._model, self._boards, self._clock = model, boards, clock

    def of_vulnerability(self, one: Vulnerability, digests: Iterable[Digest]) -> tuple[StatedVex, ...]:
        """What is said of a vulnerability.

        Args:
            one: the vulnerability.
            digests: of the images that have it; of many some are looked at.
        """
        names = {name.casefold() for name in one.identifiers}
        claims = self._claims(names)
        if not claims:
            return ()
        board = self._boards.now()
        known = [board.by_digest[digest] for digest in digests if digest in board.by_digest]
        return self._stated(claims, known[:_MOST_IMAGES], names, board)

    def of_image(self, digest: Digest) -> tuple[StatedVex, ...]:
        """What is said of the vulnerabilities of an image."""
        board = self._boards.now()
        known = board.by_digest.get(digest)
        if known is None or not self._model.assessments.vex.kept:
            return ()
        names = {
            name.casefold()
            for component in self._vulnerable(digest, None)
            for vulnerability in component.vulnerabilities
            for name in vulnerability.identifiers
        }
        return self._stated(self._claims(names), [known], names, board)

    def _claims(self, names: set[str]) -> list[Claim]:
        """The statements about vulnerabilities of these names, in lower case, that may be seen."""
        limits, by_name = self._boards.now().limits, self._model.assessments.vex.by_name
        found = {id(claim): claim for name in sorted(names) for claim in by_name.get(name, ())}
        return [
            claim
            for claim in found.values()
            if limits is None or not claim.kept.origin.namespace or claim.kept.origin.namespace in limits
        ][:_MOST_CLAIMS]

    def _vulnerable(self, digest: Digest, names: set[str] | None) -> list[VulnerableComponent]:
        """The vulnerable components of an image; only those with a vulnerability of these names."""
        facts = self._model.facts(digest)
        found = []
        for component in () if facts is None else facts.vulnerable:
            shared = with_shared_names(component.vulnerabilities)
            if names is not None:
                shared = tuple(each for each in shared if not names.isdisjoint(map(str.casefold, each.identifiers)))
            if shared:
                found.append(VulnerableComponent(component.purl, shared))
        return found

    def _stated(
        self, claims: Sequence[Claim], images: Sequence[KnownImage], names: set[str], board: Board
    ) -> tuple[StatedVex, ...]:
        best: dict[int, ExplainedClaim] = {}
        loosened: dict[int, dict[Digest, KnownImage]] = {}
        for image in images:
            components = self._vulnerable(image.digest, names)
            for place in self._places(image, board):
                explained = explain_vex(self._model.assessments, components, place, self._clock.now(), claims)
                for number, one in enumerate(explained):
                    if one.miss is None:
                        loosened.setdefault(number, {})[image.digest] = image
                    if number not in best or _nearness(one) > _nearness(best[number]):
                        best[number] = one
        return tuple(
            StatedVex(one, tuple(loosened.get(number, {}).values()), self._signer(one.claim))
            for number, one in sorted(best.items(), key=lambda pair: (-_nearness(pair[1]), pair[0]))
            if not _is_elsewhere(one)
        )

    def _places(self, image: KnownImage, board: Board) -> list[Place]:
        """Where to ask: as for no namespace, and where the image runs if that can make a difference."""
        spaces = [""]
        if self._model.assessments.vex.namespaces:
            spaces += sorted({board.workloads[place].workload.namespace for place in image.workloads})[:_MOST_SPACES]
        return [Place(image.verdict.image, image.digest, space) for space in spaces]

    def _signer(self, claim: Claim) -> str:
        entries = self._model.assessments.vex.trust.of(claim.kept.origin) or ()
        return next((entry.label for entry in entries if entry.label), "")


def _nearness(one: ExplainedClaim) -> int:
    return len(Miss) + 1 if one.miss is None else int(one.miss)


def _is_elsewhere(one: ExplainedClaim) -> bool:
    """Whether a statement is attached to an image that is none of those asked about, which may not be seen."""
    return one.claim.kept.origin.kind is VexOriginKind.ATTESTATION and one.miss in _ELSEWHERE
