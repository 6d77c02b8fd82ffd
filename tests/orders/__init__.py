"""The order of versions, as the ecosystems' own programs have it.

``tables`` has their answers, one file a purl type; ``python -m tests.orders`` asks the programs that are here again and
writes the tables of those.
"""
