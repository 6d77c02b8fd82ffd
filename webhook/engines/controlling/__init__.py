"""Controlling: one of several controllers leads, and does its duties, each on a separate thread.

Belongs here: the election, and the duties, which are classes with a name, an interval and ``run``: certificates, stock
of what runs, urgent downloads, custom resources, grants, expiry, rights. The audit's duty is in ``auditing``. Only
``settings`` and ``bootstrap`` import from here.
"""
