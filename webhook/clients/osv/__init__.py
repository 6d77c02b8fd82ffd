"""Sources of advisories in the OSV format: archives and folders, on this machine or behind a web address.

May be imported by ``bootstrap`` and ``settings``; imports ``clients.http``, ``policy`` and below.
"""
