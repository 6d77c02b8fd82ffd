"""Clients: adapters for what is reached over the network or in directories, and for the machine's clock and threads.

Belongs here: one module or package for each outside party, which implements a port of ``webhook.ports``; ``http``, the
one way of sending a request that they share; and ``trail``, the notes of a search in all places. Does not belong here:
rules, and anything two of them would have to know of each other: they are strangers. Only ``settings`` and ``api`` (for
options and threads) and ``bootstrap`` import from here.
"""
