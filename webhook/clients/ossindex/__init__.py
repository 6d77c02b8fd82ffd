"""Sonatype OSS Index, as Sonatype Guide serves it: a vulnerability source.

Belongs here: everything about that service and its quirks, in three parts: ``fetch`` (requests, tries, statuses),
``matching`` and ``convert`` (answers → bomgate's nouns) and ``options``. What the service *said* never leaves this
package in the service's own form. ``settings`` and ``bootstrap`` import the names below; nobody imports the modules.
"""

from webhook.clients.ossindex.options import GUIDE_URL, MAX_BATCH_SIZE, OssIndexOptions
from webhook.clients.ossindex.recorded import RecordedReports
from webhook.clients.ossindex.source import OssIndexSource

__all__ = ["GUIDE_URL", "MAX_BATCH_SIZE", "OssIndexOptions", "OssIndexSource", "RecordedReports"]
