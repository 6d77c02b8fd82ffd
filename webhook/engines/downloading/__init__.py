"""Downloading: reports of a vulnerability source about the components in use, within a budget.

Belongs here: what is asked in which order, what is committed when, and what a run says of itself. Does not belong here:
how the source is asked, which is an adapter. ``controlling``, ``settings``, ``bootstrap`` and the command line import
from here.
"""
