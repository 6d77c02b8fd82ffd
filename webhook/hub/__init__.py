"""The hub's face: what members of a fleet ask over HTTPS.

Belongs here: the routes below ``/fleet/v1``, one module a noun, who may ask, and the server. It stands on the webhook's
server (``webhook.api``), whose connections are bounded. Does not belong here: what is decided or kept.
"""
