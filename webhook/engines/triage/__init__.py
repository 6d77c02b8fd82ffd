"""Triage: what people look up and decide about, joined from the store's lists and the read model's verdicts.

Belongs here: lists that are judged, and what a decision would change. A list comes from the store by an index; whether
a vulnerability is assessed, and what an image would get, comes from the code that decides at admission. ``bootstrap``
imports from here; the console shows what this gives.
"""
