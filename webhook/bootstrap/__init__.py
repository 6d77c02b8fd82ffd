"""The composition root: settings become ready objects here, and nowhere else.

Belongs here: joining engines to clients and the store. Does not belong here: anything that decides. Only the command
line imports it: :func:`open_parts` is what a command needs, ``serving`` what the webhook is started with.
"""

from webhook.bootstrap.parts import Parts, open_parts
from webhook.clients.machine import SystemClock, ThreadBackground

__all__ = ["Parts", "SystemClock", "ThreadBackground", "open_parts"]
