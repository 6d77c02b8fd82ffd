"""Auditing: judges what runs with the code that judges at admission, and tells of it.

Belongs here: the audit, when it is due, and what is written to the cluster about it. Does not belong here: a rule of
its own. Only ``settings`` and ``bootstrap`` import from here.
"""
