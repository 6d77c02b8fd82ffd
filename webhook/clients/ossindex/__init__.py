"""Sonatype OSS Index, as Sonatype Guide serves it: a vulnerability source.

Belongs here: everything about that service and its quirks, in three parts: ``fetch`` (requests, tries, statuses),
``matching`` and ``convert`` (answers → bomgate's nouns) and ``options``. What the service *said* never leaves this
package in the service's own form. ``settings`` imports ``options``, and ``bootstrap`` the sources.
"""
