"""The rules: which assessment counts, what it asks for, and how people are told.

Belongs here: pure functions and values computed from ``model``; ``now`` is always an argument. Does not belong here:
I/O, clocks, logging, settings, third-party libraries. The use cases in ``engines``, the stores and everything above
may import it; it imports only ``model`` and ``errors``.
"""
