"""Takes documents of a hub over again and again, and is killed each time; run as a program, which prints what is there.

``python -m tests.fleet.killed CONFIG FOLDER``: the settings of the member, and a folder with documents in their order.
Each is tried by forks that kill themselves at one step of the transaction after the other, then taken over in the end.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import Engine

from webhook.bootstrap import Parts, open_parts
from webhook.bootstrap.fleetsnapshots import taker
from webhook.model.records import AssessmentQuery
from webhook.settings import load_settings

_EVENTS = ("before_cursor_execute", "after_cursor_execute", "begin", "commit")


def take(parts: Parts, document: bytes, at: int) -> None:
    """Take a document over; this process is killed at a step, if there is such a one."""
    left = at

    def step(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in _EVENTS:
        event.listen(Engine, name, step)
    taker(parts).take(document)
    parts.store.close()


def main(config: str, folder: str) -> None:
    """Do so, and print a line for each kill: document, revision of the hub, records."""
    settings = load_settings(Path(config), environment={})
    for path in sorted(Path(folder).iterdir()):
        document, at, was_killed = path.read_bytes(), 0, True
        while was_killed:
            at += 1
            child = os.fork()
            if not child:
                take(open_parts(settings), document, at)
                os._exit(0)
            _, status = os.waitpid(child, 0)
            was_killed = os.WIFSIGNALED(status)
            assert was_killed or os.waitstatus_to_exitcode(status) == 0
            parts = open_parts(settings)
            records = parts.store.assessments.find(AssessmentQuery(source="fleet"))
            position = parts.store.following.followed().position
            types = sum(known.origin == "fleet" for known in parts.store.types.list())
            parts.store.close()
            print(json.dumps([path.name, was_killed, position.revision, len(records), types]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
