"""Admission: from a request of the API server to its answer, including what overrides a verdict.

Belongs here: reviewing and mutating, the modes of namespaces, what was admitted before, break-glass, and notes of what
was seen. Does not belong here: how an image comes to its verdict, which is ``judging``. ``api``, ``bootstrap`` and the
command line import from here.
"""
