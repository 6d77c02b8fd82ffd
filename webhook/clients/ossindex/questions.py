"""Questions: components with the forms in which each is asked for, and what the answers to the forms say together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from webhook.clients.ossindex.convert import join
from webhook.clients.ossindex.forms import Form, forms, usual_forms
from webhook.model.downloads import Names
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import ComponentAnswer

NO_NAMES: Mapping[Purl, Names] = {}
NO_FORMS: Mapping[Purl, tuple[Form, ...]] = {}
_NO_NAMES = Names()


@dataclass(slots=True)
class Questions:
    """What one call asks for, and what has been answered so far.

    Attributes:
        plain: components that are asked for by their key alone, and of which nothing else has to be known.
        forms: by component, those in which each of the others is asked for.
        names: by component, what the forms were made from.
        answers: by form.
        unanswered: forms that the service left out.
        refused: forms that it refuses, with its sentence.
        impossible: components that it cannot know, with a sentence.
    """

    plain: list[Purl] = field(default_factory=list)
    forms: dict[Purl, tuple[Form, ...]] = field(default_factory=dict)
    names: Mapping[Purl, Names] = field(default_factory=dict)
    answers: dict[Purl, ComponentAnswer] = field(default_factory=dict)
    unanswered: set[Purl] = field(default_factory=set)
    refused: dict[Purl, str] = field(default_factory=dict)
    impossible: dict[Purl, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, purls: Sequence[Purl], names: Mapping[Purl, Names], known: Mapping[Purl, tuple[Form, ...]] = NO_FORMS
    ) -> Questions:
        """The questions about these components.

        Args:
            purls: the components.
            names: what SBOMs called some of them, and what was answered lately.
            known: forms of components without names, as :attr:`nameless` gives them.
        """
        distinct = list(dict.fromkeys(purls))
        named = [purl for purl in distinct if purl in names] if names else []
        others = [purl for purl in distinct if purl not in names] if named else distinct
        remembered = list(map(known.get, others)) if known else [None] * len(others)
        plain, usual, rest = usual_forms(
            [purl for purl, asked in zip(others, remembered, strict=True) if asked is None]
        )
        if len(rest) + len(plain) + len(usual) < len(others):
            for purl, asked in zip(others, remembered, strict=True):
                if asked:
                    usual[purl] = asked
                elif asked is not None:
                    plain.append(purl)
        questions = cls(plain, usual, names)
        for purl in (*rest, *named):
            questions._add(purl, names.get(purl, _NO_NAMES))
        return questions

    @property
    def nameless(self) -> dict[Purl, tuple[Form, ...]]:
        """The forms of components without names; none at all for those that are asked for by their key alone."""
        several = {purl: asked for purl, asked in self.forms.items() if purl not in self.names}
        return {**dict.fromkeys(self.plain, ()), **several}

    def _add(self, purl: Purl, known: Names) -> None:
        every = forms(purl, known.spellings)
        if asked := tuple([form for form in every if form.certain or form.coordinates not in known.settled]):
            self.forms[purl] = asked
        else:
            self.impossible[purl] = _why_impossible(purl)

    @property
    def empty(self) -> bool:
        """Whether nothing has come of them yet."""
        return not (self.answers or self.unanswered or self.refused or self.impossible)

    def prices(self) -> dict[Purl, int]:
        """How many forms each component is asked for in."""
        return {**dict.fromkeys(self.plain, 1), **{purl: len(asked) for purl, asked in self.forms.items()}}

    def requests(self, size: int) -> Iterator[list[Purl]]:
        """What to send, in as few requests as may be: no two forms of one component in one of them.

        A service that holds two spellings equal may answer for one of them only when it gets both in one request.

        Args:
            size: the most coordinates of a request.
        """
        sent = [form.coordinates for forms_of in self.forms.values() for form in forms_of] + self.plain
        # The forms of a component stand side by side, so that each gets into another request when they are dealt out.
        count = max(math.ceil(len(sent) / size), max(map(len, self.forms.values()), default=0))
        for number in range(count):
            yield list(dict.fromkeys(sent[number::count]))

    def results(self) -> tuple[list[ComponentAnswer], list[Purl], list[tuple[Purl, str]], list[tuple[Purl, Purl]]]:
        """Answers, the unanswered, the rejected, and the settled forms; see ``BatchAnswer``.

        A component is clean when each of its forms was answered, and vulnerable when one answer says so.
        """
        answers = [self.answers[purl] for purl in self.plain if purl in self.answers]  # as most: nothing to join
        unanswered = [purl for purl in self.plain if purl in self.unanswered] if self.unanswered else []
        settled = list[tuple[Purl, Purl]]()
        rejected = [(purl, self.refused[purl]) for purl in self.plain if purl in self.refused] if self.refused else []
        rejected += self.impossible.items()
        for purl, asked in self.forms.items():
            known = self.names[purl].spellings if purl in self.names else ()
            said = [self.answers[form.coordinates] for form in asked if form.coordinates in self.answers]
            if len(said) == len(asked) or any(answer.vulnerabilities for answer in said):
                answers.append(join(purl, said, complete=len(said) == len(asked), spellings=known))
            elif why := next(
                (self.refused[form.coordinates] for form in asked if form.coordinates in self.refused), ""
            ):
                rejected.append((purl, why))
            elif all(form.coordinates in self.answers or form.coordinates in self.unanswered for form in asked):
                unanswered.append(purl)
            settled += [
                (purl, form.coordinates)
                for form in asked
                if not form.certain and (answer := self.answers.get(form.coordinates)) and not answer.vulnerabilities
            ]
        return answers, unanswered, rejected, settled


def _why_impossible(purl: Purl) -> str:
    if not purl.is_covered:
        return f"OSS Index knows no packages of type {purl.type}."
    return "No registry can hold it under this name and version." if purl.version else "It has no version."
