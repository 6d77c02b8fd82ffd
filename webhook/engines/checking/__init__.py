"""Checking: the one way in which the webhook, the command line and the audit come to a verdict about an image.

Belongs here: from a reference to a digest, from a digest to an SBOM, from its components to a verdict, and the notes of
what was seen. Does not belong here: whether a verdict denies, which is ``admission``. ``admission``, ``controlling``,
``settings`` and ``bootstrap`` import from here.
"""
