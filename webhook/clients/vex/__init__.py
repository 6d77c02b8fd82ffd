"""VEX documents: whose count, and sources of them, by file or behind a web address.

May be imported by ``bootstrap`` and ``settings``; imports ``clients.http``, ``clients.osv``, ``policy`` and below.
"""
