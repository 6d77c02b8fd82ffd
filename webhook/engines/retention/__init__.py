"""Retention: deletes what is no longer needed, in small steps.

Imported by ``engines.controlling``, the bootstrap and the command line; imports ports and policy.
"""
