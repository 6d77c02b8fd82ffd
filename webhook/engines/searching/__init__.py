"""Searching: from a tag to its digest, and from a digest to its SBOMs, where memory has neither.

Belongs here: who searches, who waits, for how long what was not found is believed, and for which platforms an SBOM is
missed. Does not belong here: how a registry is asked, which is an adapter, and what a missing SBOM means, which is
``policy``. ``judging``, ``admission``, ``settings`` and ``bootstrap`` import from here.
"""
