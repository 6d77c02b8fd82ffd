"""Coverage: how many components of the real SBOMs an adapter covers, by kind of package, and why not the others."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

from bench import Row
from webhook.model.distributions import PACKAGED, context_of
from webhook.model.purls import Purl
from webhook.policy.advisorykeys import ECOSYSTEMS, covers, ecosystem_of

LOADED, COVERED, NO_RELEASE, NO_ADVISORIES = "loaded", "covered", "release unknown", "no advisories in the format"


def standing(key: Purl, loaded: Collection[str]) -> str:
    """Whether an adapter covers a component, and whether its advisories were loaded; else why not."""
    if covers(key, ECOSYSTEMS):
        return LOADED if ecosystem_of(key) in loaded else COVERED
    return NO_RELEASE if key[4:8] in PACKAGED and not context_of(key).is_located else NO_ADVISORIES


def kind(key: Purl) -> str:
    """The type, and of packages of a distribution which one."""
    return f"{key.type} {context_of(key).distribution}" if key[4:8] in PACKAGED else key.type


def table(keys: Iterable[Purl], loaded: Collection[str]) -> dict[str, Counter[str]]:
    """Distinct components by kind and standing."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for key in set(keys):
        found[kind(key)][standing(key, loaded)] += 1
    return dict(sorted(found.items(), key=lambda entry: (-entry[1].total(), entry[0])))


def rows(keys: Iterable[Purl], loaded: Collection[str]) -> list[Row]:
    """For the report: the share that is covered of those whose release is known, then each kind."""
    found = table(keys, loaded)
    all_of = Counter[str]()
    for counted in found.values():
        all_of.update(counted)
    known = all_of.total() - all_of[NO_RELEASE]
    share = (all_of[LOADED] + all_of[COVERED]) / known
    lines = [
        Row(
            f"covered of {known:,} distinct components with a known release",
            f"{share:.1%}",
            ">= 99 %",
            share >= 0.99,
        ),
        Row("  of these with advisories that were loaded here", f"{all_of[LOADED]:,} ({all_of[LOADED] / known:.1%})"),
        Row("  release unknown, so not covered", f"{all_of[NO_RELEASE]:,}"),
    ]
    for name, counted in found.items():
        lines.append(Row(f"    {name}", ", ".join(f"{number:,} {what}" for what, number in sorted(counted.items()))))
    return lines
