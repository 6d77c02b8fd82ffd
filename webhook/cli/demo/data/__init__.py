"""Data of the demo: SBOMs of three invented images, and component reports in the form in which OSS Index sends them.

The packages, the CVE identifiers and the scores are real; the reports are an excerpt, no statement about any package.
"""
