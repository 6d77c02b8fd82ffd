"""Auditing: judges running workloads with the same code as admission, and publishes the results.

Belongs here: the audit, when it is due, and what is written to the cluster about it. Does not belong here: a rule of
its own. Only ``settings`` and ``bootstrap`` import from here.
"""
