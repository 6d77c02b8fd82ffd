"""Notifying: finds what people should know, and hands messages to those who deliver them.

Belongs here: what is worth telling (``watching``), when and how often it is sent (``sending``), and the duty that does
both. Does not belong here: how a destination is reached, and how a message looks there (``clients.notifying``).
"""
