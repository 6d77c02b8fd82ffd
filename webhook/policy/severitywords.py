"""Severity words: what a distribution or database says of a vulnerability that has no CVSS vector, as a score.

A word stands for the top of its CVSS severity, so that it is never milder than the range that it names. Words that say
nothing of severity (``not yet assigned``, ``unknown``) give no score.
Sources: Debian's urgency; Ubuntu's priority; the titles of AlmaLinux's and Rocky's advisories, in Red Hat's words;
GitHub's severity. What OSV's conversions keep of them is in docs/reference/advisories.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from webhook.policy.scores import HIGHEST, LOWEST, SEVERITIES, STEP

WORDS: Mapping[str, Decimal] = {
    "critical": SEVERITIES["Critical"].high,
    "important": SEVERITIES["High"].high,
    "high": SEVERITIES["High"].high,
    "moderate": SEVERITIES["Medium"].high,
    "medium": SEVERITIES["Medium"].high,
    "low": SEVERITIES["Low"].high,
    "negligible": SEVERITIES["Low"].low,
}
"""Words in lower case, and the scores that they stand for unless the settings say another."""


def severity_words(stated: Mapping[str, float]) -> Mapping[str, Decimal]:
    """The words with what the settings change.

    Args:
        stated: scores by word, in any case; 0 for a word that gives none; without :func:`words_problems`.
    """
    changed = {word.strip().lower(): Decimal(str(number)) for word, number in stated.items()}
    return {word: score for word, score in {**WORDS, **changed}.items() if score > LOWEST}


def words_problems(stated: Mapping[str, float]) -> Iterator[str]:
    """What is wrong with the scores of some words."""
    for word, number in stated.items():
        score = Decimal(str(number))
        if not score.is_finite() or not LOWEST <= score <= HIGHEST or score != score.quantize(STEP):
            yield f"gives the word {word[:60]!r} the score {number}; write 0.0 to 10.0 with one decimal, 0 for none"


def worst_word(words: Iterable[str]) -> str:
    """The word that stands for the highest score; of words that stand for none the first; empty without any."""
    given = [word.strip().lower()[:40] for word in words if word.strip()]
    return max(given, key=lambda word: WORDS.get(word, LOWEST), default="")
