"""Engines: the use cases. They know ports and rules, never a library, a database or an address.

Belongs here: ``admission`` (reviewing a request), ``judging`` (a workload comes to its verdict), ``searching`` (for the
digest of a tag and the SBOM of an image), ``downloading`` and ``assessing`` (what is known, and what people think of
it), ``auditing`` (what runs), ``controlling`` (the controller's duties); and what several of them need: the read model,
how it is kept fresh, documents that are imported. Does not belong here: parsing, HTTP, SQL, settings. The faces and
``bootstrap`` import from here; engines import ``ports``, ``policy``, ``sboms`` and ``model``, and neither ``clients``
nor ``store``.
"""
