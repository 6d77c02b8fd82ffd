"""The human face: pages and the JSON API ``/api/v1``, one Flask application, served by ``bomgate console``.

Belongs here: reading requests, showing what ``engines.triage`` gives, and who may ask. Does not belong here: anything
that decides. It and the machine face (``webhook.api``) do not import each other, so that nothing of it is on the way of
an admission request. Only ``settings`` (for the options) and ``bootstrap`` import it.
"""
