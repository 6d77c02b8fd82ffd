"""Engines: the use cases. They know ports and rules, never a library, a database or an address.

Belongs here: reviewing an admission request, checking an image, keeping the read model fresh, downloading reports,
assessing. Does not belong here: parsing, HTTP, SQL, settings. The faces and ``bootstrap`` import from here; engines
import ``ports``, ``policy``, ``sboms`` and ``model``, and neither ``clients`` nor ``store``.
"""
