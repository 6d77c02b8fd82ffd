"""Admission: from a request of the API server to an answer, and what becomes of a verdict on the way.

Belongs here: reviewing and mutating, the modes of namespaces, what was admitted before, break-glass. Does not belong
here: how an image comes to its verdict, which is ``checking``. ``api``, ``bootstrap`` and the audit import from here.
"""
