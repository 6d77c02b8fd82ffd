"""Ask the programs that are here, and write their tables: ``python -m tests.orders [TYPE]…``."""

from __future__ import annotations

import sys
from itertools import combinations

from tests.orders.programs import PROGRAMS, chosen, write_table


def main(wanted: list[str]) -> None:
    for purl_type, versions in chosen().items():
        program = PROGRAMS.get(purl_type)
        found = None if program is None or (wanted and purl_type not in wanted) else program.find()
        if program is None or found is None:
            print(f"{purl_type}: not asked")
            continue
        pairs = list(combinations(versions, 2))
        answers = dict(zip(pairs, program.ask(found, pairs), strict=True))
        write_table(purl_type, program.name, versions, answers)
        print(f"{purl_type}: {len(pairs)} pairs")


if __name__ == "__main__":
    main(sys.argv[1:])
