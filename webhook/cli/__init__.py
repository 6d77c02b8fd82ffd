"""The command line: ``bomgate`` and its verbs.

Belongs here: one module a verb, arguments, output (table, JSON, SARIF, JUnit) and exit codes. Does not belong here: any
decision; a verb calls an engine through ``bootstrap`` and prints what it says. Nobody imports from here but
``webhook.__main__`` and the entry point of the distribution. Verbs are loaded when they are used, so that asking for
the version or for help costs little.
"""

from webhook.cli.root import main

__all__ = ["main"]
