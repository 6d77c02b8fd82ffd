"""A process that writes to a store until it is killed: ``python -m tests.unit.store.writer URL NAME``."""

from __future__ import annotations

import itertools
import sys

from tests.fakes import NOON, FakeClock
from tests.ports.samples import AutoRule, answer, assessment, digest, make_sbom, vulnerability
from webhook.model.images import parse_image
from webhook.store import StoreOptions
from webhook.store.repositories import Store, open_store


def write(store: Store, name: str, number: int) -> None:
    """One round of everything that is written: new components, answers with new vulnerabilities, assessments, tags."""
    purls = [f"pkg:npm/{name}-{number}-{n}@1" for n in range(20)]
    image = parse_image(f"shop/{name}:{number % 7}")
    store.sboms.add(digest(number), make_sbom(*purls, f"pkg:npm/shared-{number % 50}@1"), place="added", image=image)
    found = [vulnerability(f"V-{name}-{number % 30}-{n}", "9.8") for n in range(3)]
    answers = [answer(purl, *found[: n % 4]) for n, purl in enumerate(purls)]
    store.components.record(answers, unanswered=[], assess=AutoRule(), now=NOON)
    # The answers changed: some vulnerabilities are gone, some are new.
    store.components.record([answer(purls[3]), answer(purls[4], *found)], assess=AutoRule(), now=NOON)
    store.assessments.append([assessment(found[0].id, "Ignore"), assessment(found[0].id, None)])


if __name__ == "__main__":
    opened = open_store(StoreOptions(url=sys.argv[1]), FakeClock())
    write(opened, sys.argv[2], 0)
    print("writing", flush=True)
    for round_number in itertools.count(1):
        write(opened, sys.argv[2], round_number)
