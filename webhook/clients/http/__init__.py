"""HTTP: one way of sending a request, for every client.

Belongs here: how a server is reached (``destination``), which addresses may be connected to (``addresses``),
connections (``connections``), one request bounded in time and size with its redirects (``exchange``), headers, further
tries and pauses (``retries``), and what a request that got no answer means (``problems``). Does not belong here: what a
status or a body means. That is for the client that asked. Only clients import from here, each module by its name.
"""
