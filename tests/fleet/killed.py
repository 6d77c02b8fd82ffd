"""Takes documents of a hub over again and again, and is killed each time; run as a program, which prints what is there.

``python -m tests.fleet.killed CONFIG FOLDER``: the settings of the member, and a folder with documents in their order.
Each is tried by forks that kill themselves at one step of the transaction after the other, then taken over in the end.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

from tests.killing import die_at_statement, is_killed
from webhook.bootstrap import open_parts
from webhook.bootstrap.fleetsnapshots import taker
from webhook.model.records import AssessmentQuery
from webhook.settings import Settings, load_settings


def take(settings: Settings, document: bytes, at: int) -> None:
    """Take a document over; this process is killed at a step, if there is such a one."""
    parts = open_parts(settings)
    die_at_statement(at)
    taker(parts).take(document)
    parts.store.close()


def main(config: str, folder: str) -> None:
    """Do so, and print a line for each kill: document, revision of the hub, records."""
    settings = load_settings(Path(config), environment={})
    for path in sorted(Path(folder).iterdir()):
        document, at, was_killed = path.read_bytes(), 0, True
        while was_killed:
            at += 1
            was_killed = is_killed(partial(take, settings, document, at))
            parts = open_parts(settings)
            records = parts.store.assessments.find(AssessmentQuery(source="fleet"))
            position = parts.store.following.followed().position
            types = sum(known.origin == "fleet" for known in parts.store.types.list())
            parts.store.close()
            print(json.dumps([path.name, was_killed, position.revision, len(records), types]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
